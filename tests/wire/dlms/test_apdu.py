"""The xDLMS APDUs: vectors both ways, round trips, and bytes that lie."""

from __future__ import annotations

import tracemalloc
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.dlms.samples import APDUS, described, vectors
from wire.dlms import apdu, axdr
from wire.errors import LocalError, WireError
from wire.obis import Obis

ATTRIBUTE = apdu.AttributeDescriptor(3, Obis.parse("1-0:1.8.1"), 2)
METHOD = apdu.MethodDescriptor(15, Obis.parse("0-0:40.0.0"), 1)
VALUE = axdr.encode(axdr.structure(axdr.octet_string(b"abc"), axdr.long_unsigned(5)))


@vectors("apdu")
def test_a_vector_reads_and_writes(row: dict[str, Any]) -> None:
    octets = bytes.fromhex(row["hex"])
    assert described(apdu.decode(octets)) == row["expect"]
    assert apdu.encode(apdu.decode(octets)) == octets


@vectors("apdu")
def test_every_cut_and_every_extra_octet_is_refused(row: dict[str, Any]) -> None:
    octets = bytes.fromhex(row["hex"])
    apdus_with_a_value_at_the_end = (0xC1, 0xC3, 0xC4, 0xC7, 0x0F)
    for cut in range(len(octets)):
        try:
            apdu.decode(octets[:cut])
        except WireError as error:
            assert error.offset is not None and error.offset <= cut
        else:
            # The value at the end is not examined here: a cut in it is found later.
            assert octets[0] in apdus_with_a_value_at_the_end
            with pytest.raises(WireError):
                _examine(apdu.decode(octets[:cut]))
    with pytest.raises(WireError):
        _examine(apdu.decode(octets + b"\x00"))


def _examine(read: Any) -> None:
    """Reads the value that an APDU carries as octets."""
    for name in ("result", "value", "parameters", "returned", "body"):
        octets = getattr(read, name, None)
        if isinstance(octets, bytes):
            axdr.decode(octets)


def test_every_apdu_has_a_vector() -> None:
    rows: list[dict[str, Any]] = vectors("apdu").args[1]
    named = {name for row in rows for name in row["expect"]}
    assert named == {kind.__name__ for kind in get_args(apdu.Apdu)}


@given(APDUS)
@settings(max_examples=300)
def test_what_is_written_reads_back(sent: Any) -> None:
    octets = apdu.encode(sent)
    assert apdu.decode(octets) == sent


_TAGS = st.sampled_from(
    [0x01, 0x08, 0x0E, 0x0F, 0xC0, 0xC1, 0xC3, 0xC4, 0xC5, 0xC7, 0xD8]
)


@given(
    st.binary(max_size=60)
    | st.builds(
        lambda tag, choice, rest: bytes((tag, choice)) + rest,
        _TAGS,
        st.integers(0, 7),
        st.binary(max_size=60),
    )
)
@settings(max_examples=300)
def test_any_bytes_give_an_apdu_or_a_wire_error(octets: bytes) -> None:
    try:
        apdu.decode(octets)
    except WireError as error:
        assert error.offset is not None and 0 <= error.offset <= len(octets)


@given(APDUS, st.data())
@settings(max_examples=150)
def test_a_changed_octet_gives_an_apdu_or_a_wire_error(
    sent: Any, draw: st.DataObject
) -> None:
    octets = bytearray(apdu.encode(sent))
    at = draw.draw(st.integers(0, len(octets) - 1))
    octets[at] = draw.draw(st.integers(0, 255))
    try:
        apdu.decode(bytes(octets))
    except WireError as error:
        assert error.offset is not None and 0 <= error.offset <= len(octets)


@pytest.mark.parametrize(
    "octets",
    [
        "e701847fffffff03b22687c101",
        "c40301847fffffff",
        "c403c1847fffffff",
        "c003c1847fffffff",
        "c104c1847fffffff",
        "c303c1847fffffff",
        "c303c188ffffffffffffffff",
        "c703c1847fffffff",
        "c504c1847fffffff",
        "c402c1000000000100847fffffff",
        "c103c10000000001847fffffff",
        "0f00000001847fffffff",
        "0101847fffffff",
        "c001c100030100010801ff02 0101 09847fffffff",
        "c001c100030100010801ff02 0101" + "0201" * 20 + "00",
        "c403c101 00" + "0201" * 20 + "00",
    ],
)
def test_lying_lengths_fail_at_once(octets: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            apdu.decode(bytes.fromhex(octets))
        assert tracemalloc.get_traced_memory()[1] < 50_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "00",
        "c0",
        "c8011b00",  # a ciphered APDU is another layer's
        "c000c1",
        "c004c1",
        "c001c100030100010801ff0202",  # neither with nor without a selection
        "c401c1020011",
        "c401c10163",  # no such result
        "c501c163",
        "c701c1630 0".replace(" ", ""),
        "c701c10002",
        "d80001",
        "d80107",
        "d80106",
        "d8010600",
        "0e010b00",
        "0e140000",
        "01000000065f1f0300007e1f04b0",
        "01000000065f1f0401007e1f04b0",
        "0200",
        "0f0000000105112233445500",
        "c104c1 01 00030100010801ff02 00 02 00 00",  # two values for one attribute
        "c303c1 01 000f0000280000ff01 00",  # none for one method
    ],
)
def test_other_bytes_are_refused(octets: str) -> None:
    with pytest.raises(WireError):
        apdu.decode(bytes.fromhex(octets))


def test_the_short_tag_of_the_conformance_block_is_read() -> None:
    request = apdu.decode(bytes.fromhex("0100000006 5f0400001a1d 0400"))
    assert request == apdu.InitiateRequest(apdu.Conformance(0x001A1D), 1024)
    response = apdu.decode(bytes.fromhex("080006 5f0400001a1d 0400 0007"))
    assert response == apdu.InitiateResponse(apdu.Conformance(0x001A1D), 1024)


@pytest.mark.parametrize(
    ("sent", "octets"),
    [
        (
            apdu.InitiateRequest(apdu.Conformance.GET, 0, response_allowed=False),
            "01000100",
        ),
        (
            apdu.InitiateRequest(apdu.Conformance.GET, 0, quality_of_service=-1),
            "01000001ff06",
        ),
        (
            apdu.InitiateResponse(apdu.Conformance.GET, 0, quality_of_service=0),
            "08010006",
        ),
    ],
)
def test_optional_fields_of_the_initiate(sent: Any, octets: str) -> None:
    assert apdu.encode(sent).startswith(bytes.fromhex(octets))
    assert apdu.decode(apdu.encode(sent)) == sent


@pytest.mark.parametrize(
    "wrong",
    [
        apdu.GetRequestNormal(256, ATTRIBUTE),
        apdu.GetRequestNext(0, 1 << 32),
        apdu.GetRequestNext(0, -1),
        apdu.GetRequestNormal(0, ATTRIBUTE, apdu.Selection(256, axdr.null_data())),
        apdu.SetRequestWithList(0, ((ATTRIBUTE, None),), ()),
        apdu.ActionRequestWithList(0, (METHOD,), ()),
        apdu.InitiateRequest(apdu.Conformance.GET, 65536),
        apdu.InitiateRequest(apdu.Conformance(1 << 24), 1),
        apdu.ExceptionResponse(
            apdu.StateError(1), apdu.ServiceFault.INVOCATION_COUNTER_ERROR
        ),
        apdu.ExceptionResponse(apdu.StateError(1), apdu.ServiceFault.OTHER_REASON, 1),
        apdu.DataNotification(1, b"short", VALUE),
        VALUE,
    ],
)
def test_what_does_not_fit_is_not_written(wrong: Any) -> None:
    with pytest.raises(LocalError):
        apdu.encode(wrong)


def test_lists_that_blocks_carry() -> None:
    results = (VALUE, apdu.DataAccessResult.OTHER_REASON)
    assert apdu.decode_results(apdu.encode_results(results)) == results
    values = (VALUE, b"\x00")
    assert apdu.decode_values(apdu.encode_values(values)) == values
    outcomes = (
        apdu.ActionOutcome(apdu.ActionResult.SUCCESS, VALUE),
        apdu.ActionOutcome(apdu.ActionResult.OTHER_REASON),
    )
    assert apdu.decode_outcomes(apdu.encode_outcomes(outcomes)) == outcomes
    assert apdu.decode_outcome(apdu.encode_outcome(outcomes[0])) == outcomes[0]


@given(st.binary(max_size=40))
@settings(max_examples=100)
def test_any_bytes_as_a_list_give_a_list_or_a_wire_error(octets: bytes) -> None:
    for read, write in (
        (apdu.decode_results, apdu.encode_results),
        (apdu.decode_values, apdu.encode_values),
        (apdu.decode_outcomes, apdu.encode_outcomes),
        (apdu.decode_outcome, apdu.encode_outcome),
    ):
        try:
            made: Any = read(octets)
        except WireError:
            continue
        assert read(write(made)) == made


def test_keys_are_not_shown() -> None:
    request = apdu.InitiateRequest(apdu.Conformance.GET, 1024, b"secret-of-16-oct")
    assert "secret" not in repr(request)
