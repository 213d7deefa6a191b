"""Activity calendar, special days and tariff by name, from a person's file."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.rows import Standard

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
FILE: dict[str, Any] = {
    "name": "summer",
    "seasons": [{"name": "all", "start": "01-01", "week": "w1"}],
    "weeks": [{"name": "w1", **dict.fromkeys(WEEKDAYS, 1), "saturday": 2, "sunday": 2}],
    "days": [
        {"id": 1, "switches": [{"at": "00:00", "rate": 1}, {"at": "06:30", "rate": 2}]},
        {"id": 2, "switches": [{"at": "00:00", "rate": 1}]},
    ],
    "activate": "now",
}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The file with another value at one place; None takes it away."""
    document = deepcopy(FILE)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return document


@pytest.mark.parametrize("standard", list(Standard))
def test_a_calendar_is_set_and_taken_into_use_at_once(standard: Standard) -> None:
    trial = Trial(standard)
    trial.ask("set_calendar", **FILE)
    active = trial.ask("calendar")["active"]
    assert active["name"] == {"hex": b"summer".hex()}
    assert active["seasons"] == [
        [
            {"hex": b"all".hex()},
            {"hex": "ffff0101ff00000000800000"},
            {"hex": b"w1".hex()},
        ]
    ]
    assert active["weeks"] == [[{"hex": b"w1".hex()}, 1, 1, 1, 1, 1, 2, 2]]
    script = {"hex": "00000a0064ff"}
    assert active["days"] == [
        [1, [[{"hex": "00000000"}, script, 1], [{"hex": "061e0000"}, script, 2]]],
        [2, [[{"hex": "00000000"}, script, 1]]],
    ]


def test_a_calendar_is_taken_into_use_later() -> None:
    trial = Trial()
    before = trial.ask("calendar")["active"]
    at = datetime.fromtimestamp(trial.now_s + 7200, UTC).isoformat()
    trial.ask("set_calendar", **(FILE | {"activate": at}))
    found = trial.ask("calendar")
    assert found["active"] == before
    assert found["passive"]["name"] == {"hex": b"summer".hex()}
    trial.pass_time(7200)
    assert trial.ask("calendar")["active"]["name"] == {"hex": b"summer".hex()}


def test_the_rate_that_counts() -> None:
    trial = Trial()
    assert trial.ask("tariff")["rate"] in (1, 2)
    day = [{"at": "00:00", "rate": 1}]
    for rate in (1, 2):
        day[0]["rate"] = rate
        days = [{"id": number, "switches": day} for number in (1, 2)]
        trial.ask("set_calendar", **(FILE | {"days": days}))
        assert trial.ask("tariff") == {"rate": rate}


def test_special_days_replace_those_before() -> None:
    trial = Trial()
    days = [{"date": "12-25", "day": 2}, {"date": "2026-04-06", "day": 2}]
    assert trial.ask("special_days", days=days)["days"] == 2
    assert trial.ask("special_days")["days"] == [
        [1, {"hex": "ffff0c19ff"}, 2],
        [2, {"hex": "07ea0406ff"}, 2],
    ]
    trial.ask("special_days", days=[])
    assert trial.ask("special_days")["days"] == []


@pytest.mark.parametrize(
    "document, says",
    [
        (changed("name", to=None), "missing argument name"),
        (changed("name", to="x" * 9), "1 to 8 ASCII"),
        (changed("name", to="été"), "1 to 8 ASCII"),
        (changed("seasons", to=[]), "seasons is a list of 1 to 4"),
        (changed("days", to=FILE["days"] * 3), "days is a list of 1 to 4"),
        (changed("weeks", to={}), "weeks is a list of 1 to 4"),
        (changed("weeks", 0, to=5), "weeks, item 1: not a mapping"),
        (changed("weeks", 0, "monday", to=None), "weeks, item 1: missing .* monday"),
        (changed("weeks", 0, "monday", to=256), "weeks, item 1: monday .* 0 to 255"),
        (changed("weeks", 0, "monday", to=7), "day 7 of a week is not in days"),
        (changed("seasons", 0, "week", to="w2"), "week 'w2' of a season"),
        (changed("seasons", 0, "start", to="13-01"), "not a day such as 12-25"),
        (changed("seasons", 0, "start", to=5), "seasons, item 1: start is a text"),
        (changed("days", 0, "switches", 1, "at", to="24:00"), "days, item 1: switches"),
        (changed("days", 0, "switches", 1, "rate", to=3), "rate .* 1 to 2"),
        (changed("days", 0, "id", to=-1), "id .* 0 to 255"),
        (changed("activate", to="soon"), "not a time"),
        (changed("colour", to="red"), "unknown argument colour"),
    ],
)
def test_half_a_calendar_is_none(document: Any, says: str) -> None:
    check_refused_early("set_calendar", Standard.DSMR_4_2_2, document, says)


@pytest.mark.parametrize(
    "days, says",
    [
        ([{"date": "02-30", "day": 1}], "days, item 1: '02-30'"),
        ([{"date": "2026-02-29", "day": 1}], "which is no day"),
        ([{"date": "12-25", "day": 300}], "0 to 255"),
        ([{"date": "12-25"}], "missing argument day"),
        ([{"date": "12-25", "day": 1}] * 31, "0 to 30"),
        ([{"date": "12-25", "day": day} for day in (1, 2)], "in days twice"),
    ],
)
def test_a_special_day_that_is_none(days: Any, says: str) -> None:
    check_refused_early("special_days", Standard.DSMR_4_2_2, {"days": days}, says)
