"""The second engine: gurux-dlms builds the requests and reads the answers.

Nothing else in the head-end imports gurux-dlms, and this module is imported only when the
engine is asked for. What facts about that library make necessary:

- its AES-GCM is slow and never checks a tag: while it works, a stream on our own cipher stands
  in the place of its own, and verifies;
- it takes an answer in clear, an old one, and a length of two thousand million for what they
  say: each answer first passes our own checks, so that it sees only octets that are in order;
- it counts frames by itself, and prints as it goes: the counters come from the head-end's
  store, and what it prints is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from gurux_dlms.ActionRequestType import ActionRequestType
from gurux_dlms.enums import Authentication, Command
from gurux_dlms.enums import Conformance as GuruxConformance
from gurux_dlms.enums import InterfaceType, Security
from gurux_dlms.GetCommandType import GetCommandType
from gurux_dlms.GXByteBuffer import GXByteBuffer
from gurux_dlms.GXCiphering import GXCiphering
from gurux_dlms.GXDLMS import GXDLMS
from gurux_dlms.GXDLMSLNParameters import GXDLMSLNParameters
from gurux_dlms.GXReplyData import GXReplyData
from gurux_dlms.GXSecure import GXSecure
from gurux_dlms.secure.GXDLMSSecureClient import GXDLMSSecureClient
from gurux_dlms.SetRequestType import SetRequestType

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from headend.dlms.gurux_stream import Seam
from headend.dlms.refusals import refused, unexpected
from headend.dlms.services import AROUND_VALUE, MAX_ANSWER, Reference, join
from headend.dlms.session import (
    CHALLENGE_OCTETS,
    MAX_PDU,
    Dialogue,
    Session,
    ended_by_wire_errors,
)
from wire.dlms import axdr
from wire.dlms.acse import Rlre
from wire.dlms.action import ActionResponseNormal
from wire.dlms.apdu import Apdu
from wire.dlms.association import Input
from wire.dlms.axdr import Data
from wire.dlms.blocks import Joiner
from wire.dlms.descriptors import (
    REPLY_TO_HLS,
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.get import GetResponseNormal, GetResponseWithDatablock
from wire.dlms.initiate import Conformance
from wire.dlms.security import Kind
from wire.dlms.set import (
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseNormal,
)
from wire.errors import LocalError, WireError

_NONE, _PRESENT = b"\x00", b"\x01"
_NO_STATUS = 0xFF

# Where gurux-dlms looks its stream cipher up.
_SEAM = Seam(
    import_module(f"gurux_dlms.{name}")
    for name in ("GXDLMSChippering", "GXSecure", "secure.GXDLMSSecureClient")
)


class _Ciphering(GXCiphering):  # type: ignore[misc]
    """gurux's ciphering settings, whose counter is the head-end's: each one read once.

    gurux reads the counter any number of times for one frame, then assigns to it.
    """

    def __init__(self, title: bytearray, take: Callable[[], int]) -> None:
        self._take = take
        self._counter: int | None = None
        super().__init__(title)
        self._counter = None

    @property
    def invocationCounter(self) -> int:
        """The counter of the frame that is being made."""
        if self._counter is None:
            self._counter = self._take()
        return self._counter

    @invocationCounter.setter
    def invocationCounter(self, _: int) -> None:
        self._counter = None


class GuruxAssociation(Session):
    """An association whose APDUs gurux-dlms makes and reads; glo- ciphering only."""

    def __init__(
        self,
        credentials: Credentials,
        next_counter: Callable[[], int],
        **options: Any,
    ) -> None:
        super().__init__(credentials, next_counter, **options)
        if credentials.kind is not Kind.GLO:
            raise LocalError("the gurux engine ciphers with glo- APDUs only")
        ciphered = self._cipher is not None
        self._gurux = GXDLMSSecureClient(
            True,
            credentials.client_sap,
            credentials.server_sap,
            Authentication(credentials.mechanism if ciphered else 0),
            credentials.hls_secret,
            InterfaceType.PDU,
        )
        self._settings = self._gurux.settings
        self._settings.cipher = _Ciphering(
            bytearray(credentials.system_title or bytes(8)),
            lambda: self._next_counter(),
        )
        self._gurux.maxReceivePDUSize = MAX_PDU
        self._gurux.proposedConformance = _conformance(credentials.conformance)
        self._use_keys()

    @ended_by_wire_errors
    def open(self) -> Dialogue[None]:
        """Associates, with proofs both ways when there are keys; see `Session.open`."""
        self._after(Input.AARQ)
        hls, proof_counter, challenge = None, 0, b""
        if self._cipher is not None:
            hls = self._hls(self._cipher)
            proof_counter = self._proof_counter(hls)
            challenge = self._random_bytes(CHALLENGE_OCTETS)
            self._gurux.ctoSChallenge = bytearray(challenge)
        octets = _SEAM.make(self._gurux.aarqRequest)[0]
        self._move(Input.AARQ)
        reply = yield octets
        aare = self._judge_aare(reply)
        _SEAM.read(self._gurux.parseAareResponse, self._take(reply).data)
        if hls is None:
            return
        theirs = self._challenge_in(aare, challenge)
        proof = _SEAM.make(
            GXSecure.secure,
            self._settings,
            self._settings.cipher,
            proof_counter,
            bytearray(theirs),
            self._settings.cipher.systemTitle if hls.counts else hls.secret,
        )
        invoke_id, frames = self._request(
            Command.METHOD_REQUEST,
            ActionRequestType.NORMAL,
            REPLY_TO_HLS.encode() + _PRESENT,
            axdr.encode(axdr.octet_string(bytes(proof))),
        )
        self._move(Input.PROOF)
        reply = yield frames[0]
        self._judge_proof(hls, challenge, reply, invoke_id)
        _SEAM.read(
            self._gurux.parseApplicationAssociationResponse, self._take(reply).data
        )

    @ended_by_wire_errors
    def release(self) -> Dialogue[None]:
        """Ends the association in good order."""
        releasing = self._after(Input.RLRQ)
        octets = _SEAM.make(self._gurux.releaseRequest)[0]
        self.state = releasing
        reply = yield octets
        self._acse_answer(reply, Rlre)
        self._move(Input.RLRE)

    @ended_by_wire_errors
    def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Dialogue[Data]:
        """One attribute's value; raises `PeerRefused` with the meter's DataAccessResult."""
        result = yield from self._get(attribute, selection)
        if isinstance(result, DataAccessResult):
            raise refused(f"to read {attribute}", result)
        return result

    @ended_by_wire_errors
    def get_list(
        self, references: Sequence[Reference]
    ) -> Dialogue[tuple[Data | DataAccessResult, ...]]:
        """A value, or why there is none, for each reference; one request each."""
        results = []
        for attribute, selection in references:
            results.append((yield from self._get(attribute, selection)))
        return tuple(results)

    @ended_by_wire_errors
    def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> Dialogue[None]:
        """Writes one attribute; raises `PeerRefused` with the meter's DataAccessResult."""
        result = yield from self._set(attribute, value, selection)
        if result is not DataAccessResult.SUCCESS:
            raise refused(f"to write {attribute}", result)

    @ended_by_wire_errors
    def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> Dialogue[tuple[DataAccessResult, ...]]:
        """Writes attributes, one request each; what became of each."""
        results = []
        for attribute, value in items:
            results.append((yield from self._set(attribute, value, None)))
        return tuple(results)

    @ended_by_wire_errors
    def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Dialogue[Data | None]:
        """Invokes a method; what it returned, None if nothing.

        Raises `PeerRefused` with the meter's ActionResult.
        """
        value = b"" if parameters is None else axdr.encode(parameters)
        if AROUND_VALUE + len(value) > self.request_room:
            raise LocalError("the gurux engine does not send long parameters")
        self._after(Input.REQUEST)
        invoke_id, frames = self._request(
            Command.METHOD_REQUEST,
            ActionRequestType.NORMAL,
            method.encode() + (_NONE if parameters is None else _PRESENT),
            value,
        )
        answer, reply = yield from self._exchange(frames[0], invoke_id)
        if not isinstance(answer, ActionResponseNormal):
            raise unexpected(answer)
        if answer.result is not ActionResult.SUCCESS:
            raise refused(f"to act: {method}", answer.result)
        if isinstance(answer.returned, DataAccessResult):
            raise refused(f"to tell what it did: {method}", answer.returned)
        if answer.returned is None:
            return None
        axdr.decode(answer.returned)  # gurux must not see a length that lies
        return axdr.decode(bytes(self._take(reply).data.array()))

    def replace_keys(
        self,
        *,
        next_counter: Callable[[], int] | None = None,
        encryption_key: bytes | None = None,
        authentication_key: bytes | None = None,
    ) -> None:
        """Uses new keys from the next request on; see `Session.replace_keys`."""
        super().replace_keys(
            next_counter=next_counter,
            encryption_key=encryption_key,
            authentication_key=authentication_key,
        )
        self._use_keys()

    def _use_keys(self) -> None:
        ciphering = self._settings.cipher
        if self._encryption_key is None or self._authentication_key is None:
            ciphering.security = Security.NONE
            return
        ciphering.security = Security(int(self.credentials.control))
        ciphering.blockCipherKey = bytearray(self._encryption_key)
        ciphering.authenticationKey = bytearray(self._authentication_key)

    def _get(
        self, attribute: AttributeDescriptor, selection: Selection | None
    ) -> Dialogue[Data | DataAccessResult]:
        self._after(Input.REQUEST)
        invoke_id, frames = self._request(
            Command.GET_REQUEST,
            GetCommandType.NORMAL,
            attribute.encode() + _selected(selection),
        )
        joiner, answers, frame = Joiner(MAX_ANSWER), GXReplyData(), frames[0]
        while True:
            answer, reply = yield from self._exchange(frame, invoke_id)
            if not isinstance(answer, GetResponseNormal | GetResponseWithDatablock):
                raise unexpected(answer)
            if isinstance(answer.result, DataAccessResult):
                return answer.result
            if isinstance(answer, GetResponseWithDatablock):
                number, last = answer.block_number, answer.last_block
                whole = join(joiner, number, last, answer.result)
            elif joiner.number:
                raise unexpected(answer)
            else:
                whole = answer.result
            if whole is not None:
                axdr.decode(whole)  # gurux must not see a length that lies
            self._take(reply, answers)
            if not answers.isMoreData():
                return axdr.decode(bytes(answers.data.array()))
            frame = _SEAM.make(self._gurux.receiverReady, answers)

    def _set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None,
    ) -> Dialogue[DataAccessResult]:
        octets, selected = axdr.encode(value), _selected(selection)
        fits = AROUND_VALUE + len(selected) - 1 + len(octets) <= self.request_room
        if not fits and not self.conformance & Conformance.BLOCK_TRANSFER_WITH_SET:
            raise LocalError("the value is too long, and the meter takes no blocks")
        self._after(Input.REQUEST)
        invoke_id, frames = self._request(
            Command.SET_REQUEST,
            SetRequestType.NORMAL,
            attribute.encode() + selected,
            octets,
        )
        for number, frame in enumerate(frames, 1):
            answer, reply = yield from self._exchange(frame, invoke_id)
            result = self._take(reply).error
            if isinstance(answer, SetResponseNormal | SetResponseLastDatablock):
                if number < len(frames):
                    # The counters of the frames that were made are spent: a DSMR 4 meter
                    # will not answer the next one.
                    self.abort()
                return DataAccessResult(result)
            if not isinstance(answer, SetResponseDatablock):
                raise unexpected(answer)
            if answer.block_number != number:
                raise WireError(
                    f"block {answer.block_number} is acknowledged, not {number}"
                )
        raise WireError("the meter wants more than the last block")

    def _request(
        self, command: Any, kind: Any, descriptor: bytes, value: bytes = b""
    ) -> tuple[int, list[bytes]]:
        """The invoke-id of a new request and its frames, each ciphered if that is due."""
        self._after(
            Input.PROOF if descriptor[:9] == REPLY_TO_HLS.encode() else Input.REQUEST
        )
        invoke_id = self.next_invoke_id()

        def made() -> list[Any]:
            self._settings.resetBlockIndex()
            self._settings.invokeId = invoke_id & 0x0F
            parameters = GXDLMSLNParameters(
                self._settings,
                0,
                command,
                kind,
                GXByteBuffer(descriptor),
                GXByteBuffer(value) if value else None,
                _NO_STATUS,
            )
            frames: list[Any] = GXDLMS.getLnMessages(parameters)
            return frames

        return invoke_id, [bytes(frame) for frame in _SEAM.make(made)]

    def _exchange(self, frame: bytes, invoke_id: int) -> Dialogue[tuple[Apdu, bytes]]:
        """One frame, and its answer both as it came and as our own checks read it."""
        self._move(Input.REQUEST)
        reply = yield bytes(frame)
        return self._judge(reply, invoke_id), reply

    def _take(self, reply: bytes, answers: Any = None) -> Any:
        """What gurux makes of an answer that is in order."""
        taken = GXReplyData() if answers is None else answers
        _SEAM.read(self._gurux.getData, bytearray(reply), taken)
        return taken


class GuruxClient(DlmsClient):
    """A client of the second engine, used as `DlmsClient` is."""

    association = GuruxAssociation


def _conformance(ours: Conformance) -> Any:
    """gurux numbers the 24 bits from the other end."""
    return GuruxConformance(int(f"{int(ours):024b}"[::-1], 2))


def _selected(selection: Selection | None) -> bytes:
    if selection is None:
        return _NONE
    parameters = axdr.encode(selection.parameters)
    return _PRESENT + bytes((selection.selector,)) + parameters
