"""What the logs tell of an association: what was read, what was changed, who failed."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from meters.behaviour import sessions
from meters.objects import model_for
from meters.p3.association import LOCK_S
from meters.p3.protocol import P3Factory
from tests.meters.builders import KEYS, NOW_S, make_meter
from tests.meters.p3.driver import INVOKE, Driver
from tests.meters.p3.test_profile_access import by_entry, by_range, moment
from tests.meters.test_events import rows
from wire.cosem.events import Event, Log
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.apdu import (
    ActionRequestWithList,
    ActionResponseWithList,
    GetRequestWithList,
    SetRequestWithList,
    SetResponseWithList,
)
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
)
from wire.dlms.security import wrap_key
from wire.obis import Obis

NO_LOAD = (0, 0, 0)
E_READINGS = ("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2")


def attribute(class_id: int, code: str, number: int = 2) -> AttributeDescriptor:
    """A descriptor."""
    return AttributeDescriptor(class_id, Obis.parse(code), number)


def get_list(driver: Driver, *codes: str) -> None:
    """The values of registers in one request."""
    wanted = tuple((attribute(3, code), None) for code in codes)
    driver.ask(GetRequestWithList(INVOKE, wanted))


def session_rows(driver: Driver) -> list[tuple[int, ...]]:
    """Codes and counters of the session log, after the release."""
    driver.release()
    return [row[1:] for row in rows(driver.meter, Log.SESSION)]


def with_rows(standard: Standard = Standard.DSMR_4_2_2) -> Driver:
    """Associated with a meter of 8 intervals."""
    driver = Driver(make_meter(standard)).associate()
    driver.now_s = NOW_S + 8 * 900
    return driver


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_each_kind_of_data_leaves_one_row_at_the_end(standard: Standard) -> None:
    driver = with_rows(standard)
    driver.get(8, "0-0:1.0.0")
    driver.get(3, "1-0:32.7.0")
    get_list(driver, *E_READINGS)
    driver.get(3, "1-0:1.8.0")
    driver.get(7, "1-0:99.1.0", 2, by_entry(1, 5))
    driver.get(7, "1-0:99.1.0", 2, by_range(moment(0), moment(1800)))
    assert driver.meter.state.logs is None or not rows(driver.meter, Log.SESSION)
    driver.now_s += 30
    assert session_rows(driver) == [(71, 0), (72, 0), (73, 2), (75, 7)]
    assert {row[0] for row in rows(driver.meter, Log.SESSION)} == {driver.now_s}


@pytest.mark.parametrize(
    ("standard", "month"),
    [(Standard.DSMR_4_2_2, "0-0:98.1.0"), (Standard.SMR_5_0, "1-0:98.1.0")],
)
def test_each_row_of_a_billing_profile_is_a_reading(
    standard: Standard, month: str
) -> None:
    meter = make_meter(standard)
    meter.advance(NOW_S + 60 * 86_400)
    driver = Driver(meter)
    driver.now_s = NOW_S + 60 * 86_400
    driver.associate()
    driver.get(7, month)
    driver.get(7, "1-0:99.2.0", 2, by_entry(1, 3))
    assert session_rows(driver) == [(73, 2 + 3)]


def test_only_what_was_given_was_read() -> None:
    driver = with_rows()
    assert driver.get(3, "1-0:1.8.9") is DataAccessResult.OBJECT_UNDEFINED
    empty = driver.get(7, "1-0:99.1.0", 2, by_range(moment(9000), moment(9999)))
    assert empty == b"\x01\x00"
    assert session_rows(driver) == []


def test_anything_but_a_value_is_maintenance() -> None:
    driver = with_rows()
    driver.get(3, "1-0:1.8.1", 3)
    driver.get(7, "1-0:99.1.0", 7)
    assert session_rows(driver) == [(71, 0)]


def test_the_counters_show_the_session_so_far_and_start_anew() -> None:
    driver = with_rows()
    get_list(driver, *E_READINGS)
    driver.get(7, "1-0:99.1.0")
    for digit, count in ((7, 1), (8, 0), (9, 8), (10, 0)):
        shown = driver.get(1, f"0-1:94.31.{digit}")
        assert shown == axdr.encode(axdr.long_unsigned(count))
    driver.release()
    again = Driver(driver.meter).associate()
    again.now_s = driver.now_s
    assert again.get(1, "0-1:94.31.9") == axdr.encode(axdr.long_unsigned(0))


def test_smr_5_shows_the_last_row_of_the_log() -> None:
    driver = with_rows(Standard.SMR_5_0)
    driver.get(7, "1-0:99.1.0")
    driver.release()
    again = Driver(driver.meter)
    again.counter, again.now_s = driver.counter, driver.now_s
    again.associate()
    assert again.get(1, "0-0:96.11.4") == b"\x11\x4b"
    assert again.get(1, "0-0:96.15.4") == b"\x12\x00\x08"


def test_dsmr_4_0_6_has_no_such_log() -> None:
    driver = with_rows(Standard.DSMR_4_0_6)
    driver.get(3, "1-0:1.8.1")
    assert session_rows(driver) == []
    assert (
        Driver(driver.meter).associate().get(1, "0-1:94.31.7")
        is DataAccessResult.OBJECT_UNDEFINED
    )


def test_anybody_can_be_the_public_client_and_is_not_told_of() -> None:
    public = Driver(make_meter(), Client.PUBLIC).associate()
    public.get(8, "0-0:1.0.0")
    assert session_rows(public) == []


def test_a_dropped_association_ended_too() -> None:
    driver = with_rows()
    driver.get(3, "1-0:1.8.1")
    driver.counter += 5
    assert driver.raw(driver.seal(b"\xc0\x01\xc1")) is None
    assert [row[1:] for row in rows(driver.meter, Log.SESSION)] == [(73, 1)]
    assert session_rows(driver) == [(73, 1)], "and only once"


@pytest.mark.parametrize("powered", [True, False])
@pytest.mark.parametrize("hung_up", [True, False])
def test_a_lost_connection_ends_the_association(hung_up: bool, powered: bool) -> None:
    meter = make_meter()
    clock = Clock()
    clock.advance(NOW_S)
    factory = P3Factory(meter, clock)
    protocol = factory.buildProtocol(None)
    protocol.makeConnection(StringTransport())  # type: ignore[no-untyped-call]
    driver = Driver(meter)
    driver.connection = protocol._connection
    driver.associate().get(3, "1-0:1.8.1")
    clock.advance(60)
    if not powered:
        meter.power_off()
    if hung_up:
        # Told at once: the service saves its meters right after.
        factory.hang_up()
    else:
        protocol.connectionLost()
    expected = ((NOW_S + 60, 73, 1),) if powered else ()
    assert rows(meter, Log.SESSION) == expected
    assert not protocol._connection.associated
    protocol.connectionLost()
    assert rows(meter, Log.SESSION) == expected


CONFIGURATION = [
    (1, "0-0:97.98.10", axdr.double_long_unsigned(4)),
    (3, "0-0:96.7.20", axdr.long_unsigned(200)),
    (3, "1-0:12.43.0", axdr.long_unsigned(20)),
]
OTHER = [
    (1, "0-0:97.97.0", axdr.double_long_unsigned(0)),
    (1, "0-0:97.98.0", axdr.double_long_unsigned(0)),
    (1, "0-0:96.13.0", axdr.octet_string(b"HELLO")),
    (1, "0-0:96.13.1", axdr.octet_string(b"01")),
    (8, "0-0:1.0.0", axdr.octet_string(moment(30).value)),
]


def test_the_first_configuration_of_a_session_is_an_event() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    for class_id, code, value in OTHER:
        assert driver.set(class_id, code, 2, axdr.encode(value)) == 0
    assert rows(meter, Log.FRAUD) == ()
    for class_id, code, value in CONFIGURATION:
        assert driver.set(class_id, code, 2, axdr.encode(value)) == 0
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [47]
    assert meter.state.errors & 1 << 13
    driver.release()
    again = Driver(meter).associate()
    again.set(3, "0-0:96.7.20", 2, axdr.encode(axdr.long_unsigned(180)))
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [47, 47]


def test_a_refused_configuration_is_none() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    driver.set(3, "0-0:96.7.20", 2, b"\x11\x05")
    driver.set(3, "1-0:12.31.0", 2, b"\x12\xff\xff")
    driver.set(3, "1-0:1.8.1", 2, b"\x06\x00\x00\x00\x00")
    assert meter.state.logs is None


def test_one_good_write_in_a_list_is_enough() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    attributes = (
        (attribute(3, "1-0:1.8.1"), None),
        (attribute(3, "0-0:96.7.20"), None),
    )
    values = (b"\x06\x00\x00\x00\x00", b"\x12\x00\x05")
    answer = driver.ask(SetRequestWithList(INVOKE, attributes, values))
    assert isinstance(answer, SetResponseWithList)
    assert answer.results == (DataAccessResult.READ_WRITE_DENIED, 0)
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [47]


DAY = axdr.structure(
    axdr.long_unsigned(7),
    axdr.octet_string(bytes.fromhex("07e8050dff")),
    axdr.unsigned(1),
)
MASK = axdr.structure(axdr.octet_string(b"\x00\x07"), axdr.array([axdr.unsigned(1)]))
NEW_KEY = axdr.structure(
    axdr.enum(2), axdr.octet_string(wrap_key(KEYS.master_key, bytes(16)))
)
CONFIGURING = [
    (11, "0-0:11.0.0", 1, DAY),
    (6, "0-0:14.0.0", 2, MASK),
    (64, "0-0:43.0.0", 1, axdr.enum(3)),
    (15, "0-0:40.0.0", 2, axdr.octet_string(wrap_key(KEYS.master_key, b"s" * 16))),
    (64, "0-0:43.0.0", 2, axdr.array([NEW_KEY])),
]
EXECUTING = [
    (9, "0-0:10.0.100", 1, axdr.long_unsigned(1)),
    (7, "1-0:99.1.0", 1, axdr.integer(0)),
    (7, "0-1:94.31.6", 2, axdr.integer(0)),
]


@pytest.mark.parametrize(("class_id", "code", "method", "parameter"), CONFIGURING)
def test_a_method_that_configures_is_an_event_too(
    class_id: int, code: str, method: int, parameter: axdr.Data
) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    for executing in EXECUTING:
        answer = driver.act(*executing[:3], axdr.encode(executing[3]))
        assert answer.result == 0
    assert meter.state.logs is None
    answer = driver.act(class_id, code, method, axdr.encode(parameter))
    assert answer.result == 0
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [47]


def test_methods_and_attributes_share_the_one_event_of_a_session() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    driver.act(11, "0-0:11.0.0", 1, axdr.encode(DAY))
    driver.act(6, "0-0:14.0.0", 2, axdr.encode(MASK))
    driver.set(3, "0-0:96.7.20", 2, b"\x12\x00\x05")
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [47]


def test_a_refused_method_configures_nothing_and_one_of_a_list_is_enough() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    unknown, day = axdr.encode(axdr.long_unsigned(99)), axdr.encode(DAY)
    driver.act(11, "0-0:11.0.0", 2, unknown)
    assert meter.state.logs is None
    methods = tuple(
        MethodDescriptor(11, Obis.parse("0-0:11.0.0"), number) for number in (2, 1)
    )
    answer = driver.ask(ActionRequestWithList(INVOKE, methods, (unknown, day)))
    assert isinstance(answer, ActionResponseWithList)
    assert [outcome.result for outcome in answer.outcomes] == [250, 0]
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [47]


@pytest.mark.parametrize("standard", Standard)
def test_each_method_of_a_meter_is_judged(standard: Standard) -> None:
    configuring = {
        f"{row.name}.{method.name}"
        for row in model_for(standard, 3).rows
        for method in row.methods
        if sessions.configures(
            MethodDescriptor(row.class_id, row.obis, method.number).encode()
        )
    }
    assert configuring == {
        "activity_calendar.activate_passive_calendar",
        "association.change_HLS_secret",
        "register_activation.add_mask",
        "register_activation.add_register",
        "register_activation.delete_mask",
        "security_setup.global_key_transfer",
        "security_setup.security_activate",
        "special_days.delete",
        "special_days.insert",
        *(
            f"mbus_client_{channel}.{method}"
            for channel in range(1, 5)
            for method in (
                *("slave_install", "slave_deinstall"),
                *("set_encryption_key", "transfer_key"),
            )
        ),
    }


def test_a_wrong_key_is_an_event_once_in_15_minutes() -> None:
    meter = make_meter()
    stranger = Driver(meter)
    stranger.cipher = type(stranger.cipher)(bytes(16), bytes(16))
    for attempt in range(91):
        stranger.now_s = NOW_S + LOCK_S * attempt
        assert stranger.request().result != 0
    assert rows(meter, Log.FRAUD) == (
        (NOW_S, int(Event.FAILED_LOGIN)),
        (NOW_S + 900, int(Event.FAILED_LOGIN)),
    )
    assert meter.state.unsaved


def test_a_wrong_proof_is_an_event_too() -> None:
    meter = make_meter()
    driver = Driver(meter)
    driver.request()
    driver.prove(b"not your challenge")
    assert rows(meter, Log.FRAUD) == ((NOW_S, 46),)
