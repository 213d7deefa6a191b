"""What our wires cost beside their peers, measured in one run: `make bench`."""
