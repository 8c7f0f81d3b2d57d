"""A vendor's file of 100,000 instruments loaded, against a bare COPY of the same rows; and the reload that follows."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from bench.house import house
from bench.result import Result, rounded
from db.engine import Database
from desk import masters, vendor_masters

INSTRUMENTS = 100_000
SHARES = 3_000
CHUNK = 1 << 18
ON = date(2026, 11, 23)
EXPIRIES = tuple(ON + timedelta(days=days) for days in (7, 14, 36, 64))


def upstox_file(instruments: int = INSTRUMENTS, shares: int = SHARES) -> bytes:
    """As the vendor publishes it: a JSON list, ticks in paise, expiries in ms; 40 contracts on most shares."""
    rows: list[dict[str, object]] = [
        {
            "segment": "NSE_EQ", "name": f"NAME {n} LIMITED", "exchange": "NSE", "isin": f"INE{n:04d}01011",
            "instrument_type": "EQ", "instrument_key": f"NSE_EQ|INE{n:04d}01011", "lot_size": 1,
            "freeze_quantity": 100000.0, "exchange_token": str(n), "tick_size": 5.0, "trading_symbol": f"SHARE{n:04d}",
        }
        for n in range(shares)
    ]  # fmt: skip
    ends = [int(datetime(day.year, day.month, day.day, 18, 29, 59, tzinfo=UTC).timestamp() * 1000) for day in EXPIRIES]
    token = 40_000
    while len(rows) < instruments:
        place = len(rows) - shares
        under, step = place % shares, place // shares
        day, strike = EXPIRIES[step % len(EXPIRIES)], 1000 + 10 * (step // len(EXPIRIES))
        kind = ("CE", "PE")[step % 2]
        token += 1
        rows.append(
            {
                "weekly": False, "segment": "NSE_FO", "name": f"SHARE{under:04d}", "exchange": "NSE",
                "expiry": ends[step % len(ends)], "instrument_type": kind, "instrument_key": f"NSE_FO|{token}",
                "lot_size": 500, "freeze_quantity": 20000.0, "exchange_token": str(token), "tick_size": 5.0,
                "trading_symbol": f"SHARE{under:04d} {strike} {kind} {day:%d %b %y}".upper(), "strike_price": strike,
                "underlying_key": f"NSE_EQ|INE{under:04d}01011", "underlying_symbol": f"SHARE{under:04d}",
            }
        )  # fmt: skip
    return json.dumps(rows).encode()


def chunks(file: bytes) -> Iterator[bytes]:
    """A file as it is read."""
    return (file[at : at + CHUNK] for at in range(0, len(file), CHUNK))


def _seconds(database: Database, file: bytes) -> tuple[float, dict[str, object]]:
    start = time.perf_counter()
    report = vendor_masters.load(database, "bench", chunks(file), "bench", on=ON)
    return time.perf_counter() - start, report


def _copy(database: Database) -> float:
    """The same rows as they ended up, copied into tables that have no index and no rule."""
    with database.connection() as connection:
        rows = connection.execute("select * from instruments").fetchall()
        terms = connection.execute("select * from instrument_terms").fetchall()
        start = time.perf_counter()
        for table, held in (("instruments", rows), ("instrument_terms", terms)):
            connection.execute(f"create table bare_{table} as select * from {table} where false")
            with connection.cursor() as cursor, cursor.copy(f"copy bare_{table} from stdin") as copy:
                for row in held:
                    copy.write_row(row)
        connection.commit()
        return time.perf_counter() - start


def _get(database: Database) -> float:
    start = time.perf_counter()
    masters.get(database)
    return (time.perf_counter() - start) * 1000


def run() -> Iterator[Result]:
    """The first load, the same file again, and how long the masters in memory take to follow a small change."""
    file = upstox_file()
    with house() as database:
        masters.get(database)
        first, report = _seconds(database, file)
        if report["new"] != INSTRUMENTS:
            raise RuntimeError(f"{report['new']} of {INSTRUMENTS} were listed: {report}")
        bare = _copy(database)
        yield Result("masters_load_100k", rounded(first), "s", rounded(bare), rounded(first / bare))
        yield Result("masters_follow_100k", rounded(_get(database)), "ms")
        again, report = _seconds(database, file)
        yield Result("masters_reload_100k", rounded(again), "s", rounded(bare), rounded(again / bare))
        with database.connection() as connection:
            connection.execute("update instruments set sector = 'x' where symbol = 'SHARE0001'")
            connection.execute("update master_version set version = version + 1")
        masters.forget(database)
        yield Result("masters_follow_a_change", rounded(_get(database)), "ms")
