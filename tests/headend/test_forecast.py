"""What the premises will draw."""

from __future__ import annotations

from headend.forecast import DAY_SLOTS, KEPT_SLOTS, History

UNKNOWN = 40_000
NOW = 1_000_000


def history(**loads: int) -> History:
    """Loads on phase 1 by how many slots ago: `ago_3=…`."""
    found = History()
    for name, load in sorted(loads.items(), key=lambda item: -int(item[0][4:])):
        found.record(NOW - int(name[4:]), (load, 0, 0), 0)
    return found


def test_the_most_of_the_last_45_minutes() -> None:
    assert history(ago_1=100, ago_2=300, ago_3=200).coming(NOW, UNKNOWN) == (300, 0, 0)
    assert history(ago_1=100, ago_4=300).coming(NOW, UNKNOWN) == (100, 0, 0)


def test_yesterday_raises_it_before_a_peak() -> None:
    seen = history(ago_1=100, ago_96=900).coming(NOW, UNKNOWN)
    assert seen == (500, 0, 0)


def test_yesterday_does_not_lower_it() -> None:
    assert history(ago_1=100, ago_96=50).coming(NOW, UNKNOWN) == (100, 0, 0)


def test_without_measurements() -> None:
    assert History().coming(NOW, UNKNOWN) == (UNKNOWN,) * 3
    assert history(ago_96=900).coming(NOW, UNKNOWN) == (UNKNOWN,) * 3
    assert history(ago_96=90_000).coming(NOW, UNKNOWN)[0] == 90_000


def test_an_hour_ahead_is_yesterdays_highest_raised_by_todays_difference() -> None:
    seen = history(ago_1=300, ago_96=100, ago_84=700, ago_83=800)
    assert seen.hour(NOW + 12, NOW, UNKNOWN)[0] == 800 + (300 - 100) // 2


def test_what_panels_gave_yesterday_is_no_room_for_tomorrow() -> None:
    seen = history(ago_1=-300, ago_96=-500, ago_84=-700, ago_83=-800)
    assert seen.hour(NOW + 12, NOW, UNKNOWN)[0] == (500 - 300) // 2


def test_an_hour_never_seen_is_taken_as_bad() -> None:
    assert history(ago_1=300).hour(NOW + 12, NOW, UNKNOWN) == (UNKNOWN,) * 3
    assert history(ago_1=90_000).hour(NOW + 12, NOW, UNKNOWN)[0] == 90_000


def test_cars_of_the_same_hour_yesterday() -> None:
    seen = History()
    seen.record(NOW - DAY_SLOTS + 5, (0, 0, 0), 7)
    seen.record(NOW - DAY_SLOTS + 6, (0, 0, 0), 4)
    assert seen.cars_in_hour(NOW + 4, 10) == 7
    assert seen.cars_in_hour(NOW + 8, 10) == 10


def test_only_two_days_are_kept() -> None:
    seen = History()
    for slot in range(NOW, NOW + 1000):
        seen.record(slot, (slot, 0, 0), 0)
    assert len(seen.load_w) == len(seen.cars) == KEPT_SLOTS
    assert min(seen.load_w) == NOW + 1000 - KEPT_SLOTS
