"""How one association is protected: ciphers, titles, counters, and the kind to answer in."""

from __future__ import annotations

from meters.identity import Keys
from meters.meter import Meter
from wire.cosem.rows import SMR5
from wire.dlms.acse import Mechanism
from wire.dlms.hls import Hls
from wire.dlms.security import (
    MAX_COUNTER,
    OVERHEAD,
    Cipher,
    CounterRule,
    Kind,
    SecurityControl,
    protect,
    unprotect,
)
from wire.errors import SecurityError


class CounterError(SecurityError):
    """The peer's invocation counter is not one that may follow."""


def counter_rule(meter: Meter) -> CounterRule:
    """The rule for the client's counters that the meter's standard has (P3, 3.2.3)."""
    return CounterRule.SMR5 if meter.identity.standard in SMR5 else CounterRule.DSMR4


class Protection:
    """Deciphers what one client sends to one meter, and ciphers what it gets.

    The answer goes out as the request came in: same kind, same security control. New keys are
    taken into use with the next request, so that the answer that acknowledges them still has
    the old ones (P3, 5.1, note 4).
    """

    __slots__ = (
        "client_title",
        "kind",
        "_meter",
        "_hls",
        "_keys",
        "_cipher",
        "_rule",
        "_previous",
        "_last",
        "_control",
        "_may_skip_one",
        "_skipped",
    )

    def __init__(self, meter: Meter, client_title: bytes, mechanism: Mechanism) -> None:
        self.client_title = client_title
        self.kind = Kind.GLO
        self._meter = meter
        self._keys = meter.state.keys
        self._cipher: Cipher = self._keys.cipher()
        self._hls = Hls(mechanism, self._cipher, self._keys.hls_secret)
        self._rule = counter_rule(meter)
        self._previous = self._previous_of_key()
        self._last = 0
        self._control = SecurityControl.AUTHENTICATED_ENCRYPTED
        self._may_skip_one = False
        self._skipped: int | None = None

    @property
    def overhead(self) -> int:
        """How many octets ciphering adds to an answer."""
        return OVERHEAD[self.kind]

    def open(self, octets: bytes) -> bytes:
        """The APDU in clear.

        Raises `SecurityError` when it does not verify or is protected less than the policy
        wants, `CounterError` when only its counter is wrong, `WireError` when it is not one.
        """
        self._renew()
        self._last = self._meter.state.sending_counter & MAX_COUNTER
        apdu, kind, control, counter = unprotect(
            octets, self._cipher, self.client_title
        )
        # Policies 1 to 3 are these two bits of the security control byte (Blue Book, class 64).
        required = self._meter.state.security_policy << 4
        if control & required != required:
            raise SecurityError("the security policy asks for more protection")
        self._judge(counter)
        self.kind, self._control = kind, control
        return apdu

    def seal(self, apdu: bytes) -> bytes:
        """The APDU protected as the last request was."""
        meter = self._meter
        state = meter.state
        # An answer under keys that were just replaced is the last frame of theirs.
        last = state.keys is not self._keys and self._is_former(state.keys)
        return protect(
            apdu,
            cipher=self._cipher,
            title=meter.identity.system_title,
            counter=self._last if last else state.take_counter(),
            control=self._control,
            kind=self.kind,
        )

    def expect_proof(self) -> None:
        """The client may take a counter for its proof, between two frames: one gap may come.

        gurux-dlms does so whatever the mechanism; a digest does not tell.
        """
        self._may_skip_one = True

    def check_proof(self, challenge: bytes, proof: bytes) -> None:
        """Judges the client's f(StoC); raises `SecurityError` when it is none.

        Raises `CounterError` when the frame left a gap that is not the proof's.
        """
        counter = self._hls.check(self.client_title, challenge, proof)
        if counter is None:
            return
        if self._skipped is not None and counter != self._skipped:
            raise CounterError("a counter was skipped that the proof did not take")
        if self._previous is not None and counter > self._previous:
            self._remember(counter)

    def prove(self, challenge: bytes) -> bytes:
        """The meter's f(CtoS)."""
        meter = self._meter
        counter = meter.state.take_counter() if self._hls.counts else 0
        return self._hls.prove(meter.identity.system_title, counter, challenge)

    def _judge(self, counter: int) -> None:
        previous = self._previous
        accepted = self._rule.accepts(previous, counter)
        if not accepted and self._may_skip_one and previous is not None:
            self._skipped = previous + 1
            accepted = self._rule.accepts(self._skipped, counter)
        if not accepted:
            raise CounterError("the invocation counter is not one that may follow")
        self._may_skip_one = False
        self._remember(counter)

    def _remember(self, counter: int) -> None:
        self._previous = counter
        self._meter.state.take_received(counter)

    def _previous_of_key(self) -> int | None:
        """The counter that the client's first frame must exceed, if the rule wants that."""
        if self._rule is CounterRule.SMR5:
            return self._meter.state.received_counter
        return None

    def _is_former(self, keys: Keys) -> bool:
        """Whether our encryption key is no longer the meter's."""
        return keys.encryption_key != self._keys.encryption_key

    def _renew(self) -> None:
        keys = self._meter.state.keys
        if keys is not self._keys:
            if self._is_former(keys):
                self._previous = self._previous_of_key()
            self._keys = keys
            self._cipher = keys.cipher()
