"""A client of our own making, which may break any rule: it makes bytes, and reads answers."""

from __future__ import annotations

from meters.meter import Meter
from meters.p3.connection import P3Connection
from tests.meters.builders import CLIENT_TITLE, KEYS, METER_TITLE, NOW_S
from wire.cosem.rows import Client
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import Aare, Aarq, ApplicationContext, Mechanism, Rlrq
from wire.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    Apdu,
    GetRequestNormal,
    GetResponseNormal,
    InitiateRequest,
    SetRequestNormal,
    SetResponseNormal,
)
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.initiate import Conformance
from wire.dlms.security import (
    Cipher,
    Kind,
    SecurityControl,
    hls5_check,
    hls5_proof,
    protect,
    unprotect,
)
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.obis import Obis

BOTH = SecurityControl.AUTHENTICATED_ENCRYPTED
FULL = Conformance(0x001E1D)
CHALLENGE = b"0123456789abcdef"
INVOKE = 0xC1
REPLY_TO_HLS = MethodDescriptor(15, Obis.parse("0-0:40.0.0"), 1)


class Driver:
    """One connection to a meter; every step can be bent."""

    def __init__(self, meter: Meter, client: int = Client.MANAGEMENT) -> None:
        self.meter = meter
        self.connection = P3Connection(meter)
        self.client = client
        self.now_s = NOW_S
        self.cipher = Cipher(KEYS.encryption_key, KEYS.authentication_key)
        self.counter = 1000
        self.kind = Kind.GLO
        self.control = BOTH
        self.ciphered = client == Client.MANAGEMENT

    def raw(self, payload: bytes, destination: int = 1) -> bytes | None:
        """The payload of the answer to one WPDU; None when there is none."""
        wpdu = encode_wpdu(self.client, destination, payload)
        answers = self.connection.receive(wpdu, self.now_s)
        if not answers:
            return None
        (event,) = WrapperReader().feed(b"".join(answers))
        assert isinstance(event, Wpdu)
        assert (event.source, event.destination) == (destination, self.client)
        return event.payload

    def seal(self, plain: bytes) -> bytes:
        """The plain APDU ciphered, with the next counter."""
        self.counter += 1
        return protect(
            plain,
            cipher=self.cipher,
            title=CLIENT_TITLE,
            counter=self.counter,
            control=self.control,
            kind=self.kind,
        )

    def open(self, octets: bytes) -> bytes:
        """What the meter ciphered, checked to be in the kind that we asked in."""
        opened = unprotect(octets, self.cipher, METER_TITLE)
        assert (opened.kind, opened.control) == (self.kind, self.control)
        return opened.apdu

    def ask(self, request: Apdu | bytes) -> Apdu:
        """The answer to a request, deciphered if need be."""
        plain = request if isinstance(request, bytes) else apdu.encode(request)
        answer = self.raw(self.seal(plain) if self.ciphered else plain)
        assert answer is not None, "the meter did not answer"
        if self.ciphered and answer[0] != 0xD8:
            answer = self.open(answer)
        return apdu.decode(answer)

    def aarq(self, **changed: object) -> Aarq:
        """A good AARQ for this client, but for what is changed."""
        size = changed.pop("pdu_size", 1024)
        conformance = changed.pop("conformance", FULL)
        assert isinstance(size, int) and isinstance(conformance, Conformance)
        initiate = apdu.encode(InitiateRequest(conformance, size))
        fields: dict[str, object] = {"context": ApplicationContext.LN}
        if self.ciphered:
            fields = {
                "context": ApplicationContext.LN_CIPHERED,
                "mechanism": Mechanism.HIGH_GMAC,
                "calling_ap_title": CLIENT_TITLE,
                "authentication_value": CHALLENGE,
            }
            initiate = self.seal(initiate)
        return Aarq(**{**fields, "user_information": initiate, **changed})  # type: ignore

    def request(self, **changed: object) -> Aare:
        """Sends the AARQ."""
        answer = self.raw(acse.encode(self.aarq(**changed)))
        assert answer is not None
        aare = acse.decode(answer)
        assert isinstance(aare, Aare)
        return aare

    def prove(
        self, challenge: bytes | None, counter: int | None = None
    ) -> ActionResponseNormal:
        """Sends the proof, made with the counter given, or with that of its frame."""
        counter = self.counter + 1 if counter is None else counter
        proof = hls5_proof(self.cipher, CLIENT_TITLE, counter, challenge or b"")
        parameters = axdr.encode(axdr.octet_string(proof))
        answer = self.ask(ActionRequestNormal(INVOKE, REPLY_TO_HLS, parameters))
        assert isinstance(answer, ActionResponseNormal)
        return answer

    def associate(self, **changed: object) -> Driver:
        """All passes, the meter's proof checked."""
        aare = self.request(**changed)
        assert aare.result == 0, aare
        if self.ciphered:
            answer = self.prove(aare.authentication_value)
            assert isinstance(answer.returned, bytes)
            proof = axdr.decode(answer.returned).value
            hls5_check(self.cipher, METER_TITLE, CHALLENGE, proof)
        return self

    def release(self) -> bytes | None:
        """RLRQ without user information."""
        return self.raw(acse.encode(Rlrq()))

    def get(
        self,
        class_id: int,
        code: str,
        number: int = 2,
        selection: Selection | None = None,
    ) -> GetResult:
        """GET of one attribute, in one piece."""
        descriptor = AttributeDescriptor(class_id, Obis.parse(code), number)
        answer = self.ask(GetRequestNormal(INVOKE, descriptor, selection))
        assert isinstance(answer, GetResponseNormal), answer
        return answer.result

    def set(
        self, class_id: int, code: str, number: int, value: bytes
    ) -> DataAccessResult:
        """SET of one attribute, in one piece."""
        descriptor = AttributeDescriptor(class_id, Obis.parse(code), number)
        answer = self.ask(SetRequestNormal(INVOKE, descriptor, value))
        assert isinstance(answer, SetResponseNormal), answer
        return answer.result

    def act(
        self, class_id: int, code: str, number: int, parameters: bytes | None
    ) -> ActionResponseNormal:
        """ACTION of one method, in one piece."""
        descriptor = MethodDescriptor(class_id, Obis.parse(code), number)
        answer = self.ask(ActionRequestNormal(INVOKE, descriptor, parameters))
        assert isinstance(answer, ActionResponseNormal), answer
        return answer
