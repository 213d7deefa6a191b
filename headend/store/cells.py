"""Permits: how many jobs may run at a time in each cell, whichever worker runs them."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, text

CELL = "COALESCE(meters.cell, meters.host)"
_RUNNING = text(
    f"SELECT {CELL}, COUNT(*) FROM jobs JOIN meters ON meters.id = jobs.meter_id"
    f" WHERE jobs.state = 'claimed' GROUP BY {CELL}"
)


class Permits:
    """What a claim may take in each cell, beside what runs there."""

    def __init__(self, connection: Connection, per_cell: int) -> None:
        self._per_cell = per_cell
        rows = connection.execute(_RUNNING)
        self._running = Counter({cell: count for cell, count in rows})

    @property
    def full(self) -> list[str]:
        """The cells in which nothing more may run."""
        return [cell for cell, n in self._running.items() if n >= self._per_cell]

    def take(self, cell: str) -> bool:
        """Takes one, unless the cell is full."""
        if self._running[cell] >= self._per_cell:
            return False
        self._running[cell] += 1
        return True
