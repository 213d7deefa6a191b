"""JSON as the standard has it, and bounded: what `json.loads` lets through is refused.

Refused beside bad syntax: a key twice in one object, NaN and Infinity, numbers that no float
or u64 holds, nesting deeper than any profile's.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from wire.charging_profile.model import MAX_CHARACTERS
from wire.charging_profile.rejects import ProfileRejected, Reject

MAX_DEPTH = 16
_MAX_DIGITS = 20
_STRING = r'"(?:[^"\\]|\\.)*"'
_MARKS = re.compile(_STRING + r'|["{}\[\]]')
_DAMAGE = re.compile(_STRING + r"|(\[\s*\{)\s*\{|(\})\s*(\{)")
_DOUBLED = "a brace doubled after ["
_MISSING = "a comma missing between two periods"


def read_object(text: str, *, tolerant: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The object that `text` is, and what had to be repaired, place by place.

    Raises `ProfileRejected`.
    """
    if len(text) > MAX_CHARACTERS:
        raise ProfileRejected(
            Reject.TOO_LONG, f"{len(text)} characters; a message holds {MAX_CHARACTERS}"
        )
    unbalanced = _unbalanced(text)
    try:
        return _parse(text), ()
    except ProfileRejected as error:
        if error.code is not Reject.MALFORMED:
            raise
        if len(text) == MAX_CHARACTERS and unbalanced:
            # The rest was cut off by the longest message; guessing it would invent limits.
            raise ProfileRejected(
                Reject.TRUNCATED, "the message fills its 1024 characters and is cut off"
            ) from None
        if not tolerant:
            raise
        mended, repairs = _mend(text)
        if not repairs:
            raise
        return _parse(mended), repairs


def _parse(text: str) -> dict[str, Any]:
    try:
        document = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_float=_finite,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise ProfileRejected(
            Reject.MALFORMED, f"not JSON: {error.msg}", error.pos
        ) from None
    except RecursionError:
        raise ProfileRejected(Reject.NESTING, "the JSON nests too deep") from None
    if not isinstance(document, dict):
        raise ProfileRejected(Reject.STRUCTURE, "the message is not a JSON object")
    return document


def _unbalanced(text: str) -> bool:
    """Whether brackets or quotes do not pair up; refuses deep nesting."""
    depth = 0
    for mark in _MARKS.finditer(text):
        token = mark[0]
        if token in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise ProfileRejected(
                    Reject.NESTING, "the JSON nests too deep", mark.start()
                )
        elif token in "}]":
            depth -= 1
        elif token == '"':
            return True
    return depth != 0


def _mend(text: str) -> tuple[str, tuple[str, ...]]:
    repairs: list[str] = []

    def mended(match: re.Match[str]) -> str:
        if match[1]:
            repairs.append(_DOUBLED)
            return match[1]
        if match[2]:
            repairs.append(_MISSING)
            return match[2] + "," + match[3]
        return match[0]

    return _DAMAGE.sub(mended, text), tuple(repairs)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ProfileRejected(Reject.DUPLICATE_KEY, "an object has the same key twice")
    return row


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ProfileRejected(Reject.NUMBER, f"{digits[:20]} is too large a number")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ProfileRejected(Reject.NUMBER, f"{digits[:20]}... is too large a number")
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise ProfileRejected(Reject.NUMBER, f"{name} is not a JSON number")
