"""Which head of a tax return a closed trade falls under, as a table."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core import tax
from core.instruments import Kind
from core.orders import Product, Side
from core.round_trips import RoundTrip
from core.tax import Head

SOLD = date(2026, 11, 26)


def trip(days: int, gross: int = 100, charges: int = 30) -> RoundTrip:
    """Bought so many days before it was sold."""
    opened = SOLD - timedelta(days=days)
    at = datetime(2026, 11, 26, 6, tzinfo=UTC)
    return RoundTrip(
        7, Product.CNC, Side.BUY, at - timedelta(days=days), at, opened, SOLD, 10, 1_000, 1_000 + gross, charges
    )


@pytest.mark.parametrize(
    ("kind", "days", "head"),
    [
        (Kind.EQ, 0, Head.INTRADAY),
        (Kind.ETF, 0, Head.INTRADAY),
        (Kind.EQ, 1, Head.SHORT_TERM),
        (Kind.EQ, 365, Head.SHORT_TERM),
        (Kind.EQ, 366, Head.LONG_TERM),
        (Kind.ETF, 400, Head.LONG_TERM),
        (Kind.FUT, 0, Head.FUTURES_OPTIONS),
        (Kind.CE, 12, Head.FUTURES_OPTIONS),
        (Kind.PE, 400, Head.FUTURES_OPTIONS),
    ],
)
def test_the_head_follows_from_what_was_held_and_how_long(kind: Kind, days: int, head: Head) -> None:
    assert tax.head_of(trip(days), kind) is head


def test_profits_and_losses_are_summed_apart() -> None:
    told = tax.total([trip(0, 500), trip(0, -200), trip(0, 0)])
    assert (told.trips, told.profit, told.loss, told.charges) == (3, 500, 200, 90)
    assert (told.gross, told.net, told.turnover) == (300, 210, 700)
