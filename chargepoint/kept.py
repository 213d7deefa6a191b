"""What a control unit keeps over a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from wire.errors import LocalError

DEFAULT_TIMEOUT_S = 60
DEFAULT_SAFE_W = 4200

_MOST = (0xFFFF, 0xFFFF_FFFF, 3600 * 0xFFFF_FFFF_FFFF)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a unit still knows after a restart: registers 301 to 303, and what it metered."""

    watchdog_timeout_s: int = DEFAULT_TIMEOUT_S
    safe_power_w: int = DEFAULT_SAFE_W
    lifetime_ws: int = 0

    def to_json(self) -> dict[str, int]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Kept:
        """Reads what `to_json` wrote; `LocalError` when it is anything else."""
        names = [field.name for field in fields(cls)]
        if not isinstance(value, Mapping) or set(value) != set(names):
            raise LocalError(f"a unit's state has the keys {', '.join(names)}")
        for name, most in zip(names, _MOST):
            number = value[name]
            if type(number) is not int or not 0 <= number <= most:
                raise LocalError(f"{name} must be an integer from 0 to {most}")
        return cls(**value)
