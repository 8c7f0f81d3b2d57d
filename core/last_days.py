"""What a stock contract asks for in its last days, told before it is bought or written.

The figures are those of the margin itself: the rule and the risk snapshot that the order is weighed at.
"""

from collections.abc import Iterable

from core.facts import Facts
from core.instruments import OPTIONS, Instrument, Kind, Segment
from core.margin_rules import ContractRule, of_cash, of_contracts
from core.money import ceil_div, percent, rupees
from core.orders import PlaceOrder, Side
from core.reasons import Reason, Refusal
from core.scan import Snapshot, in_the_money

_TODAY, _NEXT = "today", "on the next trading date"


def told(facts: Facts, instrument: Instrument, wish: PlaceOrder) -> Iterable[Refusal]:
    """Sentences for an order in a contract on a share that is near its end; none for any other."""
    snapshot, lead = facts.snapshots.get(instrument.margin_underlying), facts.instruments[instrument.margin_underlying]
    if instrument.segment is not Segment.DERIVATIVES or lead.kind is Kind.INDEX or snapshot is None:
        return
    left = None if instrument.expiry is None else snapshot.left(instrument.expiry)
    rule = of_contracts(snapshot.on, index=False)
    if left is None:
        return
    if instrument.kind in OPTIONS and wish.side is Side.BUY:
        if rule.delivery_rate(left):
            yield _bought(snapshot, rule, instrument, wish, left)
    elif left == 0 and rule.last_day_multiple:
        yield Refusal(
            Reason.LAST_DAY_MARGIN,
            f"{instrument.symbol} ends today: what stays open asks for {percent(rule.last_day_multiple)} of"
            f" its usual margin, up to {percent(rule.last_day_most)} of its value.",
        )


def _bought(snapshot: Snapshot, rule: ContractRule, instrument: Instrument, wish: PlaceOrder, left: int) -> Refusal:
    """Of a bought option: what is blocked now where it is in the money, or would be if it came to be."""
    rate, at_risk = rule.delivery_rate(left), of_cash(snapshot.on).at_risk(Kind.EQ, snapshot.volatility)
    amount = ceil_div(rate * at_risk * snapshot.price * wish.quantity, 100_000_000)
    when = _TODAY if left == 0 else _NEXT if left == 1 else f"in {left} trading dates"
    inside = in_the_money(instrument, snapshot.price)
    state = "is in the money" if inside else "is out of the money"
    asks = "blocks" if inside else "would block, if it came into the money,"
    sentence = (
        f"{instrument.symbol} ends {when} and {state}: held, it {asks} {rupees(amount)} as delivery margin,"
        f" {percent(rate)} of the share's value at risk and extreme loss ({percent(at_risk)} of its price)."
    )
    if left and (later := rule.delivery_rate(left - 1)) > rate:
        sentence += f" {percent(later)} {_NEXT}."
    return Refusal(Reason.DELIVERY_MARGIN, sentence, numbers={"delivery": amount, "left": left})
