"""Time and the wires of a world: simulated in memory, or real; sound, or disturbed."""
