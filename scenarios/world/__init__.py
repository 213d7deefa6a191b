"""The world of a scenario: every product wired to its neighbours, and the physics between."""

from scenarios.world.making import make_world

__all__ = ["make_world"]
