"""Somebody on the wire who would like to be the head-end, and has no key for it."""

from __future__ import annotations

from itertools import count

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from scenarios.world_protocol import Outcome, Refuser
from wire.dlms.security import KEY_OCTETS
from wire.errors import PeerRefused, TransportError

TITLE = b"???\x00\x00\x00\x00\x00"


async def try_wrong_key(
    endpoint: IStreamClientEndpoint, clock: IReactorTime
) -> Outcome:
    """Tries to associate as management with keys of zeros, and says how that was refused."""
    credentials = Credentials(
        system_title=TITLE,
        encryption_key=bytes(KEY_OCTETS),
        authentication_key=bytes(KEY_OCTETS),
    )
    client = DlmsClient(endpoint, credentials, count(1).__next__, clock)
    try:
        await client.open()
    except PeerRefused as error:
        return Outcome("refused", Refuser.METER, str(error))
    except TransportError as error:
        return Outcome("failed", Refuser.TRANSPORT, str(error))
    finally:
        client.close()
    return Outcome(detail="the meter took a key of zeros")
