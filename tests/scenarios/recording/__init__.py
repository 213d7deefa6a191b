"""Tests of scenarios.recording."""
