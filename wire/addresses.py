"""Where a wire ends, as people write it: `tcp://HOST:PORT`, `rtu:PATH`, `serial:PATH`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from wire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A TCP host and port; port 0 listens on a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RtuAddress:
    """A serial line with Modbus RTU on it."""

    path: str

    def __str__(self) -> str:
        return f"rtu:{self.path}"


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A serial line with P1 telegrams on it."""

    path: str

    def __str__(self) -> str:
        return f"serial:{self.path}"


Address = TcpAddress | RtuAddress | SerialAddress

_FORMS: dict[type[Address], str] = {
    TcpAddress: "tcp://HOST:PORT",
    RtuAddress: "rtu:PATH",
    SerialAddress: "serial:PATH",
}


def parse_address(
    text: str,
    allowed: Collection[type[Address]] = tuple(_FORMS),
    default_port: int | None = None,
) -> Address:
    """The address that the text names, of one of the allowed kinds.

    Without `default_port` the port must be written. An IPv6 host stands in brackets. Raises
    `ConfigError` that shows the allowed forms for anything else.
    """
    scheme, colon, rest = text.partition(":")
    address: Address | None = None
    if scheme == "tcp" and rest.startswith("//"):
        address = _tcp(rest[2:], default_port)
    elif scheme == "rtu" and rest and "\0" not in rest:
        address = RtuAddress(rest)
    elif scheme == "serial" and rest and "\0" not in rest:
        address = SerialAddress(rest)
    if address is None or type(address) not in allowed:
        forms = " or ".join(_FORMS[kind] for kind in allowed)
        raise ConfigError(f"{text[:80]!r} is not an address; write {forms}")
    return address


def _tcp(text: str, default_port: int | None) -> TcpAddress | None:
    if text.startswith("["):
        host, bracket, port_text = text[1:].partition("]")
        if not bracket or port_text and not port_text.startswith(":"):
            return None
    else:
        host, _, port_text = text.partition(":")
        port_text = f":{port_text}" if ":" in text else ""
    if not host or any(char.isspace() or char in "/@[]\0" for char in host):
        return None
    if any("\ud800" <= char <= "\udfff" for char in host):
        # What the shell gave was not text.
        return None
    if not port_text:
        return None if default_port is None else TcpAddress(host, default_port)
    digits = port_text[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    port = int(digits)
    return TcpAddress(host, port) if port <= 65_535 else None
