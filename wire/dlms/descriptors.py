"""What a service names and how it answers: COSEM descriptors, selections, result codes.

Green Book (IEC 62056-5-3), 9.5: COSEM APDU abstract syntax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache

from wire.dlms.axdr import Data
from wire.errors import LocalError, WireError
from wire.obis import Obis


class DataAccessResult(IntEnum):
    """Data-Access-Result: what became of one attribute that was read or written."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_GET_ABORTED = 15
    NO_LONG_GET_IN_PROGRESS = 16
    LONG_SET_ABORTED = 17
    NO_LONG_SET_IN_PROGRESS = 18
    DATA_BLOCK_NUMBER_INVALID = 19
    OTHER_REASON = 250


class ActionResult(IntEnum):
    """Action-Result: what became of one method that was invoked."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_ACTION_ABORTED = 15
    NO_LONG_ACTION_IN_PROGRESS = 16
    OTHER_REASON = 250


# Get-Data-Result: the A-XDR octets of the value, or why there is none.
GetResult = bytes | DataAccessResult


@dataclass(frozen=True, slots=True)
class AttributeDescriptor:
    """Cosem-Attribute-Descriptor: one attribute of one object.

    Its nine octets (class, logical name, attribute) are kept: `encode()` costs nothing, and
    `decode` gives the same object for the same octets.
    """

    class_id: int
    obis: Obis
    attribute: int
    _octets: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        octets = _nine_octets(self.class_id, self.obis, self.attribute)
        object.__setattr__(self, "_octets", octets)

    def encode(self) -> bytes:
        """The nine octets of the wire; also the key of a meter's object model."""
        return self._octets

    @staticmethod
    @lru_cache(maxsize=4096)
    def decode(octets: bytes) -> AttributeDescriptor:
        """Reads nine octets; raises `WireError` when there are not nine."""
        return AttributeDescriptor(*_parts(octets))

    def __str__(self) -> str:
        return f"class {self.class_id}, {self.obis}, attribute {self.attribute}"


@dataclass(frozen=True, slots=True)
class MethodDescriptor:
    """Cosem-Method-Descriptor: one method of one object; as `AttributeDescriptor`."""

    class_id: int
    obis: Obis
    method: int
    _octets: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        octets = _nine_octets(self.class_id, self.obis, self.method)
        object.__setattr__(self, "_octets", octets)

    def encode(self) -> bytes:
        """The nine octets of the wire; also the key of a meter's object model."""
        return self._octets

    @staticmethod
    @lru_cache(maxsize=4096)
    def decode(octets: bytes) -> MethodDescriptor:
        """Reads nine octets; raises `WireError` when there are not nine."""
        return MethodDescriptor(*_parts(octets))

    def __str__(self) -> str:
        return f"class {self.class_id}, {self.obis}, method {self.method}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Selective-Access-Descriptor: the access selector and its parameters.

    For a profile generic (class 7, Blue Book 4.3.6.2): 1 is by range, 2 is by entry.
    """

    selector: int
    parameters: Data


def words(code: Enum) -> str:
    """A code as the standard writes it: `read-write-denied`."""
    return code.name.lower().replace("_", "-")


def _nine_octets(class_id: int, obis: Obis, index: int) -> bytes:
    """Class, logical name, and the attribute's or method's index as Integer8."""
    if not 0 <= class_id <= 0xFFFF or not -128 <= index <= 127:
        raise LocalError(
            f"class {class_id}, index {index} cannot be a COSEM descriptor"
        )
    return class_id.to_bytes(2, "big") + obis.octets + (index & 0xFF).to_bytes(1, "big")


def _parts(octets: bytes) -> tuple[int, Obis, int]:
    if len(octets) != 9:
        raise WireError(f"a COSEM descriptor has 9 octets, not {len(octets)}")
    index = octets[8] - 256 if octets[8] > 127 else octets[8]
    return int.from_bytes(octets[:2], "big"), Obis(octets[2:8]), index


REPLY_TO_HLS = MethodDescriptor(15, Obis.parse("0-0:40.0.0"), 1)
"""reply_to_HLS_authentication of the current association: passes 3 and 4 of HLS (9.2.7.4)."""
