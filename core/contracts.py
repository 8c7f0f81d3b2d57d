"""Which futures and options exist on a date: expiries by the exchange's rule, strikes round a price, symbols.

A contract's expiry day is a weekday (Tuesday for NSE, Thursday for BSE); where that is a holiday the contract
expires on the trading date before it. The month's last such weekday is the monthly expiry; it keeps the
month's name in its symbol even when a holiday has moved it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.calendar import Calendar
from core.instruments import Kind

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKLY_MONTHS = "123456789OND"
WEEK = timedelta(days=7)
OPTION_TICK = 5
CHEAP_OPTION_TICK = 1
CHEAP_BELOW = 250_00

# The price (paise) below which a share's tick is so many paise; beyond the last one, five rupees.
SHARE_TICKS = ((250_00, 1), (1_000_00, 5), (5_000_00, 10), (10_000_00, 50), (20_000_00, 100))
DEAREST_SHARE_TICK = 500
INDEX_TICKS = ((15_000_00, 5), (30_000_00, 10))
HIGHEST_INDEX_TICK = 20
# The price (paise) below which a share's strikes are so many paise apart; beyond the last one, 250 rupees.
SHARE_STEPS = (
    (50_00, 1_00),
    (250_00, 2_50),
    (500_00, 5_00),
    (1_000_00, 10_00),
    (2_500_00, 20_00),
    (5_000_00, 50_00),
    (10_000_00, 100_00),
)
WIDEST_SHARE_STEP = 250_00


@dataclass(frozen=True, slots=True)
class Terms:
    """What is listed on an underlying from a date on.

    ``root`` starts the symbols (NIFTY for NIFTY 50), ``exchange`` is NFO or BFO, ``weekday`` 0 is Monday.
    ``lot`` and ``freeze_quantity`` are units. ``strike_step`` is paise, 0 for the step of a share's price.
    ``futures`` counts serial months, ``weeklies`` and ``monthlies`` the expiries of options, and
    ``strikes`` how many are kept each side of the price.
    """

    effective_from: date
    underlying: str
    root: str
    exchange: str
    lot: int
    freeze_quantity: int
    weekday: int
    futures: int
    weeklies: int
    monthlies: int
    strike_step: int
    strikes: int


@dataclass(frozen=True, slots=True)
class Contract:
    """One future or option; ``strike`` and ``tick`` are paise."""

    exchange: str
    symbol: str
    name: str
    kind: Kind
    expiry: date
    strike: int | None
    lot: int
    tick: int
    freeze_quantity: int


def share_tick(price: int) -> int:
    """The tick, in paise, of a share (and of its futures) that closed last month at ``price``."""
    return next((tick for below, tick in SHARE_TICKS if price < below), DEAREST_SHARE_TICK)


def index_tick(level: int) -> int:
    """The tick, in paise, of the futures of an index at ``level`` paise."""
    return next((tick for most, tick in INDEX_TICKS if level <= most), HIGHEST_INDEX_TICK)


def share_step(price: int) -> int:
    """How far apart, in paise, a share's strikes are."""
    return next((step for below, step in SHARE_STEPS if price < below), WIDEST_SHARE_STEP)


def month_end(year: int, month: int, weekday: int) -> date:
    """The last such weekday of a month, a holiday or not."""
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    last = first_of_next - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def monthly_expiries(calendar: Calendar, weekday: int, on: date, count: int) -> list[date]:
    """The next ``count`` monthly expiries, the one that falls on ``on`` included."""
    found: list[date] = []
    year, month = on.year, on.month
    while len(found) < count:
        expiry = calendar.at_or_before(month_end(year, month, weekday))
        if expiry >= on:
            found.append(expiry)
        year, month = year + month // 12, month % 12 + 1
    return found


def weekly_expiries(calendar: Calendar, weekday: int, on: date, count: int) -> list[date]:
    """The next ``count`` weekly expiries; the weeks that end in a monthly expiry have none of their own."""
    found: list[date] = []
    day = on + timedelta(days=(weekday - on.weekday()) % 7)
    while len(found) < count:
        expiry = calendar.at_or_before(day)
        if expiry >= on and day != month_end(day.year, day.month, weekday):
            found.append(expiry)
        day += WEEK
    return found


def is_monthly(calendar: Calendar, weekday: int, expiry: date) -> bool:
    """Whether an expiry date is the one of its month."""
    return expiry == calendar.at_or_before(month_end(expiry.year, expiry.month, weekday))


def future_symbol(root: str, expiry: date) -> str:
    """``NIFTY26DECFUT``."""
    return f"{root}{expiry.year % 100:02d}{MONTHS[expiry.month - 1]}FUT"


def option_symbol(root: str, expiry: date, strike: int, kind: Kind, monthly: bool) -> str:
    """``NIFTY26NOV24000CE`` for a monthly, ``NIFTY26D0124000CE`` for a weekly; 252.5 keeps its decimal."""
    month = MONTHS[expiry.month - 1] if monthly else f"{WEEKLY_MONTHS[expiry.month - 1]}{expiry.day:02d}"
    return f"{root}{expiry.year % 100:02d}{month}{plain(strike)}{kind}"


def symbol_of(root: str, expiry: date, kind: Kind, strike: int | None, monthly: bool) -> str:
    """The symbol of any contract; a future of a week, which some exchanges have had, is ``SENSEX24322FUT``."""
    if strike is not None:
        return option_symbol(root, expiry, strike, kind, monthly)
    if monthly:
        return future_symbol(root, expiry)
    return f"{root}{expiry.year % 100:02d}{WEEKLY_MONTHS[expiry.month - 1]}{expiry.day:02d}FUT"


def name_of(root: str, expiry: date, kind: Kind, strike: int | None) -> str:
    """How a contract is called: ``NIFTY 1 Dec 2026 24000 CE``."""
    what = "FUT" if strike is None else f"{plain(strike)} {kind}"
    return f"{root} {expiry.day} {MONTHS[expiry.month - 1].title()} {expiry.year} {what}"


def plain(paise: int) -> str:
    """Rupees without needless zeros: 24000, 252.5."""
    whole, part = divmod(paise, 100)
    return f"{whole}.{part:02d}".rstrip("0") if part else str(whole)


def strikes_around(price: int, step: int, each_side: int) -> list[int]:
    """Strikes in paise: the one nearest to the price and ``each_side`` beyond it, none at or below zero."""
    middle = (2 * price + step) // (2 * step)
    return [n * step for n in range(middle - each_side, middle + each_side + 1) if n > 0]


def contracts(calendar: Calendar, terms: Terms, kind: Kind, price: int, on: date) -> Iterator[Contract]:
    """The contracts that must be listed on a date, given the underlying's kind and its price in paise.

    ``calendar`` decides expiries by its exchange's days whatever session it is seen through.
    """
    exchange_days = calendar.under("nse")
    is_index = kind is Kind.INDEX
    future_tick = index_tick(price) if is_index else share_tick(price)
    for expiry in monthly_expiries(exchange_days, terms.weekday, on, terms.futures):
        yield _contract(terms, future_symbol(terms.root, expiry), Kind.FUT, expiry, None, future_tick)
    option_tick = OPTION_TICK if is_index or price >= CHEAP_BELOW else CHEAP_OPTION_TICK
    step = terms.strike_step or share_step(price)
    strikes = strikes_around(price, step, terms.strikes)
    for expiry, monthly in _option_expiries(exchange_days, terms, on):
        for strike in strikes:
            for side in (Kind.CE, Kind.PE):
                symbol = option_symbol(terms.root, expiry, strike, side, monthly)
                yield _contract(terms, symbol, side, expiry, strike, option_tick)


def _option_expiries(calendar: Calendar, terms: Terms, on: date) -> list[tuple[date, bool]]:
    weekly = weekly_expiries(calendar, terms.weekday, on, terms.weeklies)
    monthly = monthly_expiries(calendar, terms.weekday, on, terms.monthlies)
    return sorted([(day, False) for day in weekly] + [(day, True) for day in monthly])


def _contract(terms: Terms, symbol: str, kind: Kind, expiry: date, strike: int | None, tick: int) -> Contract:
    name = name_of(terms.root, expiry, kind, strike)
    return Contract(terms.exchange, symbol, name, kind, expiry, strike, terms.lot, tick, terms.freeze_quantity)
