"""What alembic runs: the migrations, on the connection and in the transaction it is given."""

from alembic import context

from headend.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # All steps stand or fall together, on SQLite too: the caller has begun a transaction.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
