"""What a market watch may show: columns of its rows, what a change is measured from, and colours that mark a row."""

from enum import StrEnum


class Column(StrEnum):
    """A column beside an instrument's name and its last price, which are always there."""

    CHANGE = "CHANGE"
    PERCENT = "PERCENT"
    BID = "BID"
    ASK = "ASK"
    VOLUME = "VOLUME"
    OI = "OI"
    OPEN = "OPEN"
    HIGH = "HIGH"
    LOW = "LOW"
    PREV_CLOSE = "PREV_CLOSE"
    RANGE = "RANGE"


class Base(StrEnum):
    """What a change is measured from: the previous close or the day's open."""

    CLOSE = "CLOSE"
    OPEN = "OPEN"


class Colour(StrEnum):
    """What marks a row, as its owner means it."""

    RED = "RED"
    ORANGE = "ORANGE"
    GREEN = "GREEN"
    BLUE = "BLUE"
    VIOLET = "VIOLET"


MOST_COLUMNS = 4
"""Beside the name and the last price: more would leave no room for the name."""
USUAL = (Column.CHANGE, Column.PERCENT)
