"""Modbus frames, sans-IO, by pymodbus's framers and PDUs: the one file that imports it.

pymodbus's own servers and clients run on asyncio only, but its framers and PDUs do no input or
output. They are a semi-internal interface, so the version is pinned and a contract test names
what is used. Frames are cut here and handed over one at a time: left to itself FramerSocket
waits for ever on a wrong protocol identifier, and FramerRTU drops all it holds on noise.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from struct import Struct
from struct import error as StructError
from struct import unpack_from
from typing import NamedTuple

from pymodbus.exceptions import ModbusException
from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)

from chargepoint.registers import MAX_WRITE_WORDS, ExceptionCode
from wire.crc import crc16_modbus
from wire.errors import WireError

# It logs every frame that it does not like to standard error; we tell our users ourselves.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL + 1)

READ_HOLDING, READ_INPUT, WRITE_SINGLE, WRITE_MULTIPLE = 3, 4, 6, 16
BROADCAST = 0

_HEADER = Struct(">HHH")
_MBAP_LENGTHS = range(2, 255)
_MBAP_SIZES = range(8, 261)
_LONGEST_RTU = 256
_SIZED_ON_RTU = frozenset((*range(1, 7), 15, 16, 22, 23))
_REQUESTS_ON_RTU = _SIZED_ON_RTU | {7, 8, 11, 12, 17, 24, 43}
"""What masters also probe with: of a fixed size, so that it can be refused."""

_REQUESTS: dict[int, type[ModbusPDU]] = {
    READ_HOLDING: ReadHoldingRegistersRequest,
    WRITE_SINGLE: WriteSingleRegisterRequest,
    WRITE_MULTIPLE: WriteMultipleRegistersRequest,
}
_ANSWERS: dict[int, type[ModbusPDU]] = {
    READ_HOLDING: ReadHoldingRegistersResponse,
    READ_INPUT: ReadInputRegistersResponse,
    WRITE_SINGLE: WriteSingleRegisterResponse,
    WRITE_MULTIPLE: WriteMultipleRegistersResponse,
}
_DECODERS = {is_server: DecodePDU(is_server) for is_server in (False, True)}
_KEPT_PDUS = 1024
"""So many are kept as they were built or read: what a heartbeat says is much the same."""


class Framing(Enum):
    """How frames travel: MBAP on TCP, or RTU on a serial line."""

    TCP = "tcp"
    RTU = "rtu"


class Request(NamedTuple):
    """What a master asks; a `fault` says that it can only be refused, and how.

    `words` is None for a read. A `transaction_id` exists on TCP only.
    """

    unit_id: int
    transaction_id: int
    function: int
    address: int = 0
    quantity: int = 0
    words: tuple[int, ...] | None = None
    fault: ExceptionCode | None = None


class Answer(NamedTuple):
    """What a unit answers: `words` of a read, or the `exception` code of a refusal.

    Of a write it repeats the address, and the quantity or the one word.
    """

    unit_id: int
    transaction_id: int
    function: int
    address: int = 0
    quantity: int = 0
    words: tuple[int, ...] = ()
    exception: int = 0


class _Frames(ABC):
    """Cuts a byte stream into whole frames, the same ones whatever the chunking."""

    def __init__(self, framer: FramerSocket | FramerRTU) -> None:
        self.framer = framer
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that these bytes complete."""
        self._pending += data
        while (frame := self._cut()) is not None:
            yield frame

    def reset(self) -> None:
        """Forgets a frame that is not whole."""
        self._pending.clear()

    @abstractmethod
    def open(self, frame: bytes) -> tuple[int, int, bytes]:
        """Unit identifier, transaction and PDU of a whole frame."""

    @abstractmethod
    def _cut(self) -> bytes | None:
        """Takes the next whole frame off the pending bytes."""


class _TcpFrames(_Frames):
    """MBAP: transaction, protocol 0, length, unit (Modbus on TCP/IP 1.0b, 3.1.3)."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        # As they nearly always come: one frame, whole.
        if not self._pending and len(data) in _MBAP_SIZES:
            _, protocol, length = _HEADER.unpack_from(data)
            if not protocol and _HEADER.size + length == len(data):
                return iter((data,))
        return super().feed(data)

    def open(self, frame: bytes) -> tuple[int, int, bytes]:
        return frame[6], int.from_bytes(frame[:2], "big"), frame[7:]

    def _cut(self) -> bytes | None:
        pending = self._pending
        if len(pending) < _HEADER.size:
            return None
        _, protocol, length = _HEADER.unpack_from(pending)
        if protocol or length not in _MBAP_LENGTHS:
            pending.clear()
            raise WireError(
                f"protocol {protocol} with length {length} is no Modbus header", 2
            )
        end = _HEADER.size + length
        if len(pending) < end:
            return None
        frame = bytes(pending[:end])
        del pending[:end]
        return frame


class _RtuFrames(_Frames):
    """RTU: a frame ends where its function code says, and its CRC proves it.

    What is no frame is skipped byte by byte; never more than one frame is kept.
    """

    def open(self, frame: bytes) -> tuple[int, int, bytes]:
        return frame[0], 0, frame[1:-2]

    def _cut(self) -> bytes | None:
        pending = self._pending
        while len(pending) >= FramerRTU.MIN_SIZE:
            size = self._size(pending)
            if size is None or size > _LONGEST_RTU:
                del pending[0]
            elif size == 0 or size > len(pending):
                return None
            else:
                frame = bytes(pending[:size])
                crc = int.from_bytes(frame[-2:], "little")
                if crc16_modbus(frame[:-2]) == crc:
                    del pending[:size]
                    return frame
                del pending[0]
        return None

    def _size(self, pending: bytearray) -> int | None:
        """Bytes of the frame that starts here; 0 when not yet known, None when it is none."""
        function = pending[1]
        decoder = self.framer.decoder
        is_client = decoder.pdu_inx == 1
        if function not in (_SIZED_ON_RTU if is_client else _REQUESTS_ON_RTU):
            is_refusal = is_client and function & 0x7F in _SIZED_ON_RTU
            return ExceptionResponse.rtu_frame_size if is_refusal else None
        pdu = decoder.lookupPduClass(bytes(pending[:8]))
        return pdu.calculateRtuFrameSize(bytes(pending[:12])) if pdu else None


def _frames(framing: Framing, is_server: bool) -> _Frames:
    decoder = _DECODERS[is_server]
    if framing is Framing.TCP:
        return _TcpFrames(FramerSocket(decoder))
    return _RtuFrames(FramerRTU(decoder))


@lru_cache(_KEPT_PDUS)
def _encode_request(
    function: int, address: int, count: int, words: tuple[int, ...] = ()
) -> bytes:
    """The PDU of a request."""
    kind = _REQUESTS[function]
    return _octets(kind(address=address, count=count, registers=words))


@lru_cache(_KEPT_PDUS)
def _encode_answer(
    function: int, address: int, count: int, words: tuple[int, ...] | None
) -> bytes:
    """The PDU of an answer that is no refusal."""
    kind = _ANSWERS[function]
    return _octets(kind(address=address, count=count, registers=words))


def _octets(pdu: ModbusPDU) -> bytes:
    octets: bytes = pdu.function_code.to_bytes(1, "big") + pdu.encode()
    return octets


def _decode(is_server: bool, octets: bytes) -> ModbusPDU | None:
    """The PDU of these octets; None when its contents break a rule.

    Its class reads it. The framer, left to do that, reads the header once more and puts every
    PDU into words for a log that is off, which costs more than reading it.
    """
    try:
        kind = _DECODERS[is_server].lookupPduClass(b"\0" + octets)
        if kind is None:
            return None
        is_refusal = kind is ExceptionResponse
        pdu = ExceptionResponse(octets[0] & 0x7F) if is_refusal else kind()
        pdu.decode(octets[1:])
    except (ModbusException, ValueError, IndexError, StructError):
        return None
    return pdu


@lru_cache(_KEPT_PDUS)
def _decode_request(octets: bytes) -> Request:
    """The request of a PDU, of unit 0."""
    function = octets[0]
    if function not in (READ_HOLDING, READ_INPUT, WRITE_SINGLE, WRITE_MULTIPLE):
        return Request(0, 0, function & 0x7F, fault=ExceptionCode.ILLEGAL_FUNCTION)
    pdu = _decode(True, octets)
    if pdu is None or not _is_whole_request(octets):
        return Request(0, 0, function, fault=ExceptionCode.ILLEGAL_VALUE)
    if function in (READ_HOLDING, READ_INPUT):
        return Request(0, 0, function, pdu.address, pdu.count)
    words = tuple(pdu.registers)
    return Request(0, 0, function, pdu.address, len(words), words)


@lru_cache(_KEPT_PDUS)
def _decode_answer(octets: bytes) -> Answer | None:
    """The answer of a PDU, of unit 0; None when it can be none."""
    pdu = _decode(False, octets) if _is_whole_answer(octets) else None
    if pdu is None:
        return None
    function = pdu.function_code
    if isinstance(pdu, ExceptionResponse):
        return Answer(0, 0, function & 0x7F, exception=pdu.exception_code)
    return Answer(0, 0, function, pdu.address, pdu.count, tuple(pdu.registers))


class ServerCodec:
    """A unit's end of one line: bytes to requests, answers to bytes.

    What `feed` returns raises `WireError` when no later byte can be understood; hang up then.
    """

    def __init__(self, framing: Framing) -> None:
        self._frames = _frames(framing, is_server=True)
        self.reset = self._frames.reset

    def feed(self, data: bytes) -> Iterator[Request]:
        """The requests that these bytes complete."""
        return map(self._request, self._frames.feed(data))

    def read_answer(self, request: Request, words: Sequence[int]) -> bytes:
        """The answer to a read."""
        pdu = _encode_answer(request.function, 0, len(words), tuple(words))
        return self._framed(request, pdu)

    def write_answer(self, request: Request) -> bytes:
        """The answer to a write that is done."""
        _, _, function, address, quantity, words, _ = request
        return self._framed(request, _encode_answer(function, address, quantity, words))

    def refusal(self, request: Request, code: int) -> bytes:
        """The exception that answers a request."""
        pdu = _octets(ExceptionResponse(request.function, code))
        return self._framed(request, pdu)

    def _framed(self, request: Request, pdu: bytes) -> bytes:
        framer = self._frames.framer
        return framer.encode(pdu, request.unit_id, request.transaction_id)

    def _request(self, frame: bytes) -> Request:
        unit_id, transaction, octets = self._frames.open(frame)
        return Request(unit_id, transaction, *_decode_request(octets)[2:])


def _is_whole_request(octets: bytes) -> bool:
    """Whether a request has the length that it says, and a quantity that is allowed."""
    if octets[0] != WRITE_MULTIPLE:
        return len(octets) == 5
    if len(octets) < 6:
        return False
    count, byte_count = unpack_from(">HB", octets, 3)
    if byte_count != 2 * count or byte_count != len(octets) - 6:
        return False
    return 1 <= int(count) <= MAX_WRITE_WORDS


def _is_whole_answer(octets: bytes) -> bool:
    """Whether this is an answer to what we ask, of the length that it says."""
    function, length = octets[0], len(octets)
    if function & 0x80:
        return length == 2
    if function == READ_HOLDING:
        return length >= 2 and length % 2 == 0 and octets[1] == length - 2
    return function in (WRITE_SINGLE, WRITE_MULTIPLE) and length == 5


class ClientCodec:
    """A master's end of one line: requests to bytes, bytes to answers.

    What `feed` returns raises `WireError` for what cannot be an answer.
    """

    def __init__(self, framing: Framing) -> None:
        self._frames = _frames(framing, is_server=False)
        self.reset = self._frames.reset

    def read_request(
        self, unit_id: int, transaction_id: int, address: int, count: int
    ) -> bytes:
        """Asks for 1 to 125 words."""
        pdu = _encode_request(READ_HOLDING, address, count)
        return self._frames.framer.encode(pdu, unit_id, transaction_id)

    def write_request(
        self, unit_id: int, transaction_id: int, address: int, words: Sequence[int]
    ) -> bytes:
        """Writes 1 to 123 words: one by function 6, several by function 16."""
        function = WRITE_SINGLE if len(words) == 1 else WRITE_MULTIPLE
        pdu = _encode_request(function, address, len(words), tuple(words))
        return self._frames.framer.encode(pdu, unit_id, transaction_id)

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that these bytes complete."""
        return map(self._answer, self._frames.feed(data))

    def _answer(self, frame: bytes) -> Answer:
        unit_id, transaction, octets = self._frames.open(frame)
        answer = _decode_answer(octets)
        if answer is None:
            raise WireError(f"{frame[:16].hex()} is no answer of a Modbus unit")
        return Answer(unit_id, transaction, *answer[2:])
