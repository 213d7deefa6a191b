"""What P3 and this meter limit in one exchange."""

from __future__ import annotations

from wire.dlms.faults import ExceptionResponse, ServiceFault, StateError

# The longest APDU in clear, and in a list the most attributes or methods (P3, 2.1.3).
MAX_RECEIVE_PDU_SIZE = 1024
MAX_REFERENCES = 16
# The longest value that a client may send in blocks: no object takes a longer one.
MAX_LONG_REQUEST = 16 * 1024

TOO_MANY_REFERENCES = ExceptionResponse(
    StateError.SERVICE_NOT_ALLOWED, ServiceFault.OPERATION_NOT_POSSIBLE
)

# Tag, choice, invoke-id, and the choice or count before the data of an answer.
NORMAL_HEAD = 4
