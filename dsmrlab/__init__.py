"""The command: it parses, calls one function, prints."""
