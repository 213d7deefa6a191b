"""What a scenario can expect, and how a world is looked at for it."""
