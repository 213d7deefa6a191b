"""Tests of meters."""
