"""The database's history, as alembic revisions."""
