"""Messages that were taken before the unit said what it can do, in case one asks for too much."""

from __future__ import annotations

from dataclasses import replace

from chargepoint.journal import CommitResult, Record


class Candidates:
    """The records that may govern: the newest of them does, unless it breaks rule 9.

    Until the unit is found its maximum is not known for certain, and a message is taken
    subject to it; the ones before it that ask for less are kept to return to.
    """

    def __init__(self, record: Record) -> None:
        self._records = [record]

    def take(self, record: Record, *, certain: bool) -> None:
        """Another record governs; `certain` that it keeps to the maximum, and so stays."""
        if certain:
            self._records.clear()
        while self._records and peak_w(self._records[-1]) >= peak_w(record):
            # Whatever rules out this record rules out that one too.
            self._records.pop()
        self._records.append(record)

    def newest(self) -> Record:
        """The last one taken."""
        return self._records[-1]

    def fitting(self, max_w: int) -> Record:
        """The newest that asks for at most `max_w`.

        Without one it is as if no message had come, but for the numbers that were taken.
        """
        for record in reversed(self._records):
            if peak_w(record) <= max_w:
                return record
        return replace(
            self._records[0],
            text=b"",
            digest=None,
            profile=None,
            commit=CommitResult.NONE,
        )


def peak_w(record: Record) -> int:
    """The most that the record's profile allows at any time, its fallback included."""
    profile = record.profile
    if profile is None:
        return 0
    return max(profile.fallback_w or 0, *(period.max_w for period in profile.periods))
