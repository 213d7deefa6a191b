"""Cells of meters, the rank of a job, what must not be done twice, and schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_QUEUED = sa.text("state = 'queued'")
_AGAIN = sa.text("state = 'queued' AND attempts > 0")
_SCHEDULED = sa.text("schedule_id IS NOT NULL")


def upgrade() -> None:
    """Adds the columns, ranks the jobs that are there, and makes the table."""
    op.add_column("meters", sa.Column("cell", sa.String(64)))
    rank_s = sa.Column("rank_s", sa.Double, nullable=False, server_default="0")
    op.add_column("jobs", rank_s)
    op.add_column("jobs", sa.Column("irrevocable_s", sa.Double))
    op.add_column("jobs", sa.Column("schedule_id", sa.Integer))
    op.add_column("jobs", sa.Column("due_s", sa.Double))
    # A priority is worth ten minutes of waiting.
    op.execute("UPDATE jobs SET rank_s = not_before_s - 600 * priority")
    op.drop_index("ix_jobs_queue", "jobs")
    _index_queue("rank_s")
    op.create_index(
        "ix_jobs_again",
        "jobs",
        ["meter_id", "not_before_s"],
        sqlite_where=_AGAIN,
        postgresql_where=_AGAIN,
    )
    op.create_index(
        "uq_jobs_schedule",
        "jobs",
        ["schedule_id", "due_s", "meter_id"],
        unique=True,
        sqlite_where=_SCHEDULED,
        postgresql_where=_SCHEDULED,
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("meter_id", sa.Integer),
        sa.Column("standard", sa.String(16)),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("every_s", sa.Integer),
        sa.Column("at_minute", sa.SmallInteger),
        sa.Column("jitter_s", sa.Integer, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("max_age_s", sa.Integer, nullable=False),
        sa.Column("next_due_s", sa.Double, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("removed_s", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name="fk_schedules_meter_id_meters"
        ),
    )


def downgrade() -> None:
    """Drops what was added."""
    op.drop_table("schedules")
    op.drop_index("uq_jobs_schedule", "jobs")
    op.drop_index("ix_jobs_again", "jobs")
    op.drop_index("ix_jobs_queue", "jobs")
    for name in ("due_s", "schedule_id", "irrevocable_s", "rank_s"):
        op.drop_column("jobs", name)
    _index_queue(sa.text("priority DESC"))
    op.drop_column("meters", "cell")


def _index_queue(first: str | sa.TextClause) -> None:
    op.create_index(
        "ix_jobs_queue",
        "jobs",
        [first, "id", "not_before_s", "meter_id"],
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    )
