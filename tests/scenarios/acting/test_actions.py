"""What the steps at meters, cars and the head-end do to the world, as they are written."""

from __future__ import annotations

from datetime import datetime, timedelta

from meters.behaviour.injections import Injection, What
from meters.behaviour.wakeup import By
from scenarios.playing.world_protocol import Car
from tests.scenarios.stage import play
from wire.dlms.acse import Mechanism


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
