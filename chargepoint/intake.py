"""From the text on the meter to the profile that governs: the rules that need memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

from chargepoint.journal import CommitResult, Record
from wire.charging_profile import Decoded, ProfileRejected, Reject, Remark, decode


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message.

    `code` is NONE for a profile taken, CLEARED, EXPIRED or UNCHANGED for the outcomes of
    rules 13, 10 and 11, and a reason for a refusal. `record` is what to remember from now on.
    """

    code: Reject
    record: Record
    detail: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the message counts for nothing."""
        return self.code not in _TAKEN


_TAKEN = {Reject.NONE, Reject.CLEARED, Reject.EXPIRED, Reject.UNCHANGED}


def judge_message(
    text: bytes,
    record: Record,
    telegram_s: float,
    *,
    hardware_max_w: int,
    tolerant: bool = False,
) -> Verdict:
    """Rules 3 to 13 on a text that a telegram of `telegram_s` (epoch seconds) carries."""
    digest = sha256(text).digest()
    if digest == record.digest:
        return Verdict(Reject.UNCHANGED, record)
    try:
        decoded = decode(text, hardware_max_w=hardware_max_w, tolerant=tolerant)
    except ProfileRejected as error:
        return Verdict(error.code, record, str(error))
    remarks = decoded.warnings
    if decoded.seq is not None:
        if record.seq is not None and decoded.seq <= record.seq:
            return Verdict(
                Reject.REPLAY,
                record,
                f"Seq {decoded.seq} is not above {record.seq}, the last one taken",
            )
    elif text:
        remarks += (Remark(Reject.NO_SEQUENCE, "the message has no Seq"),)
    taken = replace(
        record,
        text=text,
        digest=digest,
        seq=record.seq if decoded.seq is None else decoded.seq,
        telegram_s=int(telegram_s),
    )
    return _outcome(decoded, taken, telegram_s, remarks)


def _outcome(
    decoded: Decoded, taken: Record, telegram_s: float, remarks: tuple[Remark, ...]
) -> Verdict:
    if decoded.valid_to is not None and decoded.valid_to.timestamp() <= telegram_s:
        return Verdict(
            Reject.EXPIRED,
            taken,
            f"ValidTo {decoded.valid_to:%Y-%m-%d %H:%M:%S} UTC has passed",
            remarks,
        )
    taken = replace(taken, profile=decoded.profile, commit=CommitResult.PENDING)
    if decoded.cleared:
        return Verdict(Reject.CLEARED, taken, "the profile is dropped", remarks)
    return Verdict(Reject.NONE, taken, remarks=remarks)
