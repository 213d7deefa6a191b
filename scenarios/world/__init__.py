"""The world of a scenario: every product wired to its neighbours, and the physics between."""
