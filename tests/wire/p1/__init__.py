"""Tests of wire/p1."""
