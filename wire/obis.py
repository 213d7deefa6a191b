"""OBIS codes (IEC 62056-6-1): the names of everything that a meter holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from wire.errors import ConfigError

_TEXT = re.compile(
    r"(\d{1,3})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[.*](\d{1,3}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Obis:
    """A logical name: six octets, value groups A to F; printed `A-B:C.D.E.F`."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 6:
            raise ConfigError(f"an OBIS code has 6 octets, not {len(self.octets)}")

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> Obis:
        """Reads `1-0:1.8.1` or `1-0:1.8.1.255`; the F group defaults to 255."""
        match = _TEXT.fullmatch(text)
        groups = [int(part) for part in match.groups(default="255")] if match else []
        if not groups or max(groups) > 255:
            raise ConfigError(f"{text!r} is not an OBIS code such as 1-0:1.8.1")
        return Obis(bytes(groups))

    @property
    def short(self) -> str:
        """The reduced form that P1 prints: without the F group."""
        a, b, c, d, e, _ = self.octets
        return f"{a}-{b}:{c}.{d}.{e}"

    def __str__(self) -> str:
        return f"{self.short}.{self.octets[5]}"
