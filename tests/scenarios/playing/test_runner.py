"""The runner: steps in order, deadlines, refusals that go on, failures that stop."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from meters.behaviour.injections import Injection, What
from meters.behaviour.wakeup import By
from scenarios.acting.actions import ACTIONS, next_time_of_day
from scenarios.acting.steps import Step
from scenarios.expecting.expectations import Expectation
from scenarios.expecting.eyes import EYES
from scenarios.playing.results import Sight
from scenarios.playing.runner import Progress, instants
from scenarios.playing.world_protocol import Car
from tests.scenarios.stage import play, play_in, scenario, world_for
from wire.dlms.acse import Mechanism


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


def test_an_injection_is_done_as_it_is_written() -> None:
    _, world = play(
        "- inject: {what: ram_error}\n"
        "- inject: {meter: 1, what: voltage_sag, phase: 2, voltage_v: 199.5, lasts: 2m}\n"
        "- inject: {what: voltage_swell}\n"
        "- inject: {what: thd, phase: 3, percent: 33, lasts: 2m}\n"
    )
    assert world.done == [
        ("inject", 1, Injection(What.RAM_ERROR)),
        ("inject", 1, Injection(What.VOLTAGE_SAG, 2, 1995, 120)),
        ("inject", 1, Injection(What.VOLTAGE_SWELL)),
        ("inject", 1, Injection(What.THD, 3, duration_s=120, percent=33)),
    ]


def test_a_wrong_key_must_be_refused() -> None:
    played, world = play("- try_wrong_key: {}\n- try_wrong_key: {meter: 1}\n")
    assert [step.passed for step in played.run.steps] == [True, False]
    assert world.done == [("wrong key", 1)] * 2


def test_somebody_else_counts_further_and_may_be_refused() -> None:
    played, world = play(
        "- use_counter: {counter: 5000}\n"
        "- use_counter: {meter: 1, counter: 5}\n"
        "- expect: {refused: {use_counter: {counter: 5}, by: meter, result: rejected}}\n"
        "- expect: {refused: {use_counter: {counter: 5000}}}\n"
    )
    assert [step.passed for step in played.run.steps] == [True, False, True, False]
    assert world.done[:2] == [("use_counter", 1, 5000), ("use_counter", 1, 5)]
    assert played.run.expectations[0].subject == "counter 5 at meter 1"


def test_the_head_end_proves_itself_as_it_is_told() -> None:
    _, world = play("- authenticate_by: hls3\n- authenticate_by: hls5\n")
    assert world.done == [
        ("authenticate_by", Mechanism.HIGH_MD5),
        ("authenticate_by", Mechanism.HIGH_GMAC),
    ]


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


def test_a_meter_is_called() -> None:
    played, world = play(
        "- wake_up: {by: call, number: '0612345678'}\n"
        "- wake_up: {by: sms, number: '+31612345678'}\n"
    )
    assert world.done == [
        ("wake up", 1, By.CALL, "0612345678"),
        ("wake up", 1, By.SMS, "+31612345678"),
    ]
    assert [step.passed for step in played.run.steps] == [True, True]


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


def test_a_refused_message_fails_its_step_only_unless_refusal_is_expected() -> None:
    long = "repeat: {text: A, length: 1025}"
    played, world = play(
        f"- send_message: {{{long}}}\n"
        f"- expect: {{refused: {{send_message: {{{long}}}, by: head-end}}}}\n"
        f"- expect: {{refused: {{send_message: {{{long}, check: false}}, by: meter,"
        " result: other-reason}}\n"
        f"- expect: {{refused: {{send_message: {{{long}, check: false}}, by: head-end}}}}\n"
        "- expect: {refused: {send_message: {text: fine}}}\n"
        "- expect: {refused: {write: {object: clock, value: 1}}}\n"
        "- expect: {refused: {read: {object: clock}, result: object-undefined}}\n"
    )
    assert played.run.steps[0].result == "refused by the head-end: other-reason"
    verdicts = [seen.passed for seen in played.run.expectations]
    assert verdicts == [True, True, False, False, True, True]
    assert played.run.expectations[3].seen == "accepted"
    assert world.done[0] == ("send", 1, 1025, True)


def test_methods_and_buttons_are_what_was_asked_for() -> None:
    played, world = play(
        "- press_button: {meter: 1, to: close}\n- press_button: {to: open}\n"
        "- act: {object: 'image_transfer:1', value: 2}\n"
        "- expect: {refused: {act: {object: 'image_transfer:2'}, by: meter,"
        " result: other-reason}}\n"
        "- expect: {refused: {act: {object: 'image_transfer:2'}, result: read-write-denied}}\n"
    )
    assert world.done == [
        ("button", 1, True),
        ("button", 1, False),
        ("act", 1, "image_transfer:1", 2),
        ("act", 1, "image_transfer:2", None),
        ("act", 1, "image_transfer:2", None),
    ]
    assert [step.passed for step in played.run.steps[:3]] == [True, True, False]
    assert played.run.steps[1].result == "nothing moved"
    assert [seen.passed for seen in played.run.expectations] == [True, False]
    assert played.run.expectations[0].subject == "invoking image_transfer:2 of meter 1"


def test_an_operation_and_what_it_answers() -> None:
    ask = "operation: configuration, arguments: {}"
    played, world = play(
        f"- operate: {{{ask}}}\n"
        "- operate: {operation: firmware}\n"
        "- expect: {refused: {operate: {operation: dance}, by: head-end}}\n"
        f"- expect: {{answer: {{{ask}, item: flags.p0, equals: true}}}}\n"
        f"- expect: {{answer: {{{ask}, item: rows.-1.values.0, min: 5, max: 5}}}}\n"
        f"- expect: {{answer: {{{ask}, item: rows.1.values.0, equals: 5}}}}\n"
        f"- expect: {{answer: {{{ask}, item: flags.p0.x, equals: true}}}}\n"
        "- expect: {answer: {operation: firmware, item: a, equals: 1}}\n"
    )
    assert [step.passed for step in played.run.steps[:2]] == [True, False]
    verdicts = [seen.passed for seen in played.run.expectations]
    assert verdicts == [True, True, True, False, False, False]
    assert world.done[0] == ("operate", 1, "configuration", {})


def test_the_last_answer_is_looked_at_without_asking_again() -> None:
    played, world = play(
        "- expect: {answered: {equals: 1}}\n"
        "- operate: {operation: configuration}\n"
        "- expect: {answered: {item: flags.p0, equals: true}}\n"
        "- expect: {answered: {item: rows.-1.values.0, min: 5, max: 5}}\n"
        "- expect: {answered: {equals: 1}}\n"
        "- expect: {refused: {operate: {operation: dance}, by: head-end}}\n"
        "- expect: {answered: {item: flags.p0, equals: true}}\n"
    )
    verdicts = [seen.passed for seen in played.run.expectations]
    assert verdicts == [False, True, True, False, True, False]
    assert "nothing was asked of meter 1" in played.run.expectations[0].seen
    assert [row[0] for row in world.done] == ["operate", "operate"]
    assert (
        played.run.expectations[1].subject == "flags.p0 in the last answer of meter 1"
    )


def test_sent_is_what_the_meter_took_last_not_what_it_refused() -> None:
    played, _ = play(
        "- expect: {p1_text: {sent: true}}\n"
        '- send_message: {text: ONE}\n- send_message: {text: "TWO\\r"}\n'
        "- expect: {p1_text: {sent: true}, within: 10s}\n"
    )
    before, after = played.run.expectations
    assert not before.passed and "nothing was sent" in before.seen
    assert after.passed and after.seen == "'ONE'"


def test_a_profile_is_written_from_the_step_s_own_time() -> None:
    played, world = play(
        "- run_for: 1h\n- send_message:\n    profile:\n      valid_from: +0s\n"
        "      valid_to: +2h\n      periods: [{start: +0s, max_w: 6000}]\n"
    )
    assert world.text == (
        b'{"Header":{"Action":"EBGDirectControl","ValidFrom":"240127190000W",'
        b'"ValidTo":"240127210000W"},"Body":{"Period":[{"Start":"240127190000W",'
        b'"MxPwr":6000}]}}'
    )


def test_power_and_plugs() -> None:
    played, world = play(
        "- power_cycle: {off_for: 30s}\n- unplug_p1: {}\n"
        "- expect: {p1_text: {silent: true}}\n- plug_p1: {}\n"
        "- expect: {p1_text: {silent: true}}\n- power_off: {}\n"
        "- expect: {p1_text: {silent: true}}\n- power_on: {}\n"
    )
    (_, off), (_, on), *_ = world.done
    assert isinstance(off, datetime) and isinstance(on, datetime)
    assert on - off == timedelta(seconds=30)
    assert [seen.passed for seen in played.run.expectations] == [True, False, True]


def test_cars_and_loads_keep_their_units() -> None:
    _, world = play(
        "- plug_car: {energy_kwh: 19.2, max_w: 7400, phases: 1, phase: 3}\n"
        "- set_load: {power_w: [1, -2, 3], voltage_v: [230.1, 229, 231],"
        " reactive_var: [0, -5, 6]}\n"
        "- set_load: {power_w: [1, 2, 3]}\n- restart_gateway: {}\n- unplug_car: {}\n"
    )
    assert world.done == [
        ("car", 1, Car(19200, 7400, 1, 3)),
        ("load", 1, (1, -2, 3), (2301, 2290, 2310), (0, -5, 6)),
        ("load", 1, (1, 2, 3), None, None),
        ("restart_gateway", 1),
        ("car gone", 1),
    ]


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
