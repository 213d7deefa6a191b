"""SET, as the meter answers it (Green Book 9.3.8): normal, with a list, in blocks."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import Link
from meters.p3.limits import MAX_LONG_REQUEST, MAX_REFERENCES, TOO_MANY_REFERENCES
from meters.p3.session import Session
from wire.dlms import apdu
from wire.dlms.apdu import (
    Apdu,
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from wire.dlms.blocks import BlockError, BlockFault, Joiner
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult, Selection
from wire.errors import WireError

_FAULTS = {
    BlockFault.NUMBER_INVALID: DataAccessResult.DATA_BLOCK_NUMBER_INVALID,
    BlockFault.TOO_LONG: DataAccessResult.OTHER_REASON,
    BlockFault.EMPTY: DataAccessResult.LONG_SET_ABORTED,
}

Attributes = tuple[tuple[AttributeDescriptor, Selection | None], ...]


class Writing:
    """What one association writes; the blocks of a long value are kept until the last."""

    __slots__ = ("_meter", "_link", "_session", "_long", "_aborted")

    def __init__(self, meter: Meter, link: Link, session: Session) -> None:
        self._meter = meter
        self._link = link
        self._session = session
        self._long: tuple[Attributes, bool, Joiner] | None = None
        self._aborted = False

    def abort(self) -> None:
        """Gives up a long value, if there is one: the client asked for something else."""
        if self._long is not None:
            self._long, self._aborted = None, True

    def normal(self, request: SetRequestNormal, room: int) -> Apdu:
        """One attribute."""
        item = request.descriptor, request.selection
        results = self._write((item,), (request.value,))
        return SetResponseNormal(request.invoke_id_and_priority, results[0])

    def listed(self, request: SetRequestWithList, room: int) -> Apdu:
        """Up to 16 attributes, each with its own result."""
        if len(request.attributes) > MAX_REFERENCES:
            return TOO_MANY_REFERENCES
        results = self._write(request.attributes, request.values)
        return SetResponseWithList(request.invoke_id_and_priority, results)

    def first(self, request: SetRequestFirstBlock, room: int) -> Apdu:
        """The first block of a long value."""
        attributes = ((request.descriptor, request.selection),)
        self._long = attributes, False, Joiner(MAX_LONG_REQUEST)
        return self._take(request)

    def first_listed(self, request: SetRequestWithListFirstBlock, room: int) -> Apdu:
        """The first block of a list of values."""
        if len(request.attributes) > MAX_REFERENCES:
            return TOO_MANY_REFERENCES
        self._long = request.attributes, True, Joiner(MAX_LONG_REQUEST)
        return self._take(request)

    def block(self, request: SetRequestWithBlock, room: int) -> Apdu:
        """Another block."""
        return self._take(request)

    def _take(
        self,
        request: (
            SetRequestFirstBlock | SetRequestWithListFirstBlock | SetRequestWithBlock
        ),
    ) -> Apdu:
        invoke_id, number = request.invoke_id_and_priority, request.block_number
        if self._long is None:
            fault = DataAccessResult.NO_LONG_SET_IN_PROGRESS
            if self._aborted:
                self._aborted, fault = False, DataAccessResult.LONG_SET_ABORTED
            return SetResponseLastDatablock(invoke_id, fault, number)
        attributes, listed, joiner = self._long
        try:
            octets = joiner.add(number, request.last_block, request.raw_data)
            if octets is None:
                return SetResponseDatablock(invoke_id, number)
            values = apdu.decode_values(octets) if listed else (octets,)
        except BlockError as error:
            self._long = None
            return SetResponseLastDatablock(invoke_id, _FAULTS[error.fault], number)
        except WireError:
            values = ()
        self._long = None
        if len(values) != len(attributes):
            return SetResponseLastDatablock(
                invoke_id, DataAccessResult.TYPE_UNMATCHED, number
            )
        results = self._write(attributes, values)
        if listed:
            return SetResponseLastDatablockWithList(invoke_id, results, number)
        return SetResponseLastDatablock(invoke_id, results[0], number)

    def _write(
        self, attributes: Attributes, values: tuple[bytes, ...]
    ) -> tuple[DataAccessResult, ...]:
        meter = self._meter
        descriptors = [descriptor.encode() for descriptor, _ in attributes]
        results = tuple(
            meter.model.set(meter, self._link, descriptor, selection, value)
            for descriptor, (_, selection), value in zip(
                descriptors, attributes, values, strict=True
            )
        )
        self._session.wrote(descriptors, results)
        return results
