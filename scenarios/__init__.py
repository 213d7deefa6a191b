"""Scenario files and the world that they play in."""
