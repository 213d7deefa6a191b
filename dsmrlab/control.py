"""`dsmrlab headend control`: the congestion loop against live meters."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
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
    from headend.dali import Fault, FeederSample
    from headend.store.job import Job
    from headend.trust import Doubt

CONTROLLERS = ("headroom", "threshold")
INTERVAL_S = 900


@click.command(
    cls=LabCommand,
    example="headend control --feeder lv_feeder_january.csv --every 60",
)
@click.option(
    "--feeder",
    required=True,
    metavar="CSV",
    type=click.Path(path_type=Path),
    help="The transformer's quarter-hours; with --follow maybe a folder of them.",
)
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What stands where in that CSV, when it is not as a DALI box writes it.",
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
    mapping: Path | None,
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
    the file, or to the CSVs of a folder, at the times that stand in them, beginning with the
    last; from those before it, four weeks at most, is learned. A row that does not come or is
    wrong is a step without a measurement. A line per step, and one per fault in what is
    followed.
    """
    from dsmrlab.feeder_rows import Following, Rows
    from dsmrlab.office import open_office
    from headend.controllers import CONTROLLERS as KINDS
    from headend.dali import Fault
    from headend.dali_layout import NATIVE
    from headend.dali_mapping import read_mapping
    from headend.planner_model import Settings as Grid

    if follow and (start is not None or once):
        raise ConfigError(
            "--follow begins with the last row; leave --start, --once out"
        )
    layout = read_mapping(mapping) if mapping else NATIVE
    following = Following(feeder, layout) if follow else None
    rows = Rows(feeder, layout, _instant(start) if start is not None else None)
    if not follow:
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
                    sample = rows.one()
                    await loop_of.step(_as_of_now(sample), row=sample)
                elif following is not None:
                    async for found in following.added(loop, every):
                        if isinstance(found, Fault):
                            loop_of.wrong(found)
                        else:
                            await loop_of.step(found.sample, found.past)
                else:
                    async for sample in rows.paced(loop, every):
                        await loop_of.step(_as_of_now(sample), row=sample)

            await office.running(scheduler, steps)(loop)

        serve_on_reactor(settings, work)


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

    def wrong(self, fault: Fault) -> None:
        """The line of what is wrong in the feeder's file, and what is done about it."""
        error = fault.error
        document = {
            "event": "wrong",
            "file": error.file,
            "line": error.line,
            "column": error.column,
            "error": str(error),
            "consequence": fault.consequence.word,
        }
        self._tell(document, str(fault))

    async def step(
        self,
        sample: FeederSample | None,
        past: Sequence[FeederSample] = (),
        row: FeederSample | None = None,
    ) -> None:
        """One step, and its line, which gives the time that stands in its `row`.

        Without a sample the transformer is not measured now; `past` is learned from.
        """
        from headend.rendering import iso

        self._messages = []
        await self._control.step(sample, past)
        messages, sample = self._messages, row or sample
        document: dict[str, Any] = {
            "event": "step",
            "row": iso(sample.time) if sample is not None else None,
            "power_w": list(sample.power_w) if sample is not None else None,
            "messages": messages,
        }
        if past:
            document["learned"] = len(past)
        done = sum(message["state"] == "done" for message in messages)
        text = f"{_measured(sample)}  {done}/{len(messages)} messages sent"
        self._tell(document, text)

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


def _measured(sample: FeederSample | None) -> str:
    from headend.rendering import iso

    if sample is None:
        return "no measurement"
    power = " ".join(f"{power_w / 1000:.1f}" for power_w in sample.power_w)
    return f"{iso(sample.time)}  {power} kW"
