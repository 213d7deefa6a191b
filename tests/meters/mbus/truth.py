"""What a device must have shown, told from what flowed through it and from nothing else."""

from __future__ import annotations

from bisect import bisect_right

from meters.p2.counting import reading
from meters.p2.media import Register


class Truth:
    """What flowed through a device, and how far its clock may have been ahead of true time."""

    def __init__(self, at_s: int, register: Register) -> None:
        self.register = register
        self.since_s = [at_s]
        self.counts = [0]
        self.rates = [0]
        self.offsets_s = {0}

    def set_rate(self, at_s: int, rate: int) -> None:
        """So much flows from then on."""
        self.counts.append(self.count(at_s))
        self.since_s.append(at_s)
        self.rates.append(rate)

    def count(self, at_s: int) -> int:
        """Rate times seconds until then."""
        place = bisect_right(self.since_s, at_s) - 1
        if place < 0:
            return 0
        return self.counts[place] + self.rates[place] * (at_s - self.since_s[place])

    def readings(self, captured_s: int) -> set[int]:
        """What it can have shown when its clock said so."""
        return self.at(*(captured_s - off_s for off_s in self.offsets_s))

    def at(self, *instants_s: int) -> set[int]:
        """What it has shown at these instants."""
        counts = (self.count(at_s) for at_s in instants_s)
        return {reading(self.register, (count, count)) for count in counts}
