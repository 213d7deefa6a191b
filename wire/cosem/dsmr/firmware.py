"""Image transfer (P3, 5.12)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR, p3
from wire.cosem.image import BLOCK_OCTETS
from wire.cosem.rows import DSMR4, RW, SMR5, Row, Standard, X, attr, method, row


def _image_transfer(source: str, enabled: str, standards: frozenset[Standard]) -> Row:
    return row(
        *(18, "0-0:44.0.0", "image_transfer", source),
        attr(2, "image_block_size", "double-long-unsigned", value=BLOCK_OCTETS),
        attr(3, "image_transferred_blocks_status", "bit-string"),
        attr(4, "image_first_not_transferred_block_number", "double-long-unsigned"),
        attr(5, enabled, "boolean", RW, default=False),
        attr(6, "image_transfer_status", "enum"),
        attr(7, "image_to_activate_info", "image_to_activate_info_type"),
        method(1, "image_transfer_initiate", "image_transfer_initiate_type", X),
        method(2, "image_block_transfer", "image_block_transfer_type", X),
        method(3, "image_verify", "integer", X),
        method(4, "image_activate", "integer", X),
        standards=standards,
    )


ROWS = (
    _image_transfer(p3("5.12"), "image_transfer_enabled", DSMR4),
    _image_transfer(SMR, "transfer_enabled", SMR5),
)
