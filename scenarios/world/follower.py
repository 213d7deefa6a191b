"""One message followed byte by byte: what stood on each wire, kept for the report."""

from __future__ import annotations

from datetime import datetime

from chargepoint.registers import BY_NAME, Outcome, register
from chargepoint.unit import ControlUnit
from headend.control import Sent
from headend.desk import SYSTEM_TITLE
from headend.dlms.apdu_xml import to_xml
from headend.store.job import Job
from meters.meter import Meter
from scenarios.playing.results import FollowedMessage, Form, Stage
from wire.charging_profile import encode
from wire.dlms.security import unprotect
from wire.dlms.wrapper import HEADER_LENGTH
from wire.errors import SimError
from wire.instants import from_epoch
from wire.p1 import TEXT_MESSAGE, Telegram

_SET_REQUEST_GLO, _SET_RESPONSE_GLO = 0xC9, 0xCD
_TAG_DIGITS = 24
_STATE = (
    "limit_source",
    "applied_limit",
    "pwm_current",
    "profile_remaining",
    "status",
    "active_sequence",
    "active_period",
)
_STAGED = ("commit", "sequence", "valid_from", "valid_to", "period_count", "buffer_crc")


class Follower:
    """Collects the stages of one message on its way to one station."""

    def __init__(
        self, meter: Meter, sent: Sent, planned: datetime, now: datetime
    ) -> None:
        profile = sent.command.profile
        self.station = sent.command.station
        self.text = sent.text
        self._meter = meter
        self.complete = False
        self._stages = [
            Stage(
                "The plan, as the consumer message's text",
                planned,
                Form.TEXT,
                encode(profile),
                f"{len(sent.text)} of at most 1024 characters,"
                f" {len(profile.periods)} periods",
            ),
            Stage(
                "The job, committed before anything is sent",
                now,
                Form.TABLE,
                "job\toperation\tobject\tcharacters\n"
                f"{sent.job_id}\tmessage\t0-0:96.13.0, attribute 2\t{len(sent.text)}",
            ),
        ]

    def octets(self, now_s: float, sent: bool, wpdu: bytes) -> None:
        """Sees a WPDU between head-end and meter; keeps the SET and its answer."""
        wanted = _SET_REQUEST_GLO if sent else _SET_RESPONSE_GLO
        if self.complete or wpdu[HEADER_LENGTH] != wanted:
            return
        self.complete = not sent
        at, name = from_epoch(now_s), "SET-request" if sent else "SET-response"
        self._stages.append(
            Stage(
                f"{name} on P3, as sent",
                at,
                Form.HEX,
                wpdu.hex(),
                "COSEM wrapper and ciphered APDU, authenticated and encrypted",
                _cipher_marks(wpdu),
            )
        )
        title = SYSTEM_TITLE if sent else self._meter.identity.system_title
        try:
            cipher = self._meter.state.keys.cipher()
            plain = unprotect(wpdu[HEADER_LENGTH:], cipher, title).apdu
            self._stages.append(
                Stage(
                    f"{name}, deciphered", at, Form.HEX, plain.hex(), "", _marks(plain)
                )
            )
            self._stages.append(
                Stage(f"{name} as XML, read by gurux-dlms", at, Form.XML, to_xml(plain))
            )
        except SimError as error:
            self._stages.append(Stage(f"{name}, deciphered", at, Form.TEXT, str(error)))

    def ended(self, now: datetime, job: Job) -> None:
        """The job has ended."""
        self._stages.append(
            Stage(
                "The job, done",
                now,
                Form.TABLE,
                f"job\tstate\tattempts\tresult\n{job.id}\t{job.state}\t{job.attempts}\t"
                f"{(job.result or {}).get('result', job.error)}",
            )
        )

    def telegram(self, now: datetime, telegram: Telegram) -> None:
        """The telegram that carries the message."""
        text = telegram.octets.decode("ascii", "replace").replace("\r\n", "\n")
        self._stages.append(
            Stage(
                "The telegram on P1",
                now,
                Form.TEXT,
                text,
                "the message's characters, each as two hexadecimal digits",
                ((TEXT_MESSAGE, "consumer message"),),
            )
        )

    def committed(self, now: datetime, unit: ControlUnit) -> None:
        """The unit has taken the profile over; its registers as Modbus reads them."""
        count = _value(unit, "period_count")
        names = [*_STAGED]
        for index in range(count):
            names += [f"period_{index}_start", f"period_{index}_max"]
        for title, chosen in (
            ("The unit's staged registers, after the commit", names),
            ("What the unit applies", _STATE),
        ):
            rows = ["register\tname\tvalue\tunit\tmeaning"]
            for name in chosen:
                row = BY_NAME[name]
                value = _value(unit, name)
                shown = Outcome(value).name if name == "commit" and value < 5 else value
                rows.append(
                    f"{row.address}\t{name}\t{shown}\t{row.unit}\t{row.meaning}"
                )
            self._stages.append(Stage(title, now, Form.TABLE, "\n".join(rows)))

    def message(self) -> FollowedMessage:
        """All stages, in the order of time."""
        return FollowedMessage(self.station, tuple(self._stages))


def _value(unit: ControlUnit, name: str) -> int:
    row = register(name)
    return row.decode(unit.read(row.address, row.words))


def _cipher_marks(wpdu: bytes) -> tuple[tuple[str, str], ...]:
    """The parts of a WPDU with a glo-ciphered APDU, as hexadecimal digits."""
    digits = wpdu.hex()
    at = 2 * HEADER_LENGTH
    length_octets = 1 + (
        wpdu[HEADER_LENGTH + 1] & 0x7F if wpdu[HEADER_LENGTH + 1] > 0x7F else 0
    )
    control = at + 2 + 2 * length_octets
    return (
        (digits[:at], "wrapper: version, source, destination, length"),
        (digits[at : at + 2], "glo- tag of the service"),
        (digits[at + 2 : control], "length"),
        (digits[control : control + 2], "security control"),
        (digits[control + 2 : control + 10], "invocation counter"),
        (digits[control + 10 : -_TAG_DIGITS], "ciphertext"),
        (digits[-_TAG_DIGITS:], "authentication tag"),
    )


def _marks(apdu: bytes) -> tuple[tuple[str, str], ...]:
    digits = apdu.hex()
    if apdu[0] != 0xC1:
        return ((digits[:4], "SET-response-normal"), (digits[6:8], "result"))
    return (
        (digits[:4], "SET-request-normal"),
        (digits[4:6], "invoke id and priority"),
        (digits[6:10], "class 1, Data"),
        (digits[10:22], "0-0:96.13.0.255"),
        (digits[22:24], "attribute 2, value"),
    )
