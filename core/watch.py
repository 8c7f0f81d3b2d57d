"""What a market watch may show: columns of its rows, what a change is measured from, and colours that mark a row;
and what a chart may."""

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
    YEAR = "YEAR"


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


class Study(StrEnum):
    """What a chart draws over its candles, or beneath them."""

    EMA_9 = "EMA_9"
    EMA_21 = "EMA_21"
    SMA_50 = "SMA_50"
    VWAP = "VWAP"
    BOLLINGER = "BOLLINGER"
    RSI = "RSI"
    MACD = "MACD"


FIRST_INTERVAL = "1m"
"""Of a chart's bars, until another is chosen."""
MOST_COLUMNS = 4
"""Beside the name and the last price: more would leave no room for the name."""
USUAL = (Column.CHANGE, Column.PERCENT)
