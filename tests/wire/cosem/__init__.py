"""Tests of wire/cosem."""
