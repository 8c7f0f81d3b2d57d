"""Whole numbers as they stand in addresses."""

DIGITS = 18
"""All numbers of so many digits fit into an id's column."""


def number_of(text: str, digits: int = DIGITS) -> int | None:
    """Plain digits as a number; None for anything else, and for more digits than that."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
