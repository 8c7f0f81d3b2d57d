"""What trades pay on a date, as a client reads it: per cent of the turnover, and rupees where a rate is flat."""

from datetime import date

from core.charges import CRORE, Tariff
from core.money import as_number
from db.engine import Database
from desk import masters
from desk.rows import Row

_SHARES = (
    "stt_buy", "stt_sell", "stt_exercise", "exchange_nse", "exchange_bse", "ipft_nse", "sebi", "stamp_buy", "interest",
)  # fmt: skip
_RUPEES = ("brokerage_cap", "brokerage_flat", "dp", "square_off")


def in_force(database: Database, on: date | None = None) -> Row:
    """Every plan's rates by segment on a date (default: the masters'). Taxes and fees are per cent of the turnover;
    of brokerage ``flat`` rupees an order, or where that is 0 a per cent up to ``cap``."""
    master = masters.get(database)
    day = on or master.on
    items = [
        {"plan": plan, "segment": str(segment), **_row(tariff)}
        for (plan, segment), tariff in sorted(master.rates(day).items())
    ]
    return {"date": day.isoformat(), "items": items, "next": None, "version": None}


def _row(tariff: Tariff) -> Row:
    return {
        "brokerage_percent": _percent(tariff.brokerage_rate),
        **{name: as_number(getattr(tariff, name)) for name in _RUPEES},
        **{f"{name}_percent": _percent(getattr(tariff, name)) for name in _SHARES},
        "exchange_groups_percent": {group: _percent(rate) for group, rate in tariff.exchange_groups.items()},
        "gst_percent": tariff.gst_bp / 100,
    }


def _percent(paise_a_crore: int) -> float:
    return paise_a_crore * 100 / CRORE
