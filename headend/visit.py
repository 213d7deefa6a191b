"""A visit to a meter: an association with it, and what the head-end keeps of the visit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from headend.devices import DeviceRing
from headend.dlms.client import Client
from headend.dlms.engine import Engine
from headend.keyring import KeyRing
from headend.keys import Key
from headend.store import leases, readings
from headend.store.call import Call
from headend.store.engine import Store
from headend.store.job import Job
from headend.store.keys import KeyKind
from headend.store.readings import Reading, Register
from wire.errors import LocalError


class Measured(NamedTuple):
    """A value that was read: of which register, when it held, and its AMR profile status.

    The status is None where none was told.
    """

    register: Register
    time_s: int
    value: int
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Where the head-end keeps what comes of a job at one meter.

    `wait` lets so many seconds pass. `numbers` are those of the registers that are stored, as
    far as they were met before.
    """

    store: Store
    call: Call
    job: Job
    keys: KeyRing
    devices: DeviceRing
    wait: Callable[[float], Awaitable[None]]
    numbers: dict[Register, int] = field(default_factory=dict)

    async def keep(self, measured: Iterable[Measured]) -> None:
        """Stores readings; one that was stored before is replaced by one with a status."""
        kept = list(measured)
        registers = dict.fromkeys(each.register for each in kept)

        def put() -> None:
            new = [each for each in registers if each not in self.numbers]
            with self.store.begin(durable=False) as connection:
                numbers = self.numbers | {
                    register: readings.register_id(connection, register)
                    for register in new
                }
                for told in (True, False):
                    readings.put(
                        connection,
                        [
                            Reading(
                                self.job.meter_id,
                                numbers[each.register],
                                each.time_s,
                                each.value,
                                each.status or 0,
                            )
                            for each in kept
                            if told is (each.status is not None)
                        ],
                        replace=told,
                    )
            # Not before: what is rolled back gets another number the next time.
            self.numbers.update(numbers)

        if kept:
            await self.call(put)

    async def note(self, progress: Any) -> None:
        """Stores how far the job got: the next attempt finds it as the job's result."""

        def write() -> None:
            with self.store.begin() as connection:
                leases.note(connection, self.job, progress)

        await self.call(write)


class Visit:
    """What an operation works with: the services of an `Engine`, and the records.

    Without records, as in a trial of one operation, nothing is kept.
    """

    def __init__(self, meter: Engine, records: Records | None = None) -> None:
        self._meter = meter
        self._records = records
        self.get = meter.get
        self.get_list = meter.get_list
        self.set = meter.set
        self.set_list = meter.set_list
        self.action = meter.action

    @property
    def keys(self) -> KeyRing:
        """The keys of the meter."""
        if self._records is None:
            raise LocalError("keys are replaced by a job, which stores them first")
        return self._records.keys

    @property
    def devices(self) -> DeviceRing:
        """The M-Bus devices of the meter."""
        if self._records is None:
            raise LocalError("M-Bus devices are known where a job is done")
        return self._records.devices

    @property
    def asked_s(self) -> float:
        """When the job was handed in, in epoch seconds."""
        return self._records.job.created_s if self._records is not None else 0.0

    @property
    def progress(self) -> Any:
        """How far earlier attempts got, as they noted it; None at the first one."""
        return self._records.job.result if self._records is not None else None

    @property
    def now_s(self) -> float:
        """The time at the head-end, in epoch seconds."""
        return self.keys.now()

    async def note(self, progress: Any) -> None:
        """See `Records.note`."""
        if self._records is not None:
            await self._records.note(progress)

    async def wait(self, seconds: float) -> None:
        """Lets time pass at the meter, which stays associated."""
        if self._records is not None:
            await self._records.wait(seconds)

    async def keep(self, measured: Iterable[Measured]) -> None:
        """See `Records.keep`."""
        if self._records is not None:
            await self._records.keep(measured)

    def use(self, key: Key) -> None:
        """Ciphers with a new key from the next request on, as the meter does."""
        if not isinstance(self._meter, Client):
            raise LocalError("only a client of a meter can change its keys")
        if key.kind is KeyKind.ENCRYPTION:
            self._meter.replace_keys(
                encryption_key=key.octets, next_counter=self.keys.block(key).take
            )
        elif key.kind is KeyKind.AUTHENTICATION:
            self._meter.replace_keys(authentication_key=key.octets)
