"""Independent implementations read what we write and write what we read.

gurux-dlms knows nearly every APDU as XML; dlms-cosem fewer, and more strictly. What neither of
them can do (lists and blocks of ACTION, lists with blocks of SET) is held by vectors alone.
"""

from __future__ import annotations

from typing import Any

import pytest
from dlms_cosem import cosem, enumerations, utils
from dlms_cosem.protocol import acse as peer_acse
from dlms_cosem.protocol import xdlms
from gurux_dlms import GXDLMSClient, GXDLMSTranslator
from gurux_dlms.enums import Authentication, Conformance, DataType, InterfaceType
from gurux_dlms.objects import GXDLMSAssociationLogicalName, GXDLMSData
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.dlms.samples import vectors
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import Aare, Aarq, Mechanism, Rlre, Rlrq
from wire.dlms.wrapper import Wpdu, WrapperReader
from wire.obis import Obis

OBIS = Obis.parse("1-0:1.8.1")
ATTRIBUTE = apdu.AttributeDescriptor(3, OBIS, 2)
METHOD = apdu.MethodDescriptor(15, Obis.parse("0-0:40.0.0"), 1)
DATA = axdr.structure(axdr.octet_string(b"abc"), axdr.long_unsigned(5))
VALUE = axdr.encode(DATA)
SELECTION = apdu.Selection(
    2,
    axdr.structure(
        axdr.double_long_unsigned(1),
        axdr.double_long_unsigned(5),
        axdr.long_unsigned(1),
        axdr.long_unsigned(0),
    ),
)
DENIED = apdu.DataAccessResult.READ_WRITE_DENIED
SUCCESS = apdu.DataAccessResult.SUCCESS
CONFORMANCE = apdu.Conformance(0x001A1D)
INITIATE = apdu.encode(apdu.InitiateRequest(CONFORMANCE, 1024))
INITIATED = apdu.encode(apdu.InitiateResponse(CONFORMANCE, 1024))

BOTH_WAYS: list[Any] = [
    apdu.GetRequestNormal(0xC1, ATTRIBUTE),
    apdu.GetRequestNormal(0xC1, ATTRIBUTE, SELECTION),
    apdu.GetRequestNext(0xC1, 7),
    apdu.GetResponseNormal(0xC1, VALUE),
    apdu.GetResponseNormal(0xC1, DENIED),
    apdu.GetResponseWithDatablock(0xC1, False, 1, VALUE[:5]),
    apdu.SetRequestNormal(0xC1, ATTRIBUTE, VALUE),
    apdu.SetRequestFirstBlock(0xC1, ATTRIBUTE, False, 1, VALUE),
    apdu.SetRequestWithBlock(0xC1, True, 2, VALUE),
    apdu.SetRequestWithList(
        0xC1, ((ATTRIBUTE, None), (ATTRIBUTE, None)), (VALUE, VALUE)
    ),
    apdu.SetResponseNormal(0xC1, SUCCESS),
    apdu.SetResponseNormal(0xC1, apdu.DataAccessResult.OTHER_REASON),
    apdu.SetResponseDatablock(0xC1, 1),
    apdu.ActionRequestNormal(0xC1, METHOD),
    apdu.ActionRequestNormal(0xC1, METHOD, VALUE),
    apdu.ActionResponseNormal(0xC1, apdu.ActionResult.SUCCESS),
    apdu.ActionResponseNormal(0xC1, apdu.ActionResult.SUCCESS, VALUE),
    apdu.ExceptionResponse(
        apdu.StateError.SERVICE_NOT_ALLOWED, apdu.ServiceFault.OPERATION_NOT_POSSIBLE
    ),
    apdu.DataNotification(1, b"", VALUE),
]
ONE_WAY: list[tuple[Any, list[str]]] = [
    (
        apdu.GetRequestWithList(0xC1, ((ATTRIBUTE, None), (ATTRIBUTE, SELECTION))),
        ["GetRequestWithList", 'Qty="02"'],
    ),
    (
        apdu.GetResponseWithList(0xC1, (VALUE, VALUE)),
        ["GetResponseWithList", 'Qty="02"', "616263"],
    ),
    (
        apdu.GetResponseWithDatablock(0xC1, True, 2, DENIED),
        ["ReadWriteDenied", 'BlockNumber Value="00000002"'],
    ),
    (
        apdu.SetResponseLastDatablock(0xC1, SUCCESS, 2),
        ["SetResponseWithLastDataBlock", 'BlockNumber Value="00000002"'],
    ),
    (
        apdu.SetResponseWithList(0xC1, (SUCCESS, DENIED)),
        ["SetResponseWithList", "ReadWriteDenied"],
    ),
    (
        apdu.ConfirmedServiceError(
            apdu.ConfirmedService.INITIATE, apdu.ServiceErrorKind.INITIATE, 1
        ),
        ["ConfirmedServiceError", "Initiate"],
    ),
    (
        apdu.InitiateRequest(CONFORMANCE, 1024),
        ['ProposedMaxPduSize Value="0400"', "SelectiveAcc"],
    ),
    (
        apdu.InitiateResponse(CONFORMANCE, 1024),
        [
            'NegotiatedMaxPduSize Value="0400"',
            'VaaName Value="0007"',
            "SelectiveAccess",
        ],
    ),
]


@pytest.mark.parametrize("sent", BOTH_WAYS, ids=lambda sent: type(sent).__name__)
def test_gurux_reads_it_and_writes_it_again(sent: Any) -> None:
    octets = apdu.encode(sent)
    back = bytes(GXDLMSTranslator().xmlToPdu(GXDLMSTranslator().pduToXml(octets)))
    # It pads what it writes to the size of its buffer.
    assert back[: len(octets)] == octets and not any(back[len(octets) :])
    assert apdu.decode(back[: len(octets)]) == sent


@pytest.mark.parametrize(
    ("sent", "says"), ONE_WAY, ids=lambda item: type(item).__name__
)
def test_gurux_reads_it(sent: Any, says: list[str]) -> None:
    xml = GXDLMSTranslator().pduToXml(apdu.encode(sent))
    assert [word for word in says if word not in xml] == []


def client(**more: Any) -> Any:
    made = GXDLMSClient(True, 16, 1, Authentication.NONE, None, InterfaceType.WRAPPER)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def unwrapped(messages: Any) -> list[bytes]:
    octets = b"".join(bytes(message) for message in messages)
    wpdus = WrapperReader().feed(octets)
    assert all(isinstance(wpdu, Wpdu) for wpdu in wpdus)
    return [wpdu.payload for wpdu in wpdus if isinstance(wpdu, Wpdu)]


def test_we_read_what_guruxs_client_asks() -> None:
    data = GXDLMSData("0.0.96.13.0.255")
    [read] = unwrapped(client().read(data, 2))
    asked = apdu.decode(read)
    message = apdu.AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
    assert isinstance(asked, apdu.GetRequestNormal) and asked.descriptor == message
    target = GXDLMSAssociationLogicalName()
    [action] = unwrapped(client().method(target, 1, b"proof", DataType.OCTET_STRING))
    invoked = apdu.decode(action)
    assert (
        isinstance(invoked, apdu.ActionRequestNormal) and invoked.descriptor == METHOD
    )
    assert invoked.parameters == axdr.encode(axdr.octet_string(b"proof"))


def test_we_read_the_blocks_that_guruxs_client_writes() -> None:
    data = GXDLMSData("0.0.96.13.0.255")
    data.value = bytes(range(200))
    sender = client()
    sender.settings.maxPduSize = 128
    sender.settings.negotiatedConformance = (
        Conformance.SET | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    )
    blocks = [apdu.decode(octets) for octets in unwrapped(sender.write(data, 2))]
    first, *others = blocks
    assert isinstance(first, apdu.SetRequestFirstBlock) and others
    joined = first.raw_data
    for number, block in enumerate(others, 2):
        assert (
            isinstance(block, apdu.SetRequestWithBlock) and block.block_number == number
        )
        assert block.last_block is (block is others[-1])
        joined += block.raw_data
    assert axdr.decode(joined) == axdr.octet_string(bytes(range(200)))


def test_we_read_guruxs_aarq_and_rlrq() -> None:
    opener = client()
    [aarq] = unwrapped(opener.aarqRequest())
    read = acse.decode(aarq)
    assert isinstance(read, Aarq)
    assert read == Aarq(
        acse.ApplicationContext.LN, user_information=read.user_information
    )
    assert read.user_information is not None
    assert isinstance(apdu.decode(read.user_information), apdu.InitiateRequest)
    assert acse.encode(read) == aarq
    opener.settings.connected = 2
    [rlrq] = unwrapped(opener.releaseRequest())
    assert acse.decode(rlrq) == Rlrq()


def test_gurux_reads_our_aare() -> None:
    accepted = Aare(
        acse.ApplicationContext.LN,
        acse.AssociateResult.ACCEPTED,
        acse.UserDiagnostic.NULL,
        user_information=INITIATED,
    )
    xml = GXDLMSTranslator().pduToXml(acse.encode(accepted))
    assert (
        'AssociationResult Value="00"' in xml
        and 'NegotiatedMaxPduSize Value="0400"' in xml
    )


@vectors("acse")
def test_dlms_cosem_reads_and_writes_each_published_example(
    row: dict[str, Any],
) -> None:
    octets = bytes.fromhex(row["hex"])
    kind = {
        0x60: peer_acse.ApplicationAssociationRequest,
        0x61: peer_acse.ApplicationAssociationResponse,
        0x62: peer_acse.ReleaseRequest,
        0x63: peer_acse.ReleaseResponse,
    }[octets[0]]
    assert kind.from_bytes(octets).to_bytes() == octets


def test_dlms_cosem_reads_our_association() -> None:
    gmac = Mechanism.HIGH_GMAC
    ciphered = acse.ApplicationContext.LN_CIPHERED
    aarq = Aarq(ciphered, gmac, b"ABC12345", b"challenge", INITIATE)
    asked = peer_acse.ApplicationAssociationRequest.from_bytes(acse.encode(aarq))
    assert (asked.system_title, asked.authentication_value) == (
        b"ABC12345",
        b"challenge",
    )
    assert asked.authentication == enumerations.AuthenticationMechanism.HLS_GMAC
    assert asked.ciphered and asked.to_bytes() == acse.encode(aarq)
    aare = Aare(
        ciphered,
        acse.AssociateResult.ACCEPTED,
        acse.UserDiagnostic.AUTHENTICATION_REQUIRED,
        gmac,
        b"ABC12345",
        b"challenge",
        INITIATED,
    )
    answered = peer_acse.ApplicationAssociationResponse.from_bytes(acse.encode(aare))
    assert answered.authentication == enumerations.AuthenticationMechanism.HLS_GMAC
    assert answered.user_information.content.server_max_receive_pdu_size == 1024
    assert acse.decode(answered.to_bytes()) == aare
    rlre = Rlre(user_information=INITIATED)
    released = peer_acse.ReleaseResponse.from_bytes(acse.encode(rlre))
    assert acse.decode(released.to_bytes()) == rlre
    rlrq = Rlrq(user_information=INITIATE)
    releasing = peer_acse.ReleaseRequest.from_bytes(acse.encode(rlrq))
    assert acse.decode(releasing.to_bytes()) == rlrq


@pytest.mark.parametrize(
    ("sent", "factory"),
    [
        (apdu.GetRequestNormal(0xC1, ATTRIBUTE), xdlms.GetRequestFactory),
        (apdu.GetRequestNext(0xC1, 7), xdlms.GetRequestFactory),
        (
            apdu.GetRequestWithList(0xC1, ((ATTRIBUTE, None), (ATTRIBUTE, None))),
            xdlms.GetRequestFactory,
        ),
        (apdu.GetResponseNormal(0xC1, VALUE), xdlms.GetResponseFactory),
        (apdu.GetResponseNormal(0xC1, DENIED), xdlms.GetResponseFactory),
        (
            apdu.GetResponseWithDatablock(0xC1, False, 1, VALUE),
            xdlms.GetResponseFactory,
        ),
        (apdu.GetResponseWithDatablock(0xC1, True, 2, VALUE), xdlms.GetResponseFactory),
        (
            apdu.GetResponseWithDatablock(0xC1, True, 2, DENIED),
            xdlms.GetResponseFactory,
        ),
        (apdu.SetRequestNormal(0xC1, ATTRIBUTE, VALUE), xdlms.SetRequestFactory),
        (apdu.SetResponseNormal(0xC1, DENIED), xdlms.SetResponseFactory),
        (apdu.ActionRequestNormal(0xC1, METHOD, VALUE), xdlms.ActionRequestFactory),
        (
            apdu.ActionResponseNormal(0xC1, apdu.ActionResult.SUCCESS),
            xdlms.ActionResponseFactory,
        ),
        (
            apdu.ActionResponseNormal(0xC1, apdu.ActionResult.SUCCESS, VALUE),
            xdlms.ActionResponseFactory,
        ),
        (
            apdu.ActionResponseNormal(0xC1, apdu.ActionResult.OTHER_REASON, DENIED),
            xdlms.ActionResponseFactory,
        ),
        (
            apdu.ExceptionResponse(
                apdu.StateError.SERVICE_UNKNOWN, apdu.ServiceFault.SERVICE_NOT_SUPPORTED
            ),
            xdlms.ExceptionResponse,
        ),
        (
            apdu.ConfirmedServiceError(
                apdu.ConfirmedService.INITIATE, apdu.ServiceErrorKind.INITIATE, 1
            ),
            xdlms.ConfirmedServiceError,
        ),
        (apdu.InitiateRequest(CONFORMANCE, 1024), xdlms.InitiateRequest),
        (
            apdu.InitiateRequest(CONFORMANCE, 1024, bytes(range(16))),
            xdlms.InitiateRequest,
        ),
        (apdu.InitiateResponse(CONFORMANCE, 1024), xdlms.InitiateResponse),
    ],
    ids=lambda item: type(item).__name__,
)
def test_dlms_cosem_reads_it_and_writes_it_again(sent: Any, factory: Any) -> None:
    octets = apdu.encode(sent)
    read = factory.from_bytes(octets)
    if isinstance(read, xdlms.GetResponseNormal):
        # Its writer of this one fails.
        assert bytes(read.data) == VALUE
    else:
        assert bytes(read.to_bytes()) == octets


@given(st.integers(0, 65535), st.binary(min_size=6, max_size=6), st.integers(0, 127))
@settings(max_examples=50)
def test_dlms_cosem_names_what_we_name(
    class_id: int, octets: bytes, index: int
) -> None:
    try:
        interface = enumerations.CosemInterface(class_id)
    except ValueError:
        interface = enumerations.CosemInterface.REGISTER
    peer = cosem.CosemAttribute(interface, cosem.Obis.from_bytes(octets), index)
    ours = apdu.AttributeDescriptor(interface.value, Obis(octets), index)
    assert peer.to_bytes() == ours.encode()


def test_dlms_cosem_reads_our_rows() -> None:
    rows = axdr.array(
        axdr.structure(
            axdr.octet_string(bytes([i] * 12)), axdr.unsigned(i), axdr.double_long(-i)
        )
        for i in range(100)
    )
    peer = utils.parse_as_dlms_data(axdr.encode(rows))
    assert [[bytes(row[0]), *row[1:]] for row in peer] == axdr.plain(rows)
