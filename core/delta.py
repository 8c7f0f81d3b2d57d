"""How far an instrument follows its underlying, for rules that add up futures and options of one underlying."""

from core.facts import Facts
from core.instruments import Instrument, Kind
from core.options import DAYS, greeks

ONE = 10_000
# Where the snapshot says nothing of volatility: the direction is right at any, the size near enough for a rule
# that compares before with after at the same figure.
USUAL_VOLATILITY = 0.2


def delta(facts: Facts, instrument: Instrument) -> int:
    """Delta in ten-thousandths: 10000 for a future, 0 to 10000 for a call, -10000 to 0 for a put."""
    if instrument.kind not in (Kind.CE, Kind.PE):
        return ONE
    snapshot = facts.snapshots.get(instrument.margin_underlying)
    strike, expiry = instrument.strike or 0, instrument.expiry
    sign = 1 if instrument.kind is Kind.CE else -1
    if snapshot is None or expiry is None or not snapshot.price or not strike:
        return sign * ONE // 2
    days = max((expiry - facts.market.trading_date).days, 0) + 1
    found = greeks(snapshot.price, strike, days / DAYS, USUAL_VOLATILITY, call=instrument.kind is Kind.CE)
    return round(float(found.delta) * ONE)
