"""docs/objects.md says what the code has, and that nothing is missing."""

from __future__ import annotations

import re

from headend.operations import OPERATIONS
from tests.objects_page import REPOSITORY, page
from wire.cosem.dsmr import OBJECTS

PAGE = REPOSITORY / "docs" / "objects.md"


def test_the_page_is_current() -> None:
    assert (
        PAGE.read_text() == page()
    ), "docs/objects.md is not current: `python -m tests.objects_page > docs/objects.md`"


def test_each_object_and_operation_has_something_that_shows_it() -> None:
    shown = dict(re.findall(r"^\| `(\w+)` .*\]\(\.\./(.*)\) \|$", page(), re.MULTILINE))
    assert shown.keys() == {row.name for row in OBJECTS} | OPERATIONS.keys()
    for path in set(shown.values()):
        assert (REPOSITORY / path).is_file(), path
