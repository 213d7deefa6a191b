"""What the head-end has written down of keys and devices: what can be seen, and noted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from pydantic import Field

from headend.store.devices import Life
from headend.store.keys import KeyKind, KeyState
from scenarios.acting.commands import AtMeter
from scenarios.acting.devices import AtDevice
from scenarios.expecting.bounds import Bounds, Counted
from scenarios.language.known import Known
from scenarios.playing.desk_protocol import DeviceEntry
from scenarios.playing.scene import Look, Scene, Seen


class NoteLife(AtDevice):
    """Where a device is in its life, as the grid operator keeps it."""

    life: Annotated[Life, Field(strict=False)]


ITEMS: Final[dict[str, Callable[[DeviceEntry], object]]] = {
    "life": lambda entry: entry.device.life.value,
    "channel": lambda entry: entry.device.channel,
    "meter": lambda entry: entry.meter,
    "key_changes": lambda entry: entry.device.key_changes,
}


class BookValue(AtDevice, Bounds):
    """What the head-end has written down of a device."""

    item: Annotated[str, Known("item of the books", ITEMS)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of device {self.device} in the books"


class KeyCount(AtMeter, Counted):
    """Keys of a meter that the head-end keeps."""

    kind: Annotated[KeyKind | None, Field(strict=False)] = None
    state: Annotated[KeyState | None, Field(strict=False)] = None

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"keys of meter {self.meter}"

    def print(self) -> str:
        """What is wanted, for a person."""
        words = (self.state, self.kind)
        return self.print_times(" ".join(word for word in words if word) or "any")


def see_book(scene: Scene, body: BookValue) -> object:
    """The item, now."""
    return ITEMS[body.item](scene.world.head_end.books.device(body.device))


async def count_keys(scene: Scene, body: KeyCount) -> Look:
    """One look at the keys of a meter."""
    found = scene.world.head_end.books.keys(body.meter, body.kind, body.state)
    return Look(body.enough(found), str(found))


async def _note_life(scene: Scene, body: NoteLife) -> Seen:
    scene.world.head_end.books.note_life(body.device, body.life)
    return Seen(result=body.life.value)


BOOK_ACTIONS: Final[dict[str, Callable[[Scene, Any], Awaitable[Seen]]]] = {
    "note_life": _note_life
}
