"""A head-end with two live meters, whose jobs are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.recording.live import Live, live
from wire.cosem.rows import Standard


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Live]:
    with live(tmp_path, Standard.DSMR_4_2_2) as made:
        yield made
