"""Tests of wire/dlms."""
