"""Files that grow, are replaced, or hold what cannot be: what is read, told, and left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headend.dali import COLUMNS, Fault, FeederSample
from headend.dali_tail import MOST_TOLD, FeederTail, Found

HEAD = ",".join(("time", *COLUMNS)) + "\n"
FIRST = datetime(2024, 1, 9, tzinfo=UTC)


def row(number: int, values: str = "230,10,2300") -> str:
    time = FIRST + timedelta(minutes=15 * number)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" + f",{values}" * 3 + "\n"


def rows(*numbers: int) -> str:
    return "".join(row(number) for number in numbers)


def seen(found: Iterable[Found]) -> list[int | str]:
    """The number of each sample's row; each fault as it is told, without the folder."""
    return [
        (
            (item.time - FIRST) // timedelta(minutes=15)
            if isinstance(item, FeederSample)
            else str(item).rpartition("/")[2]
        )
        for item in found
    ]


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "f.csv"
    path.write_text(HEAD + rows(0, 1))
    return path


def test_each_row_is_told_once_and_when_its_line_has_an_end(path: Path) -> None:
    tail = FeederTail(path)
    assert seen(tail.look()) == [0, 1]
    assert list(tail.look()) == []
    append(path, row(2)[:30])
    assert list(tail.look()) == []
    append(path, row(2)[30:] + row(3)[:5])
    assert seen(tail.look()) == [2]
    append(path, row(3)[5:])
    assert seen(tail.look()) == [3]


def test_a_header_that_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("\ufeff" + HEAD[:20])
    tail = FeederTail(path)
    assert list(tail.look()) == []
    append(path, HEAD[20:-1] + "\r\n\r\n" + row(0).replace("\n", "\r\n"))
    assert seen(tail.look()) == [0]


WRONG = "the row is left out, the transformer counts as not measured then"


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (
            rows(4, 5),
            [
                "f.csv:4:1: column time: 2 rows are missing before this one; the"
                " transformer counts as not measured in between",
                4,
                5,
            ],
        ),
        (
            rows(1, 2),
            [
                "f.csv:4:1: column time: 2024-01-09T00:15:00Z stands there twice;"
                " the row is left out, the first one counts",
                2,
            ],
        ),
        (
            rows(0, 2),
            ["f.csv:4:1: column time: steps back; the row is left out", 2],
        ),
        (
            row(2, "230,10,NaN") + rows(3),
            [
                "f.csv:4:4: column p_l1_w: 'NaN' is not a number that was measured; "
                + WRONG,
                3,
            ],
        ),
        (
            row(2, "230,20,4.6") + rows(3),
            [
                "f.csv:4:4: column p_l1_w: 5 W at 4600 VA is not plausible: is it in"
                f" kW?; {WRONG}",
                3,
            ],
        ),
        (
            row(2).replace("00:30:00", "00:31:00") + rows(3, 4),
            [
                f"f.csv:4:1: column time: is not 900 s after the row before; {WRONG}",
                f"f.csv:5:1: column time: is not 900 s after the row before; {WRONG}",
                4,
            ],
        ),
        (
            "soon" + row(2)[20:] + rows(3),
            [
                f"f.csv:4:1: column time: 'soon' is not an ISO 8601 time; {WRONG}",
                "f.csv:5:1: column time: 1 rows are missing before this one; the"
                " transformer counts as not measured in between",
                3,
            ],
        ),
        (
            '"' + row(2) + rows(3)[:-1] + ",more\n",
            [
                f"f.csv:4: is not CSV: unexpected end of data; {WRONG}",
                "f.csv:5:1: column time: 1 rows are missing before this one; the"
                " transformer counts as not measured in between",
                3,
            ],
        ),
        (
            row(2)[:30] + "\n" + rows(3),
            [f"f.csv:4:5: column u_l2_v: the row ends before it; {WRONG}", 3],
        ),
        (
            "x" * 200_000 + "\n" + rows(2),
            [f"f.csv:4: is too long for a line; {WRONG}", 2],
        ),
    ],
)
def test_a_row_that_is_wrong_is_named_and_the_others_go_on(
    added: str, told: list[int | str], path: Path
) -> None:
    tail = FeederTail(path)
    list(tail.look())
    append(path, added)
    assert seen(tail.look()) == told
    assert list(tail.look()) == []


def test_octets_that_are_no_text(path: Path) -> None:
    tail = FeederTail(path)
    with path.open("ab") as file:
        file.write(b"\xff\xfe\n" + row(2).encode())
    wrong = f"f.csv:4:1: column time: is not text in UTF-8; {WRONG}"
    assert seen(tail.look()) == [0, 1, wrong, 2]


def test_files_of_a_folder_follow_each_other(tmp_path: Path) -> None:
    tail = FeederTail(tmp_path)
    assert list(tail.look()) == []
    (tmp_path / "0109.csv").write_text(HEAD + rows(0, 1))
    (tmp_path / "notes.txt").write_text("nothing")
    assert seen(tail.look()) == [0, 1]
    append(tmp_path / "0109.csv", row(2))
    (tmp_path / "0110.CSV").write_text(HEAD + rows(3))
    assert seen(tail.look()) == [2, 3]
    (tmp_path / "0111.csv").write_text(HEAD + rows(5))
    hole, sample = tail.look()
    assert str(hole).startswith(f"{tmp_path}/0111.csv:2:1: column time: 1 rows are")
    assert seen([sample]) == [5]


def test_a_file_of_a_folder_that_is_no_feeders(tmp_path: Path) -> None:
    tail = FeederTail(tmp_path)
    (tmp_path / "a.csv").write_text("station,arrival\nCP001,x\n")
    (tmp_path / "b.csv").write_text(HEAD + rows(0))
    told = ["a.csv:1: column time is missing; the file is left out", 0]
    assert seen(tail.look()) == told
    append(tmp_path / "a.csv", row(1))
    append(tmp_path / "b.csv", row(1))
    assert seen(tail.look()) == [1]


def test_a_file_that_is_replaced_by_a_longer_one(path: Path) -> None:
    tail = FeederTail(path)
    append(path, row(3))
    before = list(tail.look())
    assert [isinstance(item, Fault) for item in before] == [False, False, True, False]
    new = path.with_suffix(".new")
    new.write_text(HEAD + rows(0, 1, 3, 4))
    new.replace(path)
    # The hole was told before.
    assert seen(tail.look()) == [4]
    assert list(tail.look()) == []


def test_a_file_that_begins_anew(path: Path) -> None:
    tail = FeederTail(path)
    list(tail.look())
    path.write_text(HEAD)
    assert list(tail.look()) == []
    append(path, rows(2, 3, 4))
    assert seen(tail.look()) == [2, 3, 4]


def test_a_last_row_that_is_mended(path: Path) -> None:
    tail = FeederTail(path)
    append(path, row(2, "230,10,230x"))
    assert [isinstance(item, Fault) for item in tail.look()] == [False, False, True]
    path.write_text(HEAD + rows(0, 1, 2, 3))
    assert seen(tail.look()) == [2, 3]


def test_an_older_file_written_again_does_not_turn_back_the_time(
    tmp_path: Path,
) -> None:
    tail = FeederTail(tmp_path)
    for name, text in (("a.csv", rows(0, 1)), ("b.csv", rows(2, 3))):
        (tmp_path / name).write_text(HEAD + text)
    assert seen(tail.look()) == [0, 1, 2, 3]
    new = tmp_path / "a.new"
    new.write_text(HEAD + rows(0, 1))
    new.replace(tmp_path / "a.csv")
    append(tmp_path / "b.csv", row(4))
    assert seen(tail.look()) == [4]


def test_a_file_that_goes_away_and_comes_back(path: Path) -> None:
    tail = FeederTail(path)
    list(tail.look())
    aside = path.rename(path.with_suffix(".aside"))
    told = ["f.csv: cannot be read: No such file or directory; the file is left out"]
    assert seen(tail.look()) == told
    assert list(tail.look()) == []
    append(aside, row(2))
    aside.rename(path)
    assert seen(tail.look()) == [2]


def test_a_row_of_the_future_does_not_end_all_others(path: Path) -> None:
    tail = FeederTail(path, now=lambda: FIRST + timedelta(minutes=45))
    append(path, row(2).replace("2024", "2089") + row(3) + row(4))
    wrong = f"column time: is in the future; {WRONG}"
    hole = "f.csv:5:1: column time: 1 rows are missing before this one; the transformer"
    early, gap, last, late = seen(tail.look())[2:]
    assert (early, last, late) == (f"f.csv:4:1: {wrong}", 3, f"f.csv:6:1: {wrong}")
    assert str(gap).startswith(hole)


def test_no_more_faults_are_remembered_than_a_bound(path: Path) -> None:
    path.write_text(HEAD)
    tail = FeederTail(path)
    assert seen(tail.look()) == []
    append(path, "".join(f"{number}\n" for number in range(3 * MOST_TOLD)))
    assert len(seen(tail.look())) == 3 * MOST_TOLD
    assert len(tail._files[path].told) == MOST_TOLD
