"""What passes between a client and a meter on P3, as a pcapng file that Wireshark reads."""

from wire.capture.capture import Capture
from wire.capture.tap import OnOctets, Place, Tap

__all__ = ["Capture", "OnOctets", "Place", "Tap"]
