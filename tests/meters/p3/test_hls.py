"""How management may authenticate: as the configuration object has it, and no other way."""

from __future__ import annotations

import pytest

from tests.meters.builders import KEYS, METER_TITLE, NOW_S, make_meter
from tests.meters.p3.driver import CHALLENGE, INVOKE, REPLY_TO_HLS, Driver
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.configuration import Flag, OperationMode, flags_of
from wire.cosem.events import Event, Log
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.acse import AssociateResult, Mechanism, UserDiagnostic
from wire.dlms.apdu import ActionRequestNormal, ActionResponseNormal
from wire.dlms.data import BitString
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.dlms.hls import Hls
from wire.dlms.security import wrap_key

OBJECT = (1, "0-1:94.31.3", 2)
ON_P3 = (Flag.HLS3_ON_P3, Flag.HLS4_ON_P3, Flag.HLS5_ON_P3)
DIGESTS = pytest.mark.parametrize(
    "mechanism", [Mechanism.HIGH_MD5, Mechanism.HIGH_SHA1]
)


def dsmr4(*flags: Flag, mode: int = OperationMode.ALWAYS_ON) -> bytes:
    """A value of the configuration object in DSMR 4."""
    return axdr.encode(
        axdr.structure(axdr.enum(mode), axdr.bit_string(flags_of(*flags)))
    )


class DigestDriver(Driver):
    """A client that proves itself by the digest of a secret."""

    mechanism = Mechanism.HIGH_MD5
    secret = KEYS.hls_secret

    @property
    def hls(self) -> Hls:
        return Hls(self.mechanism, self.cipher, self.secret)

    def proof(self, challenge: bytes) -> ActionResponseNormal:
        """Sends the proof of our secret."""
        octets = axdr.octet_string(self.hls.prove(b"", 0, challenge))
        answer = self.ask(
            ActionRequestNormal(INVOKE, REPLY_TO_HLS, axdr.encode(octets))
        )
        assert isinstance(answer, ActionResponseNormal)
        return answer

    def digest_associate(self) -> None:
        """All passes, the meter's proof checked."""
        aare = self.request(mechanism=self.mechanism)
        assert aare.result is AssociateResult.ACCEPTED, aare
        assert aare.mechanism is self.mechanism
        answer = self.proof(aare.authentication_value or b"")
        assert answer.result is ActionResult.SUCCESS
        assert isinstance(answer.returned, bytes)
        theirs = axdr.decode(answer.returned).value
        self.hls.check(METER_TITLE, CHALLENGE, theirs)


def configured(*flags: Flag, standard: Standard = Standard.DSMR_4_2_2) -> DigestDriver:
    """A driver for a meter with these flags, released again."""
    meter = make_meter(standard)
    driver = Driver(meter).associate()
    assert driver.set(*OBJECT, dsmr4(*flags)) is DataAccessResult.SUCCESS
    driver.release()
    return DigestDriver(meter)


def failed_logins(driver: Driver) -> list[int]:
    """When an authentication failed, as the fraud log tells."""
    logs = driver.meter.state.logs
    rows = () if logs is None else logs.rows(Log.FRAUD)
    return [row[0] for row in rows if row[1] == Event.FAILED_LOGIN]


@DIGESTS
@pytest.mark.parametrize("standard", [Standard.DSMR_4_0_6, Standard.DSMR_4_2_2])
def test_a_digest_gets_in_where_it_is_enabled(
    mechanism: Mechanism, standard: Standard
) -> None:
    driver = configured(*ON_P3, standard=standard)
    driver.mechanism = mechanism
    driver.digest_associate()
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
    shown = axdr.plain(axdr.decode(driver.get(15, "0-0:40.0.0", 6)))  # type: ignore
    assert shown == [2, 16, 756, 5, 8, 2, mechanism]
    driver.release()


@pytest.mark.parametrize("enabled", ON_P3)
def test_what_is_disabled_is_rejected_and_what_is_enabled_is_not(enabled: Flag) -> None:
    driver = configured(enabled, Flag.HLS3_ON_P0, Flag.HLS4_ON_P0, Flag.HLS5_ON_P0)
    for mechanism, flag in zip((3, 4, 5), ON_P3, strict=True):
        aare = driver.request(mechanism=Mechanism(mechanism))
        if flag is enabled:
            assert aare.result is AssociateResult.ACCEPTED
            driver.connection = Driver(driver.meter).connection
        else:
            assert aare.result is AssociateResult.REJECTED_PERMANENT
            assert (
                aare.diagnostic
                is UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED
            )
    assert failed_logins(driver) == [], "a disabled mechanism is no failed login"


@DIGESTS
@pytest.mark.parametrize("standard", list(Standard))
def test_no_digest_gets_into_a_meter_as_delivered(
    mechanism: Mechanism, standard: Standard
) -> None:
    driver = DigestDriver(make_meter(standard))
    aare = driver.request(mechanism=mechanism)
    assert aare.result is AssociateResult.REJECTED_PERMANENT


def test_smr5_has_no_digest_whatever_its_flags_say() -> None:
    meter = make_meter(Standard.SMR_5_0)
    driver = Driver(meter).associate()
    flags = axdr.encode(axdr.bit_string(flags_of(*ON_P3)))
    assert driver.set(*OBJECT, flags) is DataAccessResult.SUCCESS
    driver.release()
    again = DigestDriver(meter)
    again.counter = driver.counter
    assert again.request(mechanism=Mechanism.HIGH_MD5).result != 0


@DIGESTS
def test_a_wrong_secret_is_logged_and_locks_the_port(mechanism: Mechanism) -> None:
    driver = configured(*ON_P3)
    driver.mechanism, driver.secret = mechanism, bytes(16)
    aare = driver.request(mechanism=mechanism)
    refused = driver.proof(aare.authentication_value or b"")
    assert (refused.result, refused.returned) == (ActionResult.OTHER_REASON, None)
    assert failed_logins(driver) == [NOW_S]
    late = DigestDriver(driver.meter)
    late.mechanism = mechanism
    assert late.request(mechanism=mechanism).result is AssociateResult(2)
    assert failed_logins(late) == [NOW_S]
    late.now_s = NOW_S + 10
    late.digest_associate()


def test_wrong_keys_are_a_failed_login_too() -> None:
    meter = make_meter()
    stranger = Driver(meter)
    stranger.cipher = type(stranger.cipher)(bytes(16), bytes(16))
    assert stranger.request().diagnostic is UserDiagnostic.AUTHENTICATION_FAILURE
    assert meter.state.unsaved
    assert failed_logins(stranger) == [NOW_S]


def test_a_proof_by_digest_may_have_taken_one_counter() -> None:
    driver = configured(*ON_P3)
    aare = driver.request(mechanism=Mechanism.HIGH_MD5)
    driver.counter += 1
    proved = driver.proof(aare.authentication_value or b"")
    assert proved.result is ActionResult.SUCCESS
    driver.release()
    aare = driver.request(mechanism=Mechanism.HIGH_MD5)
    driver.counter += 2
    with pytest.raises(AssertionError, match="did not answer"):
        driver.proof(aare.authentication_value or b"")
    assert not driver.connection.associated


@pytest.mark.parametrize("octets", [0, 8, 15])
def test_a_secret_that_is_too_short_cannot_be_wrapped_or_is_refused(
    octets: int,
) -> None:
    driver = Driver(make_meter()).associate()
    parameter = axdr.encode(axdr.octet_string(bytes(octets)))
    refused = driver.act(15, "0-0:40.0.0", 2, parameter)
    assert refused.result is ActionResult.OTHER_REASON
    assert driver.meter.state.keys == KEYS


def test_a_secret_holds_from_the_next_association_on_and_has_an_end() -> None:
    driver = configured(*ON_P3)
    driver.digest_associate()
    for octets, result in ((72, ActionResult.OTHER_REASON), (64, ActionResult.SUCCESS)):
        wrapped = wrap_key(KEYS.master_key, b"s" * octets)
        parameter = axdr.encode(axdr.octet_string(wrapped))
        assert driver.act(15, "0-0:40.0.0", 2, parameter).result is result
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
    driver.release()
    renewed = DigestDriver(driver.meter)
    renewed.secret = b"s" * 64
    renewed.digest_associate()


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (dsmr4(Flag.P0, Flag.HLS5_ON_P0), DataAccessResult.OTHER_REASON),
        (dsmr4(), DataAccessResult.OTHER_REASON),
        (dsmr4(*ON_P3, mode=0), DataAccessResult.OTHER_REASON),
        (dsmr4(*ON_P3, mode=3), DataAccessResult.OTHER_REASON),
        (dsmr4(*ON_P3)[:4] + b"\x04\x08\xff", DataAccessResult.OTHER_REASON),
        (dsmr4(*ON_P3)[:4] + b"\x04\x18\xff\xff\xff", DataAccessResult.OTHER_REASON),
        (dsmr4(*ON_P3)[:4] + b"\x04\x00", DataAccessResult.OTHER_REASON),
        (dsmr4(*ON_P3)[:4] + b"\x09\x02\xff\xff", DataAccessResult.TYPE_UNMATCHED),
        (dsmr4(*ON_P3)[4:], DataAccessResult.TYPE_UNMATCHED),
        (dsmr4(*ON_P3)[:-1], DataAccessResult.TYPE_UNMATCHED),
    ],
)
def test_a_configuration_that_cannot_be_changes_nothing(
    value: bytes, result: DataAccessResult
) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    assert driver.set(*OBJECT, value) is result
    assert meter.state.settings is None
    shown = driver.get(*OBJECT)
    assert shown == bytes.fromhex("0202 1601 0410 5200")


@pytest.mark.parametrize(
    ("bits", "result"),
    [
        (BitString(16, b"\x12\x20"), DataAccessResult.SUCCESS),
        (BitString(16, b"\x1c\x18"), DataAccessResult.OTHER_REASON),
        (BitString(15, b"\x12\x20"), DataAccessResult.OTHER_REASON),
    ],
)
def test_smr5_has_the_flags_alone_and_keeps_hls5(
    bits: BitString, result: DataAccessResult
) -> None:
    driver = Driver(make_meter(Standard.SMR_5_0)).associate()
    assert driver.get(*OBJECT) == bytes.fromhex("0410 1220")
    assert driver.set(*OBJECT, axdr.encode(axdr.bit_string(bits))) is result


@DIGESTS
def test_the_client_of_gurux_proves_itself_so(mechanism: Mechanism) -> None:
    meter = configured(*ON_P3).meter
    peer = GuruxPeer(MeterExchange(meter), Client.MANAGEMENT, mechanism)
    peer.associate()
    peer.release()
