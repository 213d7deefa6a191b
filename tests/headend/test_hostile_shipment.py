"""Shipments made to harm: refused with a place, in one line, without a key in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headend.shipment import read_shipment
from wire.errors import ConfigError

SECRET = "5ec2e7" + "0" * 26
ENTRY: dict[str, Any] = {
    "equipment_id": "E0422000000000124",
    "standard": "dsmr-4.2.2",
    "host": "127.0.0.1",
    "port": 4059,
    "logical_device": 1,
    "system_title": "44534c0000000001",
    "master_key": SECRET,
    "encryption_key": SECRET,
    "authentication_key": SECRET,
    "hls_secret": SECRET,
}


def refusal(path: Path, octets: bytes) -> str:
    """What is said of a file with these octets."""
    path.write_bytes(octets)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        read_shipment(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:") and "\n" not in said
    assert "5ec2e7" not in said
    return said


@pytest.mark.parametrize("name", list(ENTRY))
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -1,
        1.5,
        10**30,
        "",
        "a\0b",
        "\x7f\x1b[31m",
        "\ud800",
        SECRET + "\n",
        [SECRET],
        {"": SECRET},
        "x" * 100_000,
    ],
)
def test_any_field_with_what_does_not_belong_there(
    tmp_path: Path, name: str, value: object
) -> None:
    changed = json.dumps([{**ENTRY, name: value}]).encode()
    said = refusal(tmp_path / "s.json", changed)
    assert len(said) < 300
    assert name in said


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'[{"port":' + b"9" * 5000 + b"}]",
        b"[NaN]",
        b'[{"port":1e400}]',
        json.dumps([ENTRY]).encode("utf-16"),
        b"[" + b"1," * 20_000 + b"1]",
        b"[" * 500 + b'{"a":1,"a":2}' + b"]" * 500,
        b'"' + SECRET.encode() + b'"',
        b'[{"' + SECRET.encode() + b'":1,"' + SECRET.encode()[:6] + b'":1}',
    ],
)
def test_what_is_no_shipment_at_all(tmp_path: Path, octets: bytes) -> None:
    refusal(tmp_path / "s.json", octets)
