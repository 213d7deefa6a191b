"""Tests of scenarios.report."""
