"""Operations by name, against our own meter."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from headend.dlms.client import DlmsClient
from headend.operations import OPERATIONS, perform, prepare
from tests.headend.dlms.real_meter import World
from tests.headend.odd_meter import STANDARD
from tests.meters.builders import EQUIPMENT_ID, NOW_S
from wire.charging_profile import ChargingProfile, Period, encode
from wire.cosem.dsmr import OBJECTS
from wire.dlms.descriptors import DataAccessResult
from wire.errors import ConfigError, PeerRefused, SimError
from wire.instants import from_epoch


def run(world: World, operation: str, **arguments: Any) -> Any:
    """The result as a job keeps it: through JSON."""
    stored = json.loads(json.dumps(arguments))

    async def work(meter: DlmsClient) -> Any:
        return await perform(meter, operation, STANDARD, stored)

    return json.loads(json.dumps(world.play(work)))


@pytest.fixture
def world() -> World:
    return World(STANDARD)


def test_a_register_has_its_unit(world: World) -> None:
    world.clock.advance(3600)
    assert run(world, "get", object="1-0:1.8.2") == {
        "object": "1-0:1.8.2.255",
        "class_id": 3,
        "attribute": 2,
        "name": "energy_import_rate_2.value",
        "value": 2500,
        "scaler": 0,
        "unit": "Wh",
        "text": "2500 Wh",
    }


@pytest.mark.parametrize(
    "written",
    ["voltage_l1", "voltage_l1:2", "voltage_l1:value", "1-0:32.7.0", "3/1-0:32.7.0:2"],
)
def test_an_object_can_be_written_in_many_ways(world: World, written: str) -> None:
    assert run(world, "get", object=written)["text"] == "230 V"


def test_the_scaler_is_the_meters_own(world: World) -> None:
    run(world, "set", object="voltage_l1:scaler_unit", value=[-1, 35])
    assert run(world, "get", object="voltage_l1")["text"].endswith(" V")
    assert run(world, "get", object="voltage_l1")["scaler"] == -1


def test_times_and_texts_are_shown_as_what_they_are(world: World) -> None:
    assert run(world, "get", object="clock")["time"] == "2024-01-09T07:00:00Z"
    found = run(world, "get", object="equipment_identifier")
    assert found["value"] == {"hex": EQUIPMENT_ID.encode().hex()}
    assert found["text"] == EQUIPMENT_ID
    begin = run(world, "get", object="clock:daylight_savings_begin")
    assert "time" not in begin and len(begin["value"]["hex"]) == 24


def test_an_object_in_no_table_is_asked_for_all_the_same(world: World) -> None:
    with pytest.raises(PeerRefused, match="object-undefined"):
        run(world, "get", object="1/0-0:99.99.9")
    with pytest.raises(PeerRefused):
        run(world, "set", object="1/0-0:99.99.9", value={"unsigned": 1})
    with pytest.raises(PeerRefused):
        run(world, "set", object="1/0-0:99.99.9:2", value=1, type="unsigned")
    with pytest.raises(PeerRefused):
        run(world, "action", object="1/0-0:99.99.9:1")


def test_a_message_goes_in_and_out(world: World) -> None:
    sent = run(world, "message", text="Hello  there")
    assert sent["result"] == "success" and sent["characters"] == 12
    assert run(world, "get", object="consumer_message")["text"] == "Hello  there"
    run(world, "message", clear=True)
    assert run(world, "get", object="consumer_message")["value"] == {"hex": ""}


@pytest.mark.parametrize("length", [1, 1024])
def test_the_shortest_and_the_longest_message(world: World, length: int) -> None:
    run(world, "message", text="~" * length)
    assert len(run(world, "get", object="consumer_message")["text"]) == length


def test_every_printable_character(world: World) -> None:
    text = "".join(map(chr, range(0x20, 0x7F)))
    run(world, "message", text=text)
    assert run(world, "get", object="consumer_message")["text"] == text


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"text": "x" * 1025}, "1025 characters"),
        ({"text": ""}, "clear"),
        ({"text": "a\rb"}, "character 2"),
        ({"text": "a\nb"}, "character 2"),
        ({"text": "caf\u00e9"}, "character 4"),
        ({"text": "\x7f"}, "character 1"),
        ({"text": "\ud800"}, "character 1"),
        ({"text": 5}, "is a text"),
        ({"clear": False}, "clear is true"),
        ({}, "one of"),
        ({"text": "a", "clear": True}, "one of"),
        ({"texts": "a"}, "unknown argument texts"),
        ({"profile": {}}, "profile"),
        ({"profile": "{"}, "profile"),
        ({"profile": []}, "profile"),
        ({"profile": "caf\u00e9"}, "profile"),
    ],
)
def test_a_message_that_must_not_go_is_refused_without_a_meter(
    arguments: Mapping[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        prepare("message", STANDARD, arguments)


def profile_text() -> str:
    begin = from_epoch(NOW_S)
    end = begin + timedelta(hours=2)
    return encode(ChargingProfile(begin, end, (Period(begin, 11_000),), seq=7))


def test_a_profile_is_sent_in_its_canonical_form(world: World) -> None:
    canonical = profile_text()
    document = json.loads(canonical)
    spread = json.dumps(document, indent=4)
    assert "\n" in spread
    for profile in (canonical, document, spread, spread.replace("\n", "\r\n")):
        run(world, "message", profile=profile)
        assert run(world, "get", object="consumer_message")["text"] == canonical


def test_a_profile_that_clears(world: World) -> None:
    document = json.loads(profile_text())
    document["Body"]["Period"] = []
    run(world, "message", profile=document)
    text = run(world, "get", object="consumer_message")["text"]
    assert json.loads(text) == document and " " not in text


def test_a_profile_by_range(world: World) -> None:
    for _ in range(8):
        world.clock.advance(900)
        world.meter.advance(int(world.clock.seconds()))
    everything = run(world, "get", object="load_profile")
    assert everything["columns"] == [
        {
            "name": name,
            "object": code,
            "attribute": 2,
            "scaler": 0,
            "unit": "Wh",
        }
        for name, code in (
            ("energy_import", "1-0:1.8.0.255"),
            ("energy_export", "1-0:2.8.0.255"),
        )
    ]
    rows = everything["rows"]
    times = [row["time"] for row in rows]
    assert times[-1] == "2024-01-09T09:00:00Z" and times == sorted(times)
    assert rows[-1]["values"] == [5000, 0]
    assert rows[-1]["status"] == 0
    some = run(
        world,
        "get",
        object="load_profile",
        **{"from": "2024-01-09T08:15:00Z", "to": "2024-01-09T09:45:00+01:00"},
    )
    assert [row["time"] for row in some["rows"]] == [
        "2024-01-09T08:15:00Z",
        "2024-01-09T08:30:00Z",
        "2024-01-09T08:45:00Z",
    ]
    civil = run(world, "get", object="load_profile", **{"from": "2024-01-09T10:00"})
    assert [row["time"] for row in civil["rows"]] == ["2024-01-09T09:00:00Z"]


@pytest.mark.parametrize(
    "operation, arguments, says",
    [
        ("get", {}, "missing argument object"),
        ("get", {"object": 5}, "object is a text"),
        ("get", {"object": "clocks"}, "clock"),
        ("get", {"object": "clock:tim"}, "no attribute tim"),
        ("get", {"object": "1-0:1.8.1:99"}, "no attribute 99"),
        ("get", {"object": "3/1-0:1.8.1:999"}, "999"),
        ("get", {"object": "a/1-0:1.8.1"}, "'a' is not a class"),
        ("get", {"object": ""}, "not an object"),
        ("get", {"object": "1-0:1.8.1:2:3"}, "1-0:1.8.1:2:3"),
        ("get", {"object": "clock", "from": "2024-01-01T00:00:00Z"}, "no profile"),
        ("get", {"object": "load_profile", "from": "yesterday"}, "not a time"),
        (
            "get",
            {
                "object": "load_profile",
                "from": "2024-01-02T00:00:00Z",
                "to": "2024-01-01T00:00:00Z",
            },
            "before it begins",
        ),
        ("set", {"object": "clock"}, "missing argument value"),
        ("set", {"object": "1-0:1.8.1", "value": -1}, "double-long-unsigned"),
        ("set", {"object": "1-0:1.8.1", "value": "x"}, "double-long-unsigned"),
        ("set", {"object": "voltage_l1:3", "value": [1]}, "2 parts"),
        ("set", {"object": "voltage_l1:3", "value": 1}, "a list"),
        ("set", {"object": "1/0-0:99.99.9", "value": 1}, "name its type"),
        ("set", {"object": "clock", "value": 1, "type": "word"}, "COSEM type"),
        ("action", {"object": "clock"}, "which method"),
        ("action", {"object": "clock:99"}, "no method 99"),
        ("action", {"object": "security_setup:2"}, "wants a value"),
        ("dance", {}, "not an operation"),
    ],
)
def test_bad_arguments_are_refused_without_a_meter(
    operation: str, arguments: Mapping[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        prepare(operation, STANDARD, arguments)


def test_an_action_tells_what_it_did(world: World) -> None:
    assert run(world, "action", object="load_profile:reset") == {
        "object": "1-0:99.1.0.255",
        "class_id": 7,
        "method": 1,
        "name": "reset",
        "returned": None,
    }


def test_a_refused_register_keeps_its_result(world: World) -> None:
    with pytest.raises(PeerRefused) as raised:
        run(world, "set", object="equipment_identifier", value="x")
    assert raised.value.result == DataAccessResult.READ_WRITE_DENIED


def test_every_operation_refuses_what_it_does_not_know() -> None:
    for name, operation in OPERATIONS.items():
        with pytest.raises(SimError, match="unknown argument colour"):
            operation.prepare(STANDARD, {"colour": "red"})
        assert operation.clause and operation.summary, name


def test_an_operation_cites_the_clause_of_its_objects() -> None:
    for name, operation in OPERATIONS.items():
        assert re.fullmatch(
            r"(4\.0\.6, )?\d(\.\d+)+(, \d\.\d+)?|SMR 5\.\d", operation.clause
        ), name
        clause = operation.clause
        cited = {clause, f"P3 {clause}", f"P3 4.2.2, {clause}"}
        for code in operation.objects:
            sources = {
                row.source for row in OBJECTS if code in (row.name, row.obis.short)
            }
            assert cited & sources, f"{name} cites {operation.clause}, {code} {sources}"
