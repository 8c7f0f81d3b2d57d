"""A small market made by hand: an index of three banks and two others, a fund, futures and a chain."""

from datetime import date

from core.instruments import Instrument, Kind
from feeds.universe import Listing, Universe

DATE = date(2026, 11, 23)
EXPIRY = date(2026, 12, 1)
NIFTY, VIX, FUND, FUTURE = 1, 2, 3, 50
SHARES = (10, 11, 12, 13, 14)
PRICES = (99_820, 136_700, 41_540, 154_100, 1_601_400)
TICKS = (5, 10, 5, 10, 100)
SECTORS = ("Bank", "Bank", "Bank", "IT", "Auto")
LOT = 65
STRIKES = range(2_400_000, 2_600_001, 5_000)


def one(number: int, symbol: str, kind: Kind, tick: int = 5, lot: int = 1, **more: object) -> Instrument:
    exchange = "NFO" if kind in (Kind.FUT, Kind.CE, Kind.PE) else "NSE"
    return Instrument(number, exchange, symbol, symbol, kind, lot, tick, 1800, **more)  # type: ignore[arg-type]


def universe(trading_date: date = DATE, always_open: bool = True, **prices: int) -> Universe:
    """``prices`` override previous closes: ``s10=99_000`` for the share of id 10."""
    listings = [
        Listing(one(NIFTY, "NIFTY 50", Kind.INDEX), 2_500_000, sigma=0.008),
        Listing(one(VIX, "INDIA VIX", Kind.INDEX), 1_340, sigma=0.045),
        Listing(one(FUND, "NIFTYBEES", Kind.ETF, tick=1), 29_500, 23_600, 35_400, sigma=0.008, follows=NIFTY),
    ]
    for number, price, tick, sector in zip(SHARES, PRICES, TICKS, SECTORS, strict=True):
        close = prices.get(f"s{number}", price)
        low, high = -(-close * 9 // (10 * tick)) * tick, close * 11 // (10 * tick) * tick
        share = one(number, f"SHARE{number}", Kind.EQ, tick, sector=sector)
        listings.append(Listing(share, close, low, high, sigma=0.014, volume=5_000_000))
    future = one(FUTURE, "NIFTY26DECFUT", Kind.FUT, 10, LOT, underlying_id=NIFTY, expiry=EXPIRY)
    listings.append(Listing(future, 2_503_000, 2_252_700, 2_753_300))
    number = 100
    for strike in STRIKES:
        for kind in (Kind.CE, Kind.PE):
            contract = one(number, f"N{strike}{kind}", kind, 5, LOT, underlying_id=NIFTY, expiry=EXPIRY, strike=strike)
            listings.append(Listing(contract, 10_000))
            number += 1
    return Universe(listings, trading_date, {NIFTY: dict.fromkeys(SHARES, 20.0)}, always_open=always_open)
