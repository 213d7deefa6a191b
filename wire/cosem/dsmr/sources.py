"""The documents that the rows cite, and the standards that they differ by."""

from __future__ import annotations

from wire.cosem.rows import Standard

SMR = "SMR 5.0"
SMR_51 = "SMR 5.1"
SMR_52 = "SMR 5.2"
SMR_55 = "SMR 5.5"
D406 = frozenset({Standard.DSMR_4_0_6})
D422 = frozenset({Standard.DSMR_4_2_2})


def p3(clause: str, version: str = "4.2.2") -> str:
    """A clause of a version of the P3 companion standard."""
    return f"P3 {version}, {clause}"
