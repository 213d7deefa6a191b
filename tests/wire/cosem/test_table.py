"""The object table: against the facts it was read from, and as people look things up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from wire.cosem.dsmr import OBJECTS
from wire.cosem.events import CHANNELS
from wire.cosem.rows import DSMR4, SMR5, Client, Right, Row, Standard
from wire.cosem.table import find, objects, standard_of
from wire.cosem.types import type_of
from wire.errors import ConfigError

FACTS = Path(__file__).resolve().parents[4] / "shared" / "facts" / "cosem_objects.json"
# The newest release first: of SMR 5 the facts have what each adds to the one before.
RELEASES = {
    Standard.DSMR_4_0_6: ("4.0.6",),
    Standard.DSMR_4_2_2: ("4.2.2",),
    Standard.SMR_5_0: ("SMR5.0.0",),
    Standard.SMR_5_2: ("SMR5.2", "SMR5.1", "SMR5.0.0"),
    Standard.SMR_5_5: ("SMR5.5", "SMR5.2", "SMR5.1", "SMR5.0.0"),
}
# The chapters of P3 that have objects in them.
CLAUSE = re.compile(r"P3 (4\.0\.[67]|4\.2\.2), ([3-9](\.\d+){1,2}|table 3-[1-4])")
# What the facts call a type, where it is not the name of ours.
SAME_TYPE = {
    "octet-string (>=16 bytes)": "octet-string",
    "clock_status (unsigned)": "unsigned",
    "clock_status": "unsigned",
    "capture_object_definition": "structure",
    "object_definition": "structure",
    "structure{enum GPRS_operation_mode, bit-string(16) flags}": (
        "configuration_object_type"
    ),
    "structure{integer signal_strength_dBm, integer number_of_base_stations,"
    " octet-string network_id}": "GPRS_network_information_type",
    "object_list_type": "objlist_type",
    "context_name_type": "application_context_name",
    "mechanism_name_type": "mechanism_name",
    "structure{enum service=0 TCP, octet-string destination host:port, enum message=128}": (
        "structure"
    ),
    "structure{unsigned,unsigned}": "structure",
}


def facts(standard: Standard) -> dict[str, dict[str, Any]]:
    """The objects that the facts have of a standard, by code; each channel x has its own."""
    if not FACTS.exists():
        pytest.skip("the facts are not beside the project")
    found: dict[str, dict[str, Any]] = {}
    items = json.loads(FACTS.read_text())["objects"]
    for release in RELEASES[standard]:
        for item in items:
            if release in item["applies_to"]:
                for channel in CHANNELS:
                    code = item["obis"].replace("x", str(channel))
                    found.setdefault(code, item)
    return found


@pytest.mark.parametrize("standard", list(Standard))
def test_rows_say_what_the_facts_say(standard: Standard) -> None:
    known = facts(standard)
    compared = 0
    for row in objects(standard):
        fact = known.get(str(row.obis))
        if fact is None:
            assert standard in SMR5 or row.name == "invocation_counter", row.name
            continue
        compared += 1
        assert row.class_id == fact["class_id"], row.name
        if row.name != "invocation_counter":
            assert row.version == fact["version"], row.name
        assert row.polyphase_only is ("SP" not in fact["meter_types"]), row.name
        compare_attributes(row, fact)
        if standard not in SMR5:
            compare_methods(row, fact)
    assert compared > 20


@pytest.mark.parametrize("standard", list(Standard))
def test_no_object_of_the_facts_is_missing(standard: Standard) -> None:
    here = {str(row.obis) for row in objects(standard)}
    assert {code for code in facts(standard) if code not in here} == set()


def compare_attributes(row: Row, fact: dict[str, Any]) -> None:
    """Every attribute of the facts is in the row, with the same name, type and access."""
    listed = {item["no"] for item in fact["attributes"]} | {1}
    assert {item.number for item in row.attributes} == listed, row.name
    for item in fact["attributes"]:
        ours = row.attribute(item["no"])
        place = f"{row.name}.{ours.name}"
        assert ours.name == name_of(item), place
        base = SAME_TYPE.get(item["type"], item["type"])
        kind, told = type_of(ours.type), type_of(base)
        # Of an array or a structure the facts do not always tell the parts.
        assert told.name in (kind.name, "array", "structure"), place
        assert kind.tag is told.tag, place
        if "[" in base and row.standards & SMR5 != row.standards:
            assert kind.longest == told.longest, place
        assert access(ours.management) == item["access"]["management"], place
        if "public" in item["access"]:
            assert access(ours.public) == item["access"]["public"], place
        assert not ours.right(Client.PRE_ESTABLISHED)
        compare_value(row, ours.given, item)


def name_of(item: dict[str, Any]) -> str:
    """The Blue Book's name of an attribute, which the facts sometimes put in words."""
    name: str = item["name"]
    name = name.replace("scalar", "scaler")
    return name.removesuffix(" in sec").replace(" ", "_")


def compare_value(row: Row, value: Any, fact: dict[str, Any]) -> None:
    """Constants, and scalers with their units."""
    told: Any = fact.get("value")
    if name_of(fact) == "scaler_unit" and isinstance(told, dict):
        assert (value.scaler, int(value.unit)) == (
            told["scaler"],
            told["unit"],
        ), row.name
    elif name_of(fact) == "scaler_unit" and told is None:
        assert value is None, f"{row.name} has the unit of its device"
    elif name_of(fact) == "scaler_unit":
        scaler, unit = told.split(", ")
        assert value.scaler == int(scaler), row.name
        # A register that counts has the unit 255, which the Blue Book calls no unit.
        symbol = unit.replace("COUNT", "").replace("undefined", "").upper()
        assert value.unit.symbol.upper() == symbol, row.name
    elif name_of(fact) in ("capture_period", "profile_entries", "clock_base"):
        assert told is None or value == int(told), row.name


def compare_methods(row: Row, fact: dict[str, Any]) -> None:
    """The same methods, callable by the same clients."""
    for item in fact["methods"]:
        ours = row.method(item["no"])
        assert ours.name == item["name"], row.name
        assert access(ours.management) == item["access"]["management"], row.name
        assert access(ours.public) == item["access"]["public"], row.name
    assert len(row.methods) == len(fact["methods"]), row.name


def access(right: Right) -> str:
    """As the facts write it."""
    return "".join(letter for letter in "RWX" if right & Right[letter])


def test_every_row_cites_document_and_clause() -> None:
    for row in OBJECTS:
        cited = CLAUSE.fullmatch(row.source)
        if row.standards & DSMR4 and row.name != "invocation_counter":
            assert cited, f"{row.name} cites {row.source}"
            of_422 = Standard.DSMR_4_2_2 in row.standards
            assert (cited[1] == "4.2.2") is of_422, row.name
        else:
            assert cited or row.source.startswith("SMR 5."), row.name


@pytest.mark.parametrize("standard", list(Standard))
def test_names_and_codes_are_unique(standard: Standard) -> None:
    rows = objects(standard)
    assert len({row.name for row in rows}) == len(rows)
    assert len({(row.class_id, row.obis) for row in rows}) == len(rows)


def test_every_type_of_the_table_is_one() -> None:
    for row in OBJECTS:
        for attribute in row.attributes:
            assert type_of(attribute.type).name
            if attribute.given is not None:
                assert type_of(attribute.type).encode(attribute.given)
        for method in row.methods:
            assert type_of(method.type).name


def test_a_meter_with_one_phase_has_no_l2() -> None:
    names = {row.name for row in objects(Standard.DSMR_4_2_2, 1)}
    assert "voltage_l1" in names and "voltage_l2" not in names


@pytest.mark.parametrize(
    "text", ["consumer_message", "0-0:96.13.0", "0-0:96.13.0.255", "1/0-0:96.13.0"]
)
def test_one_object_by_all_its_names(text: str) -> None:
    row = find(text, "dsmr-4.2.2")
    assert (row.class_id, row.obis.short) == (1, "0-0:96.13.0")
    assert row.attribute("value").type == "octet-string[1024]"
    assert row.attribute(2) is row.attribute("value")


def test_the_standard_decides() -> None:
    assert find("p1_version", "dsmr-4.0.6").obis.short == "1-3:0.2.8"
    assert find("p1_version", "smr-5.0").obis.short == "1-3:0.2.0"
    assert find("power_export", "dsmr-4.0.6").attribute(2).type == "long-unsigned"
    assert (
        find("power_export", "dsmr-4.2.2").attribute(2).type == "double-long-unsigned"
    )


def test_a_stranger_by_class_and_code() -> None:
    row = find("8/0-0:2.0.0", "dsmr-4.2.2")
    assert (row.class_id, row.obis.short, row.attributes) == (8, "0-0:2.0.0", ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("consumer_mesage", "consumer_message"),
        ("0-0:99.99.99", "take any with its class"),
        ("x/1-0:1.8.1", "class number"),
        ("70000/1-0:1.8.1", "class number"),
        ("3/1-0:1.8", "OBIS code"),
        ("", "no object"),
    ],
)
def test_what_is_not_there_is_told(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        find(text, "dsmr-4.2.2")


def test_an_unknown_standard_is_told_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="dsmr-4.0.6"):
        standard_of("dsmr-3.0")


def test_unknown_members_are_told_the_known_ones() -> None:
    row = find("clock", "smr-5.0")
    with pytest.raises(ConfigError, match="2 time"):
        row.attribute(17)
    with pytest.raises(ConfigError, match="adjust_to_quarter"):
        row.method("tick")
