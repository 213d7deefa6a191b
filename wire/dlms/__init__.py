"""The DLMS application layer, its security and the TCP wrapper (IEC 62056-5-3 and 4-7)."""
