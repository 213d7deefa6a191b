"""InitiateRequest, InitiateResponse and the conformance block (Green Book 9.4.6.1, 9.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag

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
