"""Every bad input of a feeder, by every way in: where it is said to be, and what is done.

A recorded file is refused by `validate`, `run` and `headend control`; what is followed, or
played with its faults, goes on without the row. `docs/data.md` has the same as a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import Clock

from dsmrlab.feeder_rows import Due, Following
from headend.dali import INTERVAL_S, Consequence, Fault, FeederSample
from headend.dali_layout import NATIVE
from headend.dali_mapping import read_mapping
from scenarios.world.dali_box import DaliBox
from scenarios.world.feeder import Feeder
from tests.dsmrlab.commands import here
from wire.instants import from_epoch, local

COLUMNS = "time,u_l1_v,i_l1_a,p_l1_w,u_l2_v,i_l2_a,p_l2_w,u_l3_v,i_l3_a,p_l3_w"
LOCAL = """\
time: {column: time, zone: Europe/Amsterdam, format: "%Y-%m-%d %H:%M"}
voltage: {L1: u_l1_v, L2: u_l2_v, L3: u_l3_v, unit: V}
current: {L1: i_l1_a, L2: i_l2_a, L3: i_l3_a, unit: A}
power: {L1: p_l1_w, L2: p_l2_w, L3: p_l3_w, unit: W}
"""
SCENARIO = """\
scenario: bad
world: {{feeder: feeder.csv, start: {start}, days: 0.01{mapping}}}
steps:
  - run_until: end
"""
UNMEASURED, HOLE, FIRST, LATE = (
    Consequence.UNMEASURED,
    Consequence.HOLE,
    Consequence.FIRST_COUNTS,
    Consequence.TOO_LATE,
)


def line(time: str, power: str = "2300", voltage: str = "230") -> str:
    return f"{time}" + f",{voltage},10,{power}" * 3


def utc(time: str, power: str = "2300", voltage: str = "230") -> str:
    return line(f"2024-01-09T{time}:00Z", power, voltage)


@dataclass(frozen=True)
class Bad:
    """Rows of which the last is wrong: its column, what is said and done, and whether there
    is a sample in spite of it."""

    rows: tuple[str, ...]
    column: int | None
    why: str
    done: Consequence
    counts: bool = False
    is_local: bool = False


def spring(*times: str) -> tuple[str, ...]:
    return tuple(line(f"2024-03-31 {time}") for time in times)


def autumn(*times: str) -> tuple[str, ...]:
    return tuple(line(f"2024-10-27 {time}") for time in times)


TWO = (utc("00:00"), utc("00:15"))
TWICE = ("02:00", "02:15", "02:30", "02:45")
BAD = {
    "a hole": Bad(
        (*TWO, utc("01:00")), 1, "column time: 2 rows are missing", HOLE, counts=True
    ),
    "a duplicate": Bad((*TWO, utc("00:15")), 1, "stands there twice", FIRST),
    "a step back": Bad((*TWO, utc("00:00")), 1, "column time: steps back", LATE),
    "kW as W": Bad(
        (*TWO, utc("00:30", "22.5").replace(",10,", ",100,")),
        4,
        "is it in kW?",
        UNMEASURED,
    ),
    "NaN": Bad((*TWO, utc("00:30", "NaN")), 4, "not a number that was", UNMEASURED),
    "mV as V": Bad((*TWO, utc("00:30", voltage="2300")), 2, "plausible", UNMEASURED),
    "no number": Bad((*TWO, utc("00:30", "")), 4, "'' is not a number", UNMEASURED),
    "half a row": Bad(
        (*TWO, "2024-01-09T00:30:00Z,230,10"), 4, "the row ends before it", UNMEASURED
    ),
    "no CSV": Bad((*TWO, f'"{utc("00:30")}'), None, "is not CSV", UNMEASURED),
    "no text": Bad((*TWO, utc("00:30", "\udcff")), 4, "not text in UTF-8", UNMEASURED),
    "no time": Bad((*TWO, line("soon")), 1, "is not an ISO 8601 time", UNMEASURED),
    "no offset": Bad(
        (*TWO, line("2024-01-09T00:30:00")), 1, "has no offset from UTC", UNMEASURED
    ),
    "seven minutes": Bad((*TWO, utc("00:22")), 1, "is not 900 s after", UNMEASURED),
    "an hour that 92 quarters lack": Bad(
        spring("01:30", "01:45", "02:00"),
        1,
        "is no time on that day: the clock goes forward",
        UNMEASURED,
        is_local=True,
    ),
    "96 quarters where there are 100": Bad(
        autumn("01:45", *TWICE, "03:00"), 1, "4 rows are missing", HOLE, True, True
    ),
    "an hour that is there three times": Bad(
        autumn("01:45", *TWICE, *TWICE, "02:00"), 1, "steps back", LATE, is_local=True
    ),
    "92 quarters in ISO with the old offset": Bad(
        (line("2024-03-31T01:45:00+01:00"), line("2024-03-31T03:00:00+01:00")),
        1,
        "4 rows are missing",
        HOLE,
        counts=True,
    ),
    "100 quarters in ISO with the old offset": Bad(
        (line("2024-10-27T02:45:00+02:00"), line("2024-10-27T02:00:00+02:00")),
        1,
        "steps back",
        LATE,
    ),
}


@dataclass(frozen=True)
class Files:
    """A feeder's file with one bad row, and what belongs to it."""

    folder: Path
    bad: Bad

    @property
    def feeder(self) -> Path:
        return self.folder / "feeder.csv"

    @property
    def mapping(self) -> Path | None:
        return self.folder / "local.yaml" if self.bad.is_local else None

    @property
    def where(self) -> str:
        column = f":{self.bad.column}" if self.bad.column else ""
        return f"feeder.csv:{len(self.bad.rows) + 1}{column}: "


@pytest.fixture(params=list(BAD.values()), ids=list(BAD))
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    bad: Bad = request.param
    text = "\n".join((COLUMNS, *bad.rows)) + "\n"
    files = Files(tmp_path, bad)
    files.feeder.write_bytes(text.encode("utf-8", "surrogateescape"))
    (tmp_path / "local.yaml").write_text(LOCAL)
    mapping = ", feeder_mapping: local.yaml" if bad.is_local else ""
    start = "2024-01-09T00:00:00Z"
    scenario = SCENARIO.format(start=start, mapping=mapping)
    (tmp_path / "bad.yaml").write_text(scenario)
    return files


def test_a_recorded_file_is_refused_before_anything_runs(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "bad.yaml"
    mapping = ("--mapping", files.mapping) if files.mapping else ()
    home = ("--home", tmp_path / "home")
    for command in (
        ("validate", scenario),
        ("run", scenario),
        (*home, "headend", "control", "--feeder", files.feeder, *mapping),
    ):
        said = here(capsys, *command).check_one_line(2)
        assert files.where in said and files.bad.why in said
    assert not (tmp_path / "home").exists()


def test_what_is_followed_goes_on(files: Files) -> None:
    layout = read_mapping(files.mapping) if files.mapping else NATIVE
    following = Following(files.feeder, layout)
    clock, found = Clock(), list[Fault | Due]()

    async def follow() -> None:
        async for item in following.added(clock, INTERVAL_S):
            found.append(item)

    following_on = ensureDeferred(follow())
    clock.advance(0)
    following_on.cancel()
    following_on.addErrback(lambda failure: None)
    fault, due = found
    assert isinstance(fault, Fault) and isinstance(due, Due)
    assert files.where in str(fault) and files.bad.why in str(fault)
    assert fault.consequence is files.bad.done
    assert str(fault).endswith(files.bad.done.value)
    # The newest row that can be believed is acted on, or none where it is left out.
    good = len(files.bad.rows) - (not files.bad.counts)
    unmeasured = files.bad.done is UNMEASURED
    assert (due.sample is None) is unmeasured
    assert len(due.past) == (good if unmeasured else good - 1)


def test_a_scenario_may_play_it(files: Files) -> None:
    feeder = Feeder(files.feeder, files.mapping, play_faults=True)
    first = next(iter(sorted(feeder._samples))) * INTERVAL_S
    box = DaliBox(feeder, lambda: 1e10)
    faults: list[Fault] = []
    samples: list[FeederSample] = []
    for quarter in range(1, 12):
        now = first + INTERVAL_S * quarter
        report = box.report(now, feeder.power_w(now - INTERVAL_S))
        faults += report.faults
        if report.sample is not None and feeder.power_w(now - INTERVAL_S)[0]:
            samples.append(report.sample)
    (fault,) = faults
    assert files.where in str(fault) and fault.consequence is files.bad.done
    assert len(samples) == len(files.bad.rows) - (not files.bad.counts)


@pytest.mark.parametrize(
    ("first", "quarters"), [("2024-03-30T23:00:00", 92), ("2024-10-26T22:00:00", 100)]
)
@pytest.mark.parametrize("is_local", [True, False])
def test_days_of_92_and_100_quarters_are_no_fault(
    first: str, quarters: int, is_local: bool, tmp_path: Path
) -> None:
    begin = datetime.fromisoformat(first + "Z")
    times = [local(begin + timedelta(minutes=15 * n)) for n in range(quarters)]
    shown = "%Y-%m-%d %H:%M" if is_local else "%Y-%m-%dT%H:%M:%S%z"
    path, mapping = tmp_path / "feeder.csv", tmp_path / "local.yaml"
    rows = [line(time.strftime(shown)) for time in times]
    path.write_text("\n".join((COLUMNS, *rows)) + "\n")
    mapping.write_text(LOCAL)
    feeder = Feeder(path, mapping if is_local else None)
    end = int(begin.timestamp()) + INTERVAL_S * quarters
    assert len(feeder.before(end)) == quarters
    assert times[-1].date() == times[0].date()
    assert from_epoch(end) - begin == timedelta(minutes=15 * quarters)


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        (
            "sessions",
            "station,arrival,departure,energy_kwh,phases,phase,max_w\n"
            "LP1,2024-01-10T17:48:00Z,2024-01-11T04:46:00Z,19.2,3,0,11000\n",
            ":2:1: column station: 'LP1' is not the name of a station",
        ),
        (
            "premises",
            "time,h0_a_permille\n2024-01-09T00:00:00Z,NaN\n",
            ":2:2: column h0_a_permille: 'NaN' is not a permille",
        ),
    ],
)
def test_other_files_of_a_world_are_refused_before_anything_runs(
    kind: str,
    text: str,
    where: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "f.csv").write_text(text)
    scenario = tmp_path / "bad.yaml"
    world = f"world: {{{kind}: f.csv, start: 2024-01-09T00:00:00Z, days: 0.01}}\n"
    scenario.write_text(f"scenario: bad\n{world}steps:\n  - run_until: end\n")
    for command in ("validate", "run"):
        assert where in here(capsys, command, scenario).check_one_line(2)
