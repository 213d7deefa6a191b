"""The words of the map as one block of memory, and what a request may touch of it."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct, unpack_from

from chargepoint.registers import (
    MAX_READ_WORDS,
    MAX_WRITE_WORDS,
    REGISTERS,
    Access,
    ExceptionCode,
    RequestRefused,
    octets_of,
    register,
)

SIZE = max(row.address + row.words for row in REGISTERS)

_U16, _U32 = Struct(">H"), Struct(">I")


def _runs(*access: Access) -> list[int]:
    """For each address, how many words with one of these accesses follow without a gap."""
    runs = [0] * (SIZE + 1)
    allowed = {
        row.address + offset
        for row in REGISTERS
        if row.access in access
        for offset in range(row.words)
    }
    for address in reversed(range(SIZE)):
        if address in allowed:
            runs[address] = runs[address + 1] + 1
    return runs


_READABLE = _runs(Access.R, Access.RW, Access.W)
_WRITABLE = _runs(Access.RW, Access.W)
_INSIDE = frozenset(
    row.address + offset for row in REGISTERS for offset in range(1, row.words)
)


def check_write(address: int, count: int) -> None:
    """Raises `RequestRefused` unless these words may be written, and written together."""
    if not 1 <= count <= MAX_WRITE_WORDS:
        raise RequestRefused(ExceptionCode.ILLEGAL_VALUE, f"{count} words in one write")
    if not 0 <= address < SIZE or _WRITABLE[address] < count:
        raise RequestRefused(
            ExceptionCode.ILLEGAL_ADDRESS,
            f"registers {address} to {address + count - 1} cannot all be written",
        )
    for edge in (address, address + count):
        if edge in _INSIDE:
            raise RequestRefused(
                ExceptionCode.ILLEGAL_VALUE, f"register {edge} is inside a longer value"
            )


class Image:
    """The registers' words, all 0 at first."""

    __slots__ = ("octets",)

    def __init__(self) -> None:
        self.octets = bytearray(2 * SIZE)

    def read(self, address: int, count: int) -> list[int]:
        """The words; raises `RequestRefused` over a gap or for too many."""
        if not 1 <= count <= MAX_READ_WORDS:
            raise RequestRefused(
                ExceptionCode.ILLEGAL_VALUE, f"{count} words in one read"
            )
        if not 0 <= address < SIZE or _READABLE[address] < count:
            raise RequestRefused(
                ExceptionCode.ILLEGAL_ADDRESS,
                f"registers {address} to {address + count - 1} do not all exist",
            )
        return self.words(address, count)

    def words(self, address: int, count: int) -> list[int]:
        """The words, gaps and all, however many."""
        return list(unpack_from(f">{count}H", self.octets, 2 * address))

    def put(self, address: int, words: Sequence[int]) -> None:
        """Stores words, wherever they fit."""
        octets = octets_of(words)
        self.octets[2 * address : 2 * address + len(octets)] = octets

    def u16(self, address: int) -> int:
        """The word there."""
        value: int = _U16.unpack_from(self.octets, 2 * address)[0]
        return value

    def u32(self, address: int) -> int:
        """The two words from there on."""
        value: int = _U32.unpack_from(self.octets, 2 * address)[0]
        return value

    def set(self, name: str, value: int | str) -> None:
        """Stores a value in the register of that name."""
        row = register(name)
        self.put(row.address, row.encode(value))
