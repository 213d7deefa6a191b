"""Independent implementations at the other end of our wires, driven in memory.

Each drives a peer's own client over an exchange: the octets of a WPDU in, those of the answer
out. They are the client that the meter of `tests.meters.builders` knows.
"""
