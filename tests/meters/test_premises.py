"""The household's curve: the same each time, believable, different per house."""

from __future__ import annotations

from meters.behaviour.premises import premises_load
from tests.meters.builders import NOW_S

HOUSES = [f"E0500296120{index:04d}18" for index in range(20)]


def test_it_follows_from_house_and_minute() -> None:
    first = premises_load(HOUSES[0], 3, NOW_S)
    assert first == premises_load(HOUSES[0], 3, NOW_S + 59)
    others = {premises_load(house, 3, NOW_S) for house in HOUSES}
    assert len(others) == len(HOUSES)


def test_a_day_is_a_households() -> None:
    minutes = range(NOW_S, NOW_S + 86_400, 60)
    for house in HOUSES[:5]:
        loads = [premises_load(house, 3, minute) for minute in minutes]
        totals = [sum(power_w) for power_w, _ in loads]
        assert 5_000 < sum(totals) // 60 < 20_000
        assert max(totals) < 6_000 and min(totals) > 30
        assert all(min(power_w) >= 0 for power_w, _ in loads)
        assert all(2200 < volt < 2400 for _, voltage_dv in loads for volt in voltage_dv)


def test_a_house_on_one_phase_uses_the_first() -> None:
    power_w, _ = premises_load(HOUSES[0], 1, NOW_S)
    assert power_w[0] > 0 and power_w[1:] == (0, 0)
