"""How a file asks for a part of another one in a place of its own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from scenarios.language.values import File, Model


class Include(Model):
    """What another file holds stands in this place; short: the file alone."""

    file: Annotated[File, Field(description="counts from the folder of this file")]
    set: Annotated[
        dict[str, Any], Field(description="values for the parameters that it declares")
    ] = {}
