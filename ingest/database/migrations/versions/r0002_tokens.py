"""0002: the tokens that open what is for operators."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "token",
        sa.Column("id", sa.Text(), nullable=False, comment="names the token; no secret"),
        sa.Column("name", sa.Text(), nullable=False, comment="who holds it"),
        sa.Column("role", sa.Text(), nullable=False, comment="viewer, crew, operator or admin"),
        sa.Column("regions", sa.Text(), nullable=False, comment="sorted JSON list of codes; empty: the whole country"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the secret"),
        sa.Column("created_ms", sa.BigInteger(), nullable=False, comment="when it was made, ms"),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True, comment="when it was revoked, ms; NULL while it opens"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
    )
