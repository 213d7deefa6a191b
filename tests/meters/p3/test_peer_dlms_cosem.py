"""The client of dlms-cosem 21.3.2 (general-glo-ciphering) against our meter, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dlms_cosem import enumerations
from dlms_cosem.cosem import CosemMethod, Obis
from dlms_cosem.cosem.attribute_with_selection import CosemAttributeWithSelection
from dlms_cosem.cosem.capture_object import CaptureObject
from dlms_cosem.cosem.selective_access import RangeDescriptor
from dlms_cosem.dlms_data import OctetStringData
from dlms_cosem.utils import parse_as_dlms_data

from meters.meter import Meter
from tests.meters.access import get
from tests.meters.builders import (
    EQUIPMENT_ID,
    KEYS,
    NOW_S,
    counting_bytes,
)
from tests.peers.dlms_cosem import attribute, management, public
from tests.peers.exchange import MeterExchange
from wire.dlms import axdr
from wire.dlms.security import wrap_key
from wire.instants import decode_date_time, from_epoch

MESSAGE = (1, (0, 0, 96, 13, 0), 2)


@pytest.fixture
def client(exchange: MeterExchange) -> Iterator[Any]:
    """An associated client, released afterwards."""
    made = management(exchange)
    made.associate()
    yield made
    made.release_association()


def test_the_public_client_reads_what_is_public_only(exchange: MeterExchange) -> None:
    client = public(exchange)
    client.associate()
    title = client.get(attribute(1, (0, 0, 96, 1, 1), 2))
    assert parse_as_dlms_data(title) == EQUIPMENT_ID.encode()
    with pytest.raises(Exception, match="READ_WRITE_DENIED"):
        client.get(attribute(3, (1, 0, 1, 8, 1), 2))
    client.release_association()


def test_values_come_ciphered(exchange: MeterExchange, client: Any) -> None:
    exchange.now_s = NOW_S + 3600
    octets = client.get(attribute(3, (1, 0, 1, 8, 2), 2))
    assert parse_as_dlms_data(octets) == 2500


def test_the_message_is_set_and_read_back(meter: Meter, client: Any) -> None:
    response = client.set(attribute(*MESSAGE), OctetStringData(b"Hello").to_bytes())
    assert response.result is enumerations.DataAccessResult.SUCCESS
    assert meter.state.message == b"Hello"
    assert parse_as_dlms_data(client.get(attribute(*MESSAGE))) == b"Hello"


def test_the_profile_comes_in_blocks(exchange: MeterExchange, client: Any) -> None:
    exchange.now_s = NOW_S + 900 * 100
    rows = parse_as_dlms_data(client.get(attribute(7, (1, 0, 99, 1, 0), 2)))
    assert len(rows) == 100
    assert [row[2] for row in rows[:4]] == [625, 1250, 1875, 2500]


def test_the_profile_is_cut_by_range(exchange: MeterExchange, client: Any) -> None:
    exchange.now_s = NOW_S + 900 * 100
    selection = RangeDescriptor(
        restricting_object=CaptureObject(attribute(8, (0, 0, 1, 0, 0), 2), 0),
        from_value=from_epoch(NOW_S + 1800),
        to_value=from_epoch(NOW_S + 3600),
    )
    octets = client.get(attribute(7, (1, 0, 99, 1, 0), 2), selection)
    assert [row[2] for row in parse_as_dlms_data(octets)] == [1250, 1875, 2500]


@pytest.mark.parametrize("name", ["daily_load_profile", "monthly_profile"])
def test_the_billing_profiles_are_cut_by_range(
    meter: Meter, exchange: MeterExchange, client: Any, name: str
) -> None:
    exchange.now_s = NOW_S + 200 * 86_400
    meter.advance(exchange.now_s)
    (row,) = (row for row in meter.model.rows if row.name == name)
    ours = axdr.plain(get(meter, (7, row.obis.short)))
    selection = RangeDescriptor(
        restricting_object=CaptureObject(attribute(8, (0, 0, 1, 0, 0), 2), 0),
        from_value=decode_date_time(ours[-3][0]),
        to_value=decode_date_time(ours[-2][0]),
    )
    code = tuple(row.obis.octets[:5])
    theirs = parse_as_dlms_data(client.get(attribute(7, code, 2), selection))
    assert [
        [bytes(cell) if isinstance(cell, bytearray) else cell for cell in made]
        for made in theirs
    ] == ours[-3:-1]


def test_a_list_of_attributes(client: Any) -> None:
    wanted = [
        CosemAttributeWithSelection(attribute(1, (0, 0, 96, 1, 1), 2), None),
        CosemAttributeWithSelection(attribute(1, (0, 0, 96, 99, 1), 2), None),
    ]
    good, bad = client.get_many(wanted).response_data
    assert good.value == EQUIPMENT_ID.encode()
    assert bad is enumerations.DataAccessResult.OBJECT_UNDEFINED


def test_keys_change_with_the_next_request(
    meter: Meter, exchange: MeterExchange
) -> None:
    client = management(exchange)
    client.associate()
    key = bytes(range(0x20, 0x30))
    wrapped = OctetStringData(wrap_key(KEYS.master_key, key)).to_bytes()
    client.action(
        CosemMethod(
            enumerations.CosemInterface.SECURITY_SETUP, Obis(0, 0, 43, 0, 0), 2
        ),
        b"\x01\x01\x02\x02\x16\x00" + wrapped,
    )
    client.dlms_connection.global_encryption_key = key
    # This client does not know that both counters start again (P3, 3.2.3).
    client.dlms_connection.meter_invocation_counter = 0
    client.get(attribute(1, (0, 0, 96, 1, 1), 2))
    assert meter.state.keys.encryption_key == key
    client.release_association()


def test_another_key_is_refused_and_locks_the_port(meter: Meter) -> None:
    stranger = management(MeterExchange(meter), encryption_key=bytes(16))
    with pytest.raises(Exception, match="AUTHENTICATION_FAILED"):
        stranger.associate()
    exchange = MeterExchange(meter)
    with pytest.raises(Exception, match="REJECTED_TRANSIENT"):
        management(exchange).associate()
    exchange.now_s = NOW_S + 11
    later = management(exchange)
    later.associate()
    later.release_association()


def test_every_challenge_is_a_new_one() -> None:
    random_bytes = counting_bytes()
    assert random_bytes(16) != random_bytes(16)
