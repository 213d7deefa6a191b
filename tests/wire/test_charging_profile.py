"""The charging profile's text: what is written, what is read, what is never let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.profile_messages import (
    FROM,
    MAX_W,
    START,
    TO,
    message,
    read,
    refused,
    remarks,
    row,
    taken,
)
from wire.charging_profile import (
    MAX_CHARACTERS,
    ChargingProfile,
    Decoded,
    Period,
    ProfileRejected,
    Reject,
    encode,
    encode_clear,
)
from wire.errors import LocalError, WireError

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"
FIGURE_8 = (
    '{   "Header": {     "Action": " EBGDirectControl ",     "ValidFrom": '
    '"190329160000W",     "ValidTo": "190329190000W"   },   "Body": {     "Period": [{ '
    '      {         "Start": "190329160000W",         "MxPwr": 6000       }       { '
    '        "Start": "190329180000W",         "MxPwr": 9000       }     ]   } }'
)


def test_figure_8_as_it_was_meant() -> None:
    meant = message(row(), row("190329180000W", 9000))
    assert taken(meant) == ChargingProfile(
        START,
        START + timedelta(hours=3),
        (Period(START, 6000), Period(START + timedelta(hours=2), 9000)),
    )
    assert remarks(meant) == []


def test_figure_8_as_printed_needs_tolerance_and_exactly_two_repairs() -> None:
    assert refused(FIGURE_8) is Reject.MALFORMED
    decoded = read(FIGURE_8, tolerant=True)
    assert decoded.profile == taken(message(row(), row("190329180000W", 9000)))
    assert len(decoded.repairs) == 2
    assert [remark.code for remark in decoded.warnings] == [Reject.REPAIRED] * 2


def test_the_figure_in_the_seed_is_the_one_tested_here() -> None:
    found = sorted(SEEDS.glob("002_*.txt"))
    if not found:
        pytest.skip("the project's source documents are not beside it")
    text = found[0].read_text("utf-8", "replace")
    begin = text.index("{", text.index("gedecodeerd laadprofiel staat in Figuur 8"))
    printed = text[begin : text.index("Figuur 8. Voorbeeld", begin)]
    assert printed.split() == FIGURE_8.split()
    joined = " ".join(printed.split())
    assert read(joined, tolerant=True).profile == read(FIGURE_8, tolerant=True).profile


@pytest.mark.parametrize(
    "text",
    [
        message(row()).replace('"Body":{', '"Body":{{'),
        message(row())[:-1],
        message(row()) + "}",
        message(row()).replace('"ValidFrom"', "ValidFrom"),
        message(row()).replace('"', "'"),
        message(row()).replace("}]", "},]"),
        message(row()).replace('"MxPwr":', '"MxPwr" '),
        "%PDF",
        " ",
        '{"a":"\\x"}',
    ],
)
def test_other_damage_is_not_repaired(text: str) -> None:
    assert refused(text) is Reject.MALFORMED
    assert refused(text, tolerant=True) is Reject.MALFORMED


def test_tolerance_does_not_touch_strings_nor_sound_messages() -> None:
    odd = message(row(), Note="} { [{ {")
    decoded = read(odd, tolerant=True)
    assert decoded.repairs == () and decoded.profile == taken(odd)
    damaged = odd.replace('"Period":[{', '"Period":[{{')
    assert read(damaged, tolerant=True).repairs == ("a brace doubled after [",)


def test_clear() -> None:
    assert read(b"") == Decoded(None)
    decoded = read(message(Seq=7))
    assert decoded.cleared and decoded.seq == 7
    assert decoded.valid_to == START + timedelta(hours=3)
    assert read(encode_clear(START, START + timedelta(hours=1), 9)).seq == 9


def test_clear_still_needs_a_valid_header() -> None:
    assert refused(message(valid_to=FROM)) is Reject.VALIDITY
    assert refused(message(Action="Other")) is Reject.ACTION


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            message(row()).replace('"MxPwr":6000', '"MxPwr":1,"MxPwr":6000'),
            Reject.DUPLICATE_KEY,
        ),
        (
            message(row()).replace('"Body"', '"Body":{"Period":[]},"Body"'),
            Reject.DUPLICATE_KEY,
        ),
        (
            message(row()).replace('"Body"', r'"B\u006fdy":0,"Body"'),
            Reject.DUPLICATE_KEY,
        ),
        (
            message(row(), X=[{"a": 1}]).replace('{"a":1}', '{"a":1,"a":1}'),
            Reject.DUPLICATE_KEY,
        ),
        (message(row()).replace(":6000", ":NaN"), Reject.NUMBER),
        (message(row()).replace(":6000", ":Infinity"), Reject.NUMBER),
        (message(row()).replace(":6000", ":-Infinity"), Reject.NUMBER),
        (message(row()).replace(":6000", ":1e400"), Reject.NUMBER),
        (message(row()).replace(":6000", ":-1e400"), Reject.NUMBER),
        (message(row()).replace(":6000", ":" + "9" * 800), Reject.NUMBER),
        (message(row(), X=0).replace('"X":0', '"X":NaN'), Reject.NUMBER),
        (message(row(), X=0).replace('"X":0', '"X":1e999'), Reject.NUMBER),
        ("[" * 1024, Reject.NESTING),
        ('{"a":' * 204, Reject.NESTING),
        ("[" * 512 + "]" * 512, Reject.NESTING),
        ("[]", Reject.STRUCTURE),
        ("0", Reject.STRUCTURE),
        ('"x"', Reject.STRUCTURE),
        ("null", Reject.STRUCTURE),
        ("{}", Reject.STRUCTURE),
        ('{"Header":[]}', Reject.STRUCTURE),
        (message(row()).replace('"Body"', '"body"'), Reject.STRUCTURE),
        (message(row()).replace('"ValidTo"', '"Validto"'), Reject.STRUCTURE),
        (message(row()).replace("[", "").replace("]", ""), Reject.STRUCTURE),
        (message("x"), Reject.STRUCTURE),
        (message({"Start": FROM}), Reject.STRUCTURE),
        (message({"MxPwr": 1}), Reject.STRUCTURE),
        (message(row(Phs=2)), Reject.STRUCTURE),
        (message(row(Phs=True)), Reject.STRUCTURE),
        (message(row(), Seq=-1), Reject.STRUCTURE),
        (message(row(), Seq=2**32), Reject.STRUCTURE),
        (message(row(), Seq=True), Reject.STRUCTURE),
        (message(row(), Seq="1"), Reject.STRUCTURE),
        (message(row(), Seq=None), Reject.STRUCTURE),
        (message(row(), Seq=1.0), Reject.STRUCTURE),
        (message(row(), V="1"), Reject.STRUCTURE),
        (message(row(), Mac=1), Reject.STRUCTURE),
        (message(row(), Action=0), Reject.STRUCTURE),
        (message(row(), Action="EBGDirectControl2"), Reject.ACTION),
        (message(row(), Action="EBG DirectControl"), Reject.ACTION),
        (message(row(), Action=""), Reject.ACTION),
    ],
)
def test_what_a_lenient_reader_lets_through(text: str, code: Reject) -> None:
    assert refused(text) is code
    assert refused(text, tolerant=True) is code


def test_deep_nesting_when_the_stack_is_nearly_full() -> None:
    def fall(depth: int) -> None:
        if depth:
            fall(depth - 1)
        else:
            read(message(row(), X=[[[[[[[[[0]]]]]]]]]))

    for depth in range(700, 1000, 3):
        try:
            fall(depth)
        except ProfileRejected as error:
            assert error.code is Reject.NESTING
        except RecursionError:
            return


def test_unknown_keys_are_ignored() -> None:
    assert taken(message(row(Unit="W"), Origin={"a": [1.5, None, False]})) == taken(
        message(row())
    )


def test_action_is_trimmed() -> None:
    assert taken(message(row(), Action="  EBGDirectControl ")) == taken(message(row()))


def test_encoder_is_canonical_and_as_long_as_the_rules_say() -> None:
    profile = taken(message(row()))
    text = encode(profile)
    assert text == message(row())
    assert len(text) == 153
    hours = [START + timedelta(hours=hour) for hour in range(23)]
    full = ChargingProfile(
        START, START + timedelta(days=1), tuple(Period(h, 11_040) for h in hours[:22])
    )
    assert len(encode(full)) <= MAX_CHARACTERS
    with pytest.raises(LocalError, match="1024"):
        encode(
            ChargingProfile(
                START,
                START + timedelta(days=1),
                tuple(Period(h, 11_040) for h in hours),
            )
        )


@pytest.mark.parametrize(
    "profile",
    [
        ChargingProfile(START, START, (Period(START, 1),)),
        ChargingProfile(
            START, START + timedelta(days=7, seconds=1), (Period(START, 1),)
        ),
        ChargingProfile(START, START + timedelta(hours=1), ()),
        ChargingProfile(START, START + timedelta(hours=1), (Period(START, -1),)),
        ChargingProfile(START, START + timedelta(hours=1), (Period(START, True),)),
        ChargingProfile(START, START + timedelta(hours=1), (Period(START, 1, 2),)),
        ChargingProfile(START, START + timedelta(hours=1), (Period(START, 1),) * 2),
        ChargingProfile(START, START + timedelta(hours=1), (Period(START, 1),), seq=-1),
        ChargingProfile(
            START, START + timedelta(hours=1), (Period(START, 1),), action="X"
        ),
        ChargingProfile(
            START, START + timedelta(hours=1), (Period(START + timedelta(hours=1), 1),)
        ),
        ChargingProfile(
            START, START + timedelta(hours=1), (Period(START - timedelta(hours=1), 1),)
        ),
        ChargingProfile(
            START.replace(microsecond=1),
            START + timedelta(hours=1),
            (Period(START, 1),),
        ),
        ChargingProfile(
            START, START + timedelta(hours=1), (Period(START, 1),), mac="x" * 1000
        ),
    ],
)
def test_encoder_refuses(profile: ChargingProfile) -> None:
    with pytest.raises(LocalError):
        encode(profile)


instants = st.integers(min_value=946_681_200, max_value=4_102_441_199 - 7 * 86_400).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@st.composite
def profiles(draw: st.DrawFn) -> ChargingProfile:
    begin = draw(instants)
    span_s = draw(st.integers(min_value=1, max_value=7 * 86_400))
    offsets = draw(
        st.sets(st.integers(min_value=0, max_value=span_s - 1), min_size=1, max_size=12)
    )
    u32 = st.integers(min_value=0, max_value=2**32 - 1)
    return ChargingProfile(
        begin,
        begin + timedelta(seconds=span_s),
        tuple(
            Period(
                begin + timedelta(seconds=offset),
                draw(st.integers(min_value=0, max_value=MAX_W)),
                draw(st.sampled_from([None, 1, 3])),
            )
            for offset in sorted(offsets)
        ),
        seq=draw(st.none() | u32),
        fallback_w=draw(st.none() | st.integers(min_value=0, max_value=MAX_W)),
        version=draw(st.none() | st.integers(min_value=0, max_value=9)),
        mac=draw(st.none() | st.text("0123456789abcdef", max_size=16)),
    )


@given(profiles())
@settings(max_examples=100)
def test_what_is_written_reads_back(profile: ChargingProfile) -> None:
    text = encode(profile)
    decoded = read(text)
    assert decoded.profile == profile
    assert decoded.seq == profile.seq
    assert {remark.code for remark in decoded.warnings} <= {Reject.GAP}
    assert encode(decoded.profile) == text


@given(st.binary(max_size=1100), st.booleans())
@settings(max_examples=100)
def test_no_bytes_break_the_reader(octets: bytes, tolerant: bool) -> None:
    try:
        read(octets, tolerant=tolerant)
    except WireError as error:
        assert isinstance(error, ProfileRejected)


tokens = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        "\\",
        " ",
        '"Header"',
        '"Body"',
        '"Period"',
        '"Start"',
        '"MxPwr"',
        '"Action"',
        '"EBGDirectControl"',
        '"ValidFrom"',
        '"ValidTo"',
        f'"{FROM}"',
        f'"{TO}"',
        "6000",
        "-0",
        "1e5",
        "null",
        "true",
        '"Seq"',
        "NaN",
    ]
)


@given(st.lists(tokens, max_size=200).map("".join), st.booleans())
@settings(max_examples=100)
def test_no_tokens_break_the_reader(text: str, tolerant: bool) -> None:
    try:
        read(text, tolerant=tolerant)
    except WireError as error:
        assert isinstance(error, ProfileRejected)


@given(
    st.integers(min_value=0, max_value=153),
    st.binary(min_size=1, max_size=3),
    st.data(),
)
@settings(max_examples=100)
def test_a_damaged_message_is_taken_whole_or_refused(
    at: int, damage: bytes, data: st.DataObject
) -> None:
    sound = message(row(), Seq=3).encode()
    cut = data.draw(st.integers(min_value=0, max_value=3))
    try:
        read(sound[:at] + damage + sound[at + cut :])
    except WireError as error:
        assert isinstance(error, ProfileRejected)
