"""Files of instruments as the vendors publish them, small ones, for tests."""

import json
from datetime import UTC, date, datetime
from typing import Any

INFY_ISIN = "INE009A01021"
ALPHA_ISIN, BETA_ISIN = "INE111A01011", "INE222B01022"


def end_of(day: date) -> int:
    """The last millisecond but 999 of a day in India, as the JSON file gives expiries."""
    return int(datetime(day.year, day.month, day.day, 18, 29, 59, tzinfo=UTC).timestamp() * 1000)


def share(symbol: str, isin: str, *, exchange: str = "NSE", series: str = "EQ", **more: Any) -> dict[str, Any]:
    """A share in Upstox's JSON."""
    return {
        "segment": f"{exchange}_EQ",
        "name": f"{symbol} LTD",
        "exchange": exchange,
        "isin": isin,
        "instrument_type": series,
        "instrument_key": f"{exchange}_EQ|{isin}",
        "lot_size": 1,
        "freeze_quantity": 100000.0,
        "exchange_token": "2885",
        "tick_size": 10.0,
        "trading_symbol": symbol,
        **more,
    }


def contract(
    root: str, expiry: date, strike: float = 0, kind: str = "CE", *, token: int = 0, weekly: bool = False, **more: Any
) -> dict[str, Any]:
    """A contract of the NSE in Upstox's JSON; a future where ``strike`` is 0."""
    kind = kind if strike else "FUT"
    number = token or abs(hash((root, expiry, strike, kind))) % 10**8
    terms = f"{strike:g} {kind}" if strike else "FUT"
    return {
        "weekly": weekly,
        "segment": "NSE_FO",
        "name": root,
        "exchange": "NSE",
        "expiry": end_of(expiry),
        "instrument_type": kind,
        "underlying_symbol": root,
        "instrument_key": f"NSE_FO|{number}",
        "lot_size": 65,
        "freeze_quantity": 3510.0,
        "exchange_token": str(number),
        "underlying_key": "NSE_INDEX|Nifty 50" if root == "NIFTY" else "",
        "tick_size": 5.0,
        "trading_symbol": f"{root} {terms} {expiry:%d %b %y}".upper(),
        "strike_price": float(strike),
        **more,
    }


def index(name: str = "Nifty 50", symbol: str = "NIFTY", exchange: str = "NSE") -> dict[str, Any]:
    """An index in Upstox's JSON: neither tick nor lot."""
    return {
        "segment": f"{exchange}_INDEX",
        "name": name,
        "exchange": exchange,
        "instrument_type": "INDEX",
        "instrument_key": f"{exchange}_INDEX|{name}",
        "exchange_token": "26000",
        "trading_symbol": symbol,
    }


def upstox(*rows: dict[str, Any]) -> bytes:
    """The JSON file."""
    return json.dumps(list(rows)).encode()


UPSTOX_CSV = (
    '"instrument_key","exchange_token","tradingsymbol","name","last_price","expiry","strike","tick_size","lot_size",'
    '"instrument_type","option_type","exchange"\n'
)
TRUEDATA_CSV = "symbolid,symbol,series,isin,exchange,lotsize,strike,expiry,metastocksymbol,symbolalias,symbolalias\n"
