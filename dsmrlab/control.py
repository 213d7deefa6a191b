"""`dsmrlab headend control`: the congestion loop against live meters."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsmrlab.edge import LabCommand, Settings, pass_settings, read_text
from dsmrlab.headend import reach_options
from dsmrlab.loop import Teller, serve_on_reactor
from wire.errors import ConfigError

if TYPE_CHECKING:
    from dsmrlab.office import Office, Reach
    from headend.control import Sent
    from headend.dali import FeederSample
    from headend.store.job import Job
    from headend.trust import Doubt

CONTROLLERS = ("headroom", "threshold")
INTERVAL_S = 900
_LOOK_S = 1.0
_PATIENCE = 1.25


@click.command(
    cls=LabCommand,
    example="headend control --feeder lv_feeder_january.csv --every 60",
)
@click.option(
    "--feeder",
    required=True,
    metavar="CSV",
    type=click.Path(path_type=Path),
    help="The transformer's quarter-hours.",
)
@click.option(
    "--stations",
    metavar="FILE",
    help="The stations' meters, a METER per line; all known meters when left out.",
)
@click.option(
    "--controller",
    type=click.Choice(CONTROLLERS),
    default="headroom",
    show_default=True,
    help="How it is decided what the stations may draw.",
)
@click.option("--rating-va", type=click.IntRange(1), default=160_000, show_default=True)
@click.option(
    "--station-max-w", type=click.IntRange(0), default=22_000, show_default=True
)
@click.option("--start", metavar="T", help="The first row to take, as its time.")
@click.option(
    "--every",
    type=click.FloatRange(0.1, 86_400),
    default=float(INTERVAL_S),
    show_default=True,
    metavar="SECONDS",
    help="Between two rows.",
)
@click.option(
    "--preferred",
    multiple=True,
    metavar="METER",
    help="Gets two shares and pauses last (headroom); may be repeated.",
)
@click.option("--once", is_flag=True, help="One step with one row, the last one.")
@click.option(
    "--follow", is_flag=True, help="Wait for rows that are added; times count as told."
)
@reach_options
@pass_settings
def control(
    settings: Settings,
    feeder: Path,
    stations: str | None,
    controller: str,
    rating_va: int,
    station_max_w: int,
    start: str | None,
    every: float,
    preferred: tuple[str, ...],
    once: bool,
    follow: bool,
    reach: Reach,
) -> None:
    """Keep a feeder within its rating by messages to the stations' meters.

    A step per row: read the stations, plan, send. A row counts as what was measured just now,
    so that a recorded feeder can be played; with --follow rows are taken as they are added to
    the file, at the times that stand in them, beginning with the last; a row that does not come
    or cannot be read is a step without a measurement. A line per step.
    """
    from dsmrlab.office import open_office
    from headend.controllers import CONTROLLERS as KINDS
    from headend.planner_model import Settings as Grid

    if follow and (start is not None or once):
        raise ConfigError(
            "--follow begins with the last row; leave --start, --once out"
        )
    rows = _Rows(feeder, _instant(start) if start is not None else None)
    rows.check()
    with open_office(settings) as office:
        numbers = _stations(office, stations)
        first = frozenset(office.meter(name).equipment_id for name in preferred)
        if strangers := first - numbers.keys():
            raise ConfigError(f"--preferred: {min(strangers)} is none of the stations")
        grid = Grid(tuple(numbers), rating_va, station_max_w, preferred=first)

        async def work(loop: Any, tell: Teller) -> None:
            scheduler = office.scheduler(loop, reach, f"control-{time.time_ns()}")
            loop_of = _Loop(KINDS[controller](grid), numbers, scheduler, loop, tell)

            async def steps() -> None:
                if once:
                    await loop_of.step(rows.one(), as_of_now=True)
                elif follow:
                    async for newest in rows.added(loop, every, loop_of.wrong):
                        await loop_of.step(newest)
                else:
                    async for sample in rows.paced(loop, every):
                        await loop_of.step(sample, as_of_now=True)

            await office.running(scheduler, steps)(loop)

        serve_on_reactor(settings, work)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The samples of a feeder's file, from `start` on if that is said."""

    path: Path
    start: datetime | None

    def check(self) -> None:
        """Reads the whole file: what is wrong with it is better known before anything runs."""
        if not self.path.is_file():
            why = "is no file" if self.path.exists() else "there is no such file"
            raise ConfigError(why, str(self.path))
        if not sum(1 for _ in self._read()):
            raise ConfigError(f"has no row from {self.start} on", str(self.path))

    def one(self) -> FeederSample:
        """The one row to take: the first from `start` on, else the last."""
        samples = self._read()
        sample = next(samples)
        if self.start is None:
            for sample in samples:
                pass
        return sample

    async def paced(self, loop: Any, every_s: float) -> AsyncIterator[FeederSample]:
        """Row by row, at its pace; a step that takes longer delays the next."""
        due_s = loop.seconds()
        for sample in self._read():
            await _sleep(loop, due_s - loop.seconds())
            yield sample
            due_s = max(due_s + every_s, loop.seconds())

    async def added(
        self, loop: Any, every_s: float, wrong: Callable[[ConfigError], None]
    ) -> AsyncIterator[FeederSample | None]:
        """The last row, and then each that is added, with their own times.

        None when none came for a quarter longer than it should: who controls must know that
        it is blind. A row that cannot be read is told to `wrong`, and is none.
        """
        seen: datetime | None = None
        version = (-1, 0)
        due_s = loop.seconds() + every_s * _PATIENCE
        while True:
            newest: list[FeederSample] = []
            try:
                found = self.path.stat()
                if (found.st_size, found.st_mtime_ns) != version:
                    version = (found.st_size, found.st_mtime_ns)
                    newest = list(self._complete(seen))
            except ConfigError as error:
                wrong(error)
            except OSError as error:
                wrong(ConfigError(f"cannot be read: {error.strerror}", str(self.path)))
            for sample in newest if seen is not None else newest[-1:]:
                seen = sample.time
                yield sample
                due_s = loop.seconds() + every_s * _PATIENCE
            if loop.seconds() >= due_s:
                yield None
                due_s = loop.seconds() + every_s
            await _sleep(loop, _LOOK_S)

    def _complete(self, after: datetime | None) -> Iterator[FeederSample]:
        """The rows that are whole: one that is being written has no line end yet."""
        from headend.dali import read_feeder_lines

        try:
            with open(self.path, encoding="utf-8-sig", newline="") as file:
                lines = (line for line in file if line.endswith(("\n", "\r")))
                for sample in read_feeder_lines(lines, str(self.path)):
                    if after is None or sample.time > after:
                        yield sample
        except UnicodeDecodeError:
            raise ConfigError("is not text in UTF-8", str(self.path)) from None

    def _read(self) -> Iterator[FeederSample]:
        from headend.dali import read_feeder

        for sample in read_feeder(self.path):
            if self.start is None or sample.time >= self.start:
                yield sample


class _Loop:
    """Steps of the control, and a line about each."""

    def __init__(
        self,
        controller: Any,
        numbers: dict[str, int],
        scheduler: Any,
        clock: Any,
        tell: Callable[[object, str], None],
    ) -> None:
        from headend.control import CongestionControl

        self._tell = tell
        self._messages: list[dict[str, Any]] = []
        self._wrong = ""
        self._control = CongestionControl(
            controller,
            numbers,
            scheduler,
            clock,
            on_ended=self._ended,
            on_doubt=self._doubt,
        )

    def _doubt(self, subject: str, doubt: Doubt | None) -> None:
        text = "can be believed again" if doubt is None else doubt.value
        document = {
            "event": "doubt",
            "subject": subject,
            "doubt": doubt.name.lower() if doubt else None,
        }
        self._tell(document, f"{subject} {text}")

    async def step(self, sample: FeederSample | None, as_of_now: bool = False) -> None:
        """One step, and its line, which gives the time that stands in the row, if any came."""
        self._messages = []
        await self._control.step(
            _as_of_now(sample) if sample is not None and as_of_now else sample
        )
        messages = self._messages
        document: dict[str, Any] = {
            "event": "step",
            "row": None,
            "power_w": None,
            "messages": messages,
        }
        done = sum(message["state"] == "done" for message in messages)
        seen = "no row"
        if sample is not None:
            document |= {"row": _iso(sample.time), "power_w": list(sample.power_w)}
            power = " ".join(f"{power_w / 1000:.1f}" for power_w in sample.power_w)
            seen = f"{_iso(sample.time)}  {power} kW"
        self._tell(document, f"{seen}  {done}/{len(messages)} messages sent")

    def wrong(self, error: ConfigError) -> None:
        """A row cannot be read; said once, as long as it is the same."""
        if str(error) != self._wrong:
            self._wrong = str(error)
            self._tell({"event": "wrong", "error": self._wrong}, self._wrong)

    def _ended(self, sent: Sent, job: Job) -> None:
        self._messages.append(
            {
                "meter": sent.command.station,
                "job": job.id,
                "limit_w": sent.command.profile.periods[0].max_w,
                "state": job.state.value,
                "error": job.error,
            }
        )


def _stations(office: Office, path: str | None) -> dict[str, int]:
    """The numbers of the stations' meters by equipment identifier."""
    from headend.store import meters

    if path is None:
        with office.store.read() as connection:
            known = meters.every(connection)
        if not known:
            raise ConfigError(
                "no meter is known; take some over with: headend import SHIPMENT"
            )
        return {meter.equipment_id: meter.id for meter in known}
    numbers = {}
    for line, text in enumerate(read_text(path).splitlines(), 1):
        name = text.partition("#")[0].strip()
        if not name:
            continue
        try:
            meter = office.meter(name)
        except ConfigError as error:
            raise ConfigError(error.why, path, line) from None
        if meter.equipment_id in numbers:
            raise ConfigError(f"{meter.equipment_id} stands there twice", path, line)
        numbers[meter.equipment_id] = meter.id
    if not numbers:
        raise ConfigError("names no meter", path)
    return numbers


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"--start is {text!r}, not a time such as 2019-01-07T10:00:00Z"
        ) from None
    return instant.replace(tzinfo=instant.tzinfo or UTC)


def _as_of_now(sample: FeederSample) -> FeederSample:
    """The sample as if its interval were the one that ended last."""
    ended = int(time.time()) // INTERVAL_S * INTERVAL_S
    begin = datetime.fromtimestamp(ended, UTC) - timedelta(seconds=INTERVAL_S)
    return replace(sample, time=begin)


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def _sleep(loop: Any, delay_s: float) -> None:
    from twisted.internet.task import deferLater

    await deferLater(loop, max(0.0, delay_s))
