"""xDLMS APDUs in clear: one encoder and one decoder for every service (Green Book 9.5).

Ciphered APDUs are `wire.dlms.security`'s, those of the association `wire.dlms.acse`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wire.dlms import action, faults, get, initiate, notification
from wire.dlms import set as set_
from wire.dlms.action import (
    ActionOutcome,
    ActionRequestFirstPblock,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
    decode_outcome,
    decode_outcomes,
    encode_outcome,
    encode_outcomes,
)
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.faults import (
    ConfirmedService,
    ConfirmedServiceError,
    ExceptionResponse,
    InitiateError,
    ServiceErrorKind,
    ServiceFault,
    StateError,
)
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_results,
    encode_results,
)
from wire.dlms.initiate import Conformance, InitiateRequest, InitiateResponse
from wire.dlms.notification import DataNotification
from wire.dlms.parts import decode_values, encode_values
from wire.dlms.set import (
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
from wire.errors import LocalError, WireError

__all__ = [
    "ActionOutcome",
    "ActionRequest",
    "ActionRequestFirstPblock",
    "ActionRequestNextPblock",
    "ActionRequestNormal",
    "ActionRequestWithList",
    "ActionRequestWithListAndFirstPblock",
    "ActionRequestWithPblock",
    "ActionResponse",
    "ActionResponseNextPblock",
    "ActionResponseNormal",
    "ActionResponseWithList",
    "ActionResponseWithPblock",
    "ActionResult",
    "Apdu",
    "AttributeDescriptor",
    "ConfirmedService",
    "ConfirmedServiceError",
    "Conformance",
    "DataAccessResult",
    "DataNotification",
    "ExceptionResponse",
    "GetRequest",
    "GetRequestNext",
    "GetRequestNormal",
    "GetRequestWithList",
    "GetResponse",
    "GetResponseNormal",
    "GetResponseWithDatablock",
    "GetResponseWithList",
    "GetResult",
    "InitiateError",
    "InitiateRequest",
    "InitiateResponse",
    "MethodDescriptor",
    "Request",
    "Response",
    "Selection",
    "ServiceErrorKind",
    "ServiceFault",
    "SetRequest",
    "SetRequestFirstBlock",
    "SetRequestNormal",
    "SetRequestWithBlock",
    "SetRequestWithList",
    "SetRequestWithListFirstBlock",
    "SetResponse",
    "SetResponseDatablock",
    "SetResponseLastDatablock",
    "SetResponseLastDatablockWithList",
    "SetResponseNormal",
    "SetResponseWithList",
    "StateError",
    "decode",
    "decode_outcome",
    "decode_outcomes",
    "decode_results",
    "decode_values",
    "encode",
    "encode_outcome",
    "encode_outcomes",
    "encode_results",
    "encode_values",
]

GetRequest = GetRequestNormal | GetRequestNext | GetRequestWithList
GetResponse = GetResponseNormal | GetResponseWithDatablock | GetResponseWithList
SetRequest = (
    SetRequestNormal
    | SetRequestFirstBlock
    | SetRequestWithBlock
    | SetRequestWithList
    | SetRequestWithListFirstBlock
)
SetResponse = (
    SetResponseNormal
    | SetResponseDatablock
    | SetResponseLastDatablock
    | SetResponseLastDatablockWithList
    | SetResponseWithList
)
ActionRequest = (
    ActionRequestNormal
    | ActionRequestNextPblock
    | ActionRequestWithList
    | ActionRequestFirstPblock
    | ActionRequestWithListAndFirstPblock
    | ActionRequestWithPblock
)
ActionResponse = (
    ActionResponseNormal
    | ActionResponseWithPblock
    | ActionResponseWithList
    | ActionResponseNextPblock
)
Request = GetRequest | SetRequest | ActionRequest
Response = GetResponse | SetResponse | ActionResponse
Apdu = (
    Request
    | Response
    | InitiateRequest
    | InitiateResponse
    | ConfirmedServiceError
    | ExceptionResponse
    | DataNotification
)


# By tag, for those whose tag is followed by a choice: by choice.
_READERS_BY_CHOICE: dict[int, dict[int, Callable[[bytes], Apdu]]] = {
    octet: {choice: reader for (tag, choice), reader in readers.items() if tag == octet}
    for readers in (get.READERS, set_.READERS, action.READERS)
    for octet, _ in readers
}
_READERS: dict[int, Callable[[bytes], Apdu]] = {
    initiate.REQUEST: initiate.read_request,
    initiate.RESPONSE: initiate.read_response,
    faults.CONFIRMED_SERVICE_ERROR: faults.read_confirmed_service_error,
    faults.EXCEPTION_RESPONSE: faults.read_exception_response,
    notification.DATA_NOTIFICATION: notification.read,
}
_WRITERS: dict[type, Callable[[Any], bytes]] = {
    **get.WRITERS,
    **set_.WRITERS,
    **action.WRITERS,
    InitiateRequest: initiate.write_request,
    InitiateResponse: initiate.write_response,
    ConfirmedServiceError: faults.write_confirmed_service_error,
    ExceptionResponse: faults.write_exception_response,
    DataNotification: notification.write,
}


def encode(apdu: Apdu) -> bytes:
    """The octets of an APDU; raises `LocalError` when a field does not fit."""
    try:
        return _WRITERS[type(apdu)](apdu)
    except (ValueError, OverflowError, TypeError, AttributeError, KeyError) as error:
        raise LocalError(f"{type(apdu).__name__} cannot be written: {error}") from None


def decode(octets: bytes) -> Apdu:
    """The APDU that fills `octets`; raises `WireError`, its `offset` counted from the tag."""
    try:
        tag = octets[0]
        choices = _READERS_BY_CHOICE.get(tag)
        reader = choices.get(octets[1]) if choices else _READERS.get(tag)
        if reader is not None:
            return reader(octets)
    except IndexError:
        raise WireError("the APDU is cut short", len(octets)) from None
    if choices:
        raise WireError(f"APDU {tag:#04x} has no choice {octets[1]}", 1)
    raise WireError(f"{tag:#04x} is not the tag of an APDU that is spoken here", 0)
