"""What an operation asks of a client: the same of either engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headend.dlms.services import Reference
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)


class Engine(Protocol):
    """A client that is associated with a meter; `PeerRefused` keeps the meter's result."""

    async def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Data:
        """Reads an attribute."""

    async def get_list(
        self, references: Sequence[Reference]
    ) -> tuple[Data | DataAccessResult, ...]:
        """Reads attributes together: for each a value, or why there is none."""

    async def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> None:
        """Writes an attribute."""

    async def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> tuple[DataAccessResult, ...]:
        """Writes attributes together; what became of each."""

    async def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Data | None:
        """Invokes a method and returns what it returned."""
