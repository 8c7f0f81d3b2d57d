"""Rules of what an account would hold: in one instrument, in one underlying, and in all."""

from core import exposure
from core.money import group, percent, rupees
from core.reasons import Reason, Refusal
from core.risk_limits import LimitName
from core.risk_weighed import Weighed, over


def position_quantity_fits(weighed: Weighed) -> Refusal | None:
    """The largest position that held and resting orders could lead to, in units, over the products."""
    most = weighed.limit(LimitName.POSITION_QUANTITY)
    if most is None:
        return None
    before, after = _worst(weighed)
    if after <= most or after <= before:
        return None
    sentence = f"With what you hold and have resting it could be {group(after)} units, at most {group(most)} may be."
    return over(Reason.POSITION_QUANTITY, f"{sentence} Ask for {group(max(most - before, 0))} or fewer.", after, most)


def position_value_fits(weighed: Weighed) -> Refusal | None:
    """The same in money, at the last price."""
    most = weighed.limit(LimitName.POSITION_VALUE)
    if most is None:
        return None
    before, after = exposure_of_instrument(weighed)
    if after <= most or after <= before:
        return None
    sentence = (
        f"The position in {weighed.instrument.symbol} could be worth {rupees(after)}, at most {rupees(most)} is allowed"
    )
    return over(Reason.POSITION_VALUE, f"{sentence}. Ask for less.", after, most)


def group_value_fits(weighed: Weighed) -> Refusal | None:
    """What one underlying with all its contracts may expose the account to, in money."""
    most = weighed.limit(LimitName.GROUP_VALUE)
    if most is None:
        return None
    before, after = _group(weighed)
    if after <= most or after <= before:
        return None
    name = _underlying(weighed)
    sentence = f"All in {name} could be worth {rupees(after)}, at most {rupees(most)} is allowed. Ask for less."
    return over(Reason.GROUP_VALUE, sentence, after, most)


def concentration_fits(weighed: Weighed) -> Refusal | None:
    """One underlying stays within a percentage of the account's money (all its balances)."""
    most, capital = weighed.limit(LimitName.CONCENTRATION), sum(weighed.work.balances.values())
    if most is None or capital <= 0:
        return None
    before, after = _group(weighed)
    share = after * 10_000 // capital
    if share <= most or after <= before:
        return None
    name = _underlying(weighed)
    sentence = (
        f"{name} would be {percent(share)} of the account's {rupees(capital)}, at most {percent(most)} is allowed."
        " Ask for less, or spread it."
    )
    return over(Reason.CONCENTRATION, sentence, share, most)


def gross_exposure_fits(weighed: Weighed) -> Refusal | None:
    """The value of all positions, long and short added up, with all that rests."""
    most = weighed.limit(LimitName.GROSS_EXPOSURE)
    if most is None:
        return None
    before, after = exposure_of_instrument(weighed)
    total = weighed.work.standing.gross + after - before
    if total <= most or after <= before:
        return None
    sentence = f"Gross exposure would be {rupees(total)}, at most {rupees(most)} is allowed. Close something first."
    return over(Reason.GROSS_EXPOSURE, sentence, total, most)


def net_exposure_fits(weighed: Weighed) -> Refusal | None:
    """Long less short: how far the account leans to one side."""
    most = weighed.limit(LimitName.NET_EXPOSURE)
    if most is None:
        return None
    net = weighed.work.standing.net
    total = net + _leaning(weighed)
    if abs(total) <= most or abs(total) <= abs(net):
        return None
    side = "long" if total > 0 else "short"
    sentence = (
        f"Net exposure would be {rupees(abs(total))} {side}, at most {rupees(most)} is allowed."
        f" Close something {side} first."
    )
    return over(Reason.NET_EXPOSURE, sentence, abs(total), most)


def _resting(weighed: Weighed) -> tuple[int, int]:
    """(more to buy, more to sell) that the order brings."""
    return (weighed.more, 0) if weighed.order.side.sign > 0 else (0, weighed.more)


def _worst(weighed: Weighed) -> tuple[int, int]:
    held, buys, sells = exposure.quantities(weighed.work, weighed.instrument)
    buy, sell = _resting(weighed)
    return max(abs(held + buys), abs(held - sells)), max(abs(held + buys + buy), abs(held - sells - sell))


def exposure_of_instrument(weighed: Weighed) -> tuple[int, int]:
    """Paise that the instrument exposes the account to, before and after the order."""
    work, facts, instrument = weighed.work, weighed.facts, weighed.instrument
    held, buys, sells = exposure.quantities(work, instrument)
    bought, sold = exposure.units(work, facts, instrument)
    buy, sell = _resting(weighed)
    before = exposure.worth(held, buys, sells, bought, sold)
    return before, exposure.worth(held, buys + buy, sells + sell, bought, sold)


def _leaning(weighed: Weighed) -> int:
    """How much further the account leans with the order, signed."""
    work, facts, instrument = weighed.work, weighed.facts, weighed.instrument
    held, buys, sells = exposure.quantities(work, instrument)
    after = held + buys - sells + weighed.more * weighed.order.side.sign
    return exposure.lean(work, facts, instrument, after) - exposure.lean(work, facts, instrument, held + buys - sells)


def _group(weighed: Weighed) -> tuple[int, int]:
    before, after = exposure_of_instrument(weighed)
    whole = exposure.group_value(weighed.work, weighed.facts, weighed.instrument.margin_underlying)
    return whole, whole + after - before


def _underlying(weighed: Weighed) -> str:
    return weighed.facts.instruments[weighed.instrument.margin_underlying].symbol
