"""Run by Alembic for every command of `ingest.database.migrate`.

Enters: the open connection in the configuration's attributes. Leaves: its schema changed.
Never: opens a connection, ends the caller's transaction, or touches logging.
"""

from alembic import context

from ingest.database.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
