"""InitiateRequest, InitiateResponse and the conformance block (Green Book 9.4.6.1, 9.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag

from wire.dlms import parts
from wire.errors import LocalError, WireError

REQUEST, RESPONSE = 0x01, 0x08

DLMS_VERSION = 6
VAA_NAME_LN = 0x0007


class Conformance(IntFlag):
    """The conformance block: 24 bits, bit 0 being the most significant.

    As an integer it reads as it is written: `Conformance(0x001A1D)` is `00 1A 1D` on the wire.
    """

    GENERAL_PROTECTION = 1 << 22
    GENERAL_BLOCK_TRANSFER = 1 << 21
    READ = 1 << 20
    WRITE = 1 << 19
    UNCONFIRMED_WRITE = 1 << 18
    DELTA_VALUE_ENCODING = 1 << 17
    ATTRIBUTE0_WITH_SET = 1 << 15
    PRIORITY_MANAGEMENT = 1 << 14
    ATTRIBUTE0_WITH_GET = 1 << 13
    BLOCK_TRANSFER_WITH_GET = 1 << 12
    BLOCK_TRANSFER_WITH_SET = 1 << 11
    BLOCK_TRANSFER_WITH_ACTION = 1 << 10
    MULTIPLE_REFERENCES = 1 << 9
    INFORMATION_REPORT = 1 << 8
    DATA_NOTIFICATION = 1 << 7
    ACCESS = 1 << 6
    PARAMETERIZED_ACCESS = 1 << 5
    GET = 1 << 4
    SET = 1 << 3
    SELECTIVE_ACCESS = 1 << 2
    EVENT_NOTIFICATION = 1 << 1
    ACTION = 1 << 0


@dataclass(frozen=True, slots=True)
class InitiateRequest:
    """What the client proposes; `client_max_receive_pdu_size` in octets, 0 is no limit."""

    conformance: Conformance
    client_max_receive_pdu_size: int
    dedicated_key: bytes | None = field(default=None, repr=False)
    response_allowed: bool = True
    quality_of_service: int | None = None
    dlms_version: int = DLMS_VERSION


@dataclass(frozen=True, slots=True)
class InitiateResponse:
    """What the server grants; `server_max_receive_pdu_size` in octets, 0 is no limit."""

    conformance: Conformance
    server_max_receive_pdu_size: int
    vaa_name: int = VAA_NAME_LN
    quality_of_service: int | None = None
    dlms_version: int = DLMS_VERSION


# [APPLICATION 31] BIT STRING of 24 bits, none unused. The tag is 5F 1F in BER; IEC 61334-6
# would have it as 5F alone, which some peers write.
_CONFORMANCE = b"\x5f\x1f\x04\x00"
_CONFORMANCE_SHORT = b"\x5f\x04\x00"


def read_request(octets: bytes) -> InitiateRequest:
    """Reads `01 ...`; an `IndexError` means that the octets end too early."""
    dedicated_key, at = None, 2
    if parts.read_flag(octets, 1):
        dedicated_key, at = parts.read_string(octets, at)
    response_allowed = True
    if parts.read_flag(octets, at):
        at += 1
        response_allowed = octets[at] != 0
    quality_of_service, at = _read_quality_of_service(octets, at + 1)
    version = octets[at]
    conformance, at = _read_conformance(octets, at + 1)
    parts.expect_end(octets, at + 2)
    return InitiateRequest(
        conformance,
        int.from_bytes(octets[at : at + 2], "big"),
        dedicated_key,
        response_allowed,
        quality_of_service,
        version,
    )


def write_request(apdu: InitiateRequest) -> bytes:
    key = apdu.dedicated_key
    return (
        bytes((REQUEST,))
        + (b"\x00" if key is None else b"\x01" + parts.write_string(key))
        + (b"\x00" if apdu.response_allowed else b"\x01\x00")
        + _write_quality_of_service(apdu.quality_of_service)
        + bytes((apdu.dlms_version,))
        + _write_conformance(apdu.conformance)
        + apdu.client_max_receive_pdu_size.to_bytes(2, "big")
    )


def read_response(octets: bytes) -> InitiateResponse:
    """Reads `08 ...`; an `IndexError` means that the octets end too early."""
    quality_of_service, at = _read_quality_of_service(octets, 1)
    version = octets[at]
    conformance, at = _read_conformance(octets, at + 1)
    parts.expect_end(octets, at + 4)
    return InitiateResponse(
        conformance,
        int.from_bytes(octets[at : at + 2], "big"),
        int.from_bytes(octets[at + 2 : at + 4], "big"),
        quality_of_service,
        version,
    )


def write_response(apdu: InitiateResponse) -> bytes:
    return (
        bytes((RESPONSE,))
        + _write_quality_of_service(apdu.quality_of_service)
        + bytes((apdu.dlms_version,))
        + _write_conformance(apdu.conformance)
        + apdu.server_max_receive_pdu_size.to_bytes(2, "big")
        + apdu.vaa_name.to_bytes(2, "big")
    )


def _read_quality_of_service(octets: bytes, at: int) -> tuple[int | None, int]:
    """Integer8 OPTIONAL."""
    if not parts.read_flag(octets, at):
        return None, at + 1
    return int.from_bytes((octets[at + 1],), "big", signed=True), at + 2


def _write_quality_of_service(quality: int | None) -> bytes:
    return (
        b"\x00"
        if quality is None
        else b"\x01" + quality.to_bytes(1, "big", signed=True)
    )


def _read_conformance(octets: bytes, at: int) -> tuple[Conformance, int]:
    for head in (_CONFORMANCE, _CONFORMANCE_SHORT):
        if octets.startswith(head, at):
            begin = at + len(head)
            if begin + 3 > len(octets):
                raise IndexError
            return (
                Conformance(int.from_bytes(octets[begin : begin + 3], "big")),
                begin + 3,
            )
    raise WireError("a conformance block of 24 bits must stand here", at)


def _write_conformance(conformance: Conformance) -> bytes:
    if not 0 <= conformance < 1 << 24:
        raise LocalError("a conformance block has 24 bits")
    return _CONFORMANCE + conformance.to_bytes(3, "big")
