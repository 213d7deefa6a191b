"""The P1 telegram: reader, encoder and the object table of each version."""
