"""A word that whoever places an order marks it with: a strategy's name, by which orders and profit are told apart."""

import re

LONGEST = 20
"""Of what a person types, and of what brokers take."""
LONGEST_OF_PROGRAMS = 40
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:-]*", re.ASCII)


def fits(text: str, longest: int = LONGEST) -> bool:
    """Whether it may mark an order."""
    return len(text) <= longest and _TAG.fullmatch(text) is not None


def rule(longest: int = LONGEST) -> str:
    """What to type instead, as a sentence."""
    return f"A tag has 1 to {longest} letters, digits, blanks or _ . : - and starts with a letter or digit."
