"""Tests of dsmrlab."""
