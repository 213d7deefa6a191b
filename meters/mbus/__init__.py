"""The E-meter as master of P2: its four channels, and what it does with the devices on them."""
