"""What a world's time does to Python's garbage collector, and what it leaves."""

from __future__ import annotations

import gc

import pytest

from scenarios.transport.garbage import YOUNG_OBJECTS, seldom_collected


def test_what_is_there_is_passed_over_and_cycles_are_looked_for_seldom() -> None:
    with seldom_collected():
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] == YOUNG_OBJECTS


def test_all_is_as_before_whatever_happened() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyError), seldom_collected():
        raise KeyError
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
