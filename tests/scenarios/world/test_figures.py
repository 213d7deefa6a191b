"""The key figures, on loads that a person can add up."""

from scenarios.world.fairness import (
    Reversals,
    Served,
    energy_served,
    fifth_percentile,
    jain,
)
from scenarios.world.transformer import Transformer, dali_row


def flow(transformer: Transformer, from_s: int, to_s: int, l1_w: int) -> None:
    """Lets a load flow on L1, in ticks of 10 s."""
    for end_s in range(from_s + 10, to_s + 1, 10):
        transformer.account(end_s, (l1_w * 10, 0, 0))


def test_an_hour_of_overload_on_one_phase() -> None:
    transformer = Transformer(rating_va=30_000)
    flow(transformer, 0, 3600, 10_000)
    flow(transformer, 3600, 7200, 12_000)
    assert transformer.overload_min == 60
    assert round(transformer.overload_pu_min, 9) == 12
    assert transformer.max_pu == 1.2
    assert transformer.quarters == [(10_000, 0, 0)] * 4 + [(12_000, 0, 0)] * 4


def test_overload_counts_minute_means_and_the_maximum_quarter_means() -> None:
    transformer = Transformer(rating_va=30_000)
    flow(transformer, 0, 30, 15_000)
    flow(transformer, 30, 60, 5_000)
    assert transformer.overload_min == 0
    flow(transformer, 60, 120, 20_000)
    flow(transformer, 120, 900, 0)
    assert transformer.overload_min == 1
    assert transformer.minutes[:3] == [(10_000, 0, 0), (20_000, 0, 0), (0, 0, 0)]
    assert round(transformer.max_pu, 6) == round((10_000 + 20_000) / 15 / 10_000, 6)


def test_feed_in_above_the_rating_is_an_overload_too() -> None:
    transformer = Transformer(rating_va=30_000)
    flow(transformer, 0, 900, -12_000)
    assert (transformer.overload_min, transformer.max_pu) == (15, 1.2)


def test_a_dali_row_is_what_the_box_writes() -> None:
    row = dali_row(
        "2024-01-09T00:00:00Z",
        (2305, 2306, 2311),
        (11_340, 15_773, 11_023),
        (11_213, 15_582, 10_924),
    )
    assert (
        row == "2024-01-09T00:00:00Z,230.5,49.2,11213,230.6,68.4,15582,231.1,47.7,10924"
    )


def test_shares_of_sessions() -> None:
    sessions = [Served(1000, 1000), Served(1000, 500), Served(2000, 2000)]
    assert energy_served(sessions) == 0.875
    assert fifth_percentile(sessions) == 0.5
    assert round(jain(sessions), 4) == round(2.5**2 / (3 * 2.25), 4)
    assert energy_served([]) == fifth_percentile([]) == jain([]) == 1


def test_the_fifth_percentile_of_forty_is_the_second_lowest() -> None:
    assert fifth_percentile([Served(100, n) for n in range(40)]) == 0.01


def test_reversals_are_turns_not_steps() -> None:
    turns = Reversals()
    for limit_w in (10, 10, 8, 6, 6, 7, 9, 8):
        turns.see(limit_w)
    assert turns.count == 2


def test_without_a_car_nothing_turns() -> None:
    turns = Reversals()
    for limit_w in (10, 8):
        turns.see(limit_w)
    turns.forget()
    for limit_w in (4, 9):
        turns.see(limit_w)
    assert turns.count == 0
