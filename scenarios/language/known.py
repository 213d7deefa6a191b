"""Names that must stand in a table: refused with the one that may be meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from wire.spelling import unknown


@dataclass(frozen=True, slots=True)
class Known:
    """The annotation of a text that is one of `names`; `what` they are names of."""

    what: str
    names: Mapping[str, object]

    def _check(self, name: str) -> str:
        if name not in self.names:
            raise ValueError(unknown(self.what, name, self.names))
        return name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            self._check, handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": list(self.names)}
