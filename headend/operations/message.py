"""The long message, which the meter hands on to P1 (P3, 5.11)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headend import references
from headend.dlms.engine import Engine
from headend.operations import plan
from headend.operations.attributes import described
from headend.operations.plan import Operation, Plan, only
from wire import charging_profile
from wire.charging_profile import MAX_CHARACTERS, ProfileRejected
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.errors import ConfigError

MESSAGE = "consumer_message"
_ANY_POWER_W = 0xFFFF_FFFF


def prepare_message(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """One of `text`, `profile` (the JSON of a charging profile) and `clear` (true).

    A text is 1 to 1024 printable ASCII characters; it goes to the meter as it is.
    """
    text = text_of(arguments)
    reference = references.attribute(MESSAGE, standard)

    async def run(meter: Engine) -> Any:
        await meter.set(reference.descriptor, axdr.octet_string(text.encode("ascii")))
        return described(reference) | {"result": "success", "characters": len(text)}

    return run


def text_of(arguments: Mapping[str, Any]) -> str:
    """What the meter is sent under these arguments; raises `ConfigError` for bad ones."""
    given = only(arguments, set(), {"text", "profile", "clear"})
    if len(given) != 1:
        raise ConfigError("a message is one of text, profile and clear")
    if "profile" in given:
        return _profile_text(given["profile"])
    if "text" in given:
        return _message_text(plan.text(given, "text"))
    if given["clear"] is True:
        return ""
    raise ConfigError("clear is true, or is left out")


def _profile_text(profile: Any) -> str:
    """The canonical text of a charging profile, given as JSON or as the text of a file."""
    if not isinstance(profile, str):
        profile = json.dumps(profile)
    # A file may be laid out in lines; within a string JSON has no line breaks.
    text = " ".join(profile.split("\n")).replace("\r", " ").replace("\t", " ").strip()
    try:
        decoded = charging_profile.decode(
            _without_spaces(text), hardware_max_w=_ANY_POWER_W
        )
        if decoded.profile is not None:
            return charging_profile.encode(decoded.profile)
    except ProfileRejected as error:
        raise ConfigError(f"the profile is not one: {error}") from None
    return _message_text(_without_spaces(text))


def _without_spaces(text: str) -> str:
    """The same JSON without white space around its tokens; other text as it is."""
    out: list[str] = []
    quoted = escaped = False
    for character in text:
        if quoted or character != " ":
            out.append(character)
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = quoted
        elif character == '"':
            quoted = not quoted
    return "".join(out)


def _message_text(text: str) -> str:
    if not text:
        raise ConfigError("the message is empty; to remove the one there is, clear it")
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(
            f"the message has {len(text)} characters; at most {MAX_CHARACTERS} go"
        )
    for place, character in enumerate(text, 1):
        if not " " <= character <= "~":
            raise ConfigError(
                f"character {place} of the message, {character!r}, is not printable ASCII"
            )
    return text


ROWS = {
    "message": Operation(
        prepare_message, "show a long message on P1", "5.11", objects=(MESSAGE,)
    ),
}
