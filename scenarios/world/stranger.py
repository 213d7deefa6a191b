"""Somebody on the wire who would like to be the head-end, with or without a key for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from meters.meter import Meter
from scenarios.playing.world_protocol import Outcome, Refuser
from wire.dlms.security import KEY_OCTETS
from wire.errors import PeerRefused, TransportError

TITLE = b"???\x00\x00\x00\x00\x00"


async def try_wrong_key(
    endpoint: IStreamClientEndpoint, clock: IReactorTime
) -> Outcome:
    """Tries to associate as management with keys of zeros, and says how that was refused."""
    zeros = bytes(KEY_OCTETS)
    outcome = await _associate(endpoint, clock, zeros, zeros, 1)
    return replace(outcome, detail=outcome.detail or "the meter took a key of zeros")


async def use_counter(
    endpoint: IStreamClientEndpoint, clock: IReactorTime, meter: Meter, counter: int
) -> Outcome:
    """Associates as management with the meter's keys, counting from that counter on."""
    keys = meter.state.keys
    return await _associate(
        endpoint, clock, keys.encryption_key, keys.authentication_key, counter
    )


async def _associate(
    endpoint: IStreamClientEndpoint,
    clock: IReactorTime,
    encryption_key: bytes,
    authentication_key: bytes,
    counter: int,
) -> Outcome:
    credentials = Credentials(
        system_title=TITLE,
        encryption_key=encryption_key,
        authentication_key=authentication_key,
    )
    client = DlmsClient(endpoint, credentials, count(counter).__next__, clock)
    try:
        await client.open()
    except PeerRefused as error:
        return Outcome("rejected", Refuser.METER, str(error))
    except TransportError as error:
        return Outcome("failed", Refuser.TRANSPORT, str(error))
    finally:
        await client.leave()
    return Outcome()
