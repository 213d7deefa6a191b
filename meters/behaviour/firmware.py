"""Firmware: an image is transferred, verified by the meter itself, and activated (P3, 5.12).

Verification begins with the last block that was missing and takes some seconds. Activation
waits for the end of the association; ten seconds later the new firmware has checked itself.
What fails changes nothing: the image is discarded, the old firmware runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meters.behaviour.events import record
from meters.behaviour.task import NEVER
from meters.image import Transfer
from wire.cosem.events import Event
from wire.cosem.image import Header, Part, Status
from wire.errors import WireError

if TYPE_CHECKING:
    from meters.meter import Meter

VERIFICATION_S = 5
SELF_CHECK_S = 10


# With these there is an image; with the last two it has been verified.
_WITH_IMAGE = range(Status.INITIATED, Status.VERIFICATION_FAILED)
VERIFIED = (Status.VERIFICATION_SUCCESSFUL, Status.ACTIVATION_INITIATED)


class Firmware:
    """What runs, where that is not what the factory put in, and the image on its way.

    `active` has the identifier and the signature of a part; `verified_s` and `checked_s` are
    when the verification and the self-check that go on are over, in true time, 0 for none.
    """

    __slots__ = ("active", "status", "transfer", "verified_s", "checked_s")

    def __init__(self) -> None:
        self.active: dict[Part, tuple[bytes, bytes]] = {}
        self.status = Status.NOT_INITIATED
        self.transfer: Transfer | None = None
        self.verified_s = self.checked_s = 0

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {
            "active": {
                part.name: [value.hex() for value in values]
                for part, values in self.active.items()
            },
            "status": int(self.status),
            "transfer": self.transfer and self.transfer.to_json(),
            "due_s": [self.verified_s, self.checked_s],
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Firmware:
        """What was kept; raises what Python does for content that is not it."""
        firmware = cls()
        for name, values in saved["active"].items():
            identifier, signature = (bytes.fromhex(value) for value in values)
            firmware.active[Part[name]] = identifier, signature
        firmware.status = Status(saved["status"])
        if saved["transfer"] is not None:
            firmware.transfer = Transfer.from_json(saved["transfer"])
        firmware.verified_s, firmware.checked_s = saved["due_s"]
        status, at_work = firmware.status, bool(firmware.verified_s)
        if not all(type(at) is int and 0 <= at < 1 << 33 for at in saved["due_s"]) or (
            at_work is not (status is Status.VERIFICATION_INITIATED)
        ):
            raise ValueError("firmware is not due then")
        needs_image = status in _WITH_IMAGE or status is Status.ACTIVATION_INITIATED
        if needs_image is not (firmware.transfer is not None):
            raise ValueError(f"an image cannot be there in status {status}")
        if firmware.transfer is not None and status in VERIFIED:
            firmware.transfer.header()
        return firmware


def firmware_of(meter: Meter) -> Firmware:
    """The meter's firmware, to change it."""
    state = meter.state
    if state.firmware is None:
        state.firmware = Firmware()
    return state.firmware


def initiate(meter: Meter, name: bytes, size: int) -> None:
    """An image is announced: one that was on its way before is forgotten."""
    firmware = firmware_of(meter)
    firmware.status, firmware.transfer = Status.INITIATED, Transfer(name, size)
    meter.changed()


def take(meter: Meter, transfer: Transfer, number: int, block: bytes) -> None:
    """A block that fits has come; with the last of them the meter begins to verify."""
    transfer.put(number, block)
    if transfer.missing:
        meter.state.unsaved = True
        return
    firmware = firmware_of(meter)
    firmware.status = Status.VERIFICATION_INITIATED
    firmware.verified_s = meter.state.at_s + VERIFICATION_S
    meter.changed()


def activate(meter: Meter) -> None:
    """The verified image is to run, once the association has ended."""
    firmware_of(meter).status = Status.ACTIVATION_INITIATED
    meter.changed()


def due(meter: Meter, after_s: int) -> int:
    """When something of the firmware is over, or begins for want of an association."""
    firmware = meter.state.firmware
    if firmware is None:
        return NEVER
    if firmware.status is Status.ACTIVATION_INITIATED and not meter.associations:
        return after_s + 1
    ends_s = filter(None, (firmware.verified_s, firmware.checked_s))
    return max(min(ends_s, default=NEVER), after_s + 1)


def proceed(meter: Meter) -> None:
    """Does what is due."""
    firmware, at_s = firmware_of(meter), meter.state.at_s
    if firmware.status is Status.ACTIVATION_INITIATED and not meter.associations:
        _swap(meter, firmware)
    if 0 < firmware.verified_s <= at_s:
        firmware.verified_s = 0
        _verify(meter, firmware)
    if 0 < firmware.checked_s <= at_s:
        firmware.checked_s = 0
        record(meter, Event.SELF_CHECK_PASSED)
    meter.changed()


def _verify(meter: Meter, firmware: Firmware) -> None:
    assert firmware.transfer is not None
    try:
        firmware.transfer.header()
    except WireError:
        firmware.status, firmware.transfer = Status.VERIFICATION_FAILED, None
        return
    firmware.status = Status.VERIFICATION_SUCCESSFUL
    record(meter, Event.FIRMWARE_READY)


def _swap(meter: Meter, firmware: Firmware) -> None:
    """The new firmware runs; not if it is for a part that this meter does not have."""
    assert firmware.transfer is not None
    header = firmware.transfer.header()
    firmware.transfer = None
    if not _has_part(meter, header):
        firmware.status = Status.ACTIVATION_FAILED
        return
    firmware.active[header.part] = header.identifier, header.digest
    firmware.status = Status.ACTIVATION_SUCCESSFUL
    firmware.checked_s = meter.state.at_s + SELF_CHECK_S
    record(meter, Event.FIRMWARE_ACTIVATED)


def _has_part(meter: Meter, header: Header) -> bool:
    name = f"{header.part.name.lower()}_firmware_identifier"
    return any(row.name == name for row in meter.model.rows)
