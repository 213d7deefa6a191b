"""A device to test with, and the frames that a master sends it."""

from __future__ import annotations

import dataclasses
from typing import Any

from meters.p2.device import Device, new_state
from meters.p2.identity import DeviceIdentity
from tests.meters.builders import NOW_S, counting_bytes
from wire.mbus import rows
from wire.mbus.frames import Direction, Long, Short, decode
from wire.mbus.headers import Configuration, LongHeader, ShortHeader
from wire.mbus.records import Record
from wire.mbus.security import filled, open_mode_15, seal_mode_15, wrap_user_key

EQUIPMENT_ID = "G0001234567890113"
DEFAULT_KEY = bytes(range(0x11, 0x21))
USER_KEY = bytes(range(0x31, 0x41))
ACKNOWLEDGED = b"\xe5"

SND_NKE, REQ_UD2, SND_UD = 0x40, 0x5B, 0x53


def make_device(**traits: Any) -> Device:
    """A new gas meter G4 on the wired bus, or what the traits of an identity say."""
    traits = {"equipment_id": EQUIPMENT_ID, "default_key": DEFAULT_KEY} | traits
    identity = DeviceIdentity(**traits)
    return Device(identity, new_state(identity, NOW_S, counting_bytes()))


class Master:
    """The other end of the bus: frames for one device, and its answers read."""

    def __init__(self, device: Device, user_key: bytes | None = None) -> None:
        self.device = device
        self.user_key = user_key
        self.now_s = device.state.at_s
        self.access_number = 0x70

    def send(self, octets: bytes) -> bytes:
        """The answer to these octets."""
        return self.device.answer(octets, self.now_s)

    def short(self, c: int) -> bytes:
        """The answer to a short frame for the device."""
        return self.send(Short(c, self.device.state.address).encode())

    def tell(self, ci: int, body: bytes) -> bytes:
        """The answer to a long frame for the device."""
        return self.send(Long(SND_UD, self.device.state.address, ci, body).encode())

    def plain(self, *records: Record) -> bytes:
        """The answer to records without a header, in clear (CI 51)."""
        return self.tell(0x51, rows.encode(records))

    def set_key(self, user_key: bytes = USER_KEY) -> bytes:
        """Gives the device a User key, wrapped by its Default key; uses it from then on."""
        answer = self.plain(
            *key_records(wrap_user_key(self.device.identity.default_key, user_key))
        )
        self.user_key = user_key if any(user_key) else None
        return answer

    def control(self, *records: Record, ahead: int = 1, key: bytes = b"") -> bytes:
        """The answer to a control message (CI 5A), its frame counter so much ahead."""
        return self.tell(0x5A, self.control_body(*records, ahead=ahead, key=key))

    def control_body(self, *records: Record, ahead: int = 1, key: bytes = b"") -> bytes:
        """Header and records, enciphered if there is a key."""
        configuration, body = self._protect(rows.encode(records), ahead, key)
        header = ShortHeader(self._next_number(), 0, configuration)
        return header.encode() + body

    def clock(self, block: bytes, ahead: int = 1) -> bytes:
        """The answer to a clock message (CI 6C) with this block."""
        header = LongHeader(self.device.identity.short_id, self._next_number())
        body = block
        if self.user_key:
            body = self._seal(block, ahead, self.user_key)
            header = dataclasses.replace(header, configuration=Configuration(15, 1))
        return self.tell(0x6C, header.encode() + body)

    def read(self) -> dict[str, Any]:
        """What the device says to REQ_UD2, by the names of its records."""
        return {record.name: record.value for record in self.records()}

    def records(self) -> tuple[Record, ...]:
        """The same in full."""
        answer = decode(self.short(REQ_UD2), Direction.FROM_SLAVE)
        assert isinstance(answer, Long)
        header = LongHeader.decode(answer.body[:12])
        assert header.device == self.device.identity.short_id
        body, configuration = answer.body[12:], header.configuration
        if self.user_key is None:
            assert configuration == Configuration()
            return rows.decode(body)
        assert configuration.mode == 15
        opened = open_mode_15(
            *(self.user_key, header.device, configuration.blocks, body, None)
        )
        return rows.decode(opened.plaintext)

    def _protect(
        self, records: bytes, ahead: int, key: bytes
    ) -> tuple[Configuration, bytes]:
        key = key or self.user_key or b""
        if not key:
            return Configuration(), records
        plaintext = filled(records)
        return (
            Configuration(15, len(plaintext) // 16),
            self._seal(plaintext, ahead, key),
        )

    def _seal(self, plaintext: bytes, ahead: int, key: bytes) -> bytes:
        counter = self.device.state.frame_counter + ahead
        return seal_mode_15(key, self.device.identity.short_id, counter, plaintext)

    def _next_number(self) -> int:
        self.access_number = (self.access_number + 1) & 0xFF
        return self.access_number


def key_records(wrapped: bytes) -> tuple[Record, Record]:
    """A wrapped key as it travels: least significant half first (6.5.1)."""
    return rows.KEY_LOW.record(wrapped[8:]), rows.KEY_HIGH.record(wrapped[:8])
