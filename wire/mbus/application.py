"""What stands behind a C field, on the bus and on the radio alike: CI, header and body.

The CI tells which header stands before the body (P2 4.0.7). The body is a message of
`wire.mbus.messages`, in clear (mode 0) or enciphered (mode 15); DSMR has no other modes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from wire.errors import LocalError, SecurityError, WireError
from wire.mbus import messages
from wire.mbus.headers import Configuration, LongHeader, ShortHeader, ShortId
from wire.mbus.messages import Message
from wire.mbus.security import (
    BLOCK_OCTETS,
    CLEAR,
    MODE_15,
    KeyMissing,
    open_mode_15,
    seal_mode_15,
)

Header = ShortHeader | LongHeader


class Ci(IntEnum):
    """The control information fields of DSMR."""

    SET_UP = 0x51
    COMMAND_SHORT = 0x5A
    COMMAND_LONG = 0x5B
    CLOCK = 0x6C
    RESPONSE_LONG = 0x72
    RESPONSE_SHORT = 0x7A
    LINK_TO_DEVICE = 0x80
    LINK_FROM_DEVICE = 0x8A


HEADERS: dict[Ci, type[ShortHeader] | type[LongHeader] | None] = {
    Ci.SET_UP: None,
    Ci.COMMAND_SHORT: ShortHeader,
    Ci.COMMAND_LONG: LongHeader,
    Ci.CLOCK: LongHeader,
    Ci.RESPONSE_LONG: LongHeader,
    Ci.RESPONSE_SHORT: ShortHeader,
    Ci.LINK_TO_DEVICE: LongHeader,
    Ci.LINK_FROM_DEVICE: ShortHeader,
}
_CIS: dict[int, Ci] = {int(ci): ci for ci in Ci}

MESSAGES: dict[Ci, frozenset[type[Message]]] = {
    Ci.SET_UP: frozenset((messages.SetAddress, messages.SetKey, messages.TransferKey)),
    Ci.COMMAND_SHORT: messages.CONTROLS,
    Ci.COMMAND_LONG: messages.CONTROLS | {messages.SetKey, messages.TransferKey},
    Ci.CLOCK: frozenset((messages.SetClock,)),
    Ci.RESPONSE_LONG: frozenset((messages.Data,)),
    Ci.RESPONSE_SHORT: frozenset((messages.Data,)),
    Ci.LINK_TO_DEVICE: frozenset((messages.Nothing,)),
    Ci.LINK_FROM_DEVICE: frozenset((messages.Nothing,)),
}
"""Which messages each CI brings."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """With what a message is enciphered: the user key, and a counter higher than any before."""

    key: bytes = field(repr=False)
    counter: int


@dataclass(frozen=True, slots=True)
class Opening:
    """With what a message is deciphered: the user key, and the last validated counter.

    `last_counter` is None as long as none was validated.
    """

    key: bytes = field(repr=False)
    last_counter: int | None


class Interpreted(NamedTuple):
    """A message, and the frame counter that it was enciphered with; None for one in clear."""

    message: Message
    counter: int | None


@dataclass(frozen=True, slots=True)
class Application:
    """`ci` is a `Ci`; `body` is what follows the header, enciphered or not."""

    ci: Ci
    header: Header | None
    body: bytes = field(default=b"", repr=False)

    @property
    def mode(self) -> int:
        """How the body is enciphered, by the header: 0 is not at all."""
        return self.header.configuration.mode if self.header else CLEAR

    def encode(self) -> bytes:
        """What follows the CI."""
        return self.header.encode() + self.body if self.header else self.body


def decode(ci: int, octets: bytes) -> Application:
    """Takes the header off what follows a CI; raises `WireError`."""
    known = _CIS.get(ci)
    if known is None:
        raise WireError(f"CI {ci:02X} is not of DSMR")
    kind = HEADERS[known]
    if kind is None:
        return Application(known, None, octets)
    return Application(known, kind.decode(octets[: kind.OCTETS]), octets[kind.OCTETS :])


def compose(
    ci: Ci,
    message: Message,
    device: ShortId | None = None,
    access_number: int = 0,
    configuration: Configuration = Configuration(),
    sealing: Sealing | None = None,
) -> Application:
    """The message behind its header, enciphered if it is to be.

    `device` is the M-Bus device whose message it is or who it is for; a long header and a
    sealing need it. `configuration` is what the radio has to say; sealing sets mode and blocks.
    Raises `LocalError` for a message that this CI does not bring, or cannot.
    """
    if type(message) not in MESSAGES[ci]:
        raise LocalError(f"CI {ci:02X} does not bring {type(message).__name__}")
    kind = HEADERS[ci]
    if device is None and (kind is LongHeader or sealing):
        raise LocalError("a long header and a frame counter need their device")
    if sealing:
        if kind is None or type(message) not in messages.SEALABLE:
            raise LocalError(f"{type(message).__name__} is sent in clear")
        assert device is not None
        plaintext = messages.encode(message, enciphered=True)
        configuration = _sealed(configuration, len(plaintext) // BLOCK_OCTETS)
        body = seal_mode_15(sealing.key, device, sealing.counter, plaintext)
    else:
        body = messages.encode(message)
    if kind is None:
        return Application(ci, None, body)
    if kind is ShortHeader:
        header: Header = ShortHeader(access_number, 0, configuration)
    else:
        assert device is not None
        header = LongHeader(device, access_number, 0, configuration)
    return Application(ci, header, body)


def interpret(
    application: Application,
    device: ShortId | None = None,
    opening: Opening | None = None,
) -> Interpreted:
    """The message of a body, deciphered if it is enciphered.

    `device` is the one whose link it is, for short headers. Whether a message in clear will do
    is for the caller to judge. Raises `KeyMissing` without `opening`, what
    `security.open_mode_15` raises, and `WireError` for a message that this CI does not bring.
    """
    ci, header = application.ci, application.header
    if isinstance(header, LongHeader):
        device = header.device
    counter = None
    body = application.body
    # A header may say how other messages are enciphered, and have nothing behind it.
    mode = application.mode if body else CLEAR
    if mode == MODE_15:
        if opening is None:
            raise KeyMissing("the message is enciphered, and there is no key for it")
        if device is None:
            raise LocalError("a short header does not tell whose message it is")
        assert header is not None
        blocks = header.configuration.blocks
        body, counter = open_mode_15(
            opening.key, device, blocks, body, opening.last_counter
        )
    elif mode != CLEAR:
        raise SecurityError(f"encryption mode {mode} is not of DSMR")
    message = messages.decode(MESSAGES[ci], body)
    if counter is not None and type(message) not in messages.SEALABLE:
        raise SecurityError(f"{type(message).__name__} comes in clear")
    return Interpreted(message, counter)


@lru_cache(maxsize=256)
def _sealed(configuration: Configuration, blocks: int) -> Configuration:
    return replace(configuration, mode=MODE_15, blocks=blocks)
