"""Meters with their keys and counters, jobs, and readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ACTIVE = sa.text("state = 'active'")
_QUEUED = sa.text("state = 'queued'")
_CLAIMED = sa.text("state = 'claimed'")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "meters",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("equipment_id", sa.String(17), nullable=False),
        sa.Column("standard", sa.String(16), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("logical_device", sa.Integer, nullable=False),
        sa.Column("system_title", sa.LargeBinary(8), nullable=False),
        sa.Column("p1_host", sa.String(255)),
        sa.Column("p1_port", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_meters"),
        sa.UniqueConstraint("equipment_id", name="uq_meters_equipment_id"),
        sa.UniqueConstraint("system_title", name="uq_meters_system_title"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("meter_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapping_key_id", sa.String(16), nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name="fk_keys_meter_id_meters"
        ),
    )
    op.create_index("ix_keys_meter_id_kind", "keys", ["meter_id", "kind"])
    op.create_index(
        "uq_keys_active",
        "keys",
        ["meter_id", "kind"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.create_table(
        "invocation_counters",
        sa.Column("meter_id", sa.Integer, nullable=False),
        sa.Column("key_id", sa.Integer, nullable=False),
        sa.Column("next_counter", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("meter_id", "key_id", name="pk_invocation_counters"),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name="fk_invocation_counters_meter_id_meters"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.id"], name="fk_invocation_counters_key_id_keys"
        ),
    )
    _create_jobs()
    op.create_table(
        "registers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.SmallInteger, nullable=False),
        sa.Column("obis", sa.String(23), nullable=False),
        sa.Column("attribute", sa.SmallInteger, nullable=False),
        sa.Column("scaler", sa.SmallInteger, nullable=False),
        sa.Column("unit", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registers"),
        sa.UniqueConstraint(
            "class_id",
            "obis",
            "attribute",
            "scaler",
            "unit",
            name="uq_registers_class_id_obis_attribute_scaler_unit",
        ),
    )
    op.create_table(
        "readings",
        sa.Column("meter_id", sa.Integer, nullable=False),
        sa.Column("register_id", sa.Integer, nullable=False),
        sa.Column("time_s", sa.BigInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "meter_id", "register_id", "time_s", name="pk_readings"
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name="fk_readings_meter_id_meters"
        ),
        sa.ForeignKeyConstraint(
            ["register_id"], ["registers.id"], name="fk_readings_register_id_registers"
        ),
        sqlite_with_rowid=False,
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("meter_id", sa.Integer, nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("not_before_s", sa.Double, nullable=False),
        sa.Column("not_after_s", sa.Double),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("max_attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(64)),
        sa.Column("lease_until_s", sa.Double),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("started_s", sa.Double),
        sa.Column("ended_s", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name="fk_jobs_meter_id_meters"
        ),
    )
    op.create_index("ix_jobs_correlation_id", "jobs", ["correlation_id"])
    op.create_index(
        "ix_jobs_queue",
        "jobs",
        [sa.text("priority DESC"), "id", "not_before_s", "meter_id"],
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["not_before_s"],
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "uq_jobs_running",
        "jobs",
        ["meter_id"],
        unique=True,
        sqlite_where=_CLAIMED,
        postgresql_where=_CLAIMED,
    )


def downgrade() -> None:
    """Drops the tables and all that they hold."""
    for table in (
        "readings",
        "registers",
        "jobs",
        "invocation_counters",
        "keys",
        "meters",
    ):
        op.drop_table(table)
