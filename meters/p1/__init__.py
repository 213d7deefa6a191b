"""The meter's consumer port."""
