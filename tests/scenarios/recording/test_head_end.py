"""Jobs at live meters become a scenario that passes, until a meter answers otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from headend.store import devices, jobs
from headend.store.job import JobState
from scenarios.language.document import parse
from scenarios.recording.head_end import Span, record
from scenarios.world.making import SimulatedLab
from tests.scenarios.recording.live import START_S, Live, failed, live, play
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.errors import ConfigError

FIRST = (Standard.DSMR_4_0_6, Standard.DSMR_4_2_2, Standard.SMR_5_0, Standard.SMR_5_5)
PROFILE = {
    "Header": {
        "Action": "EBGDirectControl",
        "ValidFrom": "240127131500W",
        "ValidTo": "240127141500W",
    },
    "Body": {"Period": [{"Start": "240127131500W", "MxPwr": 4200}]},
}
OBJECTS = {"object": "clock:time_zone"}


def a_day(live: Live, standard: Standard) -> None:
    """Most of what a head-end asks; all end as they are to."""
    for operation in ("actual", "clock", "configuration", "calendar", "special_days"):
        live.do(1, operation)
    for operation in ("alarms", "firmware", "mbus_scan", "events", "recover_keys"):
        live.do(2, operation)
    live.do(2, "get", object="clock:time_zone")
    live.do(2, "get", object="1-0:1.8.1")
    live.do(2, "get", **{"object": "1-0:99.1.0", "from": "2024-01-27T10:00:00Z"})
    live.do(1, "set", object="clock:time_zone", value=0)
    live.do(1, "get", object="clock:time_zone")
    live.do(1, "set", object="1-0:1.8.1:2", value=5)
    live.do(1, "action", object="1-0:99.1.0:1", value=0)
    live.do(1, "action", object="1-0:99.1.0:1")
    live.do(2, "message", text="Hello")
    live.do(2, "message", profile=PROFILE)
    live.do(1, "message", clear=True)
    live.do(2, "configure_clock", daylight_savings_enabled=False)
    live.do(2, "clock")
    live.do(2, "rotate_keys", kinds=["authentication"])
    live.do(1, "push", setup="alarm")
    parts: list[dict[str, Any]] = [
        {"operation": "configuration"},
        {"operation": "get", "arguments": OBJECTS},
        {"operation": "set", "arguments": {"object": "1-0:1.8.1:2", "value": 7}},
    ]
    live.do(1, "bundle", operations=parts)
    if standard is Standard.DSMR_4_0_6:
        live.do(1, "limiter", normal_w=5000, emergency_w=2000)
        live.do(1, "limiter")
        live.do(1, "disconnect")
        live.do(1, "breaker")


@pytest.mark.parametrize("standard", FIRST)
def test_what_was_done_passes_when_it_is_played(
    standard: Standard, tmp_path: Path
) -> None:
    with live(tmp_path, standard) as made:
        a_day(made, standard)
        recorded = made.record()
    assert recorded.left_out == recorded.unfinished == 0
    (recording,) = recorded.files.values()
    played = play(recording)
    assert failed(played) == [] and not played.stopped
    kinds = [seen.kind for seen in played.run.expectations]
    assert kinds.count("refused") == 1 and kinds.count("answered") >= 18


def test_a_job_stands_at_the_instant_at_which_it_began(two: Live) -> None:
    two.do(1, "actual")
    two.do(2, "get", object="clock:time_zone")
    text = two.recording()
    first = "  - run_until: 2024-01-27T12:01:00.250Z\n  # job 1, took "
    assert first in text and "  - run_until: 2024-01-27T12:02:00.2" in text
    assert "world: {start: 2024-01-27T12:01:00Z, days: 1, stations: 2, " in text


def test_steps_are_those_that_a_person_would_write(two: Live) -> None:
    two.do(2, "get", object="clock:time_zone")
    two.do(1, "set", object="clock:3", value=0)
    two.do(1, "set", object="1-0:1.8.1:2", value=5)
    two.do(1, "message", profile=PROFILE)
    two.do(1, "message", text=json.dumps(PROFILE, separators=(",", ":")))
    two.do(1, "configure", flags={"p0": True})
    wanted = (
        '  - read: {meter: 2, object: "clock:time_zone"}\n'
        "  - expect: {answered: {meter: 2, equals: -60}}\n",
        '  - write: {meter: 1, object: "clock:3", value: 0}\n',
        "  - expect:\n      refused:\n"
        '        write: {meter: 1, object: "1-0:1.8.1:2", value: 5}\n'
        "        by: meter\n        result: read-write-denied\n",
        "  - operate: {meter: 1, operation: configure, arguments: {flags: {p0: true}}}\n",
    )
    text = two.recording()
    for lines in wanted:
        assert lines in text
    assert text.count("profile:") == 2 and text.count("max_w: 4200") == 2


def test_a_meter_that_answers_otherwise_fails_where_it_does(two: Live) -> None:
    two.do(1, "get", object="clock:daylight_savings_enabled")
    two.do(2, "get", object="clock:time_zone")
    two.do(2, "set", object="1-0:1.8.1:2", value=5)
    recording = two.recording()

    def change(lab: SimulatedLab) -> None:
        lab.site(2).meter.state.settings = {("clock", "time_zone"): axdr.long(-120)}

    line = recording[: recording.index("equals: -60")].count("\n") + 1
    assert failed(play(recording, change)) == [f"{line}: expect: -120"]


def test_a_refusal_that_is_one_no_more_fails(two: Live) -> None:
    two.do(1, "set", object="1-0:1.8.1:2", value=5)
    recording = two.recording().replace("1-0:1.8.1:2", "clock:time_zone")
    (seen,) = failed(play(recording))
    assert seen.endswith("expect: accepted")


def test_what_is_of_its_moment_is_told_but_not_expected(two: Live) -> None:
    two.do(1, "get", object="1-0:1.8.1")
    two.do(1, "actual")
    text = two.recording()
    assert "# answered 0 Wh: of its moment, and not expected again" in text
    assert "# answered {time: 2024-01-27T12:02:00Z, import_wh: [0, 0]" in text
    assert "expect" not in text.split("steps:")[1].replace("not expected", "")


SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("action", {"object": "security_setup:2", "value": [[0, {"hex": "5e" * 24}]]}),
    ("action", {"object": "association:2", "value": {"hex": "5e" * 24}}),
    ("action", {"object": "mbus_client_1:7", "value": {"hex": "5e" * 16}}),
    ("action", {"object": "mbus_client_1:8", "value": {"hex": "5e" * 24}}),
    (
        "action",
        {"object": "64/0-0:43.0.1:3", "value": {"octet-string": {"hex": "5e" * 24}}},
    ),
    (
        "set",
        {
            "object": "15/0-0:40.0.0:7",
            "value": {"hex": "5e" * 16},
            "type": "octet-string",
        },
    ),
    ("set", {"object": "gprs_modem_setup:3", "value": 0x5E5E}),
]


@pytest.mark.parametrize("operation, arguments", SECRETS)
def test_a_secret_never_gets_into_a_recording(
    operation: str, arguments: dict[str, Any], two: Live
) -> None:
    two.do(1, operation, **arguments)
    part = {"operation": operation, "arguments": arguments}
    two.do(1, "bundle", operations=[{"operation": "configuration"}, part])
    recorded = two.record()
    (text,) = recorded.files.values()
    assert recorded.left_out == 2 and text.count("what it was given is a secret") == 2
    assert "5e5e" not in text and str(0x5E5E) not in text
    assert failed(play(text)) == []


def test_the_answer_that_is_a_secret_is_not_kept(two: Live) -> None:
    two.do(1, "get", object="gprs_modem_setup:3")
    two.do(1, "all")
    text = two.recording()
    assert "its answer is a secret, and is not kept" in text
    assert "# answered" not in text and "expect:" not in text


def test_keys_that_were_replaced_are_in_no_recording(two: Live) -> None:
    two.do(1, "rotate_keys", kinds=["authentication", "encryption", "hls_secret"])
    text = two.recording()
    keys = two.meters[0].state.keys
    for key in (keys.encryption_key, keys.authentication_key, keys.hls_secret):
        assert key.hex() not in text


def test_a_job_that_found_no_way_is_a_note(two: Live) -> None:
    two.do(1, "configuration")
    with two.store.begin() as connection:
        connection.execute(text("UPDATE meters SET port = 1"))
    assert two.do(2, "configuration").state is JobState.FAILED
    recorded = two.record()
    (recording,) = recorded.files.values()
    assert recorded.left_out == 1
    assert "job 2 is left out: configuration at meter" in recording
    assert failed(play(recording)) == []


def test_what_the_head_end_refuses_by_itself_it_refuses_again(two: Live) -> None:
    two.do(1, "limiter")
    recording = two.recording()
    assert "by: head-end" in recording
    assert failed(play(recording)) == []


def test_jobs_that_have_not_ended_are_told(two: Live) -> None:
    two.do(1, "configuration")
    two.hand_in(1, "actual", {}, not_before_s=START_S + 9e6)
    cancelled = two.hand_in(1, "clock", {})
    with two.store.begin() as connection:
        jobs.cancel(connection, cancelled, START_S + 100)
    recorded = two.record()
    assert (recorded.jobs, recorded.left_out, recorded.unfinished) == (2, 1, 1)
    (text,) = recorded.files.values()
    assert "# jobs that had not ended, and are not here: 1" in text
    assert "it was cancelled" in text


def test_schedules_pushes_and_attempts_are_told(two: Live) -> None:
    two.do(1, "configuration")
    with two.store.begin() as connection:
        connection.execute(
            text(
                "UPDATE jobs SET attempts = 3, schedule_id = 4, correlation_id = 'push'"
            )
        )
    assert "# job 1, of schedule 4, in answer to a push, took " in two.recording()
    assert ", 3 attempts\n" in two.recording()


def test_only_what_was_asked_for_is_recorded(two: Live) -> None:
    for number in (1, 2, 1):
        two.do(number, "configuration")
    with two.store.read() as connection:
        one = record(connection, Span(START_S + 61, START_S + 150))
        assert one.jobs == 1
        (job,) = jobs.begun(connection, START_S + 61, START_S + 150)
        other = record(connection, Span(0, 1e11, [job.meter_id]))
    assert other.jobs == 1 and "stations: 1" in other.files["recording.yaml"]


def test_jobs_that_overlapped_follow_each_other(two: Live) -> None:
    for number in (1, 2):
        two.do(number, "configuration")
    with two.store.begin() as connection:
        connection.execute(text("UPDATE jobs SET ended_s = started_s + 90"))
    recording = two.recording()
    assert recording.count("run_until") == 1
    assert failed(play(recording)) == []


def test_each_standard_has_a_recording_of_its_own(tmp_path: Path) -> None:
    with live(tmp_path, Standard.DSMR_4_2_2, 1) as made:
        made.deliver(tmp_path / "other", 1, Standard.SMR_5_0, base_port=6000)
        made.do(1, "configuration")
        made.do(2, "configuration")
        files = made.record().files
    assert list(files) == ["recording-dsmr-4-2-2.yaml", "recording-smr-5-0.yaml"]
    for recording in files.values():
        assert failed(play(recording)) == []


def test_devices_that_took_part_hang_on_their_meters(two: Live) -> None:
    name = "G0042000000000118"
    facts = {
        "equipment_id": name,
        "identification": "00000001",
        "manufacturer": "DSL",
        "version": 0x50,
        "device_type": 3,
        "life": "in_store",
    }
    with two.store.begin() as connection:
        devices.add(connection, facts)
        devices.add(connection, facts | {"equipment_id": "X" * 17, "version": 1})
    two.do(2, "mbus_couple", device=name)
    two.do(2, "mbus_couple", device="X" * 17)
    text = two.recording()
    assert f"{{equipment_id: {name}, meter: 1, medium: gas, standard: smr-5.0}}" in text
    assert (
        f"# device {'X' * 17} is none that a world can have, so it is missing" in text
    )
    parse(text, Path("t.yaml"))


def test_a_feeder_lies_beside_it(two: Live, tmp_path: Path) -> None:
    two.do(1, "configuration")
    feeder = tmp_path / "day 1.csv"
    feeder.write_text("time\n")
    with pytest.raises(ConfigError):
        two.record(feeder=feeder)
    with pytest.raises(ConfigError):
        two.record(feeder=tmp_path / "none.csv")
