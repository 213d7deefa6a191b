"""ACSE (ISO/IEC 15954 in BER; Green Book 9.4.2 and 9.5): opening and closing associations.

`user_information` is the octets of the xDLMS APDU inside: an initiate or a glo-initiate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum


class ApplicationContext(IntEnum):
    """n of 2.16.756.5.8.1.n; UNKNOWN is any other object identifier, never sent."""

    UNKNOWN = 0
    LN = 1
    SN = 2
    LN_CIPHERED = 3
    SN_CIPHERED = 4


class Mechanism(IntEnum):
    """n of 2.16.756.5.8.2.n; no mechanism-name is LOWEST; UNKNOWN is never sent."""

    LOWEST = 0
    LOW = 1
    HIGH = 2
    HIGH_MD5 = 3
    HIGH_SHA1 = 4
    HIGH_GMAC = 5
    HIGH_SHA256 = 6
    HIGH_ECDSA = 7
    UNKNOWN = 255


class AssociateResult(IntEnum):
    ACCEPTED = 0
    REJECTED_PERMANENT = 1
    REJECTED_TRANSIENT = 2


class UserDiagnostic(Enum):
    """result-source-diagnostic, acse-service-user."""

    NULL = 0
    NO_REASON_GIVEN = 1
    APPLICATION_CONTEXT_NAME_NOT_SUPPORTED = 2
    CALLING_AP_TITLE_NOT_RECOGNIZED = 3
    CALLING_AP_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 4
    CALLING_AE_QUALIFIER_NOT_RECOGNIZED = 5
    CALLING_AE_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 6
    CALLED_AP_TITLE_NOT_RECOGNIZED = 7
    CALLED_AP_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 8
    CALLED_AE_QUALIFIER_NOT_RECOGNIZED = 9
    CALLED_AE_INVOCATION_IDENTIFIER_NOT_RECOGNIZED = 10
    AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED = 11
    AUTHENTICATION_MECHANISM_NAME_REQUIRED = 12
    AUTHENTICATION_FAILURE = 13
    AUTHENTICATION_REQUIRED = 14


class ProviderDiagnostic(Enum):
    """result-source-diagnostic, acse-service-provider."""

    NULL = 0
    NO_REASON_GIVEN = 1
    NO_COMMON_ACSE_VERSION = 2


class ReleaseRequestReason(IntEnum):
    NORMAL = 0
    URGENT = 1
    USER_DEFINED = 30


class ReleaseResponseReason(IntEnum):
    NORMAL = 0
    NOT_FINISHED = 1
    USER_DEFINED = 30


@dataclass(frozen=True, slots=True)
class Aarq:
    """`authentication_value`: the password or challenge; `calling_ap_title`: the system title."""

    context: ApplicationContext
    mechanism: Mechanism = Mechanism.LOWEST
    calling_ap_title: bytes | None = None
    authentication_value: bytes | None = field(default=None, repr=False)
    user_information: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Aare:
    """`authentication_value`: the server's challenge; `responding_ap_title`: its system title."""

    context: ApplicationContext
    result: AssociateResult
    diagnostic: UserDiagnostic | ProviderDiagnostic
    mechanism: Mechanism = Mechanism.LOWEST
    responding_ap_title: bytes | None = None
    authentication_value: bytes | None = field(default=None, repr=False)
    user_information: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rlrq:
    reason: ReleaseRequestReason | None = ReleaseRequestReason.NORMAL
    user_information: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rlre:
    reason: ReleaseResponseReason | None = ReleaseResponseReason.NORMAL
    user_information: bytes | None = field(default=None, repr=False)


AcseApdu = Aarq | Aare | Rlrq | Rlre


def encode(apdu: AcseApdu) -> bytes:
    """The octets of an ACSE APDU; raises `LocalError` when a field cannot be written."""
    raise NotImplementedError


def decode(octets: bytes) -> AcseApdu:
    """The ACSE APDU that fills `octets`; raises `WireError`."""
    raise NotImplementedError
