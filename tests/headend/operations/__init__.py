"""The operations of the head-end, theme by theme."""
