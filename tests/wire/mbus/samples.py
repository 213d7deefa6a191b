"""Devices, keys, worked frames and chunks that several tests use."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wire.mbus.headers import DeviceType, ShortId

VECTORS = Path(__file__).parent / "vectors"
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"

WORKED: dict[str, Any] = json.loads((VECTORS / "worked.json").read_text())
WIRED = {row["name"]: row for row in WORKED["wired"]}
RADIO = {row["name"]: row for row in WORKED["radio"]}
DEFAULT_KEY = bytes.fromhex(WORKED["keys"]["default"])
USER_KEY = bytes.fromhex(WORKED["keys"]["user"])

GAS = ShortId("23456789", "NET", 0x40, DeviceType.GAS)


def octets_of(name: str) -> bytes:
    """The octets of a worked frame on the bus."""
    return bytes.fromhex(WIRED[name]["octets"])


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def chunked(octets: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    return [octets[begin:end] for begin, end in zip(edges, edges[1:])]
