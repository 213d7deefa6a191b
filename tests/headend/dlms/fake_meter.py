"""A small meter made of the codecs alone, for the client's tests to be answered and deceived by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from headend.dlms.credentials import Credentials
from headend.dlms.session import Dialogue
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import Aare, Aarq, AssociateResult, Mechanism, Rlre, UserDiagnostic
from wire.dlms.action import (
    ActionOutcome,
    ActionRequestFirstPblock,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithPblock,
    encode_outcomes,
)
from wire.dlms.apdu import Apdu
from wire.dlms.blocks import Joiner, Slicer
from wire.dlms.descriptors import ActionResult, AttributeDescriptor, DataAccessResult
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    encode_results,
)
from wire.dlms.initiate import Conformance, InitiateResponse
from wire.dlms.security import (
    Cipher,
    CounterRule,
    Kind,
    SecurityControl,
    hls5_check,
    hls5_proof,
    is_protected,
    protect,
    unprotect,
)
from wire.dlms.set import (
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from wire.obis import Obis

Result = TypeVar("Result")

CLIENT_TITLE = b"CEN\x00\x00\x00\x00\x01"
METER_TITLE = b"MTR\x00\x00\x00\x00\x07"
ENCRYPTION_KEY, AUTHENTICATION_KEY = bytes(range(16)), bytes(range(16, 32))
MANAGEMENT = Credentials(
    system_title=CLIENT_TITLE,
    meter_title=METER_TITLE,
    encryption_key=ENCRYPTION_KEY,
    authentication_key=AUTHENTICATION_KEY,
)
METER_CHALLENGE = b"meter challenge!"

MESSAGE = AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1-0:99.1.0"), 2)
ABSENT = AttributeDescriptor(3, Obis.parse("1-0:9.9.9"), 2)


class FakeMeter:
    """Answers one request after another; whatever it says can be changed on the way.

    `change_apdu` sees each plain answer before it is ciphered, `change_octets` each APDU as it
    leaves; both may return what they like, None being silence.
    """

    def __init__(self, credentials: Credentials = MANAGEMENT) -> None:
        self.values: dict[AttributeDescriptor, bytes] = {
            MESSAGE: axdr.encode(axdr.octet_string(b"hello"))
        }
        self.returned: bytes | None = None
        self.conformance = Conformance(0x001E1D)
        self.max_pdu = 1024
        self.block_size = 900
        self.counter = 100
        self.rule = CounterRule.DSMR4
        self.aare_result = AssociateResult.ACCEPTED
        self.diagnostic: UserDiagnostic | None = None
        self.mechanism = Mechanism.HIGH_GMAC
        self.challenge = METER_CHALLENGE
        self.title = METER_TITLE
        self.change_apdu: Callable[[Any], Apdu | None] = lambda answer: answer
        self.change_octets: Callable[[bytes], bytes | None] = lambda octets: octets
        self.control: SecurityControl | None = None
        self.requests: list[Any] = []
        self.client_counters: list[int] = []
        self.proof_counters: list[int] = []
        self._cipher: Cipher | None = None
        if credentials.encryption_key and credentials.authentication_key:
            self.use_keys(credentials.encryption_key, credentials.authentication_key)
        self._kind = Kind.GLO
        self._asked_control = SecurityControl.AUTHENTICATED_ENCRYPTED
        self._client_challenge = b""
        self._proving = False
        self._slicer: Slicer | None = None
        self._joiner = Joiner()
        self._written: tuple[AttributeDescriptor, ...] = ()
        self._listed = False

    def use_keys(self, encryption_key: bytes, authentication_key: bytes) -> None:
        self._cipher = Cipher(encryption_key, authentication_key)

    def receive(self, octets: bytes) -> bytes | None:
        """The answer's octets; None for silence."""
        reply = self._receive(octets)
        return None if reply is None else self.change_octets(reply)

    def _receive(self, octets: bytes) -> bytes | None:
        if octets[:1] == b"\x60":
            return self._associate(acse.decode(octets))
        if octets[:1] == b"\x62":
            rlrq = acse.decode(octets)
            assert rlrq.user_information is not None
            self._open(rlrq.user_information)
            self.requests.append(rlrq)
            return acse.encode(Rlre(user_information=self._seal(self._initiated())))
        request = apdu.decode(self._open(octets))
        self.requests.append(request)
        answer = self.change_apdu(self._answer(request))
        return None if answer is None else self._seal(apdu.encode(answer))

    def _open(self, octets: bytes) -> bytes:
        if self._cipher is None:
            return octets
        assert is_protected(octets)
        opened = unprotect(octets, self._cipher, CLIENT_TITLE)
        previous = self.client_counters[-1] if self.client_counters else None
        assert self.rule.accepts(previous, opened.counter)
        self.client_counters.append(opened.counter)
        self._kind, self._asked_control = opened.kind, opened.control
        return opened.apdu

    def _seal(self, octets: bytes) -> bytes:
        if self._cipher is None:
            return octets
        self.counter += 1
        return protect(
            octets,
            cipher=self._cipher,
            title=self.title,
            counter=self.counter,
            control=self.control or self._asked_control,
            kind=self._kind,
        )

    def _initiated(self) -> bytes:
        return apdu.encode(InitiateResponse(self.conformance, self.max_pdu))

    def _associate(self, aarq: object) -> bytes:
        assert isinstance(aarq, Aarq) and aarq.user_information is not None
        self.requests.append(aarq)
        self.client_counters.clear()
        self.requests.append(apdu.decode(self._open(aarq.user_information)))
        if self._cipher is None:
            return acse.encode(
                Aare(
                    aarq.context,
                    self.aare_result,
                    self.diagnostic or UserDiagnostic.NULL,
                    user_information=self._initiated(),
                )
            )
        self._client_challenge = aarq.authentication_value or b""
        self._proving = True
        return acse.encode(
            Aare(
                aarq.context,
                self.aare_result,
                self.diagnostic or UserDiagnostic.AUTHENTICATION_REQUIRED,
                self.mechanism,
                self.title,
                self.challenge,
                self._seal(self._initiated()),
            )
        )

    def _answer(self, request: Apdu) -> Apdu:
        if self._proving:
            self._proving = False
            return self._prove(request)
        invoke_id = getattr(request, "invoke_id_and_priority")
        match request:
            case GetRequestNormal(_, descriptor, _):
                result = self._value(descriptor)
                if isinstance(result, bytes) and len(result) > self.block_size:
                    return self._first_block(invoke_id, result)
                return GetResponseNormal(invoke_id, result)
            case GetRequestWithList(_, references):
                results = tuple(self._value(descriptor) for descriptor, _ in references)
                joined = encode_results(results)
                if len(joined) > self.block_size:
                    return self._first_block(invoke_id, joined)
                return GetResponseWithList(invoke_id, results)
            case GetRequestNext(_, number):
                assert self._slicer is not None
                block = self._slicer.after(number)
                return GetResponseWithDatablock(
                    invoke_id, block.last, block.number, block.octets
                )
            case ActionRequestNormal(_, _, parameters):
                return self._act(invoke_id, parameters)
            case ActionRequestNextPblock(_, number):
                assert self._slicer is not None
                block = self._slicer.after(number)
                return ActionResponseWithPblock(
                    invoke_id, block.last, block.number, block.octets
                )
            case ActionRequestFirstPblock(_, _, last, number, raw):
                self._joiner = Joiner()
                return self._take_pblock(invoke_id, number, last, raw)
            case ActionRequestWithPblock(_, last, number, raw):
                return self._take_pblock(invoke_id, number, last, raw)
            case _:
                return self._set(request)

    def _set(self, request: Apdu) -> Apdu:
        match request:
            case SetRequestNormal(invoke_id, descriptor, value, _):
                return SetResponseNormal(invoke_id, self._write(descriptor, value))
            case SetRequestWithList(invoke_id, references, values):
                return SetResponseWithList(
                    invoke_id,
                    tuple(
                        self._write(descriptor, value)
                        for (descriptor, _), value in zip(references, values)
                    ),
                )
            case SetRequestFirstBlock(invoke_id, descriptor, last, number, raw, _):
                self._joiner, self._listed = Joiner(), False
                self._written = (descriptor,)
                return self._take_block(invoke_id, number, last, raw)
            case SetRequestWithListFirstBlock(invoke_id, references, last, number, raw):
                self._joiner, self._listed = Joiner(), True
                self._written = tuple(descriptor for descriptor, _ in references)
                return self._take_block(invoke_id, number, last, raw)
            case SetRequestWithBlock(invoke_id, last, number, raw):
                return self._take_block(invoke_id, number, last, raw)
        raise AssertionError(request)

    def _value(self, descriptor: AttributeDescriptor) -> bytes | DataAccessResult:
        return self.values.get(descriptor, DataAccessResult.OBJECT_UNDEFINED)

    def _write(self, descriptor: AttributeDescriptor, value: bytes) -> DataAccessResult:
        if descriptor not in self.values:
            return DataAccessResult.READ_WRITE_DENIED
        self.values[descriptor] = value
        return DataAccessResult.SUCCESS

    def _first_block(self, invoke_id: int, octets: bytes) -> Apdu:
        self._slicer = Slicer(octets, self.block_size)
        block = self._slicer.first()
        return GetResponseWithDatablock(
            invoke_id, block.last, block.number, block.octets
        )

    def _take_block(
        self, invoke_id: int, number: int, last: bool, octets: bytes
    ) -> Apdu:
        whole = self._joiner.add(number, last, octets)
        if whole is None:
            return SetResponseDatablock(invoke_id, number)
        values = apdu.decode_values(whole) if self._listed else (whole,)
        results = tuple(map(self._write, self._written, values))
        if self._listed:
            return SetResponseLastDatablockWithList(invoke_id, results, number)
        return SetResponseLastDatablock(invoke_id, results[0], number)

    def _take_pblock(
        self, invoke_id: int, number: int, last: bool, octets: bytes
    ) -> Apdu:
        whole = self._joiner.add(number, last, octets)
        if whole is None:
            return ActionResponseNextPblock(invoke_id, number)
        return self._act(invoke_id, whole)

    def _act(self, invoke_id: int, parameters: bytes | None) -> Apdu:
        returned = self.returned if self.returned is not None else parameters
        if returned is not None and len(returned) > self.block_size:
            outcome = ActionOutcome(ActionResult.SUCCESS, returned)
            self._slicer = Slicer(encode_outcomes([outcome]), self.block_size)
            block = self._slicer.first()
            return ActionResponseWithPblock(
                invoke_id, block.last, block.number, block.octets
            )
        return ActionResponseNormal(invoke_id, ActionResult.SUCCESS, returned)

    def _prove(self, request: Apdu) -> Apdu:
        assert isinstance(request, ActionRequestNormal) and self._cipher is not None
        assert request.parameters is not None
        proof = axdr.decode(request.parameters).value
        self.proof_counters.append(
            hls5_check(self._cipher, CLIENT_TITLE, self.challenge, proof)
        )
        self.counter += 1
        ours = hls5_proof(
            self._cipher, self.title, self.counter, self._client_challenge
        )
        return ActionResponseNormal(
            request.invoke_id_and_priority,
            ActionResult.SUCCESS,
            axdr.encode(axdr.octet_string(ours)),
        )


class Counters:
    """Invocation counters, each once; those given are kept."""

    def __init__(self, first: int = 1) -> None:
        self.given: list[int] = []
        self._next = first

    def __call__(self) -> int:
        self.given.append(self._next)
        self._next += 1
        return self.given[-1]


def play(dialogue: Dialogue[Result], meter: FakeMeter) -> Result:
    """Drives a dialogue with the fake meter to its result."""
    try:
        request = next(dialogue)
        while True:
            reply = meter.receive(request)
            assert reply is not None, "the meter is silent"
            request = dialogue.send(reply)
    except StopIteration as done:
        result: Result = done.value
        return result


def with_invoke_id(answer: Any, invoke_id: int) -> Any:
    """The same answer to another request."""
    return replace(answer, invoke_id_and_priority=invoke_id)
