"""Tests of chargepoint."""
