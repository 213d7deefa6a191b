"""What a step can ask of the head-end: messages, reads, writes, operations; their models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from scenarios.language.values import Model, Moment, Number, one_of
from wire.charging_profile import ChargingProfile, Period, encode
from wire.dlms.security import MAX_COUNTER
from wire.errors import LocalError

# Offsets can be checked against each other from any instant.
_SOME_INSTANT = datetime(2024, 1, 1, tzinfo=UTC)


def print_text(text: bytes | None) -> str:
    """A message for a person: whole when short, else its beginning and its length."""
    if text is None:
        return "no message"
    shown = ascii(text[:40].decode("latin-1"))
    return shown if len(text) <= 40 else f"{len(text)} characters, {shown}…"


class AtMeter(Model):
    """Names a meter."""

    meter: Number = 1


class AtStation(Model):
    """Names a charge point."""

    station: Number = 1


class Repeat(Model):
    """A text repeated and cut to a length in characters."""

    text: Annotated[str, Field(min_length=1)]
    length: Annotated[int, Field(ge=0, le=100_000)]

    def build(self) -> str:
        """The text of that length."""
        return (self.text * (self.length // len(self.text) + 1))[: self.length]


class ProfilePeriod(Model):
    """From when on how much, in W for the whole station."""

    start: Moment
    max_w: Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
    phases: Annotated[int | None, Field(ge=1, le=3)] = None


class Profile(Model):
    """A charging profile, written as its JSON; whole seconds."""

    valid_from: Moment
    valid_to: Moment
    periods: Annotated[
        tuple[ProfilePeriod, ...], Field(strict=False, min_length=1, max_length=32)
    ]
    seq: Annotated[int | None, Field(ge=0, le=0xFFFFFFFF)] = None

    @model_validator(mode="after")
    def _writable(self) -> Self:
        moments = (self.valid_from, self.valid_to, *(p.start for p in self.periods))
        if len({type(moment) for moment in moments}) == 1:
            try:
                self.build(_SOME_INSTANT)
            except LocalError as error:
                raise ValueError(str(error)) from None
        return self

    def build(self, now: datetime) -> str:
        """The canonical text, offsets counted from `now`; `LocalError` if it is none."""

        def at(moment: datetime | timedelta) -> datetime:
            instant = now + moment if isinstance(moment, timedelta) else moment
            return instant.replace(microsecond=0)

        return encode(
            ChargingProfile(
                at(self.valid_from),
                at(self.valid_to),
                tuple(
                    Period(at(period.start), period.max_w, period.phases)
                    for period in self.periods
                ),
                seq=self.seq,
            )
        )


class Message(AtMeter):
    """A long message: a text, a repeated text, a profile, or none."""

    text: str | None = None
    repeat: Repeat | None = None
    profile: Profile | None = None
    clear: Annotated[bool, Field(description="true: the empty text")] = False

    _FORMS = ("text", "repeat", "profile", "clear")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        one_of(self, self._FORMS)
        if "clear" in self.model_fields_set and not self.clear:
            raise ValueError("clear is either true or left out")
        return self

    def octets(self, now: datetime) -> bytes:
        """What is to be sent."""
        text = self.text or ""
        if self.repeat is not None:
            text = self.repeat.build()
        elif self.profile is not None:
            text = self.profile.build(now)
        return text.encode("utf-8", "surrogatepass")

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"a message to meter {self.meter}"


class SendMessage(Message):
    """Sends a long message from the head-end to a meter."""

    check: Annotated[
        bool,
        Field(description="false: the head-end skips its own rules on the text"),
    ] = True


class Read(AtMeter):
    """Reads an object over P3: OBJECT[:ATTR] as on the command line."""

    object: Annotated[str, Field(min_length=1, max_length=80)]

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"reading {self.object} of meter {self.meter}"


class Write(Read):
    """Writes an object over P3."""

    value: Any

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"writing {self.object} of meter {self.meter}"


class Act(Read):
    """Invokes a method over P3: OBJECT:METHOD as on the command line."""

    value: Any = None

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"invoking {self.object} of meter {self.meter}"


class UseCounter(AtMeter):
    """Somebody else who has the keys of a meter associates, with that invocation counter."""

    # What associating and releasing take beside it.
    counter: Annotated[int, Field(ge=0, le=MAX_COUNTER - 3)]

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"counter {self.counter} at meter {self.meter}"


class Operate(AtMeter):
    """Does an operation by its name, with arguments as on the command line."""

    operation: Annotated[str, Field(min_length=1, max_length=64)]
    arguments: dict[str, Any] = Field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"{self.operation} of meter {self.meter}"
