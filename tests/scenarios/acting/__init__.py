"""Tests of scenarios.acting."""
