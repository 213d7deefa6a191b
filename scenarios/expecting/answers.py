"""What the last command at a meter was answered, as a scenario can expect it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenarios.acting.commands import AtMeter
from scenarios.expecting.bounds import Bounds, part_of


class Answered(AtMeter, Bounds):
    """What the last command at a meter was answered; nothing is asked again."""

    item: Annotated[
        str | None,
        Field(
            min_length=1, max_length=200, description="a place in it; else all of it"
        ),
    ] = None

    def find(self, answer: object) -> object:
        """The item, or all of the answer."""
        return answer if self.item is None else part_of(answer, self.item)

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        what = (
            "the last answer"
            if self.item is None
            else f"{self.item} in the last answer"
        )
        return f"{what} of meter {self.meter}"
