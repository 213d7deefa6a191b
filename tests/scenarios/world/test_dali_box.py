"""What becomes of a transformer's rows when its box is wrong, or its CSV was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.sessions import read_sessions
from headend.controllers import CONTROLLERS
from headend.dali import COLUMNS
from headend.planner_model import Settings
from scenarios.acting.feeder_faults import Disturbance, DisturbFeeder, Wrong
from scenarios.language.document import load
from scenarios.language.settings import Controller
from scenarios.playing.runner import Runner
from scenarios.world.dali_box import DaliBox
from scenarios.world.feeder import Feeder
from scenarios.world.making import SimulatedLab
from scenarios.world.rehearsal import Rehearsal, Way
from tests.scenarios.world.test_rehearsal import DATA, FILES, FIRST_S, JANUARY
from wire.errors import ConfigError
from wire.instants import from_epoch

HOUR_S, DAY_S = 3600, 86_400
TOTAL_W = 11_000.0, 15_000.0, 10_000.0
# A Saturday on which the transformer would be overloaded.
SATURDAY_S = FIRST_S - HOUR_S + 18 * DAY_S


class Reported:
    """A box, asked each quarter; the loads grow by 100 W so that rows can be told apart."""

    def __init__(self, feeder: Feeder) -> None:
        self.now_s = FIRST_S
        self.box = DaliBox(feeder, lambda: self.now_s)
        self._quarters = 0

    def next(self) -> list[object]:
        """What arrives now: powers of L1 in W, consequences of faults."""
        self.now_s += 900
        self._quarters += 1
        l1, l2, l3 = (watt + 100 * self._quarters for watt in TOTAL_W)
        report = self.box.report(self.now_s, (l1, l2, l3))
        samples = [*report.past, *([report.sample] if report.sample else [])]
        return [
            *(fault.consequence.name for fault in report.faults),
            *(sample.power_w[0] for sample in samples),
        ]

    def hour(self) -> list[list[object]]:
        return [self.next() for _ in range(4)]


@pytest.fixture
def reported() -> Reported:
    return Reported(Feeder(JANUARY))


def sound(first: int) -> list[list[object]]:
    """An hour without faults, from so many quarters after the first on."""
    return [[11_000 + 100 * number] for number in range(first, first + 4)]


UNMEASURED: list[object] = ["UNMEASURED"]


@pytest.mark.parametrize(
    ("wrong", "then", "later"),
    [
        (Disturbance(Wrong.MISSING), [[]] * 4, [["HOLE", 11_900]]),
        (
            Disturbance(Wrong.LATE, by_s=1200),
            [[], [], [11_500], [11_600]],
            [[11_700], [11_800, 11_900, 12_000]],
        ),
        (Disturbance(Wrong.STUCK), [[11_400]] * 4, [[11_900]]),
        (Disturbance(Wrong.STUCK, (1,)), sound(5), [[11_900]]),
        (Disturbance(Wrong.ZERO), [[0]] * 4, [[11_900]]),
        (Disturbance(Wrong.ZERO, (2,)), sound(5), [[11_900]]),
        (Disturbance(Wrong.KILOWATTS), [UNMEASURED] * 4, [[11_900]]),
        (Disturbance(Wrong.KILOWATTS, (2,)), [UNMEASURED] * 4, [[11_900]]),
        (
            Disturbance(Wrong.NEGATED),
            [[-11_500], [-11_600], [-11_700], [-11_800]],
            [[11_900]],
        ),
        (
            Disturbance(Wrong.SWAPPED_PHASES),
            [[15_500], [15_600], [15_700], [15_800]],
            [[11_900]],
        ),
        (Disturbance(Wrong.NAN, (1,)), [UNMEASURED] * 4, [[11_900]]),
        (Disturbance(Wrong.CUT_OFF), [UNMEASURED] * 4, [[11_900]]),
        (
            Disturbance(Wrong.DUPLICATE),
            [["FIRST_COUNTS", *row] for row in sound(5)],
            [[11_900]],
        ),
        (
            Disturbance(Wrong.BACK_IN_TIME, by_s=1800),
            [["TOO_LATE"], ["FIRST_COUNTS"], [11_700], [11_800]],
            [["HOLE", 11_900], [12_000]],
        ),
        (
            Disturbance(Wrong.AHEAD, by_s=1800),
            [UNMEASURED] * 4,
            [["HOLE", 11_900]],
        ),
    ],
    ids=lambda value: str(value.wrong) if isinstance(value, Disturbance) else "",
)
def test_what_the_head_end_gets_of_a_box_that_is_wrong_for_an_hour(
    reported: Reported,
    wrong: Disturbance,
    then: list[list[object]],
    later: list[list[object]],
) -> None:
    assert reported.hour() == sound(1)
    reported.box.disturb(wrong)
    assert reported.hour() == then
    reported.box.disturb(None)
    assert [reported.next() for _ in later] == later


def test_a_fault_that_is_over_by_itself(reported: Reported) -> None:
    reported.next()
    reported.box.disturb(Disturbance(Wrong.MISSING, lasts_s=1800))
    assert reported.hour() == [[], [], ["HOLE", 11_400], [11_500]]


def test_a_fault_of_one_phase_leaves_the_others(reported: Reported) -> None:
    reported.next()
    for wrong in (Wrong.STUCK, Wrong.ZERO, Wrong.NEGATED):
        reported.box.disturb(Disturbance(wrong, (1,)))
        sample = reported.box.report(reported.now_s + 900, TOTAL_W).sample
        assert sample is not None
        assert sample.power_w[0::2] == (11_000, 10_000) and sample.power_w[1] != 15_000
        reported.now_s += 900


@pytest.mark.parametrize("wrong", Wrong)
def test_a_bad_measurement_overloads_nothing(wrong: Wrong) -> None:
    phases = [2] if wrong in {Wrong.ZERO, Wrong.NEGATED, Wrong.STUCK} else []
    for phase in (None, *phases):
        kpis = evening(DisturbFeeder(fault=wrong, phase=phase))
        # Which phase is which is not known before cars come and go on one of them.
        most_pu = 1.05 if wrong is Wrong.SWAPPED_PHASES else 1.0
        assert kpis["max_pu"] <= most_pu
        assert kpis["energy_served"] > 0.55


def test_the_same_evening_left_alone_is_an_overload() -> None:
    assert evening(DisturbFeeder(), "none")["max_pu"] > 1.1


def evening(disturb: DisturbFeeder, controller: str = "headroom") -> dict[str, float]:
    """From three to ten in the afternoon, the box wrong from four to nine."""
    sessions = read_sessions(DATA / "ev_sessions_january.csv")
    rehearsal = Rehearsal(
        CONTROLLERS[controller](Settings(tuple(sorted(sessions)), 160_000)),
        Feeder(JANUARY),
        sessions,
        start_s=SATURDAY_S + 15 * HOUR_S,
        rating_va=160_000,
        station_max_w=22_000,
        way=Way(180, 120),
    )
    rehearsal.run_until(SATURDAY_S + 16 * HOUR_S)
    rehearsal.box.disturb(disturb.disturbance())
    rehearsal.run_until(SATURDAY_S + 21 * HOUR_S)
    rehearsal.box.disturb(None)
    rehearsal.run_until(SATURDAY_S + 22 * HOUR_S)
    return rehearsal.kpis()


def test_the_scenario_over_all_wires_in_short() -> None:
    short = {"stations": "4", "rating_va": "130000", "each": "30m"}
    made = load(FILES / "feeder_faults.yaml", short)
    lab = SimulatedLab(made, Controller.HEADROOM)
    try:
        played = lab.drive(Runner(made, lab, "headroom").play())
    finally:
        lab.close()
    assert played.run.kpis["max_pu"] <= 1.05 and not played.stopped
    assert len(seen := played.run.expectations) == 6 and all(one.passed for one in seen)
    told = "\n".join(lab.log)
    for word in ("hole", "first-counts", "too-late", "unmeasured"):
        assert f'"consequence":"{word}"' in told
    assert '"subject":"CP002","doubt":"unread"' in told
    for word in ("absent", "fallen", "null"):
        assert f'"doubt":{word}' in told.replace(f'"{word}"', word)
    assert '"file":"DALI","line":4,"column":1,"why":"column time: steps back"' in told


# A CSV whose rows are wrong

HEAD = ",".join(("time", *COLUMNS)) + "\n"


def row(number: int, power: str = "", time: str = "") -> str:
    begin = from_epoch(FIRST_S) + timedelta(minutes=15 * number)
    watts = power or str(2000 + number)
    return (time or f"{begin:%Y-%m-%dT%H:%M:%SZ}") + f",230,10,{watts}" * 3 + "\n"


FAULTY = (
    row(0, "NaN")
    + row(1)
    + row(2, "4.6").replace(",10,", ",20,")
    + row(2)
    + row(3)
    + row(3)
    + row(1)
    + row(6)
    + row(7, time="soon")
    + row(8)
)


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.csv"
    path.write_text(HEAD + FAULTY)
    return path


def test_a_csv_with_faults_is_refused_or_its_box_has_them(faulty: Path) -> None:
    with pytest.raises(ConfigError, match="faulty.csv:2:4: column p_l1_w: 'NaN'"):
        Feeder(faulty)
    feeder = Feeder(faulty, play_faults=True)
    # What is not known goes on as it was, or begins as it is.
    premises = [feeder.power_w(FIRST_S + 900 * number)[0] for number in range(11)]
    assert premises[:5] == [2001, 2001, 2001, 2003, 2003]
    assert premises[5:] == [2003, 2006, 2006, 2008, 0, 0]
    found = []
    box = DaliBox(feeder, lambda: FIRST_S + DAY_S)
    for number in range(10):
        report = box.report(FIRST_S + 900 * (number + 1), (2300.0, 2300.0, 2300.0))
        lines = [fault.error.line for fault in report.faults]
        found.append((lines, report.sample is not None))
    assert found == [
        ([2], False),
        ([], True),
        ([4, 5], False),
        ([7, 8], True),
        ([], False),
        ([], False),
        ([9, 10], True),
        ([], False),
        ([11], True),
        ([], True),
    ]


def test_a_csv_with_nothing_but_faults_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes((HEAD + row(0, "NaN")).encode() + b"\xff\n")
    with pytest.raises(ConfigError, match="f.csv: has no row that can be true"):
        Feeder(path, play_faults=True)


def test_octets_that_are_no_text_are_a_fault_of_their_cell(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(HEAD.encode() + row(0).encode() + row(1, "\xff").encode("latin-1"))
    feeder = Feeder(path, play_faults=True)
    (fault,) = feeder.faults(FIRST_S + 900)
    assert str(fault.error) == f"{path}:3:4: column p_l1_w: is not text in UTF-8"
    with pytest.raises(ConfigError, match="f.csv:3:4: .* is not text in UTF-8"):
        Feeder(path)


def test_a_phase_without_voltage_is_reported_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(HEAD + row(0).replace("230,10,2000", "0,0,0", 1))
    box = DaliBox(Feeder(path), lambda: FIRST_S + 900)
    sample = box.report(FIRST_S + 900, (0, 50, 50)).sample
    assert sample is not None and sample.voltage_dv == (0, 2300, 2300)
