"""Under whatever holds an account back: what asks for less, what closes, and what is cancelled is taken. A row each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import decide
from core.account import Work
from core.facts import Facts, Quote
from core.orders import ModifyOrder, Order, OrderType, Status
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction, RiskFacts
from core.risk_limits import pace_of
from core.standing import TradingState
from tests.core.test_risk_rules import KILL, LAST, LISTED, NOTHING_ALLOWED, NOW, Stands, wish_of

LONG = {("INFY", "MIS"): 100}
LESS, LOWER, DEARER = ModifyOrder(quantity=20), ModifyOrder(price=148_000), ModifyOrder(price=149_500)

# What holds the account back: its state, the limits, what is listed, and how old its prices are in seconds.
HOLDS: dict[str, tuple[TradingState, RiskFacts, int]] = {
    "nothing": (TradingState.ACTIVE, RiskFacts(), 0),
    "reduce-only": (TradingState.REDUCING, RiskFacts(), 0),
    "every cap at nothing": (TradingState.ACTIVE, RiskFacts(NOTHING_ALLOWED), 0),
    "every list of the exchange": (TradingState.ACTIVE, RiskFacts({}, LISTED), 0),
    "no order left to send": (TradingState.ACTIVE, RiskFacts(dict.fromkeys(pace_of(1), 0)), 0),
    "a feed that has stopped": (TradingState.ACTIVE, RiskFacts(), 3_600),
    "all of these": (TradingState.REDUCING, RiskFacts(NOTHING_ALLOWED, LISTED), 3_600),
}


def stood(hold: str) -> tuple[Work, Facts, Order, Order]:
    """An account that is long, with an entry and a stop resting from better days."""
    stands = Stands(holds=LONG)
    work, facts = stands.work(), stands.facts()
    entry = decide.place(work, facts, wish_of("BUY 50 INFY MIS 1490"), 1, "a", "asha")
    wish = replace(wish_of("SELL 40 INFY MIS"), order_type=OrderType.SL_M, trigger_price=148_000)
    stop = decide.place(work, facts, wish, 2, "b", "asha")
    assert (entry.status, stop.status) == (Status.OPEN, Status.TRIGGER_PENDING)
    work.written()
    state, risk, age = HOLDS[hold]
    work.standing.state, work.standing.state_reason = state, "Loss."
    quotes = {each: Quote(price, age * 1000) for each, price in LAST.items()}
    return work, replace(facts, risk=risk, quotes=quotes, now=NOW + timedelta(seconds=1)), entry, stop


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("change", [LESS, LOWER, ModifyOrder(quantity=10, price=148_000)], ids=str)
def test_a_change_that_asks_for_less_is_taken(hold: str, change: ModifyOrder) -> None:
    work, facts, entry, _ = stood(hold)
    decide.modify(work, facts, entry, change, "asha")
    assert (entry.quantity, entry.price) == (change.quantity or 50, change.price or 149_000)


@pytest.mark.parametrize("hold", HOLDS)
def test_a_stop_may_guard_less_whatever_its_price_is_doing(hold: str) -> None:
    work, facts, _, stop = stood(hold)
    decide.modify(work, facts, stop, LESS, "asha")
    assert (stop.quantity, stop.status) == (20, Status.TRIGGER_PENDING)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("wish", ["SELL 60 INFY MIS 1500", "SELL 1 INFY MIS 1300"])
def test_an_exit_is_taken(hold: str, wish: str) -> None:
    work, facts, _, _ = stood(hold)
    assert decide.place(work, facts, wish_of(wish), 3, "c", "asha").status is Status.OPEN


@pytest.mark.parametrize("hold", [*HOLDS, "halted", "killed", "a halted instrument"])
def test_a_cancel_is_taken(hold: str) -> None:
    work, facts, entry, stop = stood(hold if hold in HOLDS else "all of these")
    if hold == "halted":
        work.standing.state = TradingState.HALTED
    risk = {"killed": RiskFacts(NOTHING_ALLOWED, LISTED, KILL),
            "a halted instrument": RiskFacts({}, {Restriction.HALTED: "news"})}.get(hold, facts.risk)  # fmt: skip
    for order in (entry, stop):
        decide.cancel(work, replace(facts, risk=risk), order, "asha", (Reason.CANCELLED_BY_USER, "Cancelled."))
        assert order.status is Status.CANCELLED
    assert work.standing.open_orders == 0


def test_reduce_only_takes_a_dearer_price_that_needs_no_more_margin() -> None:
    """Intraday margins follow the snapshot: to say that more margin is needed would not be true."""
    work, facts, entry, _ = stood("reduce-only")
    decide.modify(work, facts, entry, DEARER, "asha")
    assert entry.price == 149_500


@pytest.mark.parametrize(
    ("hold", "change", "reason"),
    [
        ("reduce-only", ModifyOrder(quantity=51), Reason.ACCOUNT_REDUCING),
        ("every cap at nothing", DEARER, Reason.RATE_LIMIT),
        ("no order left to send", ModifyOrder(quantity=51), Reason.RATE_LIMIT),
        ("every list of the exchange", ModifyOrder(quantity=51), Reason.SURVEILLANCE),
    ],
)
def test_a_change_that_asks_for_more_is_judged_like_an_order(hold: str, change: ModifyOrder, reason: Reason) -> None:
    work, facts, entry, _ = stood(hold)
    with pytest.raises(Refusal) as no:
        decide.modify(work, facts, entry, change, "asha")
    assert no.value.reason is reason
    assert (entry.quantity, entry.price) == (50, 149_000)


def test_a_stop_that_would_guard_more_waits_for_a_price() -> None:
    work, facts, _, stop = stood("a feed that has stopped")
    with pytest.raises(Refusal) as no:
        decide.modify(work, facts, stop, ModifyOrder(quantity=50), "asha")
    assert no.value.reason is Reason.STALE_PRICE
