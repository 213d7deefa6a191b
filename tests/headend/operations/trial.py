"""A meter that a head-end does operations at, as jobs; what it answered, and what was stored."""

from __future__ import annotations

from typing import Any

import pytest

from headend.keys import KeyStore
from headend.operations import prepare
from headend.store import meters, open_store, readings
from headend.store.job import Job, JobState
from headend.store.keys import KeyKind
from headend.store.readings import Reading, Register
from tests.headend import bent_line
from tests.headend.bent_line import Bend, World, living_meter
from tests.meters.builders import KEYS, NOW_S
from wire.cosem.rows import Standard
from wire.errors import ConfigError

START_S = NOW_S + bent_line.ROWS * 900
KEY_STORE = KeyStore(bytes(32), "here")


class Trial:
    """A head-end with one meter of a standard, which has run for some days."""

    def __init__(self, standard: Standard = Standard.DSMR_4_2_2) -> None:
        self.standard = standard
        self.store = open_store("sqlite://")
        self.meter_id = bent_line.prepare(self.store, KEY_STORE)
        with self.store.begin() as connection:
            meter = meters.get(connection, self.meter_id)
            meters.change(connection, meter, {"standard": standard.value})
            master = (meter, KeyKind.MASTER, KEYS.master_key)
            KEY_STORE.add_active(connection, [master], NOW_S)
        self.meter = living_meter(standard)
        self.now_s = START_S
        self.connects = 0

    def job(
        self,
        operation: str,
        bend: Bend | None = None,
        bent_at: int = -1,
        **arguments: Any,
    ) -> Job:
        """The job of an operation once it has ended; answer `bent_at` may be bent."""
        self.now_s = max(self.now_s, self.meter.state.at_s) + 60
        world = World(self.store, KEY_STORE, self.meter, self.now_s)
        world.bend, world.bend_at = bend, bent_at
        prepare(operation, self.standard, arguments)
        job_id = world.hand_in(self.meter_id, operation, **arguments)
        world.run()
        self.now_s = int(world.clock.seconds())
        self.connects = world.connects
        return world.show(job_id)

    def ask(self, operation: str, **arguments: Any) -> Any:
        """The result of an operation, which must have been done."""
        job = self.job(operation, **arguments)
        assert job.state is JobState.DONE, job.error
        return job.result

    def refused(self, operation: str, **arguments: Any) -> int:
        """The code with which the meter refused an operation."""
        job = self.job(operation, **arguments)
        assert job.state is JobState.FAILED and isinstance(job.result, dict), job
        return int(job.result["refused"])

    def stored(self) -> list[tuple[Register, Reading]]:
        """Every reading, with its register."""
        with self.store.read() as connection:
            return [
                (register, reading)
                for number, register in readings.registers(connection).items()
                for reading in readings.between(
                    connection, self.meter_id, number, 0, 2**40
                )
            ]

    def pass_time(self, seconds: int) -> None:
        """Lets the meter go on for a while."""
        self.now_s = max(self.now_s, self.meter.state.at_s) + seconds
        self.meter.advance(self.now_s)


def check_refused_early(
    operation: str, standard: Standard, arguments: Any, says: str
) -> None:
    """Bad arguments are refused before anything is stored or sent."""
    with pytest.raises(ConfigError, match=says):
        prepare(operation, standard, arguments)
