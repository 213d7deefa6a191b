"""The examples of `docs/data.md` do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

from headend.dali import read_feeder
from headend.dali_mapping import read_mapping

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"


def test_the_mapping_makes_the_same_of_the_other_csv(tmp_path: Path) -> None:
    blocks = re.findall("```(csv|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    paths = []
    for number, (kind, text) in enumerate(blocks[:3]):
        paths.append(tmp_path / f"{number}.{kind}")
        paths[-1].write_text(text)
    native, other, mapping = paths
    wanted = list(read_feeder(native))
    assert len(wanted) == 2
    assert list(read_feeder(other, read_mapping(mapping))) == wanted
