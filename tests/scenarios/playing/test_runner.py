"""The runner: steps in order, deadlines, refusals that go on, failures that stop."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from scenarios.acting.actions import ACTIONS, next_time_of_day
from scenarios.acting.steps import Step
from scenarios.expecting.expectations import Expectation
from scenarios.expecting.eyes import EYES
from scenarios.playing.results import Sight
from scenarios.playing.runner import Progress, instants
from tests.scenarios.stage import play, play_in, scenario, world_for


def test_every_kind_of_step_and_expectation_has_its_row() -> None:
    assert set(ACTIONS) | {"include", "expect"} == set(Step.model_fields)
    names = {field.alias or name for name, field in Expectation.model_fields.items()}
    assert set(EYES) | {"kpi", "within", "for", "every"} == names


def test_time_passes_as_the_steps_say() -> None:
    played, world = play(
        "- run_for: 1h 30m\n- run_until: '20:00'\n- run_until: end\n- run_until: 2024-01-27T"
        "18:00:00Z\n"
    )
    untils = [step.until for step in played.run.steps]
    start = world.end - timedelta(days=1)
    assert untils[:3] == [
        start + timedelta(hours=1, minutes=30),
        datetime(2024, 1, 27, 19, tzinfo=UTC),
        world.end,
    ]
    assert [step.passed for step in played.run.steps] == [True, True, True, False]
    assert played.run.steps[3].result == "that instant lies behind"


def test_an_expectation_waits_no_longer_than_it_must() -> None:
    played, world = play(
        "- send_message: {text: HELLO}\n- expect: {p1_text: {sent: true}, within: 15s}\n"
    )
    (seen,) = played.run.expectations
    assert seen.passed and seen.after_s == 7 and seen.line == 5
    assert (seen.wanted, seen.seen) == ("'HELLO'", "'HELLO'")


def test_an_expectation_that_comes_too_late_fails_and_the_play_goes_on() -> None:
    played, world = play(
        "- send_message: {text: HELLO}\n- expect: {p1_text: {text: HELLO}, within: 5s}\n"
        "- expect: {p1_text: {text: ''}}\n"
    )
    late, empty = played.run.expectations
    assert not late.passed and late.seen == "''" and late.after_s == 5
    assert empty.passed
    assert [step.passed for step in played.run.steps] == [True, False, True]
    assert not played.stopped


def test_what_was_seen_meanwhile_is_kept_whenever_it_changed() -> None:
    played, _ = play(
        "- send_message: {text: HELLO}\n- expect: {p1_text: {sent: true}, within: 15s}\n"
        "- expect: {p1_text: {sent: true}}\n"
    )
    waited, single = played.run.expectations
    assert waited.sights == (Sight(0, "''"), Sight(7, "'HELLO'"))
    assert (waited.index, waited.within_s) == (2, 15)
    assert waited.to_json()["over_time"] == [
        {"after_s": 0, "seen": "''"},
        {"after_s": 7, "seen": "'HELLO'"},
    ]
    assert single.within_s is None and "over_time" not in single.to_json()


class Rising(dict[str, int]):
    """Registers that are one higher at each look."""

    looks = -1

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> int:
        self.looks += 1
        return self.looks


def test_of_much_that_was_seen_the_first_and_the_last_are_kept() -> None:
    it = scenario("- expect: {register: {name: status, equals: 99}, within: 60s}\n")
    world = world_for(it)
    world.registers = Rising()
    played = play_in(world, it)
    (seen,) = played.run.expectations
    assert [sight.after_s for sight in seen.sights] == [0, 1, 2, 3, 57, 58, 59, 60]
    assert seen.seen == "60" and not seen.passed


def test_without_a_deadline_there_is_one_look() -> None:
    played, world = play("- expect: {register: {name: applied_limit, equals: 6000}}\n")
    assert not played.run.expectations[0].passed and world.waits == 0
    assert played.run.expectations[0].seen == "22000"


def test_bounds_hold_inclusively() -> None:
    played, _ = play(
        "- expect: {register: {name: applied_limit, min: 22000, max: 22000}}\n"
        "- expect: {register: {name: applied_limit, min: 22001}}\n"
        "- expect: {register: {name: applied_limit, max: 21999}}\n"
    )
    assert [seen.passed for seen in played.run.expectations] == [True, False, False]


def test_a_log_has_a_code_so_many_times() -> None:
    log = "fraud_detection_log"
    played, _ = play(
        f"- expect: {{log: {{log: {log}, has: 40}}}}\n"
        f"- expect: {{log: {{log: {log}, has: 40, times: 2}}}}\n"
        f"- expect: {{log: {{log: {log}, has: 40, times: 1}}}}\n"
        f"- expect: {{log: {{log: {log}, has: 41}}, within: 3s}}\n"
        f"- expect: {{log: {{log: {log}, has: 41, times: 0}}}}\n"
        f"- expect: {{log: {{log: {log}, times: 3}}}}\n"
        "- expect: {log: {log: standard_event_log, has: 1}}\n"
    )
    verdicts = [seen.passed for seen in played.run.expectations]
    assert verdicts == [True, True, False, False, True, True, False]
    assert played.run.expectations[2].wanted == "1 × code 40"
    assert played.run.expectations[2].seen == "40, 47, 40"
    assert played.run.expectations[3].after_s == 3
    assert played.run.expectations[6].seen == "refused: object-undefined"


def test_pushes_are_counted_by_their_alarm() -> None:
    played, _ = play(
        "- expect: {push: {}}\n"
        "- expect: {push: {times: 2}}\n"
        "- expect: {push: {alarm: power_up, times: 1}}\n"
        "- expect: {push: {alarm: power_up, times: 2}}\n"
        "- expect: {push: {alarm: clock_invalid}}\n"
    )
    seen = played.run.expectations
    assert [one.passed for one in seen] == [True, True, True, False, False]
    assert (seen[3].wanted, seen[4].wanted) == ("2 × power_up", "clock_invalid")
    assert seen[3].seen == "power_up, fraud_attempt; no alarm"


def test_a_silent_unit_is_something_seen() -> None:
    played, _ = play("- expect: {register: {name: status, equals: 1}, within: 3s}\n")
    (seen,) = played.run.expectations
    assert not seen.passed and seen.seen == "the unit is silent" and not played.stopped


def test_a_step_that_cannot_be_done_stops_the_run() -> None:
    played, world = play("- restart_unit: {}\n- run_for: 1h\n")
    assert played.stopped == "step 1 (restart_unit): the unit's file is gone"
    assert len(played.run.steps) == 1 and not played.run.steps[0].passed


def test_objects_are_compared_with_type() -> None:
    played, _ = play(
        "- expect: {object: {object: consumer_message, equals: {hex: ''}}}\n"
        "- expect: {object: {object: consumer_message, equals: 0}}\n"
        "- expect: {object: {object: consumer_message, min: 0}}\n"
        "- expect: {object: {object: clock, equals: 0}}\n- read: {object: clock}\n"
    )
    verdicts = [seen.passed for seen in played.run.expectations]
    assert verdicts == [True, False, False, False]
    assert played.run.expectations[3].seen == "refused: object-undefined"
    assert played.run.steps[-1].result == "refused by the meter: object-undefined"


def test_the_same_play_gives_the_same_events() -> None:
    steps = "- note: hi\n- send_message: {text: A}\n- run_for: 1h\n"
    first, second = play(steps)[0].run, play(steps)[0].run
    assert first.events == second.events and first.events_sha256 == second.events_sha256
    other = play(steps.replace("1h", "2h"))[0].run
    assert other.events_sha256 != first.events_sha256


def test_progress_goes_from_nothing_to_all_and_never_back() -> None:
    seen: list[Progress] = []
    it = scenario("- run_for: 1h\n- run_until: end\n- power_cycle: {off_for: 1m}\n")
    play_in(world_for(it), it, seen.append)
    shares = [progress.share for progress in seen]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert 100 < len(shares) < 1000


def test_the_planned_end_counts_what_waits() -> None:
    it = scenario("- run_for: 1h\n- power_cycle: {off_for: 1m}\n- run_until: '21:00'\n")
    assert instants(it)[-1] == datetime(2024, 1, 27, 20, tzinfo=UTC)
    assert instants(scenario("- run_until: end\n- run_until: end\n"))[-1] == datetime(
        2024, 1, 28, 17, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("now", "wanted", "instant"),
    [
        ("2024-01-27T17:00Z", time(18), "2024-01-28T17:00Z"),
        ("2024-01-27T16:59Z", time(18), "2024-01-27T17:00Z"),
        # The clocks go forward on 31 March 2024: 02:30 comes only the day after.
        ("2024-03-31T00:00Z", time(2, 30), "2024-04-01T00:30Z"),
        # They go back on 27 October 2024: 02:30 comes twice.
        ("2024-10-27T00:00Z", time(2, 30), "2024-10-27T00:30Z"),
        ("2024-10-27T00:30Z", time(2, 30), "2024-10-27T01:30Z"),
    ],
)
def test_the_next_time_of_day_is_dutch(now: str, wanted: time, instant: str) -> None:
    found = next_time_of_day(datetime.fromisoformat(now), wanted)
    assert found == datetime.fromisoformat(instant)
