"""The meter's P3 server."""
