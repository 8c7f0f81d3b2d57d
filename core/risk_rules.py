"""All rules of risk in their order, and the one question that is asked of them: may this order be?

What raises nothing passes them all, so that leaving a position is never blocked or starved of rate; a halt alone
stops that too. Trading with oneself is no exit either: that rule looks at whatever does not close a position.
"""

from collections.abc import Callable

from core.reasons import Reason, Refusal
from core.risk_account import open_orders_fit, state_allows, trades_today_fit
from core.risk_facts import HOUSE_ORIGINS
from core.risk_listing import (
    ban_is_kept,
    delivery_only,
    illiquid_is_delivered,
    illiquid_needs_a_price,
    strike_is_near,
    surveillance_is_kept,
)
from core.risk_orders import does_not_trade_with_itself, not_sent_twice, price_is_sane, quantity_fits, value_fits
from core.risk_pace import spend
from core.risk_positions import (
    concentration_fits,
    gross_exposure_fits,
    group_value_fits,
    net_exposure_fits,
    position_quantity_fits,
    position_value_fits,
)
from core.risk_weighed import Weighed

Rule = Callable[[Weighed], Refusal | None]


def pace_is_kept(weighed: Weighed) -> Refusal | None:
    """Orders a second, a minute and a day, of people and their programs; what the house sends does not count, be it its
    own, a GTT's that was reached, or one that waited for the opening: the market, not its owner, chooses the moment."""
    if weighed.order.origin in UNPACED or weighed.released:
        return None
    standing = weighed.work.standing
    return spend(standing.pace, weighed.facts.risk.limits, standing.orders_today, weighed.facts.now)


# A gap at the opening may reach a dozen GTTs of one account in one second.
UNPACED = HOUSE_ORIGINS | {"GTT", "EXIT"}

# Asked of every order; each of these knows itself what it lets through.
ALWAYS: tuple[Rule, ...] = (state_allows, does_not_trade_with_itself)

# Asked of orders that raise what the account risks.
RAISING: tuple[Rule, ...] = (
    delivery_only,
    surveillance_is_kept,
    illiquid_is_delivered,
    illiquid_needs_a_price,
    ban_is_kept,
    strike_is_near,
    value_fits,
    quantity_fits,
    price_is_sane,
    not_sent_twice,
    position_quantity_fits,
    position_value_fits,
    group_value_fits,
    concentration_fits,
    gross_exposure_fits,
    net_exposure_fits,
    open_orders_fit,
    trades_today_fit,
)

# What an order would lead to is told only where it could be paid for.
BEYOND_FUNDS = frozenset(
    {
        Reason.POSITION_QUANTITY,
        Reason.POSITION_VALUE,
        Reason.GROUP_VALUE,
        Reason.CONCENTRATION,
        Reason.GROSS_EXPOSURE,
        Reason.NET_EXPOSURE,
    }
)


def judge(weighed: Weighed) -> Refusal | None:
    """The first rule's refusal, or None: the order may be, as far as risk is asked."""
    rules = (pace_is_kept, *ALWAYS, *RAISING) if weighed.raises else ALWAYS
    for rule in rules:
        refusal = rule(weighed)
        if refusal is not None:
            return refusal
    return None
