"""Reading what DALI boxes report, and refusing what cannot be true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.dali import FeederSample, read_feeder, read_feeder_lines
from wire.errors import ConfigError

DATA = Path(__file__).resolve().parents[2] / "scenarios" / "data"

HEAD = "time,u_l1_v,i_l1_a,p_l1_w,u_l2_v,i_l2_a,p_l2_w,u_l3_v,i_l3_a,p_l3_w"
FIRST = "2024-01-09T00:00:00Z,230.5,49.2,11213,230.6,68.4,15582,231.1,47.7,10924"
SECOND = "2024-01-09T00:15:00Z,231.8,51.0,11691,230.6,68.4,15602,231.0,42.3,9677"
THIRD = "2024-01-09T00:30:00Z,230.0,10.0,2290,230.0,10.0,-2290,230.0,0,0"


def read(*rows: str) -> list[FeederSample]:
    return list(read_feeder_lines([row + "\n" for row in rows], "feeder.csv"))


def refused(*rows: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(*rows)
    return str(caught.value)


def test_rows_become_integers_and_utc() -> None:
    assert read(HEAD, FIRST)[0] == FeederSample(
        datetime(2024, 1, 9, tzinfo=UTC),
        (2305, 2306, 2311),
        (492, 684, 477),
        (11213, 15582, 10924),
    )
    assert read(HEAD, FIRST, SECOND, THIRD)[2].power_w == (2290, -2290, 0)


def test_the_feeder_of_the_demo() -> None:
    samples = list(read_feeder(DATA / "lv_feeder_january.csv"))
    assert len(samples) == 4 * 7 * 96
    assert samples[0].time == datetime(2024, 1, 9, tzinfo=UTC)
    assert samples[-1].time - samples[0].time == timedelta(days=28, minutes=-15)
    assert max(max(sample.power_w) for sample in samples) == 38_400


def test_reading_goes_row_by_row() -> None:
    def endless() -> Iterator[str]:
        yield HEAD
        time = datetime(2024, 1, 9, tzinfo=UTC)
        while True:
            yield f"{time.isoformat()},230,1,230,230,1,230,230,1,230"
            time += timedelta(minutes=15)

    samples = read_feeder_lines(endless(), "endless")
    assert [next(samples).power_w for _ in range(1000)][-1] == (230, 230, 230)


def test_columns_in_another_order_other_columns_and_blank_lines() -> None:
    columns = HEAD.split(",")
    values = FIRST.split(",")
    head = ",".join(["box", *reversed(columns)])
    row = ",".join(["x", *reversed(values)])
    assert read(head, row, "") == read(HEAD, FIRST)


def test_times_with_another_offset() -> None:
    shifted = FIRST.replace("00:00:00Z", "01:00:00+01:00")
    assert read(HEAD, shifted) == read(HEAD, FIRST)


@pytest.mark.parametrize("column", HEAD.split(","))
def test_a_missing_column_is_named(column: str) -> None:
    head = HEAD.replace(column, "other")
    assert refused(head, FIRST) == f"feeder.csv:1: column {column} is missing"


def test_a_column_that_is_there_twice() -> None:
    assert "u_l1_v stands there twice" in refused(HEAD + ",u_l1_v", FIRST + ",1")


def test_semicolons_are_pointed_out() -> None:
    assert "separated by commas" in refused(HEAD.replace(",", ";"), FIRST)


@pytest.mark.parametrize(
    "rows, why",
    [
        ((FIRST, THIRD), "feeder.csv:3:1: column time: 1 rows are missing"),
        (
            (FIRST, FIRST),
            "feeder.csv:3:1: column time: 2024-01-09T00:00:00Z stands there",
        ),
        ((SECOND, FIRST), "feeder.csv:3:1: column time: steps back"),
        (
            (FIRST, SECOND.replace("15:00", "14:00")),
            "is not 900 s after the row before",
        ),
        ((FIRST.replace("Z", ""),), "has no offset"),
        ((FIRST.replace("2024-01-09", "9 January"),), "is not an ISO 8601 time"),
    ],
)
def test_times_that_do_not_follow(rows: tuple[str, ...], why: str) -> None:
    assert why in refused(HEAD, *rows)


@pytest.mark.parametrize(
    "old, new, why",
    [
        (
            "15582",
            "15582 W",
            "feeder.csv:2:7: column p_l2_w: '15582 W' is not a number",
        ),
        ("15582", "", "column p_l2_w: '' is not a number"),
        ("15582", "NaN", "column p_l2_w: 'NaN' is not a number that was measured"),
        ("15582", "-inf", "not a number that was measured"),
        ("15582", "1e99", "column p_l2_w: 1e99 W is not plausible"),
        ("15582", "1e999999999", "column p_l2_w"),
        ("15582", "1e-999999999999999999999", "column p_l2_w"),
        ("15582", "0x10", "is not a number"),
        ("15582", "15.6", "is it in kW?"),
        ("15582", "16", "is it in kW?"),
        ("15582", "-15.6", "is it in kW?"),
        ("15582", "155820", "is more than the 15773 VA"),
        ("15582", "-17900", "is more than"),
        ("68.4", "-68.4", "column i_l2_a: -68.4 A is not plausible"),
        ("68.4", "6840000", "column i_l2_a: 6840000 A is not plausible"),
        ("231.1", "2311", "column u_l3_v: 2311 V is not plausible"),
        ("231.1", "23.1", "column u_l3_v: 23.1 V is not plausible"),
        (",10924", "", "column p_l3_w: the row ends before it"),
        ("10924", '"10924', "is not CSV"),
    ],
)
def test_values_that_cannot_be(old: str, new: str, why: str) -> None:
    assert why in refused(HEAD, FIRST.replace(old, new))


def test_a_phase_without_voltage_is_a_fault_in_the_grid_and_not_in_the_file() -> None:
    row = "2024-01-09T00:00:00Z,0,0,0,230,1,230,230,1,230"
    assert read(HEAD, row)[0].voltage_dv == (0, 2300, 2300)


def test_a_balance_of_sun_and_load_is_plausible() -> None:
    row = "2024-01-09T00:00:00Z,230,20,0,230,20,150,230,20,-3"
    assert read(HEAD, row)[0].power_w == (0, 150, -3)


@pytest.mark.parametrize("rows", [(), (HEAD,), ("",)])
def test_nothing_in_it(rows: tuple[str, ...]) -> None:
    assert refused(*rows)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        list(read_feeder(tmp_path / "absent.csv"))
    with pytest.raises(ConfigError, match="directory"):
        list(read_feeder(tmp_path))
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        list(read_feeder(picture))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for head in ("", HEAD + "\n", HEAD + "\n" + FIRST + "\n"):
        try:
            list(read_feeder_lines((head + text).splitlines(keepends=True), "any"))
        except ConfigError:
            pass
