"""Simulated smart meters."""
