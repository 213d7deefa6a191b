"""What a person is told about octets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.dlms.samples import ACSE_APDUS, APDUS, vectors
from wire.dlms import acse, apdu, axdr, security
from wire.dlms.explain import explain
from wire.dlms.wrapper import encode_wpdu
from wire.errors import WireError
from wire.obis import Obis

CIPHER = security.Cipher(bytes(range(16)), bytes(range(0xD0, 0xE0)))
OTHER = security.Cipher(bytes(16), bytes(16))
TITLE = bytes.fromhex("4D4D4D0000BC614E")
GET = apdu.encode(
    apdu.GetRequestNormal(0xC1, apdu.AttributeDescriptor(3, Obis.parse("1-0:1.8.1"), 2))
)


def protected(kind: security.Kind, octets: bytes = GET) -> bytes:
    return security.protect(
        octets,
        cipher=CIPHER,
        title=TITLE,
        counter=17,
        control=security.SecurityControl.AUTHENTICATED_ENCRYPTED,
        kind=kind,
    )


def test_a_wpdu_with_a_request() -> None:
    assert str(explain(encode_wpdu(1, 2, GET))).splitlines() == [
        "wpdu",
        "  source: 1",
        "  destination: 2",
        "  length: 13",
        "  get-request-normal  [c0 01 c1 00 03 01 00 01 08 01 ff 02 00]",
        "    invoke-id-and-priority: 1, confirmed, high priority",
        "    descriptor: class 3, 1-0:1.8.1.255, attribute 2  [00 03 01 00 01 08 01 ff 02]",
    ]


def test_values_are_read_to_the_bottom() -> None:
    time = bytes.fromhex("07e8 0701 01 000000 00 ff88 80")
    value = axdr.structure(
        axdr.octet_string(time), axdr.octet_string(b"abc"), axdr.array([axdr.enum(30)])
    )
    text = str(explain(apdu.encode(apdu.GetResponseNormal(1, axdr.encode(value)))))
    assert "octet-string: 2024-06-30T22:00:00+00:00" in text
    assert 'octet-string: "abc"' in text
    assert "\n        enum: 30" in text
    assert "1, unconfirmed, normal priority" in text


@pytest.mark.parametrize("kind", security.Kind)
def test_ciphered_apdus_are_opened(kind: security.Kind) -> None:
    text = str(explain(protected(kind), [OTHER, CIPHER], [bytes(8), TITLE]))
    assert "security-control: 0x30 authenticated, encrypted" in text
    assert "invocation-counter: 17" in text
    assert "get-request-normal" in text and "1-0:1.8.1.255" in text


def test_why_a_ciphered_apdu_stays_closed() -> None:
    octets = protected(security.Kind.GLO)
    assert "no keys were given" in str(explain(octets))
    assert "system title is not known" in str(explain(octets, [CIPHER]))
    assert "does not verify" in str(explain(octets, [OTHER], [TITLE]))
    changed = octets[:-1] + bytes((octets[-1] ^ 1,))
    assert "does not verify" in str(explain(changed, [CIPHER], [TITLE]))


def test_a_title_that_passes_by_opens_what_follows() -> None:
    request = apdu.encode(apdu.InitiateRequest(apdu.Conformance(0x1A1D), 1024))
    aarq = acse.Aarq(
        acse.ApplicationContext.LN_CIPHERED,
        acse.Mechanism.HIGH_GMAC,
        TITLE,
        b"challenge",
        protected(security.Kind.GLO, request),
    )
    stream = encode_wpdu(1, 1, acse.encode(aarq)) + encode_wpdu(
        1, 1, protected(security.Kind.GLO)
    )
    text = str(explain(stream + b"\x00\x01\x00", [CIPHER]))
    assert "conformance: 001A1D: block-transfer-with-get" in text
    assert "mechanism: high-gmac (5)" in text
    assert "get-request-normal" in text
    assert "incomplete wpdu  [00 01 00]" in text


def test_a_list_names_each_of_its_items() -> None:
    attribute = apdu.AttributeDescriptor(7, Obis.parse("1-0:99.1.0"), 2)
    selection = apdu.Selection(2, axdr.structure(axdr.unsigned(1)))
    request = apdu.GetRequestWithList(1, ((attribute, None), (attribute, selection)))
    nine = "[00 07 01 00 63 01 00 ff 02]"
    assert str(explain(apdu.encode(request))).splitlines()[2:] == [
        "  attributes: 2 items",
        f"    attribute: class 7, 1-0:99.1.0.255, attribute 2  {nine}",
        f"    attribute: class 7, 1-0:99.1.0.255, attribute 2  {nine}",
        "      selection",
        "        selector: 2",
        "        structure: 1 items",
        "          unsigned: 1",
    ]


def test_a_damaged_payload_is_told_where_it_is() -> None:
    text = str(explain(encode_wpdu(1, 1, GET[:-1])))
    assert "payload" in text and "error: the APDU is cut short (at byte 12)" in text
    text = str(explain(apdu.encode(apdu.GetResponseNormal(1, b"\x09\x05ab"))))
    assert "error: octet-string is longer" in text


def test_a_value_by_itself() -> None:
    node = explain(axdr.encode(axdr.structure(axdr.long_unsigned(5), axdr.null_data())))
    assert node.to_json() == {
        "name": "structure",
        "value": "2 items",
        "hex": "020212000500",
        "children": [{"name": "long-unsigned", "value": 5}, {"name": "null-data"}],
    }


@pytest.mark.parametrize(
    "octets", ["", "e701847fffffff03b22687c101", "c40301847fffffff"]
)
def test_what_it_is_not_is_said(octets: str) -> None:
    with pytest.raises(WireError):
        explain(bytes.fromhex(octets))


@vectors("apdu")
def test_every_apdu_can_be_shown(row: dict[str, Any]) -> None:
    lines = explain(bytes.fromhex(row["hex"])).lines()
    assert not [text for _, text in lines if text.startswith("error:")]
    assert row["hex"][:6] in lines[0][1].replace(" ", "")


@given(
    st.binary(max_size=80)
    | st.one_of(APDUS.map(apdu.encode), ACSE_APDUS.map(acse.encode))
)
@settings(max_examples=200)
def test_any_bytes_are_shown_or_refused(octets: bytes) -> None:
    for shown in (octets, encode_wpdu(1, 1, octets), b"\xdb\x08" + TITLE + octets):
        try:
            node = explain(shown, [CIPHER], [TITLE])
        except WireError:
            continue
        assert str(node)
        json.dumps(node.to_json())
