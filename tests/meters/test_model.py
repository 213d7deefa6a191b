"""The shared model: every cell carried out, every value of its type, rights kept."""

from __future__ import annotations

import pytest

from meters.model import Behaviour, Model
from meters.objects import BEHAVIOUR, model_for
from meters.p3.association import P3Association
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.events import CHANNELS
from wire.cosem.rows import SMR5, Client, Right, Standard
from wire.cosem.types import Fit, type_of
from wire.dlms import axdr
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
)
from wire.errors import ConfigError, LocalError
from wire.obis import Obis

IDENTITY = (
    *("serial_number", "equipment_identifier", "location", "hardware_identifier"),
    *("initial_configuration", "ordering_information"),
)
FIRMWARE = "identifier", "signature"
KINDS = [(standard, phases) for standard in Standard for phases in (1, 3)]


@pytest.mark.parametrize(("standard", "phases"), KINDS)
@pytest.mark.parametrize("client", [Client.MANAGEMENT, Client.PUBLIC])
def test_every_readable_cell_reads_and_no_other(
    standard: Standard, phases: int, client: Client
) -> None:
    meter = make_meter(standard, phases)
    meter.set_load((500, 0, 0), (2300, 2300, 2300))
    meter.advance(NOW_S + 2000)
    link = P3Association(meter, client)
    for row in meter.model.rows:
        for attribute in row.attributes:
            descriptor = AttributeDescriptor(row.class_id, row.obis, attribute.number)
            result = meter.model.get(meter, link, descriptor.encode(), None)
            place = f"{row.name}.{attribute.name}"
            if attribute.right(client) & Right.R:
                assert isinstance(result, bytes), place
                fit = type_of(attribute.type).fit(axdr.decode(result))
                assert fit is Fit.GOOD, place
            else:
                assert result is DataAccessResult.READ_WRITE_DENIED, place


@pytest.mark.parametrize(("standard", "phases"), KINDS)
def test_every_writable_cell_takes_back_what_it_shows(
    standard: Standard, phases: int
) -> None:
    meter = make_meter(standard, phases)
    link = P3Association(meter, Client.MANAGEMENT)
    written = 0
    for row in meter.model.rows:
        for attribute in row.attributes:
            key = AttributeDescriptor(row.class_id, row.obis, attribute.number).encode()
            shown = meter.model.get(meter, link, key, None)
            result = meter.model.set(meter, link, key, None, bytes(shown))
            place = f"{row.name}.{attribute.name}"
            if attribute.management & Right.W:
                written += 1
                assert result is DataAccessResult.SUCCESS, place
                assert meter.model.get(meter, link, key, None) == shown, place
            else:
                assert result is DataAccessResult.READ_WRITE_DENIED, place
    assert written >= 7


@pytest.mark.parametrize(("standard", "phases"), KINDS)
def test_the_public_client_writes_and_does_nothing(
    standard: Standard, phases: int
) -> None:
    meter = make_meter(standard, phases)
    link = P3Association(meter, Client.PUBLIC)
    for key in meter.model.cells:
        result = meter.model.set(meter, link, key, None, b"\x09\x00")
        assert result is DataAccessResult.READ_WRITE_DENIED
    for key in meter.model.actions:
        outcome = meter.model.act(meter, link, key, None)
        assert outcome.result is ActionResult.READ_WRITE_DENIED
    parts = ("core", "module", "communication", "mbus_driver")[: 3 + (standard in SMR5)]
    channels = () if standard in SMR5 else CHANNELS
    assert {row.name for row in meter.model.rows if row.visible(Client.PUBLIC)} == {
        "sap_assignment",
        "association",
        "invocation_counter",
        "logical_device_name",
        "p1_version",
        "clock",
        "amr_profile_status",
        *IDENTITY,
        *(f"{part}_firmware_{what}" for part in parts for what in FIRMWARE),
        *(f"mbus_amr_profile_status_{channel}" for channel in channels),
    }


def test_every_method_that_is_granted_is_carried_out() -> None:
    for standard in Standard:
        model = model_for(standard, 3)
        for row in model.rows:
            for method in row.methods:
                key = MethodDescriptor(row.class_id, row.obis, method.number).encode()
                assert bool(method.management) is (model.actions[key].do is not None)


def test_a_table_ahead_of_its_behaviour_is_refused() -> None:
    with pytest.raises(LocalError, match="nothing carries out"):
        Model(Standard.DSMR_4_2_2, 3, Behaviour.empty())
    poorer = Behaviour.empty()
    poorer.add(BEHAVIOUR)
    del poorer.writers["consumer_message", "value"]
    with pytest.raises(LocalError, match="consumer_message.value"):
        Model(Standard.DSMR_4_2_2, 3, poorer)
    poorer.add(BEHAVIOUR)
    del poorer.doers["load_profile", "reset"]
    with pytest.raises(LocalError, match="load_profile.reset"):
        Model(Standard.DSMR_4_2_2, 3, poorer)


def test_meters_of_a_kind_share_one_model() -> None:
    assert make_meter().model is make_meter().model
    assert make_meter().model is not make_meter(phases=1).model


@pytest.mark.parametrize(
    ("class_id", "code", "number", "result"),
    [
        (3, "1-0:9.9.9", 2, DataAccessResult.OBJECT_UNDEFINED),
        (4, "1-0:1.8.1", 2, DataAccessResult.OBJECT_CLASS_INCONSISTENT),
        (3, "1-0:1.8.1", 9, DataAccessResult.READ_WRITE_DENIED),
        (3, "1-0:1.8.1", 0, DataAccessResult.READ_WRITE_DENIED),
        (3, "1-0:1.8.1", -1, DataAccessResult.READ_WRITE_DENIED),
    ],
)
def test_what_is_not_there(
    class_id: int, code: str, number: int, result: DataAccessResult
) -> None:
    meter = make_meter()
    link = P3Association(meter, Client.MANAGEMENT)
    obis = Obis.parse(code)
    key = AttributeDescriptor(class_id, obis, number).encode()
    assert meter.model.get(meter, link, key, None) is result
    assert meter.model.set(meter, link, key, None, b"\x00") is result
    method = MethodDescriptor(class_id, obis, 99).encode()
    assert meter.model.act(meter, link, method, None).result is ActionResult(result)


def scaler_key(code: str) -> bytes:
    return AttributeDescriptor(3, Obis.parse(code), 3).encode()


def test_a_setting_is_kept_over_a_restart_and_judged_when_it_returns() -> None:
    meter = make_meter()
    link = P3Association(meter, Client.MANAGEMENT)
    key, tenths = scaler_key("1-0:32.7.0"), bytes.fromhex("02020fff1623")
    assert meter.model.set(meter, link, key, None, tenths) is DataAccessResult.SUCCESS
    assert meter.state.unsaved
    again = make_meter()
    again.state.settings = from_json(to_json(meter.state)).settings
    again.model.judge(again)
    assert again.model.get(again, link, key, None) == tenths
    for octets in ("02020f011623", "02020fff161b", "0600000001"):
        again.state.settings = {
            ("voltage_l1", "scaler_unit"): axdr.decode(bytes.fromhex(octets))
        }
        with pytest.raises(ConfigError, match="voltage_l1.scaler_unit"):
            again.model.judge(again)
    again.state.settings = {("voltage_l9", "scaler_unit"): axdr.null_data()}
    with pytest.raises(ConfigError, match="voltage_l9"):
        again.model.judge(again)


@pytest.mark.parametrize("octets", ["02020f011623", "02020ffd1623", "02020fff161b"])
def test_a_setting_that_cannot_be_changes_nothing(octets: str) -> None:
    meter = make_meter()
    link = P3Association(meter, Client.MANAGEMENT)
    key = scaler_key("1-0:32.7.0")
    result = meter.model.set(meter, link, key, None, bytes.fromhex(octets))
    assert result is DataAccessResult.OTHER_REASON
    assert meter.state.settings is None and not meter.state.unsaved
