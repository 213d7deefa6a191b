"""The head-end's database: functions that take a connection first and return domain values."""

from sqlalchemy import Connection

from headend.store.engine import Store, open_store

__all__ = ["Connection", "Store", "open_store"]
