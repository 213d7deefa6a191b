"""Plays a short scenario in real time on loopback sockets; a process of its own, see the test."""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint

from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.playing.runner import Runner
from scenarios.transport.network import Port, ReactorNetwork
from scenarios.world.making import RealLab

SPEED = 30.0
TEXT = """
scenario: real-time
world: {start: 2024-01-27T18:00:00+01:00, stations: 2, push_port: 4061}
steps:
  - plug_car: {energy_kwh: 10, max_w: 11000}
  - send_message: {text: hello}
  - expect: {p1_text: {text: hello}, within: 30s}
  - send_message:
      profile: {valid_from: +0s, valid_to: +1h, periods: [{start: +0s, max_w: 4200}]}
  - expect: {register: {name: applied_limit, equals: 4200}, within: 1m}
  - expect: {register: {name: power, min: 4100, max: 4200}, within: 1m}
  - disturb_wire: {wire: p3, latency: 1s, jitter: 1s, slice: 100}
  - disturb_wire: {wire: p1, slice: 64, direction: from_meter}
  - send_message: {text: in pieces}
  - expect: {p1_text: {text: in pieces}, within: 30s}
  - disturb_wire: {wire: p1, corrupt: 1}
  - disturb_wire: {wire: p3}
  - send_message: {text: flipped}
  - run_for: 25s
  - expect: {p1_text: {text: in pieces}}
  - disturb_wire: {wire: p1, silence: true, lasts: 10s}
  - disturb_wire: {wire: modbus, silence: true, lasts: 10s}
  - reset_wire: {wire: p1}
  - reset_wire: {wire: modbus}
  - expect: {p1_text: {text: flipped}, within: 2m}
  - expect: {register: {name: applied_limit, equals: 4200}, within: 1m}
  - kill: {process: meter}
  - start: {process: meter}
  - kill: {process: unit}
  - start: {process: unit}
  - kill: {process: head_end}
  - start: {process: head_end}
  - disturb_wire: {wire: p3, silence: true}
  - kill: {process: head_end, after: 5s}
  - expect:
      refused: {send_message: {text: lost}, by: transport, result: not-running}
  - start: {process: head_end}
  - disturb_wire: {wire: p3}
  - send_message: {text: risen}
  - expect: {p1_text: {text: risen}, within: 2m}
"""


class FreePorts(ReactorNetwork):
    """Real sockets on whatever ports are free, found again under the ports that were wanted."""

    def __init__(self) -> None:
        super().__init__(reactor)
        self._taken: dict[tuple[str, int], tuple[str, int]] = {}

    async def listen(self, host: str, port: int, factory: IProtocolFactory) -> Port:
        """Listens on a free port; on the same one when it begins again there."""
        known = (host, port) in self._taken.values()
        listening = await super().listen(host, port if known else 0, factory)
        self._taken[host, port] = listening.address
        return listening

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """Where that port is now."""
        return super().endpoint(*self._taken.get((host, port), (host, port)))


def main() -> int:
    """Plays; 0 when everything held."""
    scenario = parse(TEXT, Path("real-time.yaml"))
    lab = RealLab(scenario, Controller.NONE, SPEED, reactor, FreePorts())
    played = lab.drive(Runner(scenario, lab, "real").play())
    lab.close()
    for seen in played.run.expectations:
        print(seen.subject, seen.seen, seen.passed)
    return 0 if all(step.passed for step in played.run.steps) else 1


if __name__ == "__main__":
    sys.exit(main())
