"""What a ticket tells before an order is sent: a row each, from the same rules that refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import cautions, decide, order_parts
from core.cautions import Look
from core.facts import Quote
from core.orders import Status
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction
from core.risk_limits import LimitName as Name
from core.risk_watch import Figures
from core.sessions import Board
from tests.core.test_risk_rules import FUTURE, HALTED, LONG, NOW, REDUCING, SHARE, Stands, ask, wish_of

LOST = Figures(opening=10_000_000, flows=0, equity=9_150_000, peak=10_000_000)

# What stands, what was lost, what is asked, the caution's reason and a part of what the trader reads.
SCENARIOS: dict[str, tuple[Stands, Figures | None, str, Reason | None, str]] = {
    "nothing to tell": (Stands(), None, "BUY 10 INFY MIS 1500", None, ""),
    "reducing, though it closes": (
        Stands(standing=REDUCING, holds=LONG), None, "SELL 100 INFY MIS 1500", Reason.ACCOUNT_REDUCING, "only reduce"),
    "halted": (Stands(standing=HALTED), None, "BUY 1 INFY CNC 1500", Reason.ACCOUNT_HALTED, "only cancels"),
    "below the part of the loss limit that is told": (
        Stands(limits={Name.DAILY_LOSS: 1_100_000}), LOST, "BUY 1 INFY CNC 1500", None, ""),
    "near the loss limit": (
        Stands(limits={Name.DAILY_LOSS: 1_000_000}), LOST, "BUY 1 INFY CNC 1500", Reason.DAILY_LOSS,
        "Today's loss of ₹8,500.00: 85% of the limit of ₹10,000.00 is used."),
    "near the loss limit in per cent": (
        Stands(limits={Name.DAILY_LOSS_PERCENT: 1_000}), LOST, "BUY 1 INFY CNC 1500", Reason.DAILY_LOSS,
        "8.5% of the day's capital of ₹1,00,000.00: 85% of the limit of 10% is used."),
    "near the drawdown": (
        Stands(limits={Name.DRAWDOWN: 1_000}), LOST, "BUY 1 INFY CNC 1500", Reason.DRAWDOWN, "below its peak"),
    "banned, though it may be taken": (
        Stands(listed={Restriction.BAN: "MWPL"}), None, "BUY 65 FUT NRML 24000", Reason.BAN_PERIOD, "(MWPL)"),
    "trade-for-trade": (
        Stands(listed={Restriction.TRADE_FOR_TRADE: ""}), None, "BUY 1 INFY CNC 1500", Reason.TRADE_FOR_TRADE,
        "INFY. Trade-for-trade: delivery only"),
    "a limit that crosses the last price": (
        Stands(), None, "BUY 1 INFY CNC 1545", Reason.PRICE_AWAY, "3% above the last price of ₹1,500.00: it fills"),
    "a limit below the last price waits": (Stands(), None, "BUY 1 INFY CNC 1400", None, ""),
    "a sale far below crosses": (Stands(holds=LONG), None, "SELL 1 INFY MIS 1400", Reason.PRICE_AWAY, "below"),
    "more than half of what is allowed": (
        Stands(limits={Name.PRICE_AWAY_SHARES: 3_000}), None, "BUY 1 INFY CNC 1200", Reason.PRICE_AWAY,
        "20% below the last price of ₹1,500.00; more than 30% is refused."),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_told(name: str) -> None:
    stands, figures, text, reason, words = SCENARIOS[name]
    wish = wish_of(text)
    instrument = FUTURE if "FUT" in text else SHARE
    told = cautions.cautions(Look(stands.work(), stands.facts(), instrument, wish, figures))
    assert [each.reason for each in told] == ([reason] if reason else [])
    assert words in " ".join(each.sentence for each in told)


def test_what_refuses_is_not_told_twice() -> None:
    stands = Stands(listed={Restriction.SURVEILLANCE: "GSM"})
    reason, sentence = ask(stands, "BUY 10 INFY MIS 1500")
    assert reason is Reason.SURVEILLANCE
    look = Look(stands.work(), stands.facts(), SHARE, wish_of("BUY 10 INFY MIS 1500"))
    assert len(cautions.cautions(look)) == 1
    assert cautions.cautions(look, [Refusal(reason, sentence)]) == []


def test_an_old_price_is_told_of_a_limit_order() -> None:
    facts = replace(Stands().facts(), quotes={SHARE.id: Quote(150_000, 45_000)})
    told = cautions.cautions(Look(Stands().work(), facts, SHARE, wish_of("BUY 1 INFY CNC 1500")))
    assert [each.sentence for each in told] == ["The last price is 45 s old: nothing fills until a fresh one comes."]
    none = cautions.cautions(Look(Stands().work(), replace(facts, quotes={}), SHARE, wish_of("BUY 1 INFY CNC 1500")))
    assert [each.reason for each in none] == [Reason.NO_PRICE]


def test_intraday_near_the_square_off_is_told() -> None:
    facts = replace(Stands().facts(), intraday_ends=dict.fromkeys(Board, NOW + timedelta(minutes=12)))
    told = cautions.cautions(Look(Stands().work(), facts, SHARE, wish_of("BUY 1 INFY MIS 1500")))
    assert [each.reason for each in told] == [Reason.SQUARED_OFF]
    assert "12 min are left" in told[0].sentence
    assert not cautions.cautions(Look(Stands().work(), facts, SHARE, wish_of("BUY 1 INFY CNC 1500")))


def _parts(holds: dict[tuple[str, str], int], text: str) -> order_parts.Parts:
    stands = Stands(holds=holds)
    work, facts, wish = stands.work(), stands.facts(), wish_of(text)
    order = decide.place(work, facts, wish, 9, "k", "asha")
    assert order.status is Status.OPEN, order.reason
    found = order_parts.parts(work, facts, facts.instruments[wish.instrument_id], order, order.pending)
    assert found is not None
    held = sum(each.amount for each in work.transfers if each.order_id == 9 and each.target == "HOLD")
    if wish.side == "SELL" or "FUT" in text:
        assert found.span + found.exposure + found.add_ons == held, "the parts are what is held"
    return found


def test_a_future_asks_for_span_and_exposure() -> None:
    found = _parts({}, "BUY 65 FUT NRML 24000")
    assert (found.span, found.exposure) == (65 * 223_200, 65 * 48_000)
    assert (found.premium, found.benefit, found.released) == (0, 0, 0)
    assert found.total == found.span + found.exposure + found.add_ons


def test_an_option_bought_is_premium_alone_and_one_written_brings_it() -> None:
    bought = _parts({}, "BUY 65 CALL NRML 100")
    assert (bought.span, bought.exposure, bought.premium, bought.total) == (0, 0, 650_000, 650_000)
    written = _parts({}, "SELL 65 CALL NRML 100")
    assert written.span > 0 < written.exposure
    assert written.premium == -650_000
    assert written.total == written.span + written.exposure + written.add_ons - 650_000


def test_a_hedge_is_worth_what_it_saves() -> None:
    """A call that is written against one that is held, and a put bought under a future, ask for less than alone."""
    alone = _parts({}, "SELL 65 CALL NRML 100")
    future = _parts({("FUT", "NRML"): 65}, "SELL 65 CALL NRML 100")
    assert future.benefit > 0
    assert alone.benefit == 0
    protected = _parts({("FUT", "NRML"): 65}, "BUY 65 PUT NRML 100")
    assert protected.benefit > 0
    assert protected.released == protected.benefit


def test_what_only_closes_sets_free_and_is_no_hedge() -> None:
    found = _parts({("FUT", "NRML"): 65}, "SELL 65 FUT NRML 24000")
    assert (found.span, found.exposure, found.benefit) == (0, 0, 0)
    assert found.released == 65 * (223_200 + 48_000)


def test_shares_have_no_parts() -> None:
    stands = Stands()
    work, facts = stands.work(), stands.facts()
    order = decide.place(work, facts, wish_of("BUY 10 INFY MIS 1500"), 9, "k", "asha")
    assert order_parts.parts(work, facts, SHARE, order, order.pending) is None
