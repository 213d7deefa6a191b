"""Tests of scenarios.expecting."""
