"""P2, the M-Bus: frames, headers, data records and their security, wired and wireless."""
