"""What a meter does by itself: counting energy, keeping its load profile."""
