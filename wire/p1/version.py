"""The versions of the P1 companion standard that can be read and written."""

from __future__ import annotations

from enum import Enum


class P1Version(Enum):
    """The value is what 1-3:0.2.8 prints; 2.2 and 3.0 have no such line, and no CRC."""

    DSMR_3_0 = ""
    DSMR_4_0 = "40"
    DSMR_4_2_2 = "42"
    SMR_5_0_2 = "50"

    @property
    def has_crc(self) -> bool:
        """Whether the end line carries a CRC."""
        return self is not P1Version.DSMR_3_0

    @property
    def period_s(self) -> int:
        """Seconds from one telegram to the next (P1 4.x, 4.5; 5.0.2, 6.1)."""
        return 1 if self is P1Version.SMR_5_0_2 else 10
