"""Keys and the HLS secret changed over P3: what holds from when, all or nothing."""

from __future__ import annotations

import pytest

from tests.meters.builders import KEYS, make_meter
from tests.meters.p3.driver import Driver
from tests.meters.p3.test_association import GET_CLOCK, UNDECIPHERABLE
from wire.cosem.rows import Client, Standard
from wire.dlms import axdr
from wire.dlms.acse import UserDiagnostic
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.dlms.security import Cipher, wrap_key

KEY_TRANSFER = (64, "0-0:43.0.0", 2)


def transfer(*keys: tuple[int, bytes], kek: bytes = KEYS.master_key) -> bytes:
    """The parameter of global_key_transfer."""
    return axdr.encode(
        axdr.array(
            axdr.structure(axdr.enum(key_id), axdr.octet_string(wrap_key(kek, key)))
            for key_id, key in keys
        )
    )


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_new_keys_hold_from_the_next_request_on(standard: Standard) -> None:
    meter = make_meter(standard)
    driver = Driver(meter).associate()
    encryption, authentication = bytes([1]) * 16, bytes([2]) * 16
    parameter = transfer((2, authentication), (0, encryption))
    assert driver.act(*KEY_TRANSFER, parameter).result is ActionResult.SUCCESS
    assert meter.state.unsaved
    old = driver.cipher
    driver.cipher = Cipher(encryption, authentication)
    driver.counter = 0
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
    driver.cipher = old
    assert driver.raw(driver.seal(GET_CLOCK)) == UNDECIPHERABLE


@pytest.mark.parametrize(
    "parameter",
    [
        transfer((0, bytes(16)), kek=bytes(16)),
        transfer((1, bytes(16))),
        transfer((0, bytes(16)), (0, bytes(16))),
        transfer((0, bytes(24))),
        transfer((0, bytes(16)), (7, bytes(16))),
        transfer(),
    ],
)
def test_keys_change_all_together_or_not_at_all(parameter: bytes) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    refused = driver.act(*KEY_TRANSFER, parameter)
    assert refused.result is ActionResult.OTHER_REASON
    assert meter.state.keys == KEYS
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)


def test_a_key_that_comes_again_does_not_make_old_counters_new() -> None:
    meter = make_meter(Standard.SMR_5_0)
    driver = Driver(meter).associate()
    again = driver.act(*KEY_TRANSFER, transfer((0, KEYS.encryption_key)))
    assert again.result is ActionResult.SUCCESS
    assert meter.state.received_counter == driver.counter
    driver.release()
    replayed = Driver(meter)
    assert replayed.request().diagnostic is UserDiagnostic.AUTHENTICATION_FAILURE


def test_the_hls_secret_changes_and_is_never_shown() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    secret = bytes([9]) * 16
    wrapped = axdr.encode(axdr.octet_string(wrap_key(KEYS.master_key, secret)))
    changed = driver.act(15, "0-0:40.0.0", 2, wrapped)
    assert changed.result is ActionResult.SUCCESS
    assert meter.state.keys.hls_secret == secret
    assert driver.get(15, "0-0:40.0.0", 7) == b"\x09\x00"
    public = Driver(meter, Client.PUBLIC).associate()
    assert public.get(15, "0-0:40.0.0", 7) is DataAccessResult.READ_WRITE_DENIED
