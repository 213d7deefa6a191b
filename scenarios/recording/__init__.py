"""Records what happened as a scenario, which is read, edited and played as any other."""
