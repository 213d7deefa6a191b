"""The consumer port's edges: on TCP, and as a pseudo terminal."""

from meters.p1.port import P1Cable, P1Port
from meters.p1.pty import P1Pty

__all__ = ["P1Cable", "P1Port", "P1Pty"]
