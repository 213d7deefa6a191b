"""The client of gurux-dlms (glo-ciphering) against our meter, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gurux_dlms import GXDateTime
from gurux_dlms.enums import DataType
from gurux_dlms.objects import (
    GXDLMSData,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
    GXDLMSSecuritySetup,
)

from meters.meter import Meter
from tests.meters.access import get
from tests.meters.builders import EQUIPMENT_ID, KEYS, NOW_S
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.image import BLOCK_OCTETS
from wire.cosem.rows import Client, Right
from wire.dlms import axdr
from wire.dlms.data import BitString
from wire.dlms.security import wrap_key
from wire.instants import decode_date_time, from_epoch

# The message handler and the M-Bus diagnostic.
UNKNOWN_CLASSES = 60, 77


@pytest.fixture
def peer(exchange: MeterExchange) -> Iterator[GuruxPeer]:
    """An associated management client, released afterwards."""
    made = GuruxPeer(exchange)
    made.associate()
    yield made
    made.release()


def test_the_public_client_reads_what_is_public_only(exchange: MeterExchange) -> None:
    public = GuruxPeer(exchange, Client.PUBLIC)
    public.associate()
    assert public.read(GXDLMSData("0.0.43.1.0.255"), 2) == 0
    with pytest.raises(ValueError, match="3"):
        public.read(GXDLMSRegister("1.0.1.8.1.255"), 2)
    public.release()


def test_the_object_list_is_understood(meter: Meter, peer: GuruxPeer) -> None:
    reply = peer.ask(peer.client.getObjectsRequest())
    objects = peer.client.parseObjects(reply.data)
    codes = {item.logicalName for item in objects}
    assert {"0.0.96.13.0.255", "1.0.99.1.0.255", "0.0.40.0.0.255"} <= codes
    message = next(item for item in objects if item.logicalName == "0.0.96.13.0.255")
    assert int(message.getAccess(2)) == 3
    rows = [row for row in meter.model.rows if row.class_id not in UNKNOWN_CLASSES]
    assert len(objects) == sum(row.visible(Client.MANAGEMENT) for row in rows)


def test_a_register_with_its_scaler(exchange: MeterExchange, peer: GuruxPeer) -> None:
    exchange.now_s = NOW_S + 3600
    register = GXDLMSRegister("1.0.1.8.2.255")
    peer.read(register, 3)
    peer.read(register, 2)
    assert (register.value, register.scaler, int(register.unit)) == (2500, 1, 30)


def test_a_long_message_goes_in_blocks(meter: Meter, peer: GuruxPeer) -> None:
    text = bytes(0x20 + index % 90 for index in range(1024))
    item = GXDLMSData("0.0.96.13.0.255")
    item.value = text
    item.setDataType(2, DataType.OCTET_STRING)
    frames = peer.client.write(item, 2)
    assert len(frames) > 1
    peer.ask(frames)
    assert meter.state.message == text


def test_a_longer_message_is_a_logical_error(meter: Meter, peer: GuruxPeer) -> None:
    item = GXDLMSData("0.0.96.13.0.255")
    item.value = bytes(1025)
    item.setDataType(2, DataType.OCTET_STRING)
    with pytest.raises(ValueError, match="250"):
        peer.ask(peer.client.write(item, 2))
    assert meter.state.message == b""


def test_the_profile_comes_in_blocks(exchange: MeterExchange, peer: GuruxPeer) -> None:
    exchange.now_s = NOW_S + 900 * 100
    reply = peer.ask(peer.client.read(GXDLMSProfileGeneric("1.0.99.1.0.255"), 2))
    assert len(reply.value) == 100
    assert [row[2] for row in reply.value[:4]] == [625, 1250, 1875, 2500]


def test_the_profile_is_cut_by_entry(exchange: MeterExchange, peer: GuruxPeer) -> None:
    exchange.now_s = NOW_S + 900 * 100
    profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
    peer.read(profile, 3)
    assert len(profile.captureObjects) == 4
    reply = peer.ask(peer.client.readRowsByEntry(profile, 2, 3))
    assert [row[2] for row in reply.value] == [1250, 1875, 2500]


def test_the_profile_is_cut_by_range(exchange: MeterExchange, peer: GuruxPeer) -> None:
    exchange.now_s = NOW_S + 900 * 100
    profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
    for index in (3, 6):
        peer.read(profile, index)
    begin, end = from_epoch(NOW_S + 1800), from_epoch(NOW_S + 3600)
    reply = peer.ask(peer.client.readRowsByRange(profile, begin, end))
    assert [row[2] for row in reply.value] == [1250, 1875, 2500]


@pytest.mark.parametrize("name", ["daily_load_profile", "monthly_profile"])
def test_the_billing_profiles_are_cut_by_range_and_by_entry(
    meter: Meter, exchange: MeterExchange, peer: GuruxPeer, name: str
) -> None:
    exchange.now_s = NOW_S + 200 * 86_400
    meter.advance(exchange.now_s)
    (row,) = (row for row in meter.model.rows if row.name == name)
    ours = axdr.plain(get(meter, (7, row.obis.short)))
    assert len(ours) == (40 if name == "daily_load_profile" else 6)
    profile = GXDLMSProfileGeneric(".".join(map(str, row.obis.octets)))
    for index in (3, 6):
        peer.read(profile, index)
    assert len(profile.captureObjects) == len(ours[0])
    begin, end = (decode_date_time(ours[place][0]) for place in (-3, -2))
    by_range = peer.ask(peer.client.readRowsByRange(profile, begin, end))
    assert as_ours(by_range.value) == ours[-3:-1]
    by_entry = peer.ask(peer.client.readRowsByEntry(profile, len(ours) - 1, 2))
    assert as_ours(by_entry.value) == ours[-2:]


def as_ours(rows: list[list[Any]]) -> list[list[Any]]:
    """The peer has bytearrays where we have octets."""
    return [
        [bytes(cell) if isinstance(cell, bytearray) else cell for cell in row]
        for row in rows
    ]


def test_a_method_changes_the_key(meter: Meter, peer: GuruxPeer) -> None:
    key = bytes(range(0x20, 0x30))
    wrapped = wrap_key(KEYS.master_key, key)
    peer.ask(
        peer.client.method(
            GXDLMSSecuritySetup("0.0.43.0.0.255"),
            2,
            bytes.fromhex("01010202160009") + bytes((24,)) + wrapped,
            DataType.ARRAY,
        )
    )
    assert meter.state.keys.encryption_key == key
    peer.client.ciphering.blockCipherKey = key
    assert peer.read(GXDLMSData("0.0.43.1.0.255"), 2) > 0


OF_THE_SESSION = {
    *(("association", number) for number in (4, 5, 6)),
    ("security_setup", 4),
}
"""What an attribute tells of the association that asks."""


def theirs(value: Any, ours: Any) -> Any:
    """What the peer read, written as we write it."""
    if isinstance(ours, list):
        # It has no empty arrays.
        pairs = zip(value or [], ours, strict=True)
        return [theirs(item, our) for item, our in pairs]
    if isinstance(ours, BitString):
        return ours if str(value) == str(ours) else value
    if isinstance(value, GXDateTime):
        return ours if value.value == decode_date_time(ours) else value
    return bytes(value) if isinstance(ours, bytes) else value


def test_every_value_of_every_object_is_as_ours(
    meter: Meter, exchange: MeterExchange, peer: GuruxPeer
) -> None:
    exchange.now_s = NOW_S + 3600
    reply = peer.ask(peer.client.getObjectsRequest())
    listed = {item.logicalName: item for item in peer.client.parseObjects(reply.data)}
    visible = [row for row in meter.model.rows if row.visible(Client.MANAGEMENT)]
    for row in visible:
        if row.class_id in UNKNOWN_CLASSES:
            continue
        item = listed[".".join(map(str, row.obis.octets))]
        # Rows last: gurux wants to know their columns first.
        for attribute in sorted(row.attributes, key=lambda one: one.name == "buffer"):
            # A code of SMR 5 for "unknown", which gurux's list of networks lacks.
            if row.name == "cdma_diagnostic" and attribute.number == 5:
                continue
            # Of version 1, which gurux does not know to its end.
            if row.name == "auto_answer" and attribute.number > 6:
                continue
            # DSMR adds two to version 0 of the class, of which gurux knows version 1.
            if (row.class_id, row.version) == (72, 0) and attribute.number > 12:
                continue
            if attribute.right(Client.MANAGEMENT) & Right.R:
                place, number = (row.class_id, row.obis.short), attribute.number
                reply = peer.ask(peer.client.read(item, number))
                # The counters of a session count its questions.
                counts = row.name.startswith("session_")
                if not counts and (row.name, number) not in OF_THE_SESSION:
                    ours = axdr.plain(get(meter, place, number))
                    assert theirs(reply.value, ours) == ours, (row.name, number)
                peer.client.updateValue(item, number, reply.value)
    assert listed["0.0.21.0.0.255"].buffer[0][1] == EQUIPMENT_ID
    assert listed["0.0.44.0.0.255"].imageBlockSize == BLOCK_OCTETS
