"""Text as it comes in: whole numbers in addresses, and what may be stored or said back."""

DIGITS = 18
"""All numbers of so many digits fit into an id's column."""


def number_of(text: str, digits: int = DIGITS) -> int | None:
    """Plain digits as a number; None for anything else, and for more digits than that."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def storable(text: str) -> bool:
    """Whether Postgres and UTF-8 can hold this text."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a pair, which is no letter
            return False
    return "\x00" not in text


def printable(name: str) -> str:
    """A field's name as an answer may repeat it, whatever was sent."""
    return name[:64].encode("ascii", "replace").decode()
