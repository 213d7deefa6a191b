"""The devices on P2, wired and wireless, and the wires that they hang on."""
