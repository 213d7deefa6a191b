"""Tests of wire/capture."""
