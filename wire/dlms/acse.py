"""ACSE (ISO/IEC 15954 in BER; Green Book 9.4.2 and 9.5): opening and closing associations.

`user_information` is the octets of the xDLMS APDU inside: an initiate or a glo-initiate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from wire.dlms.ber import Fields, explicit, tlv
from wire.errors import LocalError, WireError

AARQ, AARE, RLRQ, RLRE = 0x60, 0x61, 0x62, 0x63


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
    """`authentication_value`: the password or challenge; `calling_ap_title`: the system title.

    `version_1` is False when the peer proposes only other versions of ACSE. The mechanism and
    the authentication value are those given only if the authentication functional unit is
    selected, as the standard has it; otherwise LOWEST and None.
    """

    context: ApplicationContext
    mechanism: Mechanism = Mechanism.LOWEST
    calling_ap_title: bytes | None = None
    authentication_value: bytes | None = field(default=None, repr=False)
    user_information: bytes | None = field(default=None, repr=False)
    version_1: bool = True


@dataclass(frozen=True, slots=True)
class Aare:
    """`authentication_value`: the server's challenge; `responding_ap_title`: its system title.

    The mechanism is named in the answer to a high level mechanism only; so leave it LOWEST
    otherwise.
    """

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


# 2.16.756.5.8: the DLMS UA's arc, without the last two numbers.
_DLMS_UA = bytes.fromhex("6085740508")
_CONTEXT_NAME, _MECHANISM_NAME = 1, 2
# BIT STRING of one bit, set: the authentication functional unit.
_AUTHENTICATION = b"\x07\x80"
_BIT_0 = 0x80

_INTEGER, _OCTET_STRING, _OBJECT_IDENTIFIER, _CHARSTRING = 0x02, 0x04, 0x06, 0x80
_PROTOCOL_VERSION, _CONTEXT, _USER_INFORMATION = 0x80, 0xA1, 0xBE
_IMPLEMENTATION_INFORMATION = 0xBD

# Fields that the standard has and that mean nothing here: titles, qualifiers and invocation
# identifiers of the called and calling ends.
_AARQ_IGNORED = {0xA2, 0xA3, 0xA4, 0xA5, 0xA7, 0xA8, 0xA9, _IMPLEMENTATION_INFORMATION}
_AARE_IGNORED = {0xA5, 0xA6, 0xA7, _IMPLEMENTATION_INFORMATION}


def encode(apdu: AcseApdu) -> bytes:
    """The octets of an ACSE APDU; raises `LocalError` when a field cannot be written."""
    if isinstance(apdu, Aarq):
        title = explicit(0xA6, _OCTET_STRING, apdu.calling_ap_title)
        authentication = _authentication((0x8A, 0x8B, 0xAC), apdu)
        body = _context(apdu.context) + title + authentication
        if not apdu.version_1:
            raise LocalError("only version 1 of ACSE is spoken here")
        return tlv(
            AARQ,
            body + explicit(_USER_INFORMATION, _OCTET_STRING, apdu.user_information),
        )
    if isinstance(apdu, Aare):
        source = 0xA1 if isinstance(apdu.diagnostic, UserDiagnostic) else 0xA2
        diagnostic = explicit(source, _INTEGER, bytes((apdu.diagnostic.value,)))
        body = (
            _context(apdu.context)
            + explicit(0xA2, _INTEGER, bytes((apdu.result,)))
            + tlv(0xA3, diagnostic)
            + explicit(0xA4, _OCTET_STRING, apdu.responding_ap_title)
            + _authentication((0x88, 0x89, 0xAA), apdu)
        )
        return tlv(
            AARE,
            body + explicit(_USER_INFORMATION, _OCTET_STRING, apdu.user_information),
        )
    reason = b"" if apdu.reason is None else tlv(0x80, bytes((apdu.reason,)))
    user_information = explicit(_USER_INFORMATION, _OCTET_STRING, apdu.user_information)
    return tlv(RLRQ if isinstance(apdu, Rlrq) else RLRE, reason + user_information)


def _context(context: ApplicationContext) -> bytes:
    if context is ApplicationContext.UNKNOWN:
        raise LocalError("an unknown application context cannot be sent")
    return explicit(
        _CONTEXT, _OBJECT_IDENTIFIER, _DLMS_UA + bytes((_CONTEXT_NAME, context))
    )


def _authentication(tags: tuple[int, int, int], apdu: Aarq | Aare) -> bytes:
    """Requirements, mechanism name and value; nothing for the lowest level."""
    if apdu.mechanism is Mechanism.UNKNOWN:
        raise LocalError("an unknown authentication mechanism cannot be sent")
    if apdu.mechanism is Mechanism.LOWEST:
        return b""
    requirements, name, value = tags
    return (
        tlv(requirements, _AUTHENTICATION)
        + tlv(name, _DLMS_UA + bytes((_MECHANISM_NAME, apdu.mechanism)))
        + explicit(value, _CHARSTRING, apdu.authentication_value)
    )


def decode(octets: bytes) -> AcseApdu:
    """The ACSE APDU that fills `octets`; raises `WireError`."""
    try:
        decoder = _DECODERS[octets[0]]
    except (KeyError, IndexError):
        raise WireError(
            "these octets do not begin with the tag of an ACSE APDU", 0
        ) from None
    return decoder(Fields(octets))


def _decode_aarq(fields: Fields) -> Aarq:
    mechanism, value = _take_authentication(fields, (0x8A, 0x8B, 0xAC))
    version = fields.take(_PROTOCOL_VERSION)
    aarq = Aarq(
        _take_context(fields),
        mechanism,
        fields.take(0xA6, _OCTET_STRING),
        value,
        fields.take(_USER_INFORMATION, _OCTET_STRING),
        version is None or _first_bit(version),
    )
    fields.end(_AARQ_IGNORED)
    return aarq


def _decode_aare(fields: Fields) -> Aare:
    mechanism, value = _take_authentication(fields, (0x88, 0x89, 0xAA))
    fields.take(_PROTOCOL_VERSION)
    diagnostic: UserDiagnostic | ProviderDiagnostic
    context = _take_context(fields)
    result = fields.code(AssociateResult, 0xA2, _INTEGER)
    if fields.begins(0xA3, 0xA2):
        diagnostic = fields.code(ProviderDiagnostic, 0xA3, 0xA2, _INTEGER)
    else:
        diagnostic = fields.code(UserDiagnostic, 0xA3, 0xA1, _INTEGER)
    aare = Aare(
        context,
        result,
        diagnostic,
        mechanism,
        fields.take(0xA4, _OCTET_STRING),
        value,
        fields.take(_USER_INFORMATION, _OCTET_STRING),
    )
    fields.end(_AARE_IGNORED)
    return aare


def _decode_rlrq(fields: Fields) -> Rlrq:
    reason = fields.code(ReleaseRequestReason, 0x80) if fields.has(0x80) else None
    rlrq = Rlrq(reason, fields.take(_USER_INFORMATION, _OCTET_STRING))
    fields.end(set())
    return rlrq


def _decode_rlre(fields: Fields) -> Rlre:
    reason = fields.code(ReleaseResponseReason, 0x80) if fields.has(0x80) else None
    rlre = Rlre(reason, fields.take(_USER_INFORMATION, _OCTET_STRING))
    fields.end(set())
    return rlre


_DECODERS: dict[int, Callable[[Fields], AcseApdu]] = {
    AARQ: _decode_aarq,
    AARE: _decode_aare,
    RLRQ: _decode_rlrq,
    RLRE: _decode_rlre,
}


def _take_context(fields: Fields) -> ApplicationContext:
    name = fields.must(_CONTEXT, _OBJECT_IDENTIFIER)
    try:
        return ApplicationContext(_dlms_number(name, _CONTEXT_NAME))
    except ValueError:
        return ApplicationContext.UNKNOWN


def _take_authentication(
    fields: Fields, tags: tuple[int, int, int]
) -> tuple[Mechanism, bytes | None]:
    requirements, name, value = fields.take(tags[0]), fields.take(tags[1]), None
    if fields.has(tags[2]):
        value = fields.must(tags[2], _CHARSTRING)
    if requirements is None or not _first_bit(requirements):
        return Mechanism.LOWEST, None
    if name is None:
        return Mechanism.LOWEST, value
    try:
        return Mechanism(_dlms_number(name, _MECHANISM_NAME)), value
    except ValueError:
        return Mechanism.UNKNOWN, value


def _dlms_number(name: bytes, arc: int) -> int:
    """n of 2.16.756.5.8.arc.n; -1 for any other object identifier."""
    prefix = _DLMS_UA + bytes((arc,))
    return name[-1] if len(name) == len(prefix) + 1 and name.startswith(prefix) else -1


def _first_bit(bits: bytes) -> bool:
    """Bit 0 of a BIT STRING's content: the number of unused bits, then the bits."""
    return len(bits) > 1 and bool(bits[1] & _BIT_0)
