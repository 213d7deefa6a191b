"""A control unit in a process of its own, for tests that meet it over a real wire.

Arguments: where it listens, the file of its state, and perhaps a car's energy in Wh.
"""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.internet.task import react

from chargepoint.serve import SimulatedCar, UnitSettings, run_unit
from wire.addresses import Address, parse_address


def ready(address: Address) -> None:
    print(address, flush=True)


if __name__ == "__main__":
    listen, state, *energy_wh = sys.argv[1:]
    car = SimulatedCar(int(energy_wh[0])) if energy_wh else None
    settings = UnitSettings(serial="PROCESS", car=car)
    react(run_unit, (parse_address(listen), Path(state), settings, ready))
