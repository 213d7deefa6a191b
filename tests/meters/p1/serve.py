"""A process with one P1 port on TCP and one as a pseudo terminal, on a real reactor.

Prints `PORT PATH`; ticks every 20 ms, each tick a second of the meter's; ends when its
standard input does, printing how many telegrams were skipped and what Python still keeps.
"""

from __future__ import annotations

import json
import sys
from itertools import count
from typing import Any

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO
from twisted.internet.task import LoopingCall

from meters.p1 import P1Port, P1Pty
from wire.p1 import Encoder, P1Version

ENCODER = Encoder(P1Version.SMR_5_0_2, "ISk5\\2MT382-1000")
START_S = 1_700_000_000
TEXT = b"x" * int(sys.argv[1])


def render(now_s: int) -> bytes:
    return ENCODER.encode({"1-0:1.8.1": now_s - START_S, "0-0:96.13.0": TEXT})


class Stop(Protocol):
    def connectionLost(self, reason: object = None) -> None:
        transports: list[Any] = [cable.transport for cable in port.cables]
        kept = [len(transport.dataBuffer) for transport in transports]
        skipped = [cable.line.skipped for cable in port.cables]
        result = {"kept": kept, "skipped": skipped, "pty_skipped": pty.line.skipped}
        pty.close()
        port.close()
        print(json.dumps(result), flush=True)
        reactor.stop()


port = P1Port(render, reactor, 1)
pty = P1Pty(render, reactor, reactor, 1)
seconds = count(START_S)


def tick() -> None:
    now_s = next(seconds)
    port.tick(now_s)
    pty.tick(now_s)


LoopingCall(tick).start(0.02)
StandardIO(Stop())
TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(port).addCallback(
    lambda listening: print(listening.getHost().port, pty.path, flush=True)
)
reactor.run()
