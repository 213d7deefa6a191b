"""The processes of a world, as scenarios name them: by kind, and by the numbers of stations."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.interfaces import IReactorTime

from scenarios.playing.trouble_protocol import Process
from scenarios.world.head_end import at
from scenarios.world.process import LabProcess
from scenarios.world.station import Station
from scenarios.world.witness import Witness
from wire.errors import LocalError


class Processes:
    """See `scenarios.playing.trouble_protocol.Processes` for what each method is to do."""

    def __init__(
        self,
        head_end: LabProcess,
        stations: Sequence[Station],
        witness: Witness,
        clock: IReactorTime,
    ) -> None:
        self._head_end = head_end
        self._stations = stations
        self._witness = witness
        self._clock = clock

    def kill(self, process: Process, station: int, after_s: float) -> None:
        """Ends it, now or later."""
        if after_s > 0:
            self._process(process, station)
            self._clock.callLater(after_s, self._kill_if_it_runs, process, station)
        else:
            self._running(process, station)
            self._kill(process, station)

    async def start(self, process: Process, station: int) -> None:
        """Starts it, from what it had kept."""
        found = self._process(process, station)
        if found.runs:
            raise LocalError(f"{_name(process, station)} runs already")
        await found.start()

    def step_clock(self, process: Process, station: int, by_s: float) -> None:
        """Its clock makes a step."""
        self._running(process, station).step_clock(by_s)

    def _kill_if_it_runs(self, process: Process, station: int) -> None:
        if self._process(process, station).runs:
            self._kill(process, station)

    def _kill(self, process: Process, station: int) -> None:
        if process is Process.HEAD_END:
            self._witness.remark("killed", process=process.value)
            self._head_end.kill()
        else:
            there = at(self._stations, station)
            self._witness.note("killed", there, process=process.value)
            there.kill(process)

    def _running(self, process: Process, station: int) -> LabProcess:
        found = self._process(process, station)
        if not found.runs:
            raise LocalError(f"{_name(process, station)} does not run")
        return found

    def _process(self, process: Process, station: int) -> LabProcess:
        if process is Process.HEAD_END:
            return self._head_end
        return at(self._stations, station).process(process)


def _name(process: Process, station: int) -> str:
    if process is Process.HEAD_END:
        return "the head-end"
    return f"the {process.value} of station {station}"
