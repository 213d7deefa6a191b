"""GET, as the meter answers it (Green Book 9.3.7): normal, with a list, in blocks."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import Link
from meters.p3.limits import MAX_REFERENCES, NORMAL_HEAD, TOO_MANY_REFERENCES
from meters.p3.session import Session
from wire.dlms.apdu import (
    Apdu,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from wire.dlms.blocks import BlockError, Slicer, block_size
from wire.dlms.descriptors import DataAccessResult
from wire.dlms.get import encode_results
from wire.dlms.initiate import Conformance


class Reading:
    """What one association reads; a long answer is kept until its last block is fetched.

    `room` is how many octets an answer may have.
    """

    __slots__ = ("_meter", "_link", "_session", "_slicer", "_aborted")

    def __init__(self, meter: Meter, link: Link, session: Session) -> None:
        self._meter = meter
        self._link = link
        self._session = session
        self._slicer: Slicer | None = None
        self._aborted = False

    def abort(self) -> None:
        """Gives up a long answer, if there is one: the client asked for something else."""
        if self._slicer is not None:
            self._slicer, self._aborted = None, True

    def normal(self, request: GetRequestNormal, room: int) -> Apdu:
        """One attribute."""
        if self._slicer is not None:
            self.abort()
        link, meter = self._link, self._meter
        descriptor = request.descriptor.encode()
        result = meter.model.get(meter, link, descriptor, request.selection)
        self._session.read((descriptor, result))
        if isinstance(result, bytes) and len(result) + NORMAL_HEAD > room:
            return self._long(request.invoke_id_and_priority, result, room)
        return GetResponseNormal(request.invoke_id_and_priority, result)

    def listed(self, request: GetRequestWithList, room: int) -> Apdu:
        """Up to 16 attributes, each with its own result."""
        if len(request.attributes) > MAX_REFERENCES:
            return TOO_MANY_REFERENCES
        link, meter = self._link, self._meter
        descriptors = [descriptor.encode() for descriptor, _ in request.attributes]
        results = tuple(
            meter.model.get(meter, link, descriptor, selection)
            for descriptor, (_, selection) in zip(
                descriptors, request.attributes, strict=True
            )
        )
        self._session.read(*zip(descriptors, results, strict=True))
        octets = encode_results(results)
        if len(octets) + NORMAL_HEAD > room:
            return self._long(request.invoke_id_and_priority, octets, room)
        return GetResponseWithList(request.invoke_id_and_priority, results)

    def _long(self, invoke_id: int, octets: bytes, room: int) -> Apdu:
        if not self._link.conformance & Conformance.BLOCK_TRANSFER_WITH_GET:
            return GetResponseNormal(invoke_id, DataAccessResult.DATA_BLOCK_UNAVAILABLE)
        self._slicer = Slicer(octets, block_size(room))
        return self._block(invoke_id, 0)

    def next(self, request: GetRequestNext, room: int) -> Apdu:
        """The next block of a long answer."""
        if self._slicer is None:
            fault = DataAccessResult.NO_LONG_GET_IN_PROGRESS
            if self._aborted:
                self._aborted, fault = False, DataAccessResult.LONG_GET_ABORTED
            return GetResponseWithDatablock(
                request.invoke_id_and_priority, True, request.block_number, fault
            )
        return self._block(request.invoke_id_and_priority, request.block_number)

    def _block(self, invoke_id: int, after: int) -> Apdu:
        assert self._slicer is not None
        try:
            number, last, octets = self._slicer.after(after)
        except BlockError:
            self._slicer = None
            return GetResponseWithDatablock(
                invoke_id, True, after, DataAccessResult.DATA_BLOCK_NUMBER_INVALID
            )
        if last:
            self._slicer = None
        return GetResponseWithDatablock(invoke_id, last, number, octets)
