"""What a world's head-end has written down of the keys and devices of its meters."""

from __future__ import annotations

from collections.abc import Sequence

from headend.store import Store, devices, keys
from headend.store.devices import Life
from headend.store.keys import KeyKind, KeyState
from headend.store.meters import Meter
from scenarios.playing.desk_protocol import DeviceEntry


class Books:
    """See `scenarios.playing.desk_protocol.Books` for what each method is to do.

    `meters` are those of the stations, in their order.
    """

    def __init__(self, store: Store, meters: Sequence[Meter]) -> None:
        self._store = store
        self._meters = meters

    def keys(self, meter: int, kind: KeyKind | None, state: KeyState | None) -> int:
        """How many keys there are of a meter."""
        with self._store.read() as connection:
            found = keys.of_meter(connection, self._meters[meter - 1].id, kind)
        return sum(state in (None, key.state) for key in found)

    def device(self, name: str) -> DeviceEntry:
        """What is known of a device."""
        with self._store.read() as connection:
            found = devices.find(connection, name)
        numbers = {known.id: number for number, known in enumerate(self._meters, 1)}
        return DeviceEntry(found, numbers.get(found.meter_id or 0))

    def note_life(self, name: str, life: Life) -> None:
        """Notes where a device is in its life."""
        with self._store.begin() as connection:
            device = devices.find(connection, name)
            devices.change(connection, device, life=life.value)
