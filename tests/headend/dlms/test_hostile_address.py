"""An address that no network can look up is the user's to mend, not to be tried again."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IStreamClientEndpoint
from zope.interface import implementer

from headend.dlms.line import connect
from scenarios.transport.clock import HeapClock
from wire.errors import ConfigError


@implementer(IStreamClientEndpoint)
class Impossible:
    """What an endpoint for a host name that is none does."""

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """Fails as Twisted's does."""
        return fail(ValueError("invalid hostname: a\x00b"))


def test_a_host_name_that_is_none() -> None:
    clock = HeapClock(0)
    with pytest.raises(ConfigError, match="invalid hostname"):
        clock.play(connect(Impossible(), 1, 1, clock, 5.0))
