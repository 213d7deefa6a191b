"""Block transfer: what is cut comes together again, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.dlms import apdu, security
from wire.dlms.blocks import Block, BlockError, BlockFault, Joiner, Slicer, block_size
from wire.errors import LocalError
from wire.obis import Obis


@given(st.binary(max_size=600), st.integers(1, 100))
@settings(max_examples=100)
def test_what_is_cut_comes_together(octets: bytes, size: int) -> None:
    slicer, joiner = Slicer(octets, size), Joiner()
    block = slicer.first()
    whole = joiner.add(*block)
    while whole is None:
        assert not block.last and len(block.octets) == size
        block = slicer.after(joiner.number)
        whole = joiner.add(*block)
    assert whole == octets and block.last and joiner.number == block.number
    with pytest.raises(BlockError):
        slicer.after(block.number)


@pytest.mark.parametrize("number", [0, 2, 3, 0xFFFFFFFF])
def test_only_the_last_given_block_can_be_acknowledged(number: int) -> None:
    slicer = Slicer(bytes(10), 3)
    assert slicer.first() == Block(1, False, bytes(3))
    with pytest.raises(BlockError) as caught:
        slicer.after(number)
    assert caught.value.fault is BlockFault.NUMBER_INVALID
    assert slicer.after(1) == Block(2, False, bytes(3))


@pytest.mark.parametrize("number", [0, 1, 3])
def test_blocks_come_in_order(number: int) -> None:
    joiner = Joiner()
    joiner.add(1, False, b"a")
    with pytest.raises(BlockError) as caught:
        joiner.add(number, False, b"b")
    assert caught.value.fault is BlockFault.NUMBER_INVALID
    assert joiner.add(2, True, b"b") == b"ab"


def test_the_first_block_is_number_one() -> None:
    for number in (0, 2):
        with pytest.raises(BlockError):
            Joiner().add(number, True, b"a")


def test_no_block_follows_the_last() -> None:
    joiner = Joiner()
    joiner.add(1, True, b"a")
    with pytest.raises(BlockError):
        joiner.add(2, True, b"b")


def test_no_more_than_the_bound_is_kept() -> None:
    joiner = Joiner(10)
    assert joiner.add(1, False, bytes(10)) is None
    with pytest.raises(BlockError) as caught:
        joiner.add(2, True, b"x")
    assert caught.value.fault is BlockFault.TOO_LONG
    assert Joiner(10).add(1, True, bytes(10)) == bytes(10)


def test_empty_blocks_cannot_go_on_for_ever() -> None:
    joiner = Joiner()
    with pytest.raises(BlockError) as caught:
        joiner.add(1, False, b"")
    assert caught.value.fault is BlockFault.EMPTY
    assert Joiner().add(1, True, b"") == b""


@pytest.mark.parametrize("pdu_size", [64, 128, 187, 1024, 65535])
@pytest.mark.parametrize("kind", [None, security.Kind.GLO, security.Kind.GENERAL_GLO])
def test_a_block_fills_a_pdu_and_no_more(
    pdu_size: int, kind: security.Kind | None
) -> None:
    cipher = security.Cipher(bytes(16), bytes(16))
    descriptor = apdu.AttributeDescriptor(7, Obis.parse("1-0:99.1.0"), 2)
    room = pdu_size if kind is None else pdu_size - security.OVERHEAD[kind]
    octets = bytes(block_size(room))
    first = bytes(block_size(room, before=10))
    for sent in (
        apdu.GetResponseWithDatablock(0xC1, False, 1, octets),
        apdu.SetRequestWithBlock(0xC1, False, 2, octets),
        apdu.SetRequestFirstBlock(0xC1, descriptor, False, 1, first),
    ):
        pdu = apdu.encode(sent)
        if kind is not None:
            pdu = security.protect(
                pdu,
                cipher=cipher,
                title=bytes(8),
                counter=1,
                control=security.SecurityControl.AUTHENTICATED_ENCRYPTED,
                kind=kind,
            )
        assert pdu_size - 16 <= len(pdu) <= pdu_size


def test_a_pdu_without_room_for_a_block_is_refused() -> None:
    with pytest.raises(LocalError):
        block_size(12)
    with pytest.raises(LocalError):
        Slicer(b"abc", 0)
