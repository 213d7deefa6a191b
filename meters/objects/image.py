"""Image transfer (class 18): blocks in any order, and what the meter makes of them."""

from __future__ import annotations

from meters.behaviour import firmware
from meters.behaviour.firmware import VERIFIED
from meters.image import MAX_NAME_OCTETS, SIZES, Transfer
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from wire.cosem.image import Status
from wire.cosem.rows import SMR5
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import BitString, Data
from wire.dlms.descriptors import ActionResult

BEHAVIOUR = Behaviour.empty()

_OBJECT = "image_transfer"
_DONE = ActionOutcome(ActionResult.SUCCESS)
_REFUSED = ActionOutcome(ActionResult(LOGICAL_ERROR))
# What goes on by itself is over soon; until then nothing else can be done.
_BUSY = ActionOutcome(ActionResult.TEMPORARY_FAILURE)
_AT_WORK = (Status.VERIFICATION_INITIATED, Status.ACTIVATION_INITIATED)


def _status(meter: Meter) -> Status:
    kept = meter.state.firmware
    return Status.NOT_INITIATED if kept is None else kept.status


def _transfer(meter: Meter) -> Transfer | None:
    kept = meter.state.firmware
    return None if kept is None else kept.transfer


def _stopped(meter: Meter) -> ActionOutcome | None:
    """Why no method can be carried out now; None when one can.

    image_transfer_enabled must be set before (P3, 5.12; Blue Book ed. 10, class 18).
    """
    smr5 = meter.identity.standard in SMR5
    enabled = "transfer_enabled" if smr5 else "image_transfer_enabled"
    if not meter.setting(_OBJECT, enabled).value:
        return _REFUSED
    return _BUSY if _status(meter) in _AT_WORK else None


def _initiate(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    name, size = (part.value for part in data.value)
    if stopped := _stopped(meter):
        return stopped
    if size not in SIZES or not 0 < len(name) <= MAX_NAME_OCTETS:
        return _REFUSED
    firmware.initiate(meter, name, size)
    return _DONE


def _take(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    number, block = (part.value for part in data.value)
    transfer = _transfer(meter)
    if stopped := _stopped(meter):
        return stopped
    if (
        transfer is None
        or _status(meter) is not Status.INITIATED
        or not transfer.fits(number, block)
    ):
        return _REFUSED
    firmware.take(meter, transfer, number, block)
    return _DONE


def _verify(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """The meter has begun by itself; here it tells how that ended."""
    if stopped := _stopped(meter):
        return stopped
    return _DONE if _status(meter) is Status.VERIFICATION_SUCCESSFUL else _REFUSED


def _activate(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """Success as soon as it is understood: it is done when the association has ended."""
    if stopped := _stopped(meter):
        return stopped
    if _status(meter) is not Status.VERIFICATION_SUCCESSFUL:
        return _REFUSED
    firmware.activate(meter)
    return _DONE


def _blocks_status(meter: Meter, link: Link) -> bytes:
    transfer = _transfer(meter)
    bits = BitString(0, b"") if transfer is None else transfer.status()
    return axdr.encode(axdr.bit_string(bits))


def _first_missing(meter: Meter) -> int:
    transfer = _transfer(meter)
    return 0 if transfer is None else transfer.first_missing()


def _info(meter: Meter, link: Link) -> bytes:
    """Size, name and signature of the image that is verified; none before."""
    transfer = _transfer(meter)
    images = []
    if transfer is not None and _status(meter) in VERIFIED:
        images.append((transfer.size, transfer.name, transfer.header().digest))
    return type_of("image_to_activate_info_type").encode(images)


BEHAVIOUR.readers[_OBJECT, "image_transferred_blocks_status"] = _blocks_status
BEHAVIOUR.readers[_OBJECT, "image_to_activate_info"] = _info
BEHAVIOUR.numbers[_OBJECT, "image_first_not_transferred_block_number"] = _first_missing
BEHAVIOUR.numbers[_OBJECT, "image_transfer_status"] = _status
BEHAVIOUR.doers.update(
    {
        (_OBJECT, "image_transfer_initiate"): _initiate,
        (_OBJECT, "image_block_transfer"): _take,
        (_OBJECT, "image_verify"): _verify,
        (_OBJECT, "image_activate"): _activate,
    }
)
