"""A meter as a whole: its telegrams, its messages, what outlives a restart."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from meters.behaviour import disturbance
from meters.identity import Identity, Keys
from meters.meter import Meter
from meters.p3.association import P3Association
from meters.persistence import StateStore
from meters.state import COUNTER_BLOCK, from_json, to_json
from tests.meters.access import get
from tests.meters.builders import EQUIPMENT_ID, KEYS, METER_TITLE, NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import SMR5, Client, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult
from wire.errors import ConfigError, LocalError
from wire.instants import encode_date_time, from_epoch
from wire.obis import Obis
from wire.p1 import TABLES, PowerFailure, Telegram, TelegramReader, TelegramReceived

TEXT = ("0-0:96.13.0", 2)
LONGEST = bytes(32 + index % 95 for index in range(1024))


def read(octets: bytes) -> Telegram:
    """The one telegram in there."""
    (event,) = TelegramReader().feed(octets)
    assert isinstance(event, TelegramReceived), event
    return event.telegram


def restarted(meter: Meter) -> Meter:
    """The same meter in another process: through the text of its saved state."""
    state = from_json(json.loads(json.dumps(to_json(meter.state))))
    return Meter(meter.identity, state, meter.model)


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("phases", [1, 3])
def test_the_telegram_says_what_was_measured(standard: Standard, phases: int) -> None:
    meter = make_meter(standard, phases)
    power_w = (2300, -4600, 100) if phases == 3 else (-2200, 0, 0)
    meter.set_load(power_w, (2300, 2310, 2290))
    telegram = read(meter.telegram(NOW_S + 3600))
    assert telegram.time == from_epoch(NOW_S + 3600)
    assert telegram.version is not None
    assert telegram.text_message == b""
    values = telegram.values
    assert values["0-0:96.1.1"] == EQUIPMENT_ID.encode()
    assert values["1-0:1.8.2"] == 0
    assert values["1-0:2.8.2"] == 2200
    assert values["0-0:96.14.0"] == 2
    assert values["1-0:1.7.0"] == 0
    assert values["1-0:2.7.0"] == 2200
    assert ("1-0:52.32.0" in values) is (phases == 3)
    assert values["1-0:22.7.0"] == (0 if phases == 3 else 2200)
    assert values["1-0:31.7.0"] == 10
    assert ("1-0:32.7.0" in values) is (standard in SMR5)


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("phases", [1, 3])
def test_the_telegram_has_all_lines_of_its_standard(
    standard: Standard, phases: int
) -> None:
    meter = make_meter(standard, phases)
    lines = [row.obis for row in TABLES[meter.p1_version]]
    other_phases = re.compile(r"1-0:[4567][12]\.(7|32|36)\.0" if phases == 1 else "-")
    mbus = re.compile(r"0-[1-4]:")
    assert list(read(meter.telegram(NOW_S)).values) == [
        obis for obis in lines if not mbus.match(obis) and not other_phases.match(obis)
    ]


def test_a_new_4_0_6_meter_is_connected_and_not_limited() -> None:
    telegram = read(make_meter(Standard.DSMR_4_0_6).telegram(NOW_S))
    assert telegram.raw("0-0:17.0.0") == "(999.9*kW)"
    assert telegram.raw("0-0:96.3.10") == "(1)"


def test_a_telegram_follows_load_time_and_tariff() -> None:
    meter = make_meter()
    meter.set_load((1000, 0, 0), (2300, 2300, 2300))
    first = read(meter.telegram(NOW_S))
    meter.set_load((0, 500, 0), (2300, 2300, 2300))
    second = read(meter.telegram(NOW_S + 10))
    assert (first.values["1-0:1.7.0"], second.values["1-0:1.7.0"]) == (1000, 500)
    assert second.values["1-0:41.7.0"] == 500
    assert second.time == from_epoch(NOW_S + 10)
    night = read(meter.telegram(NOW_S + 16 * 3600))
    assert night.values["0-0:96.14.0"] == 1


def test_more_than_a_line_can_print_is_held_at_its_end() -> None:
    meter = make_meter(Standard.SMR_5_0)
    meter.set_load((500_000, 0, 0), (20_000, 2300, 0))
    values = read(meter.telegram(NOW_S)).values
    assert values["1-0:1.7.0"] == 99_999
    assert values["1-0:32.7.0"] == 9999
    assert values["1-0:71.7.0"] == 0


def test_a_meter_with_one_phase_has_no_load_on_l2() -> None:
    for load in (((0, 1, 0), (2300, 0, 0)), ((0, 0, 0), (2300, 0, 0), (0, 0, 1))):
        with pytest.raises(LocalError, match="one phase"):
            make_meter(phases=1).set_load(*load)


@pytest.mark.parametrize("text", [b"", b"Hello", LONGEST[:900], bytes(range(14, 256))])
def test_a_message_is_on_p1_with_the_next_telegram(text: bytes) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    octets = axdr.encode(axdr.octet_string(text))
    assert driver.set(1, *TEXT, octets) is DataAccessResult.SUCCESS
    assert driver.get(1, TEXT[0]) == octets
    assert read(meter.telegram(NOW_S + 1)).text_message == text


@pytest.mark.parametrize("text", [b"a\rb", b"a\nb", b"\r\n", bytes(1025)])
def test_a_message_that_may_not_be_is_a_logical_error(text: bytes) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    driver.set(1, *TEXT, axdr.encode(axdr.octet_string(b"before")))
    link = P3Association(meter, Client.MANAGEMENT)
    key = AttributeDescriptor(1, Obis.parse(TEXT[0]), 2).encode()
    octets = axdr.encode(axdr.octet_string(text))
    result = meter.model.set(meter, link, key, None, octets)
    assert result is DataAccessResult.OTHER_REASON
    assert read(meter.telegram(NOW_S + 1)).text_message == b"before"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (b"", DataAccessResult.SUCCESS),
        (b"12345678", DataAccessResult.SUCCESS),
        (b"01 61 81", DataAccessResult.SUCCESS),
        (b"123456789", DataAccessResult.OTHER_REASON),
        (b"12a", DataAccessResult.OTHER_REASON),
    ],
)
def test_a_message_code_has_eight_digits(code: bytes, result: DataAccessResult) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    octets = axdr.encode(axdr.octet_string(code))
    assert driver.set(1, "0-0:96.13.1", 2, octets) is result
    accepted = result is DataAccessResult.SUCCESS
    shown = read(meter.telegram(NOW_S + 1)).values["0-0:96.13.1"]
    assert shown == (code if accepted else b"")


def test_a_message_outlives_a_power_cycle_and_a_restart() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    driver.set(1, *TEXT, axdr.encode(axdr.octet_string(b"stays")))
    assert meter.state.unsaved
    meter.power_off()
    assert meter.telegram(NOW_S + 5) == b""
    meter.power_on(NOW_S + 500)
    telegram = read(meter.telegram(NOW_S + 510))
    assert telegram.text_message == b"stays"
    assert (telegram.values["0-0:96.7.21"], telegram.values["0-0:96.7.9"]) == (1, 1)
    assert read(restarted(meter).telegram(NOW_S + 600)).text_message == b"stays"


def test_a_restart_changes_no_octet_of_what_is_shown() -> None:
    meter = make_meter(Standard.SMR_5_0)
    meter.set_load((1234, -567, 89), (2310, 2290, 2300))
    meter.advance(NOW_S + 3 * 86_400)
    meter.power_off()
    meter.power_on(NOW_S + 3 * 86_400 + 1000)
    again = restarted(meter)
    later = NOW_S + 4 * 86_400
    assert again.telegram(later) == meter.telegram(later)
    for row in meter.model.rows:
        if row.class_id == 7:
            profile = row.class_id, row.obis.short
            assert get(again, profile) == get(meter, profile)


def test_a_counter_is_never_used_twice_whenever_it_is_saved() -> None:
    meter = make_meter()
    used: list[int] = []
    for lives in range(4):
        for _ in range(COUNTER_BLOCK // 2 + lives):
            used.append(meter.state.take_counter())
            if meter.state.unsaved:
                # What the service does before the frame leaves; the rest is lost in a crash.
                saved = json.dumps(to_json(meter.state))
                meter.state.unsaved = False
        meter = Meter(meter.identity, from_json(json.loads(saved)), meter.model)
    assert used == sorted(set(used))
    assert used[0] > 0


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"keys": {}}', "null", '{"keys": 5, "at_s": "x"}']
)
def test_a_damaged_state_is_told_with_its_file(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{EQUIPMENT_ID}.json").write_text(content)
    with pytest.raises(ConfigError, match=EQUIPMENT_ID):
        StateStore(tmp_path).load(EQUIPMENT_ID)


def test_a_saved_state_is_for_its_owner_only(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state")
    meter = make_meter()
    assert store.load(EQUIPMENT_ID) is None
    meter.changed()
    store.save(meter)
    assert not meter.state.unsaved
    (saved,) = (tmp_path / "state").iterdir()
    assert saved.stat().st_mode & 0o777 == 0o600
    again = store.load(EQUIPMENT_ID)
    assert again is not None and again.keys == KEYS


def test_what_ends_between_two_telegrams_is_not_printed_once_more() -> None:
    meter = make_meter(Standard.SMR_5_0)
    disturbance.begin(meter, 0, 1900, 60)
    assert b"1-0:32.7.0(190.0*V)" in meter.telegram(NOW_S + 59)
    assert b"1-0:32.7.0(230.0*V)" in meter.telegram(NOW_S + 60)


def test_keys_are_not_printed() -> None:
    meter = make_meter()
    shown = (
        repr(meter.state)
        + repr(meter.identity)
        + repr(Keys(*[b"secret octets..."] * 4))
    )
    assert KEYS.master_key.hex() not in shown
    assert repr(KEYS.encryption_key)[2:-1] not in shown
    assert "secret" not in shown.replace("hls_secret", "")


def test_a_clock_that_is_set_moves_p1_and_the_rows() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    moved = from_epoch(NOW_S + 7200)
    octets = axdr.encode(axdr.octet_string(encode_date_time(moved)))
    assert driver.set(8, "0-0:1.0.0", 2, octets) is DataAccessResult.SUCCESS
    assert read(meter.telegram(NOW_S + 5)).time == from_epoch(NOW_S + 7205)
    assert meter.clock() == from_epoch(NOW_S + 7205)


@pytest.mark.parametrize(
    "octets",
    [
        "ffffffffffffffffffffffff",
        "07e8021e01080000ffffc400",
        "07ce010901080000ffffc400",
        "0834010901080000ffffc400",
        "07e80109ff080000fffd2f00",
        "07e80109ff080000ff02d100",
        "07e8010901080000ff",
        "",
    ],
)
def test_a_time_that_is_none_is_a_logical_error(octets: str) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    value = axdr.encode(axdr.octet_string(bytes.fromhex(octets)))
    assert driver.set(8, "0-0:1.0.0", 2, value) is DataAccessResult.OTHER_REASON
    assert meter.clock() == from_epoch(NOW_S)


def test_the_scaler_of_a_voltage_can_be_written() -> None:
    meter = make_meter()
    meter.set_load((0, 0, 0), (2304, 2305, 2300))
    driver = Driver(meter).associate()
    assert driver.get(3, "1-0:32.7.0") == b"\x12\x00\xe6"
    assert driver.get(3, "1-0:52.7.0") == b"\x12\x00\xe7"
    finer = axdr.encode(axdr.structure(axdr.integer(-1), axdr.enum(35)))
    assert driver.set(3, "1-0:32.7.0", 3, finer) is DataAccessResult.SUCCESS
    assert driver.get(3, "1-0:32.7.0") == b"\x12\x09\x00"
    assert driver.get(3, "1-0:32.7.0", 3) == finer
    for scaler, unit in ((-2, 35), (1, 35), (-1, 33)):
        wrong = axdr.encode(axdr.structure(axdr.integer(scaler), axdr.enum(unit)))
        result = driver.set(3, "1-0:32.7.0", 3, wrong)
        assert result is DataAccessResult.OTHER_REASON
    assert read(restarted(meter).telegram(NOW_S)).time == from_epoch(NOW_S)


@pytest.mark.parametrize(
    ("equipment_id", "title", "phases"),
    [
        ("short", METER_TITLE, 3),
        (EQUIPMENT_ID, b"DSL", 3),
        (EQUIPMENT_ID, METER_TITLE, 2),
    ],
)
def test_an_identity_has_its_form(equipment_id: str, title: bytes, phases: int) -> None:
    with pytest.raises(LocalError):
        Identity(equipment_id, Standard.DSMR_4_2_2, title, phases)


def test_a_failure_is_a_long_one_after_three_minutes() -> None:
    meter = make_meter()
    for begin_s, duration_s in ((0, 180), (1000, 181)):
        meter.advance(NOW_S + begin_s)
        meter.power_off()
        meter.power_on(NOW_S + begin_s + duration_s)
    telegram = read(meter.telegram(NOW_S + 2000))
    assert telegram.values["0-0:96.7.21"] == 2
    assert telegram.values["0-0:96.7.9"] == 1
    assert telegram.values["1-0:99.97.0"] == (
        PowerFailure(from_epoch(NOW_S + 1181), 181),
    )
