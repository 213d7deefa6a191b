"""What we print: in its form, within its range, and back again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.p1.samples import EXAMPLES, IDENTIFICATION, only_telegram, utc
from wire.errors import LocalError
from wire.instants import from_epoch
from wire.p1 import TABLES, Encoder, MBusReading, P1Version, PowerFailure, Row
from wire.p1.formats import Fixed, Octets, Tst
from wire.p1.records import FailureEntries, GasBlock, MBusValue

INSTANTS = st.integers(1_000_000_000, 4_000_000_000).map(from_epoch)
READINGS = st.builds(MBusReading, INSTANTS, st.integers(0, 99_999_999)) | st.builds(
    MBusReading,
    INSTANTS,
    st.integers(0, 99_999_999).map(lambda value: value * 10),
    st.sampled_from(["m3", "GJ", "kWh"]),
    st.just(2),
)


def values_of(row: Row) -> st.SearchStrategy[Any]:
    """All values that a row prints without loss."""
    form = row.format
    match form:
        case Fixed(digits, decimals, unit):
            step = 10 ** ((3 if unit.startswith("k") else decimals) - decimals)
            return st.integers(0, 10**digits - 1).map(lambda value: value * step)
        case Octets(maximum, filler):
            octets = st.binary(max_size=min(maximum, 100))
            return octets.filter(
                lambda value: not filler or value.strip(b"\xff") or not value
            )
        case Tst():
            return INSTANTS
        case MBusValue():
            return READINGS
        case GasBlock():
            # The line has no season, so the doubled hour of summer cannot come back.
            return READINGS.filter(lambda reading: reading.captured.month != 10)
        case FailureEntries(maximum):
            failures = st.builds(PowerFailure, INSTANTS, st.integers(0, 10**10 - 1))
            return st.lists(failures, max_size=maximum).map(tuple)
    return st.none()


@pytest.mark.parametrize("version", P1Version)
@settings(max_examples=60)
@given(st.data())
def test_what_we_write_reads_back_unchanged(
    version: P1Version, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.sampled_from(TABLES[version]), unique=True))
    values = {row.obis: data.draw(values_of(row), row.obis) for row in rows}
    values.pop("1-3:0.2.8", None)
    telegram = only_telegram(Encoder(version, IDENTIFICATION).encode(values))
    head = {"1-3:0.2.8": version.value} if version.has_crc else {}
    assert telegram.values == values | head
    assert telegram.version is version
    assert telegram.identification == IDENTIFICATION


def test_instants_may_be_epoch_seconds() -> None:
    encoder = Encoder(P1Version.SMR_5_0_2, IDENTIFICATION)
    assert b"\r\n0-0:1.0.0(101209113020W)\r\n" in encoder.encode(
        {"0-0:1.0.0": 1291890620}
    )


def test_a_4_0_meter_cuts_what_its_display_lacks() -> None:
    old = Encoder(P1Version.DSMR_3_0, IDENTIFICATION)
    assert b"1-0:1.7.0(001.19*kW)" in old.encode({"1-0:1.7.0": 1199})
    assert b"(016.1*kW)" in Encoder(P1Version.DSMR_4_0, "ISk5").encode(
        {"0-0:17.0.0": 16199}
    )


def test_text_may_be_characters_or_octets() -> None:
    encoder = Encoder(P1Version.SMR_5_0_2, "ISk5")
    for text in ("E0047", b"E0047"):
        assert b"0-0:96.1.1(4530303437)" in encoder.encode({"0-0:96.1.1": text})


def test_absent_values_have_no_line() -> None:
    octets = Encoder(P1Version.SMR_5_0_2, "ISk5").encode({"1-0:1.7.0": None})
    assert octets.startswith(b"/ISk5\r\n\r\n1-3:0.2.8(50)\r\n!")
    assert Encoder(P1Version.DSMR_3_0, "/ISk5").encode({}) == b"/ISk5\r\n\r\n!\r\n"


NOW = utc(2024, 1, 9)


@pytest.mark.parametrize(
    "obis, value",
    [
        ("1-0:1.8.1", -1),
        ("1-0:1.8.1", 1_000_000_000),
        ("1-0:1.8.1", 1.5),
        ("1-0:1.8.1", "1"),
        ("1-0:1.8.1", True),
        ("1-0:1.7.0", 100_000),
        ("1-0:32.7.0", 10_000),
        ("1-0:31.7.0", 1000),
        ("1-0:31.7.0", 2.0),
        ("0-0:96.7.9", 100_000),
        ("0-1:24.1.0", 1000),
        ("0-1:24.1.0", -1),
        ("0-0:96.13.0", b"x" * 1025),
        ("0-0:96.13.0", "é"),
        ("0-0:96.13.0", 7),
        ("0-0:96.1.1", b"x" * 49),
        ("0-0:1.0.0", datetime(2024, 1, 9)),
        ("0-0:1.0.0", 0),
        ("0-0:1.0.0", 10**18),
        ("0-0:1.0.0", "now"),
        ("0-1:24.2.1", 7),
        ("0-1:24.2.1", MBusReading(NOW, -1)),
        ("0-1:24.2.1", MBusReading(NOW, 100_000_000)),
        ("0-1:24.2.1", MBusReading(NOW, 1, "l")),
        ("0-1:24.2.1", MBusReading(NOW, 1, "m3", 4)),
        ("1-0:99.97.0", (PowerFailure(NOW, 1),) * 11),
        ("1-0:99.97.0", (PowerFailure(NOW, 10**10),)),
        ("1-0:99.97.0", (7,)),
        ("1-0:99.97.0", 7),
        ("1-3:0.2.8", "42"),
        ("0-0:96.13.1", b"01 61 81"),
        ("0-5:24.1.0", 3),
        ("1-0:1.8.0", 3),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_line(
    obis: str, value: object
) -> None:
    with pytest.raises(LocalError, match=obis if obis != "1-3:0.2.8" else "version 50"):
        Encoder(P1Version.SMR_5_0_2, IDENTIFICATION).encode({obis: value})


@pytest.mark.parametrize(
    "name", ["", "ISk", "ISk5/", "ISk5!", "ISk5\r\n", "é" * 5, "ISk5" + "x" * 17]
)
def test_identifications_that_would_break_the_frame(name: str) -> None:
    with pytest.raises(LocalError):
        Encoder(P1Version.SMR_5_0_2, name)


def test_versions_have_the_lines_of_their_standard() -> None:
    def has(obis: str) -> str:
        return " ".join(
            version.value or "3"
            for version, rows in TABLES.items()
            if any(row.obis == obis for row in rows)
        )

    assert has("0-0:96.13.0") == "3 40 42 50"
    assert has("0-0:96.13.1") == "3 40 42"
    assert has("0-0:17.0.0") == has("0-0:96.3.10") == has("0-1:24.4.0") == "3 40"
    assert has("1-0:31.7.0") == has("1-0:62.7.0") == "40 42 50"
    assert has("1-0:32.7.0") == "50"
    assert has("0-3:24.2.1") == has("1-0:72.36.0") == has("1-0:99.97.0") == "40 42 50"
    assert has("0-4:24.3.0") == "3"
    for version, rows in TABLES.items():
        names = [row.obis for row in rows]
        assert len(names) == len(set(names))
        assert set(EXAMPLES[version]) <= set(names)
        assert all(row.clauses.startswith("P1 ") for row in rows)


@pytest.mark.parametrize("identification", [IDENTIFICATION, "ISk5100%(1-0:1.7.0)s"])
def test_a_filled_form_is_the_telegram_printed_at_once(identification: str) -> None:
    encoder = Encoder(P1Version.SMR_5_0_2, identification)
    values = EXAMPLES[P1Version.SMR_5_0_2]
    running = {"1-0:1.7.0": 7, "0-0:1.0.0": utc(2024, 1, 1), "1-0:1.8.1": 5}
    form = encoder.form(values, running)
    for changed in (running, running | {"1-0:1.8.1": 6}):
        assert encoder.fill(form, changed) == encoder.encode(values | changed)
    standing = {obis: value for obis, value in values.items() if obis not in running}
    assert encoder.form(standing, running) == form


@pytest.mark.parametrize(
    ("obis", "values"),
    [
        ("1-0:1.7.0", {"1-0:1.7.0": -1}),
        ("1-0:1.7.0", {"1-0:1.7.0": None}),
        ("1-0:1.7.0", {"1-0:2.7.0": 1}),
        ("1-0:3.7.0", {"1-0:1.7.0": 1, "1-0:3.7.0": 1}),
    ],
)
def test_a_gap_that_cannot_be_filled_is_named(
    obis: str, values: dict[str, object]
) -> None:
    encoder = Encoder(P1Version.SMR_5_0_2, IDENTIFICATION)
    form = encoder.form({}, ("1-0:1.7.0",))
    with pytest.raises(LocalError, match=obis):
        encoder.fill(form, values)
