"""Frames by pymodbus's framers and PDUs: vectors, chunking, lies, and the API we lean on."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
)

from chargepoint.modbus import Answer, ClientCodec, Framing, Request, ServerCodec
from chargepoint.registers import ExceptionCode
from wire.errors import WireError

FUNCTION, VALUE = ExceptionCode.ILLEGAL_FUNCTION, ExceptionCode.ILLEGAL_VALUE

# Modbus application protocol 1.1b3: 6.3, 6.6 and 6.12, in frames of both kinds. The CRCs
# are those of the RTU frames by the algorithm of Modbus over serial line 1.02, 6.2.2.
PDUS: list[tuple[str, Request]] = [
    ("03006b0003", Request(1, 0, 3, 0x6B, 3)),
    ("0400080001", Request(1, 0, 4, 8, 1)),
    ("0600010003", Request(1, 0, 6, 1, 1, (3,))),
    ("100001000204000a0102", Request(1, 0, 16, 1, 2, (10, 0x102))),
]
REFUSED: list[tuple[str, int, ExceptionCode]] = [
    ("0100000001", 1, FUNCTION),
    ("2b0e0100", 43, FUNCTION),
    ("07", 7, FUNCTION),
    ("00", 0, FUNCTION),
    ("80", 0, FUNCTION),
    ("83ff", 3, FUNCTION),
    ("ff", 127, FUNCTION),
    ("03", 3, VALUE),
    ("03006b", 3, VALUE),
    ("03006b000300", 3, VALUE),
    ("03006b0000", 3, VALUE),
    ("03006b007e", 3, VALUE),
    ("06000100", 6, VALUE),
    ("060001000300", 6, VALUE),
    ("10", 16, VALUE),
    ("1000010002", 16, VALUE),
    ("10000100000000", 16, VALUE),
    ("10000100020300000a", 16, VALUE),
    ("10000100020400000a", 16, VALUE),
    ("100001000204000a010203", 16, VALUE),
    ("10000100ff04000a0102", 16, VALUE),
    ("1000010001040000000a", 16, VALUE),
]


def tcp(pdu: str, unit_id: int = 1, transaction: int = 0x1234) -> bytes:
    octets = bytes.fromhex(pdu)
    header = transaction.to_bytes(2, "big") + bytes(2)
    return header + (len(octets) + 1).to_bytes(2, "big") + bytes([unit_id]) + octets


def rtu(pdu: str, unit_id: int = 1) -> bytes:
    octets = bytes([unit_id]) + bytes.fromhex(pdu)
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return octets + crc.to_bytes(2, "little")


def feed(codec: ServerCodec, *chunks: bytes) -> list[Request]:
    return [request for chunk in chunks for request in codec.feed(chunk)]


def test_the_crc_vector() -> None:
    # Modbus over serial line 1.02, appendix B: 02 07 gives 12 41 (high, low) on the wire.
    assert rtu("07", 2).hex() == "02074112"


@pytest.mark.parametrize(("pdu", "expected"), PDUS, ids=[pdu for pdu, _ in PDUS])
def test_requests_of_both_framings(pdu: str, expected: Request) -> None:
    assert feed(ServerCodec(Framing.TCP), tcp(pdu)) == [
        expected._replace(transaction_id=0x1234)
    ]
    assert feed(ServerCodec(Framing.RTU), rtu(pdu)) == [expected]


@pytest.mark.parametrize(("pdu", "function", "code"), REFUSED)
def test_requests_that_can_only_be_refused(
    pdu: str, function: int, code: ExceptionCode
) -> None:
    codec = ServerCodec(Framing.TCP)
    (request,) = feed(codec, tcp(pdu))
    assert request == Request(1, 0x1234, function, fault=code)
    answer = codec.refusal(request, code).hex()
    assert answer == f"12340000000301{function | 0x80:02x}{code:02x}"


@pytest.mark.parametrize("pdu", ["07", "080000a5a5", "11", "1800fe", "2b0e0100"])
def test_on_rtu_what_masters_probe_with_is_refused_too(pdu: str) -> None:
    (request,) = feed(ServerCodec(Framing.RTU), rtu(pdu))
    assert request == Request(1, 0, int(pdu[:2], 16), fault=FUNCTION)


def test_answers() -> None:
    codec = ServerCodec(Framing.TCP)
    read, read_input, single, multiple = feed(codec, *(tcp(pdu) for pdu, _ in PDUS))
    assert codec.read_answer(read, [0x22B, 0, 0x64]) == tcp("0306022b00000064")
    assert codec.read_answer(read_input, [10]) == tcp("0402000a")
    assert codec.write_answer(single) == tcp("0600010003")
    assert codec.write_answer(multiple) == tcp("1000010002")
    assert codec.refusal(multiple, 6) == tcp("9006")


@pytest.mark.parametrize(
    "header",
    ["000100010006", "000100000000", "000100000001", "0001000000ff", "00010000ffff"],
)
def test_a_lying_header_ends_the_connection_after_what_came_before(header: str) -> None:
    codec = ServerCodec(Framing.TCP)
    requests = codec.feed(tcp("03006b0003") + bytes.fromhex(header) + bytes(300))
    assert next(requests).address == 0x6B
    with pytest.raises(WireError, match="header"):
        next(requests)


def test_a_whole_frame_of_another_protocol_ends_the_connection() -> None:
    with pytest.raises(WireError, match="header"):
        feed(ServerCodec(Framing.TCP), tcp("03006b0003").replace(bytes(2), b"\0\1", 1))


def test_what_looks_like_a_frame_within_a_frame_is_a_part_of_it() -> None:
    inner = tcp("03006b0003")
    whole = tcp("10000100060c" + inner.hex())
    codec = ServerCodec(Framing.TCP)
    (request,) = feed(codec, whole.removesuffix(inner), inner)
    assert (request.function, request.quantity) == (16, 6)


PIPELINE = [pdu for pdu, _ in PDUS] * 2 + ["0100000001", "10000100020300000a"]


@given(st.lists(st.integers(0, 200), max_size=12), st.sampled_from(Framing))
@settings(max_examples=100)
def test_any_chunking_gives_the_same_requests(
    cuts: list[int], framing: Framing
) -> None:
    frame = tcp if framing is Framing.TCP else rtu
    stream = b"".join(map(frame, PIPELINE))
    whole = feed(ServerCodec(framing), stream)
    assert len(whole) == len(PIPELINE)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert feed(ServerCodec(framing), *chunks) == whole


@given(st.lists(st.binary(max_size=300), max_size=8), st.sampled_from(Framing))
@settings(max_examples=200)
def test_random_bytes_to_a_server_raise_nothing_else_and_stay_bounded(
    chunks: list[bytes], framing: Framing
) -> None:
    codec = ServerCodec(framing)
    try:
        feed(codec, *chunks)
    except WireError:
        pass
    assert len(codec._frames._pending) <= 260


@given(st.lists(st.binary(max_size=300), max_size=8), st.sampled_from(Framing))
@settings(max_examples=200)
def test_random_bytes_to_a_client_raise_nothing_else_and_stay_bounded(
    chunks: list[bytes], framing: Framing
) -> None:
    codec = ClientCodec(framing)
    for chunk in chunks:
        try:
            list(codec.feed(chunk))
        except WireError:
            pass
    assert len(codec._frames._pending) <= 600


@given(
    st.integers(0, 255),
    st.integers(0, 65_535),
    st.integers(0, 65_535),
    st.lists(st.integers(0, 65_535), min_size=1, max_size=123),
    st.sampled_from(Framing),
)
@settings(max_examples=100)
def test_what_a_client_writes_a_server_reads(
    unit_id: int, transaction: int, address: int, words: list[int], framing: Framing
) -> None:
    client, server = ClientCodec(framing), ServerCodec(framing)
    octets = client.write_request(unit_id, transaction, address, words)
    (request,) = server.feed(octets)
    assert (request.unit_id, request.address, request.words) == (
        unit_id,
        address,
        tuple(words),
    )
    (answer,) = client.feed(server.write_answer(request))
    assert (answer.unit_id, answer.address) == (unit_id, address)
    (request,) = server.feed(
        client.read_request(unit_id, transaction, address, len(words))
    )
    (answer,) = client.feed(server.read_answer(request, words))
    assert answer.words == tuple(words)
    (answer,) = client.feed(server.refusal(request, 2))
    assert (answer.function, answer.exception) == (3, 2)
    expected = transaction if framing is Framing.TCP else 0
    assert answer.transaction_id == expected


@given(st.binary(max_size=40), st.binary(max_size=40))
@settings(max_examples=200)
def test_rtu_finds_its_frames_again_after_noise(before: bytes, after: bytes) -> None:
    frame = rtu("0600010003")
    codec = ServerCodec(Framing.RTU)
    # A frame that the noise pretends can swallow up to 256 bytes, no more.
    requests = feed(codec, before, frame * 40, after)
    assert requests.count(Request(1, 0, 6, 1, 1, (3,))) >= 5


def test_rtu_noise_before_a_frame_costs_nothing() -> None:
    noise = bytes.fromhex("00ffaa5500")
    assert len(feed(ServerCodec(Framing.RTU), noise + rtu("0600010003"))) == 1


def test_rtu_a_frame_with_a_wrong_crc_is_none() -> None:
    frame = bytearray(rtu("0600010003"))
    frame[4] ^= 1
    assert feed(ServerCodec(Framing.RTU), bytes(frame)) == []
    assert len(feed(ServerCodec(Framing.RTU), bytes(frame) + rtu("0600010003"))) == 1


def test_rtu_a_broken_off_frame_is_forgotten_on_reset() -> None:
    codec = ServerCodec(Framing.RTU)
    assert feed(codec, rtu("10000100020400000a")[:9]) == []
    codec.reset()
    assert len(feed(codec, rtu("0600010003"))) == 1


@pytest.mark.parametrize(
    "pdu", ["", "03", "0306022b0000", "0305022b000000", "0600", "10", "83", "7f00"]
)
def test_a_client_takes_no_broken_answer(pdu: str) -> None:
    codec = ClientCodec(Framing.TCP)
    with pytest.raises(WireError):
        list(codec.feed(tcp(pdu)))


def test_a_client_reads_refusals_of_both_framings() -> None:
    assert list(ClientCodec(Framing.TCP).feed(tcp("9003"))) == [
        Answer(1, 0x1234, 16, exception=3)
    ]
    assert list(ClientCodec(Framing.RTU).feed(rtu("9003"))) == [
        Answer(1, 0, 16, exception=3)
    ]


# The part of pymodbus that we lean on, and that its next version may change


def test_pymodbus_builds_a_frame_and_its_classes_read_pdus() -> None:
    framer = FramerSocket(DecodePDU(True))
    frame = framer.buildFrame(
        ReadHoldingRegistersRequest(dev_id=7, transaction_id=9, address=1, count=2)
    )
    assert frame.hex() == "000900000006070300010002"
    kind = framer.decoder.lookupPduClass(frame[6:])
    assert kind is ReadHoldingRegistersRequest
    pdu = kind()
    pdu.decode(frame[8:])
    assert (pdu.address, pdu.count) == (1, 2)
    assert framer.decoder.lookupPduClass(b"\0\x90\x03") is ExceptionResponse
    refusal = ExceptionResponse(0x10)
    refusal.decode(b"\x03")
    assert (refusal.function_code, refusal.exception_code) == (0x90, 3)
    assert framer.decoder.lookupPduClass(b"\0\x7f") is None


def test_pymodbus_says_how_long_an_rtu_frame_is() -> None:
    decoder = DecodePDU(True)
    assert decoder.pdu_inx == 0 and DecodePDU(False).pdu_inx == 1
    frame = rtu("100001000204000a0102")
    pdu = decoder.lookupPduClass(frame)
    assert pdu is WriteMultipleRegistersRequest
    assert pdu.calculateRtuFrameSize(frame) == 13
    assert pdu.calculateRtuFrameSize(frame[:6]) == 0
    assert ExceptionResponse.rtu_frame_size == 5
    assert FramerRTU.MIN_SIZE == 4
    request = pdu()
    request.decode(frame[2:-2])
    assert request.registers == [0x0A, 0x0102]


def test_pymodbus_is_quiet_and_leaves_logging_alone() -> None:
    program = (
        "import logging\n"
        "from chargepoint.modbus import ClientCodec, Framing, ServerCodec\n"
        "list(ServerCodec(Framing.TCP).feed(bytes.fromhex('00010000000301030b')))\n"
        "try: list(ClientCodec(Framing.TCP).feed(bytes.fromhex('000100000002017f')))\n"
        "except Exception: pass\n"
        "assert logging.getLogger().handlers == []\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
