"""BER (ISO/IEC 8825-1), as far as ACSE needs it: tags of one octet, definite lengths."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from wire.dlms.lengths import decode_length, encode_length
from wire.errors import WireError

_Coded = TypeVar("_Coded", bound=Enum)


def tlv(tag: int, content: bytes) -> bytes:
    """Tag, length and content."""
    return bytes((tag,)) + encode_length(len(content)) + content


def explicit(outer: int, inner: int, content: bytes | None) -> bytes:
    """A content in two tags, one in the other; nothing for None."""
    return b"" if content is None else tlv(outer, tlv(inner, content))


class Fields:
    """The fields of an APDU that fills `octets`: each at most once, taken one by one.

    Every method raises `WireError` when the octets are otherwise than asked for.
    """

    def __init__(self, octets: bytes) -> None:
        length, at = decode_length(octets, 1)
        if length != len(octets) - at:
            raise WireError(f"{length} octets announced, {len(octets) - at} there", 1)
        self._octets = octets
        self._spans: dict[int, tuple[int, int]] = {}
        while at < len(octets):
            tag = octets[at]
            begin, end = self._content(at, len(octets))
            if tag in self._spans:
                raise WireError(f"field {tag:#04x} stands there twice", at)
            self._spans[tag] = begin, end
            at = end

    def _content(self, at: int, limit: int) -> tuple[int, int]:
        length, begin = decode_length(self._octets, at + 1)
        if begin + length > limit:
            raise WireError(f"{length} octets cannot be in {limit - begin}", at)
        return begin, begin + length

    def take(self, *tags: int) -> bytes | None:
        """The content of a field, through its inner tags, each of which must fill the outer."""
        outer, *inner = tags
        if outer not in self._spans:
            return None
        begin, end = self._spans.pop(outer)
        for tag in inner:
            if begin >= end or self._octets[begin] != tag:
                raise WireError(
                    f"field {outer:#04x} has no {tag:#04x} where it must", begin
                )
            begin, inner_end = self._content(begin, end)
            if inner_end != end:
                raise WireError(f"field {outer:#04x} has octets left over", inner_end)
        return self._octets[begin:end]

    def must(self, *tags: int) -> bytes:
        content = self.take(*tags)
        if content is None:
            raise WireError(f"field {tags[0]:#04x} is missing", len(self._octets))
        return content

    def code(self, enum: type[_Coded], *tags: int) -> _Coded:
        """A field that is one octet from a list."""
        begin = self._spans.get(tags[0], (0, 0))[0]
        content = self.must(*tags)
        try:
            return enum(content[0] if len(content) == 1 else None)
        except ValueError:
            raise WireError(
                f"{content[:8].hex()} is not a {enum.__name__}", begin
            ) from None

    def has(self, tag: int) -> bool:
        return tag in self._spans

    def begins(self, outer: int, inner: int) -> bool:
        """Whether a field's content begins with this tag."""
        begin, end = self._spans.get(outer, (0, 0))
        return begin < end and self._octets[begin] == inner

    def end(self, ignored: set[int]) -> None:
        for tag, (begin, _) in self._spans.items():
            if tag not in ignored:
                raise WireError(f"field {tag:#04x} does not belong here", begin)
