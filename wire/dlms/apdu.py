"""xDLMS APDUs in clear: one encoder and one decoder for every service (Green Book 9.5).

Ciphered APDUs are `wire.dlms.security`'s, those of the association `wire.dlms.acse`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from wire.dlms.action import (
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
)
from wire.dlms.faults import ConfirmedServiceError, ExceptionResponse
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from wire.dlms.initiate import InitiateRequest, InitiateResponse
from wire.dlms.notification import DataNotification
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


def encode(apdu: Apdu) -> bytes:
    """The octets of an APDU; raises `LocalError` when a field does not fit."""
    raise NotImplementedError


def decode(octets: bytes) -> Apdu:
    """The APDU that fills `octets`; raises `WireError`, its `offset` counted from the tag."""
    raise NotImplementedError


def encode_values(values: Sequence[bytes]) -> bytes:
    """SEQUENCE OF Data, from each value's octets: what blocks with a list carry."""
    raise NotImplementedError


def decode_values(octets: bytes) -> tuple[bytes, ...]:
    """The octets of each value of a SEQUENCE OF Data; raises `WireError`."""
    raise NotImplementedError
