"""Suite 0 against published vectors, another implementation, and changed bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dlms_cosem import security as peer
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.dlms import security
from wire.dlms.security import (
    MAX_COUNTER,
    Cipher,
    CounterRule,
    Kind,
    SecurityControl,
    hls5_check,
    hls5_proof,
    is_protected,
    protect,
    unprotect,
    unwrap_key,
    wrap_key,
)
from wire.errors import LocalError, SecurityError, WireError

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "security.json").read_text()
)
ENCRYPTION_KEY = bytes.fromhex(VECTORS["keys"]["encryption"])
AUTHENTICATION_KEY = bytes.fromhex(VECTORS["keys"]["authentication"])
CIPHER = Cipher(ENCRYPTION_KEY, AUTHENTICATION_KEY)
TITLE = bytes.fromhex("4D4D4D0000BC614E")
BOTH = SecurityControl.AUTHENTICATED_ENCRYPTED
GET = bytes.fromhex("C0010000080000010000FF0200")

CONTROLS = st.sampled_from(SecurityControl)
TAGGED = st.sampled_from([SecurityControl.AUTHENTICATED, BOTH])
COUNTERS = st.integers(0, MAX_COUNTER)
TITLES = st.binary(min_size=8, max_size=8)
APDUS = st.builds(
    lambda tag, rest: bytes((tag,)) + rest,
    st.sampled_from([0x01, 0x08, 0x0E, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC7]),
    st.binary(max_size=300),
)


def vectors(name: str) -> pytest.MarkDecorator:
    rows = VECTORS[name]
    return pytest.mark.parametrize("row", rows, ids=[row["name"] for row in rows])


@vectors("ciphered_apdus")
def test_a_published_apdu_is_ciphered_and_deciphered(row: dict[str, Any]) -> None:
    title, plain = bytes.fromhex(row["title"]), bytes.fromhex(row["plain"])
    ciphered, counter = bytes.fromhex(row["ciphered"]), int(row["counter"], 16)
    control = SecurityControl(row["control"])
    sealed = protect(
        plain,
        cipher=CIPHER,
        title=title,
        counter=counter,
        control=control,
        kind=Kind.GLO,
    )
    assert sealed.hex() == ciphered.hex()
    assert unprotect(ciphered, CIPHER, title) == (plain, Kind.GLO, control, counter)


@vectors("proofs")
def test_a_published_proof_is_made_and_checked(row: dict[str, Any]) -> None:
    title, challenge = bytes.fromhex(row["title"]), bytes.fromhex(row["challenge"])
    counter, proof = int(row["counter"], 16), bytes.fromhex(row["proof"])
    assert hls5_proof(CIPHER, title, counter, challenge) == proof
    assert hls5_check(CIPHER, title, challenge, proof) == counter


@vectors("gcm")
def test_published_gcm_text(row: dict[str, Any]) -> None:
    cipher = Cipher(bytes.fromhex(row["key"]), AUTHENTICATION_KEY)
    iv = bytes.fromhex(row["iv"])
    plain, text = bytes.fromhex(row["plain"]), bytes.fromhex(row["cipher"])
    title, counter = iv[:8], int.from_bytes(iv[8:], "big")
    assert cipher.seal(title, counter, SecurityControl.ENCRYPTED, plain) == text
    assert cipher.open(title, counter, SecurityControl.ENCRYPTED, text) == plain
    assert cipher.seal(title, counter, BOTH, plain)[:-12] == text


@vectors("key_wrap")
def test_a_published_key_wrap(row: dict[str, Any]) -> None:
    kek, key = bytes.fromhex(row["kek"]), bytes.fromhex(row["key"])
    wrapped = bytes.fromhex(row["wrapped"])
    assert wrap_key(kek, key) == wrapped
    assert unwrap_key(kek, wrapped) == key


@given(APDUS, TITLES, COUNTERS, CONTROLS, st.sampled_from(Kind))
def test_what_is_protected_is_what_comes_out(
    apdu: bytes, title: bytes, counter: int, control: SecurityControl, kind: Kind
) -> None:
    octets = protect(
        apdu, cipher=CIPHER, title=title, counter=counter, control=control, kind=kind
    )
    assert is_protected(octets)
    assert unprotect(octets, CIPHER, title) == (apdu, kind, control, counter)


@given(st.binary(max_size=300), TITLES, COUNTERS)
@settings(max_examples=30)
def test_another_implementation_opens_what_we_seal(
    text: bytes, title: bytes, counter: int
) -> None:
    sealed = CIPHER.seal(title, counter, BOTH, text)
    field = peer.SecurityControlField(0, authenticated=True, encrypted=True)
    opened = peer.decrypt(
        field, title, counter, ENCRYPTION_KEY, sealed, AUTHENTICATION_KEY
    )
    assert opened == text
    theirs = peer.encrypt(
        field, title, counter, ENCRYPTION_KEY, text, AUTHENTICATION_KEY
    )
    assert CIPHER.open(title, counter, BOTH, theirs) == text


@given(APDUS, TAGGED, st.sampled_from(Kind), st.data())
def test_no_changed_bit_passes(
    apdu: bytes, control: SecurityControl, kind: Kind, data: st.DataObject
) -> None:
    octets = protect(
        apdu, cipher=CIPHER, title=TITLE, counter=7, control=control, kind=kind
    )
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    changed = bytearray(octets)
    changed[bit // 8] ^= 0x80 >> bit % 8
    try:
        opened = unprotect(bytes(changed), CIPHER, TITLE)
    except WireError:
        return
    # Clearing the authentication bit leaves text with no tag: it cannot be told, so the
    # caller must refuse this lesser protection.
    assert opened.control is SecurityControl.ENCRYPTED is not control


@given(APDUS, st.sampled_from(Kind), st.data())
def test_no_cut_apdu_passes(apdu: bytes, kind: Kind, data: st.DataObject) -> None:
    octets = protect(
        apdu, cipher=CIPHER, title=TITLE, counter=7, control=BOTH, kind=kind
    )
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(WireError):
        unprotect(octets[:cut], CIPHER, TITLE)
    with pytest.raises(WireError):
        unprotect(octets + b"\x00", CIPHER, TITLE)


@given(st.binary(max_size=60))
def test_random_bytes_give_a_wire_error(octets: bytes) -> None:
    for start in (b"", b"\xdb", b"\xc8", b"\xc8\x10\x30"):
        with pytest.raises(WireError):
            unprotect(start + octets, CIPHER, TITLE)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 16])
def test_a_cut_tag_is_refused(length: int) -> None:
    sealed = CIPHER.seal(TITLE, 7, BOTH, GET)
    text, tag = sealed[:-12], sealed[-12:]
    if length == 12:
        assert CIPHER.open(TITLE, 7, BOTH, text + tag) == GET
    else:
        with pytest.raises(SecurityError):
            CIPHER.open(TITLE, 7, BOTH, text + (tag + bytes(4))[:length])


@pytest.mark.parametrize("control", [0x00, 0x31, 0x32, 0x70, 0xB0, 0x40])
def test_other_suites_broadcast_and_compression_are_refused(control: int) -> None:
    octets = bytearray(
        protect(GET, cipher=CIPHER, title=TITLE, counter=7, control=BOTH, kind=Kind.GLO)
    )
    octets[2] = control
    with pytest.raises(SecurityError, match="security control"):
        unprotect(bytes(octets), CIPHER, TITLE)


@pytest.mark.parametrize(
    "encryption, authentication",
    [(bytes(16), AUTHENTICATION_KEY), (ENCRYPTION_KEY, bytes(16))],
)
def test_each_key_matters(encryption: bytes, authentication: bytes) -> None:
    other = Cipher(encryption, authentication)
    for control in (SecurityControl.AUTHENTICATED, BOTH):
        with pytest.raises(SecurityError):
            other.open(TITLE, 7, control, CIPHER.seal(TITLE, 7, control, GET))


def test_the_title_must_be_the_peers() -> None:
    octets = protect(
        GET, cipher=CIPHER, title=TITLE, counter=7, control=BOTH, kind=Kind.GENERAL_GLO
    )
    with pytest.raises(SecurityError, match="system title"):
        unprotect(octets, CIPHER, b"OTHER\x00\x00\x01")
    untitled = b"\xdb\x00" + octets[10:]
    assert unprotect(untitled, CIPHER, TITLE).apdu == GET
    with pytest.raises(SecurityError):
        unprotect(untitled, CIPHER, b"OTHER\x00\x00\x01")


def test_a_glo_tag_must_fit_what_it_enciphers() -> None:
    octets = protect(
        GET, cipher=CIPHER, title=TITLE, counter=7, control=BOTH, kind=Kind.GLO
    )
    with pytest.raises(SecurityError, match="does not fit"):
        unprotect(b"\xc9" + octets[1:], CIPHER, TITLE)


@pytest.mark.parametrize(
    "head",
    ["c8ffffffffff", "c8847fffffff30", "c881", "db08", "dbff4d4d4d", "c88000", "c885"],
)
def test_lying_lengths_are_refused_at_once(head: str) -> None:
    with pytest.raises(WireError):
        unprotect(bytes.fromhex(head) + bytes(20), CIPHER, TITLE)


def test_long_lengths_have_the_shortest_form() -> None:
    for size, length in ((110, "7f"), (111, "8180"), (238, "81ff"), (239, "820100")):
        octets = protect(
            b"\xc4" + bytes(size - 1),
            cipher=CIPHER,
            title=TITLE,
            counter=7,
            control=BOTH,
            kind=Kind.GLO,
        )
        assert octets[1:].hex().startswith(length)


def test_what_has_no_glo_form_is_our_own_fault() -> None:
    for apdu in (b"", b"\xd8\x01\x01", b"\x60\x00"):
        with pytest.raises(LocalError):
            protect(
                apdu, cipher=CIPHER, title=TITLE, counter=7, control=BOTH, kind=Kind.GLO
            )


def test_a_used_up_counter_is_never_used() -> None:
    assert CIPHER.seal(TITLE, MAX_COUNTER, BOTH, GET)
    for counter in (MAX_COUNTER + 1, -1):
        with pytest.raises(LocalError):
            CIPHER.seal(TITLE, counter, BOTH, GET)


def test_keys_and_titles_have_their_length() -> None:
    for keys in ((bytes(15), bytes(16)), (bytes(16), bytes(32))):
        with pytest.raises(LocalError):
            Cipher(*keys)
    for title in (b"", bytes(7), bytes(9)):
        with pytest.raises(SecurityError):
            CIPHER.open(title, 1, BOTH, bytes(40))


@pytest.mark.parametrize(
    "octets", ["", "10", "30" + "00" * 16, "10" + "00" * 15, "10" * 18]
)
def test_a_proof_that_is_none_is_refused(octets: str) -> None:
    with pytest.raises(SecurityError):
        hls5_check(CIPHER, TITLE, b"challenge", bytes.fromhex(octets))


def test_a_proof_over_another_challenge_is_refused() -> None:
    proof = hls5_proof(CIPHER, TITLE, 3, b"challenge")
    with pytest.raises(SecurityError):
        hls5_check(CIPHER, TITLE, b"challengf", proof)
    with pytest.raises(SecurityError):
        hls5_check(CIPHER, b"OTHER\x00\x00\x01", b"challenge", proof)


def test_a_changed_or_cut_wrapped_key_is_refused() -> None:
    wrapped = wrap_key(bytes(16), ENCRYPTION_KEY)
    for bad in (
        wrapped[:-1],
        wrapped[:-8],
        b"",
        wrapped[:-1] + bytes((wrapped[-1] ^ 1,)),
    ):
        with pytest.raises(SecurityError):
            unwrap_key(bytes(16), bad)
    with pytest.raises(SecurityError):
        unwrap_key(ENCRYPTION_KEY, wrapped)
    with pytest.raises(LocalError):
        wrap_key(bytes(16), bytes(15))
    with pytest.raises(LocalError):
        unwrap_key(bytes(15), wrapped)


def test_nothing_secret_is_printed() -> None:
    octets = protect(
        GET, cipher=CIPHER, title=TITLE, counter=7, control=BOTH, kind=Kind.GLO
    )
    printed = repr(unprotect(octets, CIPHER, TITLE)) + repr(CIPHER)
    for secret in (GET, ENCRYPTION_KEY, AUTHENTICATION_KEY):
        assert secret.hex() not in printed.lower()
        assert repr(secret)[2:-1] not in printed
    assert "counter=7" in printed


@pytest.mark.parametrize(
    "rule, previous, received, accepted",
    [
        (CounterRule.DSMR4, None, 0, True),
        (CounterRule.DSMR4, None, 4711, True),
        (CounterRule.DSMR4, 5, 6, True),
        (CounterRule.DSMR4, 5, 5, False),
        (CounterRule.DSMR4, 5, 4, False),
        (CounterRule.DSMR4, 5, 7, False),
        (CounterRule.DSMR4, MAX_COUNTER - 1, MAX_COUNTER, True),
        (CounterRule.DSMR4, MAX_COUNTER, 0, False),
        (CounterRule.DSMR4, MAX_COUNTER, MAX_COUNTER + 1, False),
        (CounterRule.SMR5, None, 0, True),
        (CounterRule.SMR5, 5, 6, True),
        (CounterRule.SMR5, 5, 700, True),
        (CounterRule.SMR5, 5, 5, False),
        (CounterRule.SMR5, 5, 0, False),
        (CounterRule.SMR5, MAX_COUNTER, 0, False),
        (CounterRule.SMR5, MAX_COUNTER, MAX_COUNTER + 1, False),
        (CounterRule.SMR5, None, -1, False),
    ],
)
def test_counter_rules(
    rule: CounterRule, previous: int | None, received: int, accepted: bool
) -> None:
    assert rule.accepts(previous, received) is accepted


def test_every_glo_tag_is_told_from_plain_ones() -> None:
    glo = {0x21, 0x28, 0x2E, 0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCF, 0xDB}
    assert {tag for tag in range(256) if is_protected(bytes((tag,)))} == glo
    assert not is_protected(b"")
    assert security.TAG_OCTETS == 12
