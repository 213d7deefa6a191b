"""Numbers per phase, as a saved state has them."""

from __future__ import annotations

from typing import Any


def restored(name: str, saved: Any, most: int) -> list[int]:
    """Three whole numbers from 0 to the most that each can be; raises `ValueError` for others."""
    numbers = list(saved)
    if len(numbers) != 3 or not all(
        type(number) is int and 0 <= number <= most for number in numbers
    ):
        raise ValueError(f"{name} of the phases cannot be {str(numbers)[:40]}")
    return numbers
