"""The schedulers of tests (class 22): one instant at most each (SMR 5.1 and 5.5)."""

from __future__ import annotations

from meters.behaviour.trials import TRIALS
from meters.meter import Meter
from meters.model import Behaviour
from meters.objects.push import times
from wire.dlms.data import Data

BEHAVIOUR = Behaviour.empty()


def _time(meter: Meter, data: Data) -> bool:
    return len(data.value) < 2 and times(meter, data)


for _name in TRIALS:
    BEHAVIOUR.checks[_name, "execution_time"] = _time
