"""What both ends of a wire must agree on: sans-IO codecs, bytes in and values out."""
