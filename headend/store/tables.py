"""The tables of the head-end's database, as the newest migration leaves them.

Columns that end in `_s` are UTC seconds since 1970. Keys are only ever stored encrypted.
Nothing cascades: a meter that were deleted and taken over again would start its counters
anew under the same key.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meters = Table(
    "meters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("equipment_id", String(17), nullable=False, unique=True),
    Column("standard", String(16), nullable=False),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("logical_device", Integer, nullable=False),
    Column("system_title", LargeBinary(8), nullable=False, unique=True),
    Column("p1_host", String(255)),
    Column("p1_port", Integer),
    Column("cell", String(64)),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("meter_id", ForeignKey("meters.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(9), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapping_key_id", String(16), nullable=False),
    Column("created_s", Double, nullable=False),
    Index("ix_keys_meter_id_kind", "meter_id", "kind"),
)
_active = text("state = 'active'")
Index(
    "uq_keys_active",
    keys.c.meter_id,
    keys.c.kind,
    unique=True,
    sqlite_where=_active,
    postgresql_where=_active,
)

invocation_counters = Table(
    "invocation_counters",
    metadata,
    Column("meter_id", ForeignKey("meters.id"), primary_key=True),
    Column("key_id", ForeignKey("keys.id"), primary_key=True),
    Column("next_counter", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("meter_id", ForeignKey("meters.id"), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("correlation_id", String(64), nullable=False, index=True),
    Column("not_before_s", Double, nullable=False),
    Column("not_after_s", Double),
    Column("state", String(9), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("worker", String(64)),
    Column("lease_until_s", Double),
    Column("fence", Integer, nullable=False),
    Column("result", Text),
    Column("error", Text),
    Column("created_s", Double, nullable=False),
    Column("started_s", Double),
    Column("ended_s", Double),
    Column("rank_s", Double, nullable=False, server_default="0"),
    Column("irrevocable_s", Double),
    Column("schedule_id", Integer),
    Column("due_s", Double),
)
_queued, _claimed = text("state = 'queued'"), text("state = 'claimed'")
# In the order of claiming, with all that decides whether a job can be claimed.
Index(
    "ix_jobs_queue",
    jobs.c.rank_s,
    jobs.c.id,
    jobs.c.not_before_s,
    jobs.c.meter_id,
    sqlite_where=_queued,
    postgresql_where=_queued,
)
Index(
    "ix_jobs_due",
    jobs.c.not_before_s,
    sqlite_where=_queued,
    postgresql_where=_queued,
)
# Few wait for another attempt; of many that are for later each claim would else see all.
_again = text("state = 'queued' AND attempts > 0")
Index(
    "ix_jobs_again",
    jobs.c.meter_id,
    jobs.c.not_before_s,
    sqlite_where=_again,
    postgresql_where=_again,
)
# One association at a time: a meter has one running job, whoever runs it.
Index(
    "uq_jobs_running",
    jobs.c.meter_id,
    unique=True,
    sqlite_where=_claimed,
    postgresql_where=_claimed,
)
# However often a schedule is looked at: one job for a meter at each of its instants.
_scheduled = text("schedule_id IS NOT NULL")
Index(
    "uq_jobs_schedule",
    jobs.c.schedule_id,
    jobs.c.due_s,
    jobs.c.meter_id,
    unique=True,
    sqlite_where=_scheduled,
    postgresql_where=_scheduled,
)

# A schedule that was removed stays, for its number must not be that of another one.
schedules = Table(
    "schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("meter_id", ForeignKey("meters.id")),
    Column("standard", String(16)),
    Column("operation", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("every_s", Integer),
    Column("at_minute", SmallInteger),
    Column("jitter_s", Integer, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("max_age_s", Integer, nullable=False),
    Column("next_due_s", Double, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("removed_s", Double),
)

registers = Table(
    "registers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("class_id", SmallInteger, nullable=False),
    Column("obis", String(23), nullable=False),
    Column("attribute", SmallInteger, nullable=False),
    Column("scaler", SmallInteger, nullable=False),
    Column("unit", SmallInteger, nullable=False),
    UniqueConstraint("class_id", "obis", "attribute", "scaler", "unit"),
)

readings = Table(
    "readings",
    metadata,
    Column("meter_id", ForeignKey("meters.id"), primary_key=True),
    Column("register_id", ForeignKey("registers.id"), primary_key=True),
    Column("time_s", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

# An M-Bus device, as its nameplate and its Short ID have it.
devices = Table(
    "devices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("equipment_id", String(17), nullable=False, unique=True),
    Column("identification", String(8), nullable=False),
    Column("manufacturer", String(3), nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("device_type", SmallInteger, nullable=False),
    Column("life", String(16), nullable=False),
    Column("key_changes", BigInteger, nullable=False),
    UniqueConstraint("identification", "manufacturer", "version", "device_type"),
)

device_keys = Table(
    "device_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", ForeignKey("devices.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(9), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapping_key_id", String(16), nullable=False),
    Column("created_s", Double, nullable=False),
    Index("ix_device_keys_device_id_kind", "device_id", "kind"),
)
Index(
    "uq_device_keys_active",
    device_keys.c.device_id,
    device_keys.c.kind,
    unique=True,
    sqlite_where=_active,
    postgresql_where=_active,
)

# Which device was on which channel, and when: readings are of a meter's channel.
device_places = Table(
    "device_places",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", ForeignKey("devices.id"), nullable=False),
    Column("meter_id", ForeignKey("meters.id"), nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("since_s", Double, nullable=False),
    Column("until_s", Double),
)
_now = text("until_s IS NULL")
Index(
    "uq_device_places_device",
    device_places.c.device_id,
    unique=True,
    sqlite_where=_now,
    postgresql_where=_now,
)
Index(
    "uq_device_places_channel",
    device_places.c.meter_id,
    device_places.c.channel,
    unique=True,
    sqlite_where=_now,
    postgresql_where=_now,
)
