"""ACSE: published examples both ways, round trips, and bytes that lie."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.dlms.samples import ACSE_APDUS, described, vectors
from wire.dlms import acse
from wire.dlms.acse import Aare, Aarq, ApplicationContext, Mechanism
from wire.errors import LocalError, WireError

LN = "a109060760857405080101"


def aarq(*fields: str) -> bytes:
    body = bytes.fromhex("".join(fields))
    return bytes((0x60, len(body))) + body


@vectors("acse")
def test_a_published_example_reads_and_writes(row: dict[str, Any]) -> None:
    octets = bytes.fromhex(row["hex"])
    assert described(acse.decode(octets)) == row["expect"]
    assert acse.encode(acse.decode(octets)) == octets


@vectors("acse")
def test_every_cut_and_every_extra_octet_is_refused(row: dict[str, Any]) -> None:
    octets = bytes.fromhex(row["hex"])
    for cut in range(len(octets)):
        with pytest.raises(WireError):
            acse.decode(octets[:cut])
    with pytest.raises(WireError):
        acse.decode(octets + b"\x00")


@given(ACSE_APDUS)
@settings(max_examples=200)
def test_what_is_written_reads_back(sent: Any) -> None:
    assert acse.decode(acse.encode(sent)) == sent


@given(ACSE_APDUS, st.data())
@settings(max_examples=200)
def test_a_changed_octet_gives_an_apdu_or_a_wire_error(
    sent: Any, draw: st.DataObject
) -> None:
    octets = bytearray(acse.encode(sent))
    octets[draw.draw(st.integers(0, len(octets) - 1))] = draw.draw(st.integers(0, 255))
    try:
        acse.decode(bytes(octets))
    except WireError as error:
        assert error.offset is not None and 0 <= error.offset <= len(octets)


@given(
    st.builds(
        lambda tag, rest: bytes((tag,)) + rest, st.integers(0x5F, 0x64), st.binary()
    )
)
@settings(max_examples=200)
def test_any_bytes_give_an_apdu_or_a_wire_error(octets: bytes) -> None:
    try:
        acse.decode(octets)
    except WireError as error:
        assert error.offset is not None and 0 <= error.offset <= len(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x60",
        aarq(),  # no application context
        aarq(LN, LN),
        aarq(LN, "c00100"),
        aarq(LN, "be0404030100"),  # not an octet-string
        aarq(LN, "be050402010000"),  # octets after it
        aarq(LN, "be0304050 0".replace(" ", "")),
        aarq(LN, "a60204ff"),
        bytes.fromhex("60847fffffff"),
        bytes.fromhex("6080a1000000"),  # indefinite length
        bytes.fromhex("6203800163"),  # no such reason
        bytes.fromhex("62028000"),
        bytes.fromhex("620480020000"),
        bytes.fromhex("6304a2020100"),
        bytes.fromhex("6117" + LN + "a203020109a305a103020100"),
        bytes.fromhex("6117" + LN + "a203020100a305a103020163"),
        bytes.fromhex("6117" + LN + "a203020100a305a303020100"),
        bytes.fromhex("6110" + LN + "a203020100"),
    ],
)
def test_other_bytes_are_refused(octets: bytes) -> None:
    with pytest.raises(WireError):
        acse.decode(octets)


def test_names_that_are_not_ours_are_unknown_not_wrong() -> None:
    read = acse.decode(
        aarq("a109060760857405080109", "8a020780", "8b0760857405080263", "ac0480023132")
    )
    assert read == Aarq(ApplicationContext.UNKNOWN, Mechanism.UNKNOWN, None, b"12")
    read = acse.decode(aarq("a10506032a0304"))
    assert read == Aarq(ApplicationContext.UNKNOWN)


def test_authentication_counts_only_when_its_functional_unit_is_selected() -> None:
    mechanism, value = "8b0760857405080205", "ac0480023132"
    read = acse.decode(aarq(LN, mechanism, value))
    assert read == Aarq(ApplicationContext.LN)
    read = acse.decode(aarq(LN, "8a020700", mechanism, value))
    assert read == Aarq(ApplicationContext.LN)
    read = acse.decode(aarq(LN, "8a020780", mechanism, value))
    assert read == Aarq(ApplicationContext.LN, Mechanism.HIGH_GMAC, None, b"12")


@pytest.mark.parametrize(
    ("version", "spoken"), [("80020780", True), ("80020640", False)]
)
def test_the_version_of_acse(version: str, spoken: bool) -> None:
    read = acse.decode(aarq(version, LN))
    assert isinstance(read, Aarq) and read.version_1 is spoken


def test_fields_that_mean_nothing_here_are_passed_over() -> None:
    read = acse.decode(aarq("a203020101", LN, "a803020101", "a903020105", "bd0100"))
    assert read == Aarq(ApplicationContext.LN)


@pytest.mark.parametrize(
    "wrong",
    [
        Aarq(ApplicationContext.UNKNOWN),
        Aarq(ApplicationContext.LN, Mechanism.UNKNOWN),
        Aarq(ApplicationContext.LN, version_1=False),
    ],
)
def test_the_unknown_cannot_be_sent(wrong: Aarq) -> None:
    with pytest.raises(LocalError):
        acse.encode(wrong)


def test_secrets_are_not_shown() -> None:
    secret = Aarq(ApplicationContext.LN, Mechanism.LOW, None, b"secret", b"secret")
    answer = Aare(
        ApplicationContext.LN,
        acse.AssociateResult.ACCEPTED,
        acse.UserDiagnostic.NULL,
        authentication_value=b"secret",
    )
    assert "secret" not in repr(secret) + repr(answer)


def test_a_long_apdu_has_a_long_length() -> None:
    sent = Aarq(
        ApplicationContext.LN_CIPHERED,
        Mechanism.HIGH_GMAC,
        bytes(8),
        bytes(64),
        bytes(60),
    )
    octets = acse.encode(sent)
    assert octets[1] == 0x81 and acse.decode(octets) == sent
