"""Tests of wire/mbus."""
