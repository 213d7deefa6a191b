"""Looking objects up: by standard for a meter, by name or OBIS code for a person."""

from __future__ import annotations

from functools import lru_cache

from wire.cosem.dsmr import OBJECTS
from wire.cosem.rows import Row, Standard
from wire.errors import ConfigError
from wire.obis import Obis
from wire.spelling import meant


def standard_of(text: str) -> Standard:
    """The standard of this name; raises `ConfigError` that lists the names."""
    try:
        return Standard(text)
    except ValueError:
        names = ", ".join(Standard)
        raise ConfigError(
            f"{text!r} is not a standard; choose one of {names}"
        ) from None


@lru_cache(maxsize=16)
def objects(standard: Standard, phases: int = 3) -> tuple[Row, ...]:
    """The objects that a meter of this standard has, with 1 or 3 phases."""
    return tuple(row for row in OBJECTS if row.applies(standard, phases))


@lru_cache(maxsize=1024)
def find(text: str, standard: Standard | str) -> Row:
    """The object that a person means: `clock`, `1-0:1.8.1`, or class and code `3/1-0:1.8.1`.

    Class and code name any object, in the table or not: a row without attributes comes back
    for a stranger. Raises `ConfigError` when a name or a bare code is not in the table.
    """
    rows = objects(standard_of(standard))
    for row in rows:
        if row.name == text:
            return row
    class_text, slash, code_text = text.rpartition("/")
    if not slash and ":" not in text:
        near = meant(text, [row.name for row in rows])
        raise ConfigError(f"{standard} has no object named {text!r}{near}")
    code = Obis.parse(code_text)
    if slash and not (
        class_text.isascii()
        and class_text.isdigit()
        and len(class_text) < 10
        and int(class_text) < 65536
    ):
        raise ConfigError(f"{class_text!r} is not a class number, as in 3/1-0:1.8.1")
    for row in rows:
        if row.obis == code and (not slash or row.class_id == int(class_text)):
            return row
    if slash:
        return Row(int(class_text), 0, code, text, "not in the table", ())
    raise ConfigError(
        f"{standard} has no object {code.short};"
        f" get, set and action take any with its class before it: 3/{code.short}"
    )
