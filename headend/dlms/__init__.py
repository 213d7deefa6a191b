"""The central system's end of P3: a DLMS client, and a second engine to compare it with."""
