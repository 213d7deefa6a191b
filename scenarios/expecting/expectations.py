"""What a step can expect to see; one model for each kind.

A new kind is a field of `Expectation` and a row in `scenarios.expecting.eyes`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from scenarios.acting.commands import (
    Act,
    AtMeter,
    AtStation,
    Operate,
    Read,
    Repeat,
    SendMessage,
    UseCounter,
    Write,
    print_text,
)
from scenarios.acting.jobs import AddSchedule, CancelJob, HandIn, JobCount, JobValue
from scenarios.acting.unit_actions import WriteRegister
from scenarios.expecting.answers import Answered
from scenarios.expecting.books import BookValue, KeyCount
from scenarios.expecting.bounds import Bounds, Counted, Near, in_order
from scenarios.expecting.device_sights import DeviceValue, DisplayText, P1Line, Stored
from scenarios.expecting.recorded import AsRecorded
from scenarios.expecting.run_sights import EventSeen, Latency
from scenarios.expecting.sights import (
    GatewayValue,
    MeterValue,
    StationValue,
    TelegramValue,
    TransformerValue,
)
from scenarios.language.settings import Controller
from scenarios.language.values import Duration, Model, Real, one_of
from wire.cosem.alarm_bits import REGISTERS
from wire.cosem.events import Log
from wire.spelling import meant

SHORTEST = timedelta(milliseconds=100)
_ALARMS = frozenset(name for bits in REGISTERS.values() for name in bits.values())


class P1Text(AtMeter):
    """The text message that the meter's P1 telegrams carry."""

    text: str | None = None
    repeat: Repeat | None = None
    sent: Annotated[
        bool | None,
        Field(description="the last text that this meter accepted in this run"),
    ] = None
    silent: Annotated[bool | None, Field(description="no telegram comes")] = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        form = one_of(self, ("text", "repeat", "sent", "silent"))
        if form in ("sent", "silent") and getattr(self, form) is not True:
            raise ValueError(f"{form} is either true or left out")
        return self

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"P1 text of meter {self.meter}"

    def text_of(self, sent: bytes | None) -> bytes | None:
        """The octets wanted; `sent` is the last text that this meter accepted."""
        if self.sent:
            return sent
        text = self.repeat.build() if self.repeat is not None else self.text
        return None if text is None else text.encode("utf-8", "surrogatepass")

    def print(self) -> str:
        """What is wanted, for a person."""
        if self.sent:
            return "what was sent"
        return "no message" if self.silent else print_text(self.text_of(None))


class ObjectValue(AtMeter, Bounds):
    """An object read over P3."""

    object: Annotated[str, Field(min_length=1, max_length=80)]

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"{self.object} of meter {self.meter}"


class LogRows(AtMeter, Counted):
    """Rows of an event log, read over P3."""

    log: Annotated[Log, Field(strict=False)]
    has: Annotated[
        int | None, Field(ge=0, le=255, description="an event's code; else any row")
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.has is None and not self.counts:
            raise ValueError("needs has, times or both")
        if self.has is not None and self.log is Log.POWER_FAILURE:
            raise ValueError(f"the rows of {self.log} have no code")
        return self

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"{self.log} of meter {self.meter}"

    def print(self) -> str:
        """What is wanted, for a person."""
        return self.print_times("any row" if self.has is None else f"code {self.has}")


class Pushed(AtMeter, Counted):
    """Pushes of a meter that the head-end has heard since the start."""

    alarm: Annotated[
        str | None, Field(description="one that tells of this alarm; else any push")
    ] = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.alarm is not None and self.alarm not in _ALARMS:
            near = meant(self.alarm, _ALARMS)
            raise ValueError(f"no alarm is called {self.alarm[:80]!r}{near}")
        return self

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"pushes of meter {self.meter}"

    def print(self) -> str:
        """What is wanted, for a person."""
        return self.print_times(self.alarm or "any push")


class RegisterValue(AtStation, Bounds):
    """A register of the control unit, read over Modbus."""

    name: Annotated[str, Field(min_length=1, max_length=80)]

    @field_validator("equals")
    @classmethod
    def _a_number(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(f"should be a number, not {value!r}")
        return value

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"register {self.name} of station {self.station}"


class Refused(Model):
    """A command that must be refused; `result` is the refusal's name, `by` who refuses."""

    send_message: SendMessage | None = None
    read: Read | None = None
    write: Write | None = None
    act: Act | None = None
    operate: Operate | None = None
    use_counter: UseCounter | None = None
    hand_in: HandIn | None = None
    cancel_job: CancelJob | None = None
    add_schedule: AddSchedule | None = None
    write_register: WriteRegister | None = None
    result: str | None = None
    by: Literal["head-end", "meter", "unit", "transport"] | None = None

    _COMMANDS = (
        *("send_message", "read", "write", "act", "operate", "use_counter"),
        *("hand_in", "cancel_job", "add_schedule", "write_register"),
    )

    @property
    def command(self) -> str:
        """Which command it is."""
        return one_of(self, self._COMMANDS)

    @property
    def body(self) -> Any:
        """What stands below the command."""
        return getattr(self, self.command)

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        subject: str = self.body.subject
        return subject

    def print(self) -> str:
        """What is wanted, for a person."""
        by = f" by the {self.by}" if self.by else ""
        return f"refused{by}: {self.result}" if self.result else f"refused{by}"

    @model_validator(mode="after")
    def _one_command(self) -> Self:
        one_of(self, self._COMMANDS)
        return self


class Answer(Operate, Bounds):
    """What an operation answers: an item of its result, `flags.p0` or `rows.-1.status`."""

    item: Annotated[str, Field(min_length=1, max_length=80)]

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"{self.item} of {self.operation} of meter {self.meter}"


class KpiValue(Model):
    """A key figure from the start until here; judged when all runs are played."""

    name: str
    equals: Real | None = None
    tolerance: Near | None = None
    min: Real | None = None
    max: Real | None = None
    below_run: Annotated[
        Controller | None,
        Field(strict=False, description="lower than in the run of this controller"),
    ] = None
    run: Annotated[
        Controller | None,
        Field(strict=False, description="only in this controller's run"),
    ] = None

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if not self.model_fields_set & {"equals", "min", "max", "below_run"}:
            raise ValueError("needs equals, min, max or below_run")
        if self.tolerance is not None and self.equals is None:
            raise ValueError("tolerance goes with a number that it equals")
        in_order(self.min, self.max)
        return self


# Not `register` as in the file: a method of every pydantic model's class has that name.
_KINDS = (
    *("p1_text", "p1_line", "object", "log", "push", "register_", "refused", "answer"),
    *("answered", "device", "meter_display", "stored", "meter", "station", "gateway"),
    *("transformer", "telegram", "event", "latency", "job", "jobs", "keys"),
    *("books", "recorded", "kpi"),
)
# What is looked at no more than once.
_AT_ONCE = ("refused", "answered", "recorded", "kpi")


class Expectation(Model):
    """One thing that must be seen, at once or `within` a duration."""

    p1_text: P1Text | None = None
    p1_line: P1Line | None = None
    object: ObjectValue | None = None
    log: LogRows | None = None
    push: Pushed | None = None
    register_: Annotated[RegisterValue | None, Field(alias="register")] = None
    refused: Refused | None = None
    answer: Answer | None = None
    answered: Answered | None = None
    device: DeviceValue | None = None
    meter_display: DisplayText | None = None
    stored: Stored | None = None
    meter: MeterValue | None = None
    station: StationValue | None = None
    gateway: GatewayValue | None = None
    transformer: TransformerValue | None = None
    telegram: TelegramValue | None = None
    event: EventSeen | None = None
    latency: Latency | None = None
    job: JobValue | None = None
    jobs: JobCount | None = None
    keys: KeyCount | None = None
    books: BookValue | None = None
    recorded: AsRecorded | None = None
    kpi: KpiValue | None = None
    within: Annotated[
        Duration | None, Field(description="not for what is looked at once")
    ] = None
    for_: Annotated[
        Duration | None,
        Field(
            alias="for",
            description="it must hold throughout; not for what is looked at once",
        ),
    ] = None
    every: Annotated[
        Duration | None, Field(description="between looks; 1s, unless said")
    ] = None

    @property
    def kind(self) -> str:
        """Which kind it is, as the file calls it."""
        return one_of(self, _KINDS).removesuffix("_")

    @property
    def body(self) -> Any:
        """What stands below the kind."""
        return getattr(self, one_of(self, _KINDS))

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        try:
            kind = one_of(self, _KINDS)
        except ValueError as error:
            raise ValueError(str(error).replace("register_", "register")) from None
        for name, value in (("within", self.within), ("for", self.for_)):
            if value is not None and kind in _AT_ONCE:
                raise ValueError(f"{name} does not go with {kind}")
        if self.every is not None:
            if self.within is None and self.for_ is None:
                raise ValueError("every goes with within or for")
            if self.every < SHORTEST:
                raise ValueError("every is 100ms or more")
        return self
