"""Tests of what a meter tells when a phase, or all supply, is gone (SMR 5.1 and 5.5).

Each scheduler executes what it is there for and no script of a table, so it names none. It
has one instant at most, which recurs where its date has wildcards (Blue Book 4.5.7, type 1).
"""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR_51, SMR_55
from wire.cosem.rows import RW, SMR52, SMR55, Row, Standard, attr, row

PHASE_OUTAGE_TEST, LAST_GASP_TEST = "phase_outage_test", "last_gasp_test"
_NO_SCRIPT = bytes(6), 0


def _scheduler(obis: str, name: str, source: str, has: frozenset[Standard]) -> Row:
    return row(
        *(22, obis, name, source),
        attr(2, "executed_script", "script", value=_NO_SCRIPT),
        attr(3, "type", "enum", value=1),
        attr(4, "execution_time", "execution_time", RW, default=()),
        standards=has,
        polyphase_only=True,
    )


ROWS = (
    _scheduler("0-0:15.1.4", PHASE_OUTAGE_TEST, SMR_51, SMR52),
    _scheduler("0-0:15.2.4", LAST_GASP_TEST, SMR_55, SMR55),
)
