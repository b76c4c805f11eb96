"""Run by Alembic for every command of `ingest.database.migrate`.

Enters: the open connection in the configuration's attributes. Leaves: its schema changed.
Never: opens a connection, ends the caller's transaction, or touches logging.
"""

from alembic import context

from ingest.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite can roll back DDL too; Alembic assumes that the driver commits before it, which ours does not.
    transactional_ddl=True,
    # SQLite cannot alter most of a table: Alembic then copies it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
