"""The meter's DLMS server on P3."""
