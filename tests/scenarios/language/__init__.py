"""Tests of scenarios.language."""
