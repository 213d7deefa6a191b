"""The four channels of an E-meter (P3, chapter 7): what it knows of the device on each.

Attributes 5 to 14 of class 72 show a part of it. A channel is made when it is first used.
"""

from __future__ import annotations

from collections.abc import ValuesView
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from meters.mbus import kept
from meters.mbus.dialogue import Dialogue
from meters.mbus.pending import Pending

if TYPE_CHECKING:
    from meters.meter import Meter

__all__ = ["Channel", "Channels", "KeyStatus", "Pending"]

NUMBERS = range(1, 5)
ADDRESSES = range(1, 251)
"""The primary addresses that a device on the bus may be given (P2, 4.3.2)."""
UNKNOWN_CONFIGURATION = 99
NO_KEY = b""


class KeyStatus(IntEnum):
    """Attribute 14: how far a user key has come, by methods 7 and 8."""

    NONE = 0
    SET = 1
    TRANSFERRED = 2
    SET_AND_TRANSFERRED = 3
    IN_USE = 4


@dataclass(slots=True)
class Channel:
    """What the E-meter knows of one device.

    `identification` is the number of 8 digits; with `manufacturer_id`, `version` and
    `device_type` it is the Short ID. `released` after slave_deinstall, which leaves those as
    they are; `detected_s` is when the device was heard first (true time). `transmissions` counts
    what the E-meter sent to it, `good_frames` and `bad_frames` what it heard.
    `capture_definition` has pairs of DIF and VIF. `configuration` is the mode of encryption
    that was seen last. `user_key` is what P2 is enciphered with, empty for none; `next_key` was
    set by the central system and is not yet seen in use; `wrapped_key` waits to be forwarded,
    as `records` of data_send do; `forwarded` once it was sent, acknowledged or not.
    `frame_counter` is the highest that was validated; `access_number` the last of the device,
    `sent_number` that of the E-meter. `status` is the last status octet, `alarm` its bits since
    reset_alarm, `clear_mask` those that the device is to clear. `pending` waits, not to be
    tried before `retry_s` (true time).

    The last reading: `value` with `scaler` and `unit`, `captured_s` by the device's clock (UTC)
    and `read_s` when it was read (true time); `hourly_value`, of `hourly_s`, is the first of the
    hour, which SMR 5 tells apart from the last. `valve` is the last valve status, `valve_command`
    what waits to be sent; `meter_configuration` the octet of record FD 67. `versions` are the
    four texts of the read-out list, read at `versions_s` by the meter's clock. `missing` while
    hourly readings fail to come.
    """

    primary_address: int = 0
    identification: int = 0
    manufacturer_id: int = 0
    version: int = 0
    device_type: int = 0
    released: bool = False
    detected_s: int = 0
    transmissions: int = 0
    good_frames: int = 0
    bad_frames: int = 0
    capture_definition: tuple[tuple[bytes, bytes], ...] = ()
    access_number: int = 0
    sent_number: int = 0
    status: int = 0
    alarm: int = 0
    configuration: int = UNKNOWN_CONFIGURATION
    key_status: KeyStatus = KeyStatus.NONE
    user_key: bytes = field(default=NO_KEY, repr=False)
    next_key: bytes = field(default=NO_KEY, repr=False)
    wrapped_key: bytes = field(default=NO_KEY, repr=False)
    forwarded: bool = False
    clear_mask: int = 0
    records: bytes = field(default=b"", repr=False)
    frame_counter: int = -1
    pending: Pending = Pending(0)
    retry_s: int = 0
    synchronized_s: int = 0
    equipment_id: bytes = b""
    value: int = 0
    scaler: int = 0
    unit: int = 255
    captured_s: int = 0
    hourly_value: int = 0
    hourly_s: int = 0
    read_s: int = 0
    missing: bool = False
    valve: int = -1
    valve_command: int = -1
    meter_configuration: int = -1
    versions: tuple[bytes, ...] = ()
    versions_s: int = 0

    @property
    def named(self) -> bool:
        """Whether it has a whole Short ID, which is what registers a device (P2, 8.4.2.1)."""
        return not self.released and bool(
            self.identification
            and self.manufacturer_id
            and self.version
            and self.device_type
        )

    @property
    def detected(self) -> bool:
        """Whether the device was ever heard."""
        return self.detected_s > 0

    @property
    def wired(self) -> bool:
        """Whether the device is asked on the wired bus."""
        return self.primary_address != 0

    @property
    def free(self) -> bool:
        """Whether another device may be registered here."""
        return not self.wired and not self.named

    def forget_device(self) -> None:
        """Another device takes the place: only its address and Short ID are kept."""
        for part in fields(self):
            if part.name not in _NAMES:
                setattr(self, part.name, part.default)

    def release(self) -> None:
        """What slave_deinstall does to the attributes and to the keys (P3 4.0.7, 7.1)."""
        self.primary_address, self.released = 0, True
        self.configuration = UNKNOWN_CONFIGURATION
        self.key_status = KeyStatus.NONE
        self.user_key = self.next_key = self.wrapped_key = NO_KEY
        self.pending, self.records, self.valve_command = Pending(0), b"", -1
        self.missing = False

    def to_json(self) -> dict[str, Any]:
        """What differs from an empty channel, as JSON can hold it."""
        return {
            part.name: kept.plain(value)
            for part in fields(self)
            if (value := getattr(self, part.name)) != part.default
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Channel:
        """What was kept; raises what Python does for content that is not it."""
        channel = cls()
        for name, value in saved.items():
            setattr(channel, name, kept.read(name, value, getattr(EMPTY, name)))
        for errand, needed in _NEEDED.items():
            if errand in channel.pending and not getattr(channel, needed):
                raise ValueError(f"{errand.name} waits without its {needed}")
        if Pending.VALVE in channel.pending and channel.valve_command < 0:
            raise ValueError("a valve command waits, and there is none")
        return channel


EMPTY = Channel()
"""What a channel is before it is used; not to be changed."""

SHORT_ID = ("identification", "manufacturer_id", "version", "device_type")
"""The parts of a Short ID, attributes 6 to 9."""
_NAMES = frozenset(("primary_address", *SHORT_ID))
_NEEDED = {
    Pending.BIND: "primary_address",
    Pending.KEY: "wrapped_key",
    Pending.DATA: "records",
}


class Channels:
    """The channels of a meter, and its installation mode.

    `installing_until_s` is when installation mode ends by itself (true time), 0 without it;
    `next_scan_s` when the bus is scanned next. `asked` are the channels that slave_install
    was invoked on and whose scan has not begun; `valve_scheduled` until the time of the valves'
    scheduler has come; `releasing` the addresses whose devices are to
    give them up. `found` are the Short IDs that the display
    offers in installation mode, `shown` which of them it shows.
    """

    __slots__ = (
        "_channels",
        "installing_until_s",
        "next_scan_s",
        "asked",
        "valve_scheduled",
        "releasing",
        "found",
        "shown",
        "dialogue",
    )

    def __init__(self) -> None:
        self._channels: dict[int, Channel] = {}
        self.installing_until_s = 0
        self.next_scan_s = 0
        self.asked: tuple[int, ...] = ()
        self.valve_scheduled = False
        self.releasing: tuple[int, ...] = ()
        self.found: tuple[bytes, ...] = ()
        self.shown = 0
        # What goes on with a device by radio; it does not outlive its instant.
        self.dialogue: Dialogue | None = None

    def get(self, number: int) -> Channel:
        """A channel to look at; `EMPTY` before it is used."""
        return self._channels.get(number, EMPTY)

    def used(self, number: int) -> Channel:
        """A channel to change."""
        return self._channels.setdefault(number, Channel())

    def values(self) -> ValuesView[Channel]:
        """The channels in use."""
        return self._channels.values()

    def items(self) -> list[tuple[int, Channel]]:
        """The channels in use, by number."""
        return list(self._channels.items())

    @property
    def in_use(self) -> bool:
        """Whether there is anything to keep."""
        return bool(
            self._channels or self.asked or self.releasing or self.valve_scheduled
        )

    def release(self, number: int, dynamic: bool) -> None:
        """Gives up the device of a channel; one on the bus gets address 0 where it is dynamic."""
        channel = self.used(number)
        if channel.wired and dynamic:
            self.releasing = (*self.releasing, channel.primary_address)
        channel.release()

    def ask_all(self, what: Pending) -> None:
        """Has the same done for each device."""
        for channel in self._channels.values():
            if not channel.free:
                channel.pending |= what

    def first_free(self) -> int | None:
        """The first channel that has no device; None when all four do."""
        return next((number for number in NUMBERS if self.get(number).free), None)

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold; it has keys."""
        return {
            "channels": {
                str(number): channel.to_json()
                for number, channel in sorted(self._channels.items())
            },
            "installing": [self.installing_until_s, self.next_scan_s],
            "asked": list(self.asked),
            "valve_scheduled": self.valve_scheduled,
            "releasing": list(self.releasing),
            "found": [octets.hex() for octets in self.found],
            "shown": self.shown,
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Channels:
        """What was kept; raises what Python does for content that is not it."""
        channels = cls()
        for text, part in saved["channels"].items():
            number = int(text)
            if number not in NUMBERS:
                raise ValueError(f"there is no channel {text[:40]}")
            channels._channels[number] = Channel.from_json(part)
        times_s = [kept.number(at_s, 0, kept.LATEST_S) for at_s in saved["installing"]]
        channels.installing_until_s, channels.next_scan_s = times_s
        channels.asked = tuple(kept.number(number, 1, 4) for number in saved["asked"])
        channels.valve_scheduled = saved["valve_scheduled"]
        if type(channels.valve_scheduled) is not bool:
            raise ValueError("valve_scheduled is true or false")
        channels.releasing = tuple(kept.number(at, 1, 250) for at in saved["releasing"])
        channels.found = tuple(bytes.fromhex(octets) for octets in saved["found"])
        channels.shown = kept.number(saved["shown"], 0, 0xFF)
        if any(len(octets) != 8 for octets in channels.found):
            raise ValueError("a Short ID has 8 octets")
        addresses = [part.primary_address for _, part in channels.items() if part.wired]
        if len(set(addresses)) != len(addresses):
            raise ValueError("two channels have one address")
        return channels


def channel_of(meter: Meter, number: int) -> Channel:
    """A channel to look at, 1 to 4."""
    channels = meter.state.mbus
    return EMPTY if channels is None else channels.get(number)


def channels_of(meter: Meter) -> Channels:
    """The channels of a meter, to change them."""
    state = meter.state
    if state.mbus is None:
        state.mbus = Channels()
    return state.mbus


def used(meter: Meter, number: int) -> Channel:
    """A channel to change."""
    return channels_of(meter).used(number)
