"""Premises and DALI rows of a world."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from headend.dali import COLUMNS, FeederSample, read_feeder_lines
from scenarios.world.feeder import Feeder
from scenarios.world.premises import Premises
from wire.errors import ConfigError
from wire.instants import parse_tst

DATA = Path(__file__).resolve().parents[3] / "scenarios" / "data"
FIRST_S = int(parse_tst("240109010000W").timestamp())


def measured(feeder: Feeder, total_w: Sequence[float]) -> FeederSample:
    """The box's row of the first quarter, read."""
    head = ",".join(("time", *COLUMNS))
    (sample,) = read_feeder_lines([head, feeder.row(FIRST_S, total_w)], "DALI")
    return sample


def test_a_measurement_without_cars_is_the_row_of_the_file() -> None:
    feeder = Feeder(DATA / "lv_feeder_january.csv")
    power_w = feeder.power_w(FIRST_S)
    sample = measured(feeder, power_w)
    assert power_w == sample.power_w == (11213, 15582, 10924)
    assert sample.voltage_dv == (2305, 2306, 2311)
    for current_da, written_da in zip(sample.current_da, (492, 684, 477)):
        assert abs(current_da - written_da) <= 1


def test_cars_add_to_power_and_current() -> None:
    feeder = Feeder(DATA / "lv_feeder_january.csv")
    alone = measured(feeder, feeder.power_w(FIRST_S))
    loaded = measured(feeder, (11213 + 2305, 15582, 10924))
    assert loaded.power_w[0] == alone.power_w[0] + 2305
    # Not quite 10 A more: the premises' reactive power is none of the cars'.
    assert loaded.current_da[0] == alone.current_da[0] + 99
    turned = measured(feeder, (-11213, 15582, 10924))
    assert turned.current_da == alone.current_da


def test_what_was_before_is_at_most_two_days_and_never_what_comes() -> None:
    feeder = Feeder(DATA / "lv_feeder_january.csv")
    assert feeder.before(FIRST_S) == []
    assert [s.power_w for s in feeder.before(FIRST_S + 900)] == [(11213, 15582, 10924)]
    later_s = FIRST_S + 5 * 86_400
    times = [int(s.time.timestamp()) for s in feeder.before(later_s)]
    assert times == list(range(later_s - 2 * 86_400, later_s, 900))


def test_without_a_file_nothing_flows() -> None:
    feeder = Feeder(None)
    assert feeder.before(FIRST_S) == []
    assert feeder.power_w(FIRST_S) == (0, 0, 0)
    assert measured(feeder, (2300.0, 0.0, 0.0)).current_da == (100, 0, 0)


def test_houses_take_turns_with_profiles_and_phases() -> None:
    premises = Premises(DATA / "premises_profiles_january.csv")
    assert premises.power_w(0, FIRST_S) == (171 * 4, 0, 0)
    assert premises.power_w(1, FIRST_S) == (0, 101 * 4, 0)
    assert premises.power_w(6, FIRST_S) == (171 * 4, 0, 0)
    assert premises.power_w(0, FIRST_S - 900) == (0, 0, 0)


def test_a_roof_can_give_more_than_its_house_takes() -> None:
    premises = Premises(DATA / "premises_profiles_january.csv")
    powers = [
        sum(premises.power_w(0, FIRST_S + 900 * quarter)) for quarter in range(2688)
    ]
    assert min(powers) < 0 < max(powers)
    assert min(sum(premises.power_w(3, FIRST_S + 900 * q)) for q in range(2688)) >= 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time,x\n", "1: needs the columns time and h0_"),
        ("time,h0_a_permille\n2024,1\n", "2:1: column time: '2024'"),
        ("time,h0_a_permille\n2024-01-01T00:00:00Z,-1\n", "2:2: column h0_a_permille"),
        ("time,h0_a_permille\n2024-01-01T00:00:00Z\n", "2:2: column h0_a_permille"),
        ("time,h0_a_permille\n2024-01-01T00:00:00Z,nan\n", "'nan' is not a permille"),
        (
            "time,h0_a_permille\n" + 2 * "2024-01-01T00:00:00Z,1\n",
            "3:1: .* is there twice",
        ),
    ],
)
def test_bad_premises_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "premises.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        Premises(path)


def test_missing_premises_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none.csv: cannot be read"):
        Premises(tmp_path / "none.csv")
