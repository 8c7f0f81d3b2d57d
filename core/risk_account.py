"""Rules of the account as a whole: its trading state, and how many orders and trades it may have."""

from core.account import Work
from core.facts import Facts
from core.reasons import Reason, Refusal
from core.risk_facts import HOUSE_ORIGINS, Switch
from core.risk_limits import LimitName
from core.risk_weighed import Weighed, over
from core.standing import SEVERITY, TradingState


def state_of(work: Work, facts: Facts) -> tuple[TradingState, str, Reason]:
    """The strictest state that holds for the account, why, and the number of that: its own or a switch over it."""
    standing, switch = work.standing, facts.risk.switch
    state, why = standing_state(standing.state, standing.state_reason, switch)
    if switch is not None and why == switch.sentence:
        return state, why, Reason.KILL_SWITCH
    return state, why, Reason.ACCOUNT_REDUCING if state is TradingState.REDUCING else Reason.ACCOUNT_HALTED


def standing_state(state: TradingState, why: str, switch: Switch | None) -> tuple[TradingState, str]:
    """An account's own state and reason, or those of a switch over it that is at least as strict."""
    if switch is not None and SEVERITY[switch.state] >= SEVERITY[state]:
        return switch.state, switch.sentence
    return state, why


def state_allows(weighed: Weighed) -> Refusal | None:
    """HALTED takes cancels alone, REDUCING what raises nothing. The house's own closing orders always pass."""
    state, why, reason = state_of(weighed.work, weighed.facts)
    if state is TradingState.ACTIVE or weighed.order.origin in HOUSE_ORIGINS:
        return None
    if state is TradingState.HALTED:
        sentence = f"Trading is halted: only cancels are taken. {why} Re-arm it on the page Risk."
        return Refusal(reason, sentence)
    if weighed.required <= 0:
        return None
    sentence = f"The account may only reduce: this order would need more margin. {why} Exits and cancels are taken."
    return Refusal(reason, sentence)


def trades_today_fit(weighed: Weighed) -> Refusal | None:
    """After so many trades of a day no new position is opened."""
    most, used = weighed.limit(LimitName.TRADES_PER_DAY), weighed.work.standing.trades_today
    if most is None or used < most:
        return None
    sentence = f"{used} trades were made today, at most {most} are allowed. Exits are taken; entries tomorrow."
    return over(Reason.TRADES_A_DAY, sentence, used, most, None)


def open_orders_fit(weighed: Weighed) -> Refusal | None:
    """So many orders may rest at once; a change of one that rests adds none, nor does one that waited already."""
    most, used = weighed.limit(LimitName.OPEN_ORDERS), weighed.work.standing.open_orders
    if most is None or used < most or weighed.before is not None or weighed.released:
        return None
    sentence = f"{used} orders rest already, at most {most} may. Cancel one first."
    return over(Reason.OPEN_ORDERS, sentence, used, most, None)
