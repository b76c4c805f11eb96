"""Alembic's folder: `env` runs the revisions in versions/, oldest first, on the connection it is given."""
