"""P3: our two ends in one process beside a peer's client on the same meter.

Each side's figure is the whole exchange: the client's work, and the same meter's. What the
meter costs is in both, so a ratio is never better than the clients' own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from itertools import count
from operator import eq
from typing import Any, TypeVar

from dlms_cosem.utils import parse_as_dlms_data
from gurux_dlms.objects import GXDLMSRegister

from headend.dlms.credentials import Credentials
from headend.dlms.services import Association
from headend.dlms.session import Dialogue
from meters.behaviour.captures import INTERVALS
from meters.meter import Meter
from meters.objects.profile import INTERVAL_LAYOUT
from tests.bench.measure import Contest
from tests.meters.builders import CLIENT_TITLE, KEYS, METER_TITLE, NOW_S, make_meter
from tests.peers.exchange import Exchange, MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.dlms import axdr
from wire.dlms.descriptors import AttributeDescriptor, Selection
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.instants import encode_date_time, from_epoch
from wire.obis import Obis

Result = TypeVar("Result")

GURUX = f"gurux-dlms {version('gurux-dlms')}, client and crypto, on our meter"
DLMS_COSEM = f"dlms-cosem {version('dlms-cosem')}, decoding alone"
CREDENTIALS = Credentials(
    system_title=CLIENT_TITLE,
    meter_title=METER_TITLE,
    encryption_key=KEYS.encryption_key,
    authentication_key=KEYS.authentication_key,
)
ENERGY = AttributeDescriptor(3, Obis.parse("1-0:1.8.2"), 2)
QUARTER_HOUR_S = 900
PROFILE = AttributeDescriptor(7, Obis.parse("1-0:99.1.0"), 2)


class OurClient:
    """Our sans-IO client, its frames made and read as its connection does."""

    def __init__(self, exchange: Exchange, next_counter: Callable[[], int]) -> None:
        self.session = Association(CREDENTIALS, next_counter)
        self._exchange = exchange
        self._reader = WrapperReader()

    def play(self, dialogue: Dialogue[Result]) -> Result:
        """Carries a dialogue's octets to the meter and back until it ends."""
        source, destination = CREDENTIALS.client_sap, CREDENTIALS.server_sap
        try:
            payload = next(dialogue)
            while True:
                answer = self._exchange(encode_wpdu(source, destination, payload))
                (event,) = self._reader.feed(answer)
                assert isinstance(event, Wpdu)
                payload = dialogue.send(event.payload)
        except StopIteration as end:
            result: Result = end.value
            return result


def ciphered_get() -> Contest:
    """One register's value, within an association that stands."""
    meter = _loaded_meter()
    ours = OurClient(MeterExchange(meter), count(1000).__next__)
    ours.play(ours.session.open())
    peer = GuruxPeer(MeterExchange(meter))
    peer.associate()
    register = GXDLMSRegister("1.0.1.8.2.255")
    return Contest(
        "ciphered GET",
        GURUX,
        lambda: ours.play(ours.session.get(ENERGY)).value,
        lambda: peer.read(register, 2),
        eq,
        at_least=30,
        at_most_us=60,
        ours_times=200,
        theirs_times=20,
    )


def association() -> Contest:
    """A new client associates with HLS5 both ways, and releases; its result: whom it met."""
    meter = _loaded_meter()
    our_wire, peer_wire = MeterExchange(meter), MeterExchange(meter)
    next_counter = count(1000).__next__

    def ours() -> bytes:
        client = OurClient(our_wire, next_counter)
        client.play(client.session.open())
        client.play(client.session.release())
        return client.session.meter_title

    def theirs() -> bytes:
        peer = GuruxPeer(peer_wire)
        peer.associate()
        peer.release()
        return bytes(peer.client.settings.sourceSystemTitle)

    return Contest(
        "association HLS5 + release",
        GURUX,
        ours,
        theirs,
        eq,
        at_least=8,
        at_most_us=500,
        ours_times=50,
        theirs_times=10,
    )


def profile_by_blocks() -> Contest:
    """960 rows of clock, status and import, chosen by range, in blocks of 1024 octets.

    Ours is the whole way: encoded by the meter, ciphered, sliced, read by blocks, deciphered,
    joined and decoded. The peer only decodes the same octets, which it finds in its hand.
    """
    meter = _loaded_meter()
    exchange = MeterExchange(meter)
    exchange.now_s = _fill_profile(meter)
    client = OurClient(exchange, count(1000).__next__)
    client.play(client.session.open())
    columns, _ = INTERVAL_LAYOUT
    selection = Selection(
        1,
        axdr.structure(
            columns[0],
            axdr.octet_string(encode_date_time(from_epoch(NOW_S))),
            axdr.octet_string(encode_date_time(from_epoch(exchange.now_s))),
            axdr.array(columns[:3]),
        ),
    )
    association = client.session
    plain = axdr.encode(client.play(association.get(PROFILE, selection)))
    assert plain[:3] == b"\x01\x82" + (INTERVALS.rows >> 8).to_bytes(1, "big")
    return Contest(
        "load profile of 960 × 3 by blocks",
        DLMS_COSEM,
        lambda: client.play(association.get(PROFILE, selection)),
        lambda: parse_as_dlms_data(plain),
        lambda ours, theirs: axdr.plain(ours) == _with_octets(theirs),
        at_least=1,
        ours_times=5,
        theirs_times=5,
    )


def _with_octets(rows: list[list[Any]]) -> list[list[Any]]:
    """The peer has bytearrays where we have octets."""
    return [[bytes(time), *values] for time, *values in rows]


def _loaded_meter() -> Meter:
    meter = make_meter()
    meter.set_load((1000, 2000, -500), (2300, 2310, 2290))
    return meter


def _fill_profile(meter: Meter) -> int:
    """Ten days of quarters with another load in each; when they are over."""
    end_s = NOW_S
    for quarter in range(INTERVALS.rows):
        meter.set_load((1000 + quarter, 0, 0), (2300, 2300, 2300))
        end_s += QUARTER_HOUR_S
        meter.advance(end_s)
    return end_s
