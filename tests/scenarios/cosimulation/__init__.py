"""Co-simulation: a world stepped from outside, and mosaik outside it."""
