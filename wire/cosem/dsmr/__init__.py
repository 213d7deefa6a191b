"""The object table: DSMR 4.0.6, DSMR 4.2.2 and SMR 5.0, 5.2 and 5.5 as seen on P3.

DSMR 4 rows are the P3 companion standard 4.0.7/4.2.2, chapters 3 to 9, with what the release
notes of 4.0.6 and 4.0.7 change back. SMR 5 rows follow the profiles of a running central
system; where those are silent an SMR 5 meter keeps the 4.2.2 row. A new object is a new row in
a module here.
"""

from __future__ import annotations

from wire.cosem.dsmr import (
    alarms,
    clock,
    communication,
    country,
    energy,
    firmware,
    harmonics,
    identity,
    logs,
    mbus,
    messages,
    network,
    profiles,
    push,
    quality,
    readouts,
    switching,
    tariff,
    trials,
)
from wire.cosem.rows import Row

OBJECTS: tuple[Row, ...] = (
    *alarms.ROWS,
    *communication.ROWS,
    *identity.ROWS,
    *clock.ROWS,
    *tariff.ROWS,
    *energy.ROWS,
    *logs.ROWS,
    *messages.ROWS,
    *profiles.ROWS,
    *push.ROWS,
    *quality.ROWS,
    *harmonics.ROWS,
    *switching.ROWS,
    *country.ROWS,
    *firmware.ROWS,
    *network.ROWS,
    *readouts.ROWS,
    *trials.ROWS,
    *mbus.ROWS,
)
