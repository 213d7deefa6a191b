"""The documents that the rows cite, and the standards that they differ by."""

from __future__ import annotations

from wire.cosem.rows import Standard

P3 = "P3 4.2.2"
P3_406 = "P3 4.0.6"
SMR = "SMR 5.0"
D406 = frozenset({Standard.DSMR_4_0_6})
D422 = frozenset({Standard.DSMR_4_2_2})
