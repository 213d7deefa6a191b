"""ExceptionResponse and ConfirmedServiceError (Green Book 9.4.6.2, 9.5): a request refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from wire.dlms import parts
from wire.errors import LocalError, WireError

CONFIRMED_SERVICE_ERROR, EXCEPTION_RESPONSE = 0x0E, 0xD8


class StateError(IntEnum):
    """Whether the state or the server does not allow the service."""

    SERVICE_NOT_ALLOWED = 1
    SERVICE_UNKNOWN = 2


class ServiceFault(IntEnum):
    """The service-error of an exception-response."""

    OPERATION_NOT_POSSIBLE = 1
    SERVICE_NOT_SUPPORTED = 2
    OTHER_REASON = 3
    PDU_TOO_LONG = 4
    DECIPHERING_ERROR = 5
    INVOCATION_COUNTER_ERROR = 6


@dataclass(frozen=True, slots=True)
class ExceptionResponse:
    """`invocation_counter`: the one expected, only with INVOCATION_COUNTER_ERROR."""

    state_error: StateError
    service_error: ServiceFault
    invocation_counter: int | None = None


class ConfirmedService(IntEnum):
    """The service that a confirmed-service-error is about."""

    INITIATE = 1
    GET_STATUS = 2
    GET_NAME_LIST = 3
    GET_VARIABLE_ATTRIBUTE = 4
    READ = 5
    WRITE = 6
    GET_DATA_SET_ATTRIBUTE = 7
    GET_TI_ATTRIBUTE = 8
    CHANGE_SCOPE = 9
    START = 10
    STOP = 11
    RESUME = 12
    MAKE_USABLE = 13
    INITIATE_LOAD = 14
    LOAD_SEGMENT = 15
    TERMINATE_LOAD = 16
    INITIATE_UP_LOAD = 17
    UP_LOAD_SEGMENT = 18
    TERMINATE_UP_LOAD = 19


class ServiceErrorKind(IntEnum):
    """ServiceError's choice: which list the value of the error is from."""

    APPLICATION_REFERENCE = 0
    HARDWARE_RESOURCE = 1
    VDE_STATE_ERROR = 2
    SERVICE = 3
    DEFINITION = 4
    ACCESS = 5
    INITIATE = 6
    LOAD_DATA_SET = 7
    CHANGE_SCOPE = 8
    TASK = 9
    OTHER = 10


class InitiateError(IntEnum):
    """The values of `ServiceErrorKind.INITIATE`."""

    OTHER = 0
    DLMS_VERSION_TOO_LOW = 1
    INCOMPATIBLE_CONFORMANCE = 2
    PDU_SIZE_TOO_SHORT = 3
    REFUSED_BY_THE_VDE_HANDLER = 4


@dataclass(frozen=True, slots=True)
class ConfirmedServiceError:
    service: ConfirmedService
    kind: ServiceErrorKind
    value: int


def read_exception_response(octets: bytes) -> ExceptionResponse:
    """Reads `D8 ...`; an `IndexError` means that the octets end too early."""
    try:
        state_error = StateError(octets[1])
        service_error = ServiceFault(octets[2])
    except ValueError as error:
        raise WireError(f"an exception-response has other codes: {error}", 1) from None
    if service_error is not ServiceFault.INVOCATION_COUNTER_ERROR:
        parts.expect_end(octets, 3)
        return ExceptionResponse(state_error, service_error)
    parts.expect_end(octets, 7)
    return ExceptionResponse(state_error, service_error, parts.read_number(octets, 3))


def write_exception_response(apdu: ExceptionResponse) -> bytes:
    octets = bytes((EXCEPTION_RESPONSE, apdu.state_error, apdu.service_error))
    counter = apdu.invocation_counter
    if (counter is None) is (
        apdu.service_error is ServiceFault.INVOCATION_COUNTER_ERROR
    ):
        raise LocalError(
            "an invocation counter goes with an invocation-counter-error only"
        )
    return octets if counter is None else octets + counter.to_bytes(4, "big")


def read_confirmed_service_error(octets: bytes) -> ConfirmedServiceError:
    """Reads `0E ...`; an `IndexError` means that the octets end too early."""
    parts.expect_end(octets, 4)
    try:
        service, kind = ConfirmedService(octets[1]), ServiceErrorKind(octets[2])
    except ValueError as error:
        raise WireError(
            f"a confirmed-service-error has other codes: {error}", 1
        ) from None
    return ConfirmedServiceError(service, kind, octets[3])


def write_confirmed_service_error(apdu: ConfirmedServiceError) -> bytes:
    return bytes((CONFIRMED_SERVICE_ERROR, apdu.service, apdu.kind, apdu.value))
