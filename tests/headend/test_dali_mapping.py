"""CSV of other boxes: the mapping file, its errors, and local time over both changes of clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headend.dali import FeederSample, read_feeder, read_feeder_lines
from headend.dali_layout import Layout
from headend.dali_mapping import read_mapping
from wire.errors import ConfigError
from wire.instants import local

MAPPING = """\
delimiter: ";"
decimal: ","
time: {column: Tijd, zone: Europe/Amsterdam, format: "%d-%m-%Y %H:%M"}
voltage: {L1: U1, L2: U2, L3: U3, unit: V}
current: {L1: I1, L2: I2, L3: I3, unit: A}
power: {L1: P1, L2: P2, L3: P3, unit: kW}
"""
HEAD = "Tijd;U1;U2;U3;I1;I2;I3;P1;P2;P3"
VALUES = "230,5;230,6;231,1;49,2;68,4;47,7;11,213;15,582;10,924"


def layout(folder: Path, *changes: tuple[str, str]) -> Layout:
    text = MAPPING
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "box.yaml"
    path.write_text(text)
    return read_mapping(path)


def read(how: Layout, *times: str, values: str = VALUES) -> list[FeederSample]:
    lines = [HEAD, *(f"{time};{values}" for time in times)]
    return list(read_feeder_lines(lines, "box.csv", how))


def refused(how: Layout, *times: str, values: str = VALUES) -> str:
    with pytest.raises(ConfigError) as caught:
        read(how, *times, values=values)
    return str(caught.value)


def test_a_row_in_other_columns_units_and_marks(tmp_path: Path) -> None:
    assert read(layout(tmp_path), "09-01-2024 01:00") == [
        FeederSample(
            datetime(2024, 1, 9, tzinfo=UTC),
            (2305, 2306, 2311),
            (492, 684, 477),
            (11213, 15582, 10924),
        )
    ]


@pytest.mark.parametrize(
    "old, new, values",
    [
        ("V", "kV", "0,2305;0,2306;0,2311;49,2;68,4;47,7;11,213;15,582;10,924"),
        ("A", "kA", "230,5;230,6;231,1;0,0492;0,0684;0,0477;11,213;15,582;10,924"),
        ("kW", "MW", "230,5;230,6;231,1;49,2;68,4;47,7;0,011213;0,015582;0,010924"),
        ("kW", "W", "230,5;230,6;231,1;49,2;68,4;47,7;11213;15582;10924"),
    ],
)
def test_every_unit(old: str, new: str, values: str, tmp_path: Path) -> None:
    wanted = read(layout(tmp_path), "09-01-2024 01:00")
    how = layout(tmp_path, (f"unit: {old}}}", f"unit: {new}}}"))
    assert read(how, "09-01-2024 01:00", values=values) == wanted


@pytest.mark.parametrize(
    "zone, format_, written",
    [
        ("UTC", None, "2024-01-09T00:00"),
        ("UTC", None, "2024-01-09 00:00:00"),
        ("Europe/Amsterdam", None, "2024-01-09T01:00"),
        ("'+01:00'", None, "2024-01-09T01:00"),
        ("'-09:30'", None, "2024-01-08T14:30"),
        # A time that has its offset keeps it.
        ("UTC", None, "2024-01-09T01:00+01:00"),
        ("UTC", '"%d/%m/%y %H.%M.%S"', "09/01/24 00.00.00"),
    ],
)
def test_zones_and_formats(
    zone: str, format_: str | None, written: str, tmp_path: Path
) -> None:
    old = 'zone: Europe/Amsterdam, format: "%d-%m-%Y %H:%M"'
    new = f"zone: {zone}" + (f", format: {format_}" if format_ else "")
    (sample,) = read(layout(tmp_path, (old, new)), written)
    assert sample.time == datetime(2024, 1, 9, tzinfo=UTC)


def test_without_a_zone_a_time_needs_its_offset(tmp_path: Path) -> None:
    how = layout(tmp_path, (', zone: Europe/Amsterdam, format: "%d-%m-%Y %H:%M"', ""))
    (sample,) = read(how, "2024-01-09T01:00+01:00")
    assert sample.time == datetime(2024, 1, 9, tzinfo=UTC)
    assert "has no offset from UTC" in refused(how, "2024-01-09T01:00")


def test_times_that_mark_the_end(tmp_path: Path) -> None:
    how = layout(tmp_path, ("zone:", "marks: end, zone:"))
    samples = read(how, "09-01-2024 01:15", "09-01-2024 01:30")
    assert samples[0].time == datetime(2024, 1, 9, tzinfo=UTC)


def civil_day(first: datetime, quarters: int) -> list[str]:
    """The times of a local day, as a box on the wall writes them."""
    instants = [first + timedelta(minutes=15 * number) for number in range(quarters)]
    return [f"{local(instant):%d-%m-%Y %H:%M}" for instant in instants]


@pytest.mark.parametrize("mark_end", [False, True])
@pytest.mark.parametrize(
    "first, quarters",
    [
        (datetime(2024, 3, 30, 23, tzinfo=UTC), 92),
        (datetime(2024, 10, 26, 22, tzinfo=UTC), 100),
        (datetime(2024, 7, 1, 22, tzinfo=UTC), 96),
    ],
)
def test_local_days_of_92_96_and_100_quarters(
    first: datetime, quarters: int, mark_end: bool, tmp_path: Path
) -> None:
    how = layout(tmp_path, *([("zone:", "marks: end, zone:")] if mark_end else []))
    late = timedelta(minutes=15 * mark_end)
    times = civil_day(first + late, quarters)
    samples = read(how, *times)
    assert [sample.time for sample in samples] == [
        first + timedelta(minutes=15 * number) for number in range(quarters)
    ]


def test_a_time_that_the_day_of_92_quarters_lacks(tmp_path: Path) -> None:
    said = refused(layout(tmp_path), "31-03-2024 01:45", "31-03-2024 02:00")
    assert said.startswith("box.csv:3:1: column Tijd: '31-03-2024 02:00' is no time")


def test_a_day_of_96_quarters_where_there_are_100(tmp_path: Path) -> None:
    said = refused(
        layout(tmp_path), *(f"27-10-2024 0{time}" for time in ("2:30", "2:45", "3:00"))
    )
    # The first row could be either.
    assert "box.csv:2:1: column Tijd" in said and "twice on that day" in said
    times = civil_day(datetime(2024, 10, 26, 23, tzinfo=UTC), 4 + 4)
    said = refused(layout(tmp_path), *times, "27-10-2024 03:00")
    assert "box.csv:10:1: column Tijd: 4 rows are missing before this one" in said


@pytest.mark.parametrize("repeated", [2, 7])
def test_a_duplicate_in_the_doubled_hour(repeated: int, tmp_path: Path) -> None:
    times = civil_day(datetime(2024, 10, 26, 23, 45, tzinfo=UTC), 8)
    times.insert(repeated, times[repeated - 1])
    said = refused(layout(tmp_path), *times)
    assert "stands there twice" in said and said.startswith(
        f"box.csv:{repeated + 2}:1:"
    )


@pytest.mark.parametrize(
    "values, why",
    [
        (
            VALUES.replace("15,582", "15582"),
            "box.csv:2:9: column P2: 15582000 W is more than the 15773 VA of voltage"
            " and current: is it in W?",
        ),
        (
            VALUES.replace("15,582", "0,0156"),
            "box.csv:2:9: column P2: 16 W at 15773 VA is not plausible: is it in MW?",
        ),
        (VALUES.replace("15,582", "15.582"), "column P2: '15.582' is not a number"),
        (VALUES.replace("15,582", "NaN"), "column P2: 'NaN' is not a number that was"),
        (VALUES.replace("49,2", "4,9,2"), "column I1: '4,9,2' is not a number"),
        (VALUES.replace("231,1", "2311"), "column U3: 2311 V is not plausible"),
    ],
)
def test_values_that_cannot_be(values: str, why: str, tmp_path: Path) -> None:
    assert why in refused(layout(tmp_path), "09-01-2024 01:00", values=values)


def test_a_unit_beyond_the_largest(tmp_path: Path) -> None:
    how = layout(tmp_path, ("unit: kW", "unit: MW"))
    said = refused(how, "09-01-2024 01:00", values=VALUES.replace("11,213", "0,000011"))
    assert said.endswith("column P1: 11 W at 11340 VA is not plausible")


def test_a_mapped_column_that_the_file_lacks(tmp_path: Path) -> None:
    how = layout(tmp_path, ("L2: I2", "L2: Stroom 2"))
    assert refused(how, "09-01-2024 01:00") == ("box.csv:1: column Stroom 2 is missing")


def test_another_separator_is_pointed_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="are separated by semicolons"):
        list(read_feeder_lines([HEAD.replace(";", ",")], "f", layout(tmp_path)))


@pytest.mark.parametrize(
    "old, new, why",
    [
        ("unit: V", "unit: mV", ":4:35: voltage.unit should be 'V' or 'kV'"),
        ("unit: A", "unit: V", ":5:35: current.unit should be 'A' or 'kA'"),
        ("unit: kW", "unit: VA", ":6:33: power.unit should be 'W', 'kW' or 'MW'"),
        ("L2: U2, ", "", ":4:1: voltage.L2 is missing"),
        ("L2: U2", "L2: U1", ":4:19: column U1 is named twice"),
        ("L2: U2", "L2: Tijd", ":4:19: column Tijd is named twice"),
        ("L2: U2", "L2: 2", ":4:19: voltage.L2 should be a valid string"),
        ("L2: U2", 'L2: ""', ":4:19: voltage.L2 "),
        ("voltage: {", "volts: {", ":1:1: voltage is missing"),
        (
            "decimal",
            "decimals",
            ":2:1: decimals is not known here, did you mean 'decimal'?",
        ),
        ('decimal: ","', "decimal: ;", ":2:1: decimal should be '.' or ','"),
        ('delimiter: ";"', 'delimiter: ","', ":2:1: decimal and delimiter cannot"),
        ("Europe/Amsterdam", "Europe/Paris", ":3:22: time.zone is UTC, Europe/Amst"),
        ("%d-%m-%Y %H:%M", "%d-%m %H:%M", ":3:46: time.format needs each of %d %m"),
        ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M %Z", ":3:46: time.format needs each"),
        ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M %d", ":3:46: time.format needs each"),
        ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M %", ":3:46: time.format needs each"),
        ("zone:", "marks: middle, zone:", ":3:22: time.marks should be 'begin' or"),
        ("time: {", "time: [", ":3:"),
        ("current: {L1", "voltage: {L1", ":5:1: is not YAML: "),
    ],
)
def test_a_mapping_file_that_is_wrong(
    old: str, new: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        layout(tmp_path, (old, new))
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'box.yaml'}{why}"), said
    assert "\n" not in said and len(said) < 250


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"- 1\n",
        b"text",
        b"\xff\xfe",
        b"\x00" * 100,
        b"a: " * 10_000,
        b"[" * 5000,
        b"x" * 70_000,
        b"a: &a [*a]\n",
        b"a: 2024-99-99\n",
    ],
)
def test_what_is_no_mapping_at_all(octets: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(octets)
    with pytest.raises(ConfigError) as caught:
        read_mapping(path)
    said = str(caught.value).removeprefix(str(path))
    assert "\n" not in said and len(said) < 200


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_mapping(tmp_path / "absent.yaml")


def test_a_whole_file_by_its_mapping(tmp_path: Path) -> None:
    path = tmp_path / "box.csv"
    times = civil_day(datetime(2024, 10, 26, 22, tzinfo=UTC), 100)
    rows = "\r\n".join(f"{time};{VALUES}" for time in times)
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}\r\n{rows}\r\n".encode())
    assert len(list(read_feeder(path, layout(tmp_path)))) == 100
