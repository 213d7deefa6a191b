"""Tests of scenarios.transport."""
