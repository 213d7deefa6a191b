"""The component that mosaik starts: mosaik's simulator API on one side, a world on the other.

In mosaik's own process it is `{"python": "scenarios.cosimulation.component:Simulator"}`, and
as a process of its own `dsmrlab mosaik`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Annotated, Any

import mosaik_api_v3
from mosaik_api_v3.connection import Channel, EndOfRequests
from mosaik_api_v3.types import CreateResult, InputData, Meta, OutputData, OutputRequest
from pydantic import Field, ValidationError

from scenarios.cosimulation.simulation import MODELS, CoSimulation
from scenarios.language.complaints import first_words
from scenarios.language.document import load
from scenarios.language.values import Model
from wire.errors import ConfigError, LocalError, SurroundingsError

# Octets of a request: of thousands of stations it has some hundred thousand.
_LONGEST = 16 * 1024 * 1024

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Parameters(Model):
    """What mosaik's `start` takes beside the simulator's name."""

    scenario: Annotated[str, Field(description="the scenario file")]
    parameters: Annotated[
        dict[str, str | int | float | bool], Field(description="of the scenario")
    ] = {}
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    step_s: Annotated[int, Field(ge=1, le=86_400, description="step to step")] = 60
    readings: Annotated[
        tuple[str, ...], Field(strict=False, description="more outputs of a station")
    ] = ()


class Simulator(mosaik_api_v3.Simulator):
    """Time-based: a step every `step_s` seconds from the world's start, which is time 0."""

    def __init__(self) -> None:
        models = {
            name: {"public": True, "params": [], "attrs": kind.attributes}
            for name, kind in MODELS.items()
        }
        super().__init__(  # type: ignore[no-untyped-call]
            {
                "type": "time-based",
                "models": models,
                "extra_methods": ["result", "report"],
            }
        )
        self._world: CoSimulation | None = None
        self._resolution_s = 1.0
        self._step = 1

    def init(self, sid: str, time_resolution: float = 1.0, **sim_params: Any) -> Meta:
        """Reads the scenario and opens its world.

        Raises `ConfigError` for parameters that cannot be.
        """
        if self._world is not None:
            raise LocalError("there is a world already")
        given = _parameters(sim_params)
        if not 0 < time_resolution < inf:
            why = "should be a number of seconds above 0"
            raise ConfigError(f"time_resolution: {time_resolution} {why}")
        steps = given.step_s / time_resolution
        if not steps.is_integer():
            raise ConfigError(
                f"step_s: {given.step_s} s is no multiple of time_resolution,"
                f" {time_resolution:g} s"
            )
        self._step = int(steps)
        overrides = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in given.parameters.items()
        }
        scenario = load(given.scenario, overrides, given.seed)
        self._resolution_s = time_resolution
        self._world = CoSimulation(scenario, given.step_s, given.readings)
        self._world.start()
        for name, model in self.meta["models"].items():
            model["attrs"] = self._world.attributes(name)
        return self.meta

    def create(self, num: int, model: str, **model_params: Any) -> list[CreateResult]:
        """The world's next stations, or its transformer."""
        return [
            {"eid": name, "type": model} for name in self._opened.create(num, model)
        ]

    def step(self, time: int, inputs: InputData, max_advance: int) -> int:
        """Lets the world's time pass until then, and sets what is given."""
        self._opened.step(round(time * self._resolution_s), inputs)
        return time + self._step

    def get_data(self, outputs: OutputRequest) -> OutputData:
        """What is to be seen."""
        return self._opened.look(outputs)

    def result(self) -> dict[str, object]:
        """How the steps of the scenario went until now, as `dsmrlab run --json` prints it."""
        return self._opened.result().to_json()

    def report(self, folder: str) -> str:
        """Writes what `dsmrlab run --report` writes; returns the page's path."""
        return str(self._opened.report(Path(folder)))

    def finalize(self) -> None:
        """Ends the world."""
        if self._world is not None:
            self._world.close()

    @property
    def _opened(self) -> CoSimulation:
        if self._world is None:
            raise LocalError("there is no world before init")
        return self._world


def _parameters(given: dict[str, Any]) -> Parameters:
    try:
        return Parameters.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise ConfigError(first_words(details, Parameters)) from None


async def serve(
    simulator: mosaik_api_v3.Simulator,
    host: str,
    port: int,
    on_ready: Callable[[str, int], None] | None = None,
) -> None:
    """Does what mosaik asks, until it says stop or is gone.

    Calls mosaik at that address, or with `on_ready` is called there: it is told where, and port
    0 takes a free one. Raises `SurroundingsError` when there is no mosaik, the port is taken,
    mosaik went without a word, or what speaks there is no mosaik.
    """
    try:
        if on_ready is None:
            reader, writer = await asyncio.open_connection(host, port)
        else:
            reader, writer = await _called(host, port, on_ready)
    except OSError as error:
        why = error.strerror or str(error)
        raise SurroundingsError(f"mosaik at {host}:{port}: {why}") from None
    requests = asyncio.StreamReader()
    channel = Channel(requests, writer)
    passing = asyncio.create_task(_pass_on(reader, requests))
    try:
        # Not `run_simulator`: through that an error of init would not reach mosaik.
        await mosaik_api_v3.run(channel, simulator)
    except EndOfRequests:
        why = "is gone" if await passing else "does not speak mosaik's protocol"
        raise SurroundingsError(f"mosaik at {host}:{port} {why}") from None
    finally:
        passing.cancel()
        await channel.close()  # type: ignore[no-untyped-call]


async def _pass_on(source: asyncio.StreamReader, sound: asyncio.StreamReader) -> bool:
    """Hands on requests until there are no more, or until something else comes: then false.

    A `Channel` that reads anything else stops reading, and leaves who waits for a request to
    wait for ever.
    """
    try:
        while True:
            head = await source.readexactly(4)
            length = int.from_bytes(head)
            if length > _LONGEST:
                return False
            body = await source.readexactly(length)
            if not _is_request(body):
                return False
            sound.feed_data(head + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        return True
    finally:
        sound.feed_eof()


def _is_request(body: bytes) -> bool:
    """Whether that is `[0, number, [function, arguments, named arguments]]` in JSON."""
    try:
        match json.loads(body):
            case [0, int(), [str(), list(), dict()]]:
                return True
    except (ValueError, RecursionError):
        pass
    return False


async def _called(
    host: str, port: int, on_ready: Callable[[str, int], None]
) -> _Streams:
    """The first connection that comes in; there is no second."""
    first: asyncio.Future[_Streams] = asyncio.get_running_loop().create_future()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if first.done():
            writer.close()
        else:
            first.set_result((reader, writer))

    server = await asyncio.start_server(take, host, port)
    try:
        on_ready(*server.sockets[0].getsockname()[:2])
        return await first
    finally:
        server.close()
