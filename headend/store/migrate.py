"""Brings a database to the revision of this code, whoever else starts at the same time."""

from __future__ import annotations

from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from wire.errors import SurroundingsError

HEAD = "0003"


def revision(connection: Connection) -> str | None:
    """The revision that the database is at; None before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def migrate(connection: Connection, name: str) -> None:
    """Runs what is missing, in the caller's transaction.

    `name` is the database as the user knows it. Raises `SurroundingsError` when the database
    is of a revision that this code does not know.
    """
    if connection.dialect.name == "postgresql":
        # SQLite's transaction already keeps others out.
        connection.execute(text("SELECT pg_advisory_xact_lock(4059)"))
    found = revision(connection)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    with as_file(files("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        script = ScriptDirectory.from_config(config)
        if found not in {None, *(each.revision for each in script.walk_revisions())}:
            raise SurroundingsError(
                f"{name}: the database is of revision {found}, newer than this dsmrlab"
                f" knows ({HEAD}); update dsmrlab or name another database with --db"
            )
        command.upgrade(config, "head")
