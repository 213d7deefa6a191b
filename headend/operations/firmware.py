"""Firmware: which versions a meter has, and an update by image transfer (P3, 5.12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import rendering
from headend.dlms.engine import Engine
from headend.operations import together
from headend.operations.plan import Operation, Plan, only, text, truth
from headend.visit import Visit
from wire.cosem.image import MAX_IMAGE_OCTETS, Status
from wire.cosem.rows import Standard
from wire.cosem.table import objects, standard_of
from wire.dlms import axdr
from wire.dlms.data import BitString
from wire.dlms.descriptors import ActionResult, MethodDescriptor
from wire.errors import ConfigError, PeerRefused, TransportError, WireError

IMAGE = "0-0:44.0.0"
_BLOCK_SIZE, _BLOCKS, _FIRST_MISSING, _ENABLED, _STATUS, _TO_ACTIVATE = 2, 3, 4, 5, 6, 7
_INITIATE, _TRANSFER, _VERIFY, _ACTIVATE = 1, 2, 3, 4
_MOST_ROUNDS = 3
_LOOKS, _LOOK_S = 60, 2.0
# 1-x:0.2.y: what firmware is active, and its signature.
_FIRMWARE_C, _FIRMWARE_D = 0, 2


def prepare_firmware(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. What each part of the meter runs, by the name of its object."""
    only(arguments, set(), set())
    rows = [
        row
        for row in objects(standard_of(standard))
        if row.obis.octets[0] == 1
        and row.obis.octets[2:4] == bytes((_FIRMWARE_C, _FIRMWARE_D))
    ]
    if not rows:
        raise ConfigError(f"{standard} names no firmware")
    wanted = [together.attribute(row.obis.short, 2, standard) for row in rows]

    async def run(meter: Engine) -> Any:
        found = await together.read(meter, wanted)
        return {
            row.name: rendering.value(value, None, None)
            for row, value in zip(rows, found, strict=True)
        }

    return run


def prepare_update(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`identifier` of the image and `image`, its octets as {"hex": …}; `activate`, true unless
    told otherwise: the meter does it once the association has ended.

    An attempt that was broken off is gone on with at the first block that is missing.
    """
    given = only(arguments, {"identifier", "image"}, {"activate"})
    identifier = text(given, "identifier")
    if not identifier.isascii() or not 0 < len(identifier) <= 64:
        raise ConfigError("identifier is 1 to 64 ASCII characters")
    image = _octets(given["image"])
    activating = truth(given, "activate") if "activate" in given else True
    transfer = _Transfer(standard, identifier, image)

    async def run(visit: Visit) -> Any:
        if not await transfer.taken(visit):
            whole = await transfer.bring(visit)
            await transfer.verify(visit)
            await transfer.check(visit, whole)
            if activating:
                await transfer.activate(visit)
        return {
            "result": "success",
            "identifier": identifier,
            "octets": len(image),
            "activation": "ordered" if activating else None,
        }

    return run


class _Transfer:
    """The image transfer of one image to one meter."""

    def __init__(self, standard: Standard | str, identifier: str, image: bytes) -> None:
        self._standard = standard
        self._identifier = identifier
        self._image = image

    async def taken(self, visit: Visit) -> bool:
        """Whether the meter took the image, and an attempt before this one lost the answer.

        Raises `PeerRefused` when it tried to run the image, and does not.
        """
        if visit.progress != self._progress(activating=True):
            return False
        status = await self._number(visit, _STATUS)
        if status == Status.ACTIVATION_FAILED:
            raise PeerRefused("the meter does not run the image: activation failed")
        return status in (Status.ACTIVATION_INITIATED, Status.ACTIVATION_SUCCESSFUL)

    async def bring(self, visit: Visit) -> bool:
        """Every block; those that are there already are not sent again.

        Whether it began with the first block: then what the meter has can be no other image.
        """
        size = await self._number(visit, _BLOCK_SIZE)
        if size < 1:
            raise WireError("the meter's image blocks have no octet")
        status = await self._number(visit, _STATUS)
        ours = visit.progress in map(self._progress, (False, True))
        if ours and (
            status == Status.VERIFICATION_INITIATED
            or status == Status.VERIFICATION_SUCCESSFUL
            and await self._is_ours(visit)
        ):
            return False
        begins = not (ours and status == Status.INITIATED)
        if begins:
            await visit.set(
                together.attribute(IMAGE, _ENABLED, self._standard), axdr.boolean(True)
            )
            await self._initiate(visit)
            await visit.note(self._progress(activating=False))
        count = -(-len(self._image) // size)
        for _ in range(_MOST_ROUNDS):
            first = await self._number(visit, _FIRST_MISSING)
            if first >= count:
                return begins
            for number in await self._missing(visit, first, count):
                block = self._image[number * size : (number + 1) * size]
                await visit.action(
                    self._method(_TRANSFER),
                    axdr.structure(
                        axdr.double_long_unsigned(number), axdr.octet_string(block)
                    ),
                )
        if await self._number(visit, _FIRST_MISSING) < count:
            raise WireError("the meter goes on missing blocks that it has acknowledged")
        return begins

    async def _initiate(self, visit: Visit) -> None:
        """Raises `TransportError`, for another attempt, while another image is verified."""
        announced = axdr.structure(
            axdr.octet_string(self._identifier.encode()),
            axdr.double_long_unsigned(len(self._image)),
        )
        try:
            await visit.action(self._method(_INITIATE), announced)
        except PeerRefused as error:
            if error.result != ActionResult.TEMPORARY_FAILURE:
                raise
            raise TransportError("the meter is busy with another image") from None

    async def verify(self, visit: Visit) -> None:
        """The meter begins by itself after the last block; it is asked if it did not.

        Raises `TransportError`, for another attempt, when it goes on for too long.
        """
        status = await self._number(visit, _STATUS)
        if status == Status.INITIATED:
            try:
                await self.act(visit, _VERIFY)
            except PeerRefused as error:
                if error.result != ActionResult.TEMPORARY_FAILURE:
                    raise
        for _ in range(_LOOKS):
            status = await self._number(visit, _STATUS)
            if status not in (Status.INITIATED, Status.VERIFICATION_INITIATED):
                break
            await visit.wait(_LOOK_S)
        else:
            raise TransportError("the meter still verifies the image")
        if status != Status.VERIFICATION_SUCCESSFUL:
            # As if it had been told at once (P3, 4.12).
            raise PeerRefused(
                "the meter does not take the image: it does not verify",
                ActionResult.OTHER_REASON,
            )

    async def check(self, visit: Visit, whole: bool) -> None:
        """What was verified is our image: another client may have brought its own meanwhile.

        Raises `TransportError` then, for another attempt that begins anew, and `WireError` when
        this one brought the `whole` of it.
        """
        if await self._is_ours(visit):
            return
        if whole:
            raise WireError("the meter tells of another image than it was brought")
        raise TransportError("somebody else brought the meter another image")

    async def activate(self, visit: Visit) -> None:
        """The image is to run: noted before it is sent, so that it is not brought twice."""
        await visit.note(self._progress(activating=True))
        await self.act(visit, _ACTIVATE)

    async def act(self, visit: Visit, method: int) -> None:
        """A method of the image transfer that wants nothing said."""
        await visit.action(self._method(method), axdr.integer(0))

    def _progress(self, activating: bool) -> dict[str, str]:
        """What is noted of an attempt that got as far as this."""
        return {"activating" if activating else "initiated": self._identifier}

    async def _is_ours(self, visit: Visit) -> bool:
        """Whether image_to_activate_info has our image, by size and identifier."""
        images = (
            await visit.get(together.attribute(IMAGE, _TO_ACTIVATE, self._standard))
        ).value
        try:
            told = [tuple(part.value for part in image.value) for image in images]
        except (TypeError, AttributeError):
            raise WireError("the meter does not tell which image it has") from None
        ours = len(self._image), self._identifier.encode()
        return any(image[:2] == ours for image in told)

    async def _missing(self, visit: Visit, first: int, count: int) -> list[int]:
        """The numbers of the blocks from `first` on that the meter has not."""
        blocks = (
            await visit.get(together.attribute(IMAGE, _BLOCKS, self._standard))
        ).value
        if not isinstance(blocks, BitString):
            raise WireError("the meter does not tell which blocks it has")
        return [
            number
            for number in range(first, count)
            if number >= blocks.length or not blocks.bit(number)
        ]

    async def _number(self, visit: Visit, place: int) -> int:
        found = await visit.get(together.attribute(IMAGE, place, self._standard))
        if type(found.value) is not int:
            raise WireError(f"attribute {place} of the image transfer is no number")
        return found.value

    def _method(self, number: int) -> MethodDescriptor:
        return together.method(IMAGE, number, self._standard)


def _octets(written: Any) -> bytes:
    digits = written.get("hex") if isinstance(written, dict) else None
    try:
        image = bytes.fromhex(digits or "")
    except (TypeError, ValueError):
        image = b""
    if not 0 < len(image) <= MAX_IMAGE_OCTETS:
        raise ConfigError(
            f'image is {{"hex": …}} of 1 to {MAX_IMAGE_OCTETS} octets, as of a file'
        )
    return image


ROWS = {
    "firmware": Operation(prepare_firmware, "which firmware runs", "6.1"),
    "update_firmware": Operation(
        prepare_update,
        "bring firmware by image transfer",
        "5.12",
        (IMAGE,),
        alone=True,
    ),
}
