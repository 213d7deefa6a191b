"""M-Bus devices with their keys, and the channels that they were on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ACTIVE = sa.text("state = 'active'")
_NOW = sa.text("until_s IS NULL")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("equipment_id", sa.String(17), nullable=False),
        sa.Column("identification", sa.String(8), nullable=False),
        sa.Column("manufacturer", sa.String(3), nullable=False),
        sa.Column("version", sa.SmallInteger, nullable=False),
        sa.Column("device_type", sa.SmallInteger, nullable=False),
        sa.Column("life", sa.String(16), nullable=False),
        sa.Column("key_changes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("equipment_id", name="uq_devices_equipment_id"),
        sa.UniqueConstraint(
            "identification",
            "manufacturer",
            "version",
            "device_type",
            name="uq_devices_identification_manufacturer_version_device_type",
        ),
    )
    op.create_table(
        "device_keys",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("device_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapping_key_id", sa.String(16), nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device_keys"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_device_keys_device_id_devices"
        ),
    )
    op.create_index(
        "ix_device_keys_device_id_kind", "device_keys", ["device_id", "kind"]
    )
    _index("uq_device_keys_active", "device_keys", ["device_id", "kind"], _ACTIVE)
    op.create_table(
        "device_places",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("device_id", sa.Integer, nullable=False),
        sa.Column("meter_id", sa.Integer, nullable=False),
        sa.Column("channel", sa.SmallInteger, nullable=False),
        sa.Column("since_s", sa.Double, nullable=False),
        sa.Column("until_s", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_device_places"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_device_places_device_id_devices"
        ),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name="fk_device_places_meter_id_meters"
        ),
    )
    _index("uq_device_places_device", "device_places", ["device_id"], _NOW)
    _index("uq_device_places_channel", "device_places", ["meter_id", "channel"], _NOW)


def downgrade() -> None:
    """Drops the tables."""
    for name in ("device_places", "device_keys", "devices"):
        op.drop_table(name)


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        name, table, columns, unique=True, sqlite_where=where, postgresql_where=where
    )
