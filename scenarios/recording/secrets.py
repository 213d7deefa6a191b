"""What never gets into a recording: keys, and what else lets somebody in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from headend import references
from wire.cosem.rows import Standard
from wire.errors import ConfigError

# Blue Book 4.4.4 (secret), 4.7.6 (PPP authentication) and 4.7.1 (PIN code), by class.
_ATTRIBUTES: Final = {15: {7}, 44: {5}, 45: {3}}
# The methods that bring no key, of the classes whose methods do: all others count as such.
_HARMLESS: Final[Mapping[int, set[int]]] = {15: set(), 64: {1}, 72: {1, 2, 3, 4, 5}}


def _attribute(standard: Standard | str, given: Mapping[str, Any]) -> bool:
    wanted = references.attribute(given["object"], standard).descriptor
    return wanted.attribute in _ATTRIBUTES.get(wanted.class_id, ())


def _method(standard: Standard | str, given: Mapping[str, Any]) -> bool:
    wanted = references.method(given["object"], standard).descriptor
    harmless = _HARMLESS.get(wanted.class_id)
    return harmless is not None and wanted.method not in harmless


def _part(standard: Standard | str, given: Mapping[str, Any]) -> bool:
    return any(
        is_told(part["operation"], standard, part.get("arguments", {}))
        for part in given["operations"]
    )


_Judge = Callable[[Standard | str, Mapping[str, Any]], bool]
_TOLD: Final[Mapping[str, _Judge]] = {
    "set": _attribute,
    "action": _method,
    "bundle": _part,
}


def is_told(
    operation: str, standard: Standard | str, arguments: Mapping[str, Any]
) -> bool:
    """Whether the arguments of an operation hold a secret; what cannot be read counts as one."""
    judge = _TOLD.get(operation)
    return judge is not None and _judged(judge, standard, arguments)


def is_asked(standard: Standard | str, object_: str) -> bool:
    """Whether reading this attribute gives a secret; of one that is not known it may."""
    return _judged(_attribute, standard, {"object": object_})


def _judged(
    judge: _Judge, standard: Standard | str, arguments: Mapping[str, Any]
) -> bool:
    try:
        return judge(standard, arguments)
    except (ConfigError, LookupError, TypeError, AttributeError):
        return True
