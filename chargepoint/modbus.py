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
_LONGEST_RTU = 256
_SIZED_ON_RTU = frozenset((*range(1, 7), 15, 16, 22, 23))
_REQUESTS_ON_RTU = _SIZED_ON_RTU | {7, 8, 11, 12, 17, 24, 43}
"""What masters also probe with: of a fixed size, so that it can be refused."""


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
    words: Sequence[int] | None = None
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
    words: Sequence[int] = ()
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
    decoder = DecodePDU(is_server)
    if framing is Framing.TCP:
        return _TcpFrames(FramerSocket(decoder))
    return _RtuFrames(FramerRTU(decoder))


def _decode(frames: _Frames, octets: bytes) -> ModbusPDU | None:
    """The PDU of these octets; None when its contents break a rule.

    Its class reads it. The framer, left to do that, reads the header once more and puts every
    PDU into words for a log that is off, which costs more than reading it.
    """
    try:
        kind = frames.framer.decoder.lookupPduClass(b"\0" + octets)
        if kind is None:
            return None
        is_refusal = kind is ExceptionResponse
        pdu = ExceptionResponse(octets[0] & 0x7F) if is_refusal else kind()
        pdu.decode(octets[1:])
    except (ModbusException, ValueError, IndexError, StructError):
        return None
    return pdu


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

    def read_answer(self, request: Request, words: list[int]) -> bytes:
        """The answer to a read."""
        holding = request.function == READ_HOLDING
        response = (
            ReadHoldingRegistersResponse if holding else ReadInputRegistersResponse
        )
        return self._build(request, response(registers=words))

    def write_answer(self, request: Request) -> bytes:
        """The answer to a write that is done."""
        if request.function == WRITE_SINGLE:
            response: ModbusPDU = WriteSingleRegisterResponse(
                address=request.address, registers=request.words
            )
        else:
            response = WriteMultipleRegistersResponse(
                address=request.address, count=request.quantity
            )
        return self._build(request, response)

    def refusal(self, request: Request, code: int) -> bytes:
        """The exception that answers a request."""
        return self._build(request, ExceptionResponse(request.function, code))

    def _build(self, request: Request, response: ModbusPDU) -> bytes:
        response.dev_id = request.unit_id
        response.transaction_id = request.transaction_id
        return self._frames.framer.buildFrame(response)

    def _request(self, frame: bytes) -> Request:
        unit_id, transaction, octets = self._frames.open(frame)
        function = octets[0]
        if function not in (READ_HOLDING, READ_INPUT, WRITE_SINGLE, WRITE_MULTIPLE):
            return Request(
                unit_id,
                transaction,
                function & 0x7F,
                fault=ExceptionCode.ILLEGAL_FUNCTION,
            )
        pdu = _decode(self._frames, octets)
        if pdu is None or not _is_whole_request(octets):
            return Request(
                unit_id, transaction, function, fault=ExceptionCode.ILLEGAL_VALUE
            )
        if function in (READ_HOLDING, READ_INPUT):
            return Request(unit_id, transaction, function, pdu.address, pdu.count)
        words = pdu.registers
        return Request(unit_id, transaction, function, pdu.address, len(words), words)


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
        return self._frames.framer.buildFrame(
            ReadHoldingRegistersRequest(
                dev_id=unit_id,
                transaction_id=transaction_id,
                address=address,
                count=count,
            )
        )

    def write_request(
        self, unit_id: int, transaction_id: int, address: int, words: Sequence[int]
    ) -> bytes:
        """Writes 1 to 123 words: one by function 6, several by function 16."""
        request: type[ModbusPDU] = (
            WriteSingleRegisterRequest
            if len(words) == 1
            else WriteMultipleRegistersRequest
        )
        return self._frames.framer.buildFrame(
            request(
                dev_id=unit_id,
                transaction_id=transaction_id,
                address=address,
                registers=words,
            )
        )

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that these bytes complete."""
        return map(self._answer, self._frames.feed(data))

    def _answer(self, frame: bytes) -> Answer:
        unit_id, transaction, octets = self._frames.open(frame)
        pdu = _decode(self._frames, octets) if _is_whole_answer(octets) else None
        if pdu is None:
            raise WireError(f"{frame[:16].hex()} is no answer of a Modbus unit")
        if isinstance(pdu, ExceptionResponse):
            return Answer(
                unit_id,
                transaction,
                pdu.function_code & 0x7F,
                exception=pdu.exception_code,
            )
        return Answer(
            unit_id,
            transaction,
            pdu.function_code,
            pdu.address,
            pdu.count,
            pdu.registers,
        )
