"""Configuration flags, administrative status, definable profile, pushes (P3, chapter 8 and 9.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import references
from headend.dlms.engine import Engine
from headend.operations import together
from headend.operations.plan import (
    Operation,
    Plan,
    instant,
    number,
    one_of,
    only,
    text,
    truth,
)
from wire.cosem.configuration import Flag, OperationMode
from wire.cosem.dsmr.push import MESSAGES, TCP, UDP
from wire.cosem.rows import Standard
from wire.cosem.table import standard_of
from wire.dlms import axdr
from wire.dlms.axdr import Data, Tag
from wire.dlms.data import BitString
from wire.errors import ConfigError, WireError
from wire.instants import encode_date_time

CONFIGURATION = "0-1:94.31.3"
ADMINISTRATIVE = "0-1:94.31.0"
DEFINABLE = "0-1:94.31.6"
FLAGS = {flag.name.lower(): flag for flag in Flag}
_MODES = {mode.name.lower(): mode for mode in OperationMode}
_STATUSES = {"undefined": 0, "off": 1, "on": 2}
_SETUPS = {
    "scheduler": "0-0:25.9.0",
    "alarm": "0-1:25.9.0",
    "sms": "0-2:25.9.0",
    "udp": "0-3:25.9.0",
}
_MOST_CAPTURED = 21


def prepare_configuration(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """Nothing to say. `flags`, each true or false; `mode` where the standard has it."""
    only(arguments, set(), set())
    wanted = together.attribute(CONFIGURATION, 2, standard)

    async def run(meter: Engine) -> Any:
        mode, bits = _parts(await meter.get(wanted))
        shown: dict[str, Any] = {
            "flags": {
                name: bits.bit(bit) for name, bit in FLAGS.items() if bit < bits.length
            }
        }
        if mode is not None:
            shown["mode"] = _word(mode, _MODES)
        return shown

    return run


def prepare_configure(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`flags` that are set (true) or cleared (false), and `mode`; all others are kept."""
    given = only(arguments, set(), {"flags", "mode"})
    changes = given.get("flags", {})
    if not isinstance(changes, Mapping) or not given:
        raise ConfigError("flags is a mapping of names to true or false")
    for name in changes:
        if name not in FLAGS:
            raise ConfigError(f"{name!r} is not a flag; there are {', '.join(FLAGS)}")
        truth(changes, name)
    mode = one_of(given, "mode", _MODES) if "mode" in given else None
    wanted = together.attribute(CONFIGURATION, 2, standard)

    async def run(meter: Engine) -> Any:
        had, bits = _parts(await meter.get(wanted))
        text_of_bits = list(str(bits))
        for name, value in changes.items():
            if FLAGS[name] >= len(text_of_bits):
                raise WireError(f"the meter has no flag {name}")
            text_of_bits[FLAGS[name]] = "1" if value else "0"
        written = axdr.bit_string("".join(text_of_bits))
        if had is not None:
            written = axdr.structure(had if mode is None else axdr.enum(mode), written)
        elif mode is not None:
            raise ConfigError("this meter's configuration has no mode")
        await meter.set(wanted, written)
        return {"result": "success", "written": sorted(given)}

    return run


def prepare_administrative(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`status` (undefined, off, on) is set; left out, it is read."""
    given = only(arguments, set(), {"status"})
    wanted = together.attribute(ADMINISTRATIVE, 2, standard)
    status = one_of(given, "status", _STATUSES) if given else None

    async def run(meter: Engine) -> Any:
        if status is not None:
            await meter.set(wanted, axdr.enum(status))
            return {"result": "success", "status": given["status"]}
        return {"status": _word(await meter.get(wanted), _STATUSES)}

    return run


def prepare_definable_profile(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`objects`, a list of OBJECT:ATTR beside the clock, and `period_s`; either, or both.

    A new list empties the profile (Blue Book 4.3.6).
    """
    given = only(arguments, set(), {"objects", "period_s"})
    items: list[together.Item] = []
    if "objects" in given:
        captured = _captured(given["objects"], standard)
        items.append((together.attribute(DEFINABLE, 3, standard), captured))
    if "period_s" in given:
        period = axdr.double_long_unsigned(number(given, "period_s", 0, 0xFFFF_FFFF))
        items.append((together.attribute(DEFINABLE, 4, standard), period))
    if not items:
        raise ConfigError("say objects, period_s, or both")

    async def run(meter: Engine) -> Any:
        await together.write(meter, items)
        return {"result": "success", "written": sorted(given)}

    return run


def prepare_push(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`setup` (scheduler, alarm, sms, udp): where it pushes to, when, and how often it tries.

    `destination` HOST:PORT, `windows` a list of [begin, end] in ISO 8601, empty for always,
    `randomisation_s`, `retries` and `retry_delay_s` are set; without any of them the setup is
    read.
    """
    given = only(
        arguments,
        {"setup"},
        {"destination", "windows", "randomisation_s", "retries", "retry_delay_s"},
    )
    code = one_of(given, "setup", _SETUPS)
    items: list[together.Item] = []

    def add(place: int, value: Data) -> None:
        items.append((together.attribute(code, place, standard), value))

    if "destination" in given:
        destination = text(given, "destination")
        if not destination.isascii() or not 0 < len(destination) <= 255:
            raise ConfigError("destination is 1 to 255 ASCII characters, HOST:PORT")
        add(
            3,
            axdr.structure(
                axdr.enum(UDP if given["setup"] == "udp" else TCP),
                axdr.octet_string(destination.encode()),
                axdr.enum(MESSAGES[standard_of(standard)]),
            ),
        )
    if "windows" in given:
        add(4, _windows(given["windows"]))
    for name, place, make, most in (
        ("randomisation_s", 5, axdr.long_unsigned, 0xFFFF),
        ("retries", 6, axdr.unsigned, 0xFF),
        ("retry_delay_s", 7, axdr.long_unsigned, 0xFFFF),
    ):
        if name in given:
            add(place, make(number(given, name, 0, most)))
    wanted = [together.attribute(code, place, standard) for place in range(2, 8)]

    async def run(meter: Engine) -> Any:
        if items:
            await together.write(meter, items)
            return {"result": "success", "written": sorted(given.keys() - {"setup"})}
        names = (
            "objects",
            "destination",
            "windows",
            "randomisation_s",
            "retries",
            "retry_delay_s",
        )
        found = await together.read(meter, wanted)
        return dict(zip(names, map(axdr.to_json, found), strict=True))

    return run


def _word(value: Data, words: Mapping[str, int]) -> Any:
    """The word for a number; a value that has none as JSON."""
    known = {code: word for word, code in words.items()}
    shown = axdr.to_json(value)
    return known.get(shown, shown) if type(shown) is int else shown


def _parts(value: Data) -> tuple[Data | None, BitString]:
    """The mode, which SMR 5 has not, and the flags."""
    mode = None
    if value.tag is Tag.STRUCTURE and len(value.value) == 2:
        mode, value = value.value
    if not isinstance(value.value, BitString):
        raise WireError("the configuration object holds no flags")
    return mode, value.value


def _captured(written: Any, standard: Standard | str) -> Data:
    if not isinstance(written, list) or not 0 < len(written) < _MOST_CAPTURED:
        raise ConfigError(f"objects is a list of 1 to {_MOST_CAPTURED - 1} OBJECT:ATTR")
    wanted = [references.attribute("clock", standard)]
    for each in written:
        if not isinstance(each, str):
            raise ConfigError(f"{each!r} is not an OBJECT:ATTR")
        wanted.append(references.attribute(each, standard))
    return axdr.array(
        axdr.structure(
            axdr.long_unsigned(each.descriptor.class_id),
            axdr.octet_string(each.descriptor.obis.octets),
            axdr.integer(each.descriptor.attribute),
            axdr.long_unsigned(0),
        )
        for each in wanted
    )


def _windows(written: Any) -> Data:
    if not isinstance(written, list):
        raise ConfigError("windows is a list of [begin, end]")
    windows = []
    for window in written:
        if not isinstance(window, list) or len(window) != 2:
            raise ConfigError("windows is a list of [begin, end]")
        begin, end = (instant({"a window": each}, "a window") for each in window)
        if begin is None or end is None or end <= begin:
            raise ConfigError(f"the window {window} ends before it begins")
        windows.append(
            axdr.structure(
                axdr.octet_string(encode_date_time(begin)),
                axdr.octet_string(encode_date_time(end)),
            )
        )
    return axdr.array(windows)


ROWS = {
    "configuration": Operation(
        prepare_configuration, "the configuration flags", "8.3", (CONFIGURATION,)
    ),
    "configure": Operation(
        prepare_configure,
        "set configuration flags, and keep the rest",
        "8.3",
        (CONFIGURATION,),
    ),
    "administrative": Operation(
        prepare_administrative, "the administrative status", "8.1", (ADMINISTRATIVE,)
    ),
    "definable_profile": Operation(
        prepare_definable_profile, "what it captures, and when", "8.6", (DEFINABLE,)
    ),
    "push": Operation(prepare_push, "a push setup", "9.3", (_SETUPS["alarm"],)),
}
