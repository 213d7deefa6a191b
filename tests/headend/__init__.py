"""Tests of headend."""
