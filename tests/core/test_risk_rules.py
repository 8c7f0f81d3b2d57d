"""Every rule of risk, a row each: what is asked, what stands, what is said. Prices in rupees where a trader reads."""

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import decide, holds, risk_rules
from core.account import Work
from core.facts import Facts, MarketFacts, Quote
from core.instruments import Instrument, Kind
from core.ledger import BALANCES, Code, Ledger
from core.margin import Snapshot
from core.orders import ModifyOrder, Order, OrderType, PlaceOrder, Product, Side, Status
from core.positions import Lot, Position
from core.reasons import Reason, Refusal
from core.risk_facts import Crossing, Restriction, RiskFacts, Switch
from core.risk_limits import LimitName as Name
from core.risk_limits import pace_of
from core.rulebook import in_force
from core.standing import TradingState
from tests.core.test_charges import NOW as RATES

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SHARE = Instrument(1, "NSE", "INFY", "Infosys", Kind.EQ, 1, 5, 100_000)
INDEX = Instrument(2, "NSE", "NIFTY 50", "Nifty", Kind.INDEX, 1, 5, 100_000)
EXPIRY = date(2026, 11, 24)
FUTURE = Instrument(3, "NFO", "NIFTY26NOVFUT", "", Kind.FUT, 65, 5, 1_800, 2, expiry=EXPIRY)
CALL = Instrument(4, "NFO", "NIFTY26NOV24000CE", "", Kind.CE, 65, 5, 1_800, 2, expiry=EXPIRY, strike=2_400_000)
PUT = Instrument(5, "NFO", "NIFTY26NOV24000PE", "", Kind.PE, 65, 5, 1_800, 2, expiry=EXPIRY, strike=2_400_000)
FAR = Instrument(6, "NFO", "NIFTY26NOV28800CE", "", Kind.CE, 65, 5, 1_800, 2, expiry=EXPIRY, strike=2_880_000)
ALL = {each.id: each for each in (SHARE, INDEX, FUTURE, CALL, PUT, FAR)}
BY_NAME = {"INFY": SHARE, "FUT": FUTURE, "CALL": CALL, "PUT": PUT, "FAR": FAR}
LAST = {1: 150_000, 2: 2_400_000, 3: 2_400_000, 4: 10_000, 5: 10_000, 6: 1_000}
CRORE = 10**9


@dataclass
class Stands:
    """What an account holds and what risk says of it. Money in paise."""

    cash: int = 100 * CRORE
    holds: dict[tuple[str, str], int] = field(default_factory=dict)
    t1: int = 0
    limits: dict[Name, int] = field(default_factory=dict)
    listed: dict[Restriction, str] = field(default_factory=dict)
    switch: Switch | None = None
    crossing: Crossing | None = None
    standing: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def facts(self) -> Facts:
        return Facts(
            now=self.now,
            market=MarketFacts("sim", "OPEN", True, TODAY, NOW),
            instruments=ALL,
            rates=RATES,
            rulebook=in_force(TODAY),
            quotes={each: Quote(price, 100) for each, price in LAST.items()},
            snapshots={1: Snapshot(1, 150_000, TODAY, NOW), 2: Snapshot(1, 2_400_000, TODAY, NOW)},
            settles_on=date(2026, 11, 24),
            risk=RiskFacts(self.limits, self.listed, self.switch, self.crossing),
        )

    def work(self) -> Work:
        work = Work(1, "asha/main", "sim", TODAY, 1, dict.fromkeys(BALANCES, 0))
        work.move(Ledger.BANK, Ledger.CASH, self.cash, Code.DEPOSIT, NOW)
        for (name, product), quantity in self.holds.items():
            one, kind = BY_NAME[name], Product(product)
            value = quantity * LAST[one.id]
            work.positions[one.id, kind] = Position(1, one.id, kind, one.margin_underlying, quantity, value, value)
            if kind is Product.CNC:
                work.lots[one.id] = [
                    Lot(1, one.id, 1, quantity - self.t1, value, TODAY - timedelta(9), TODAY - timedelta(8)),
                    Lot(1, one.id, 2, self.t1, 0, TODAY - timedelta(1), TODAY),
                ]
        for name, value in self.standing.items():
            setattr(work.standing, name, value)
        facts = replace(self.facts(), risk=RiskFacts())
        for one in {facts.instruments[key[0]] for key in work.positions}:
            holds.post_margin(work, facts, one, NOW)  # what is held is secured before anything is asked
        return work


def wish_of(text: str) -> PlaceOrder:
    """``BUY 10 INFY MIS 1500``: a price makes it LIMIT, none MARKET."""
    side, quantity, name, product, *price = text.split()
    paise = round(float(price[0]) * 100) if price else 0
    kind = OrderType.LIMIT if paise else OrderType.MARKET
    return PlaceOrder(BY_NAME[name].id, Side(side), kind, Product(product), int(quantity), price=paise)


def ask(stands: Stands, text: str, origin: str = "USER") -> tuple[Reason | None, str]:
    """What a wish is answered: no reason where it is taken."""
    work = stands.work()
    try:
        order = decide.place(work, stands.facts(), wish_of(text), 9, "k", "asha", origin)
    except Refusal as refusal:
        return refusal.reason, refusal.sentence
    return (Reason(order.reason_code) if order.reason_code else None), order.reason or ""


REDUCING = {"state": TradingState.REDUCING, "state_reason": "Loss."}
HALTED = {"state": TradingState.HALTED, "state_reason": "Pressed."}
LONG = {("INFY", "MIS"): 100}
HELD = {("INFY", "CNC"): 100}
KILL = Switch(TradingState.HALTED, "root pressed the kill switch of the market.")
OWN_SELL = Crossing(7, 150_000, "asha/swing")
N = Name

# What stands, what is asked, by which rule it is refused (None: taken), a part of what the trader reads.
SCENARIOS: dict[str, tuple[Stands, str, Reason | None, str]] = {
    "nothing limits": (Stands(), "BUY 10 INFY MIS 1500", None, ""),
    # the state of the account
    "reducing refuses an entry": (Stands(standing=REDUCING), "BUY 10 INFY MIS 1500", Reason.ACCOUNT_REDUCING, "Loss."),
    "reducing refuses delivery": (Stands(standing=REDUCING), "BUY 1 INFY CNC 1500", Reason.ACCOUNT_REDUCING, "reduce"),
    "reducing takes an exit": (Stands(standing=REDUCING, holds=LONG), "SELL 100 INFY MIS 1500", None, ""),
    "reducing takes part of an exit": (Stands(standing=REDUCING, holds=LONG), "SELL 40 INFY MIS", None, ""),
    "reducing refuses a flip beyond": (
        Stands(standing=REDUCING, holds=LONG), "SELL 201 INFY MIS 1500", Reason.ACCOUNT_REDUCING, "margin"),
    "reducing takes a sale of holdings": (Stands(standing=REDUCING, holds=HELD), "SELL 100 INFY CNC 1500", None, ""),
    "reducing refuses more of the same": (
        Stands(standing=REDUCING, holds=LONG), "BUY 1 INFY MIS 1500", Reason.ACCOUNT_REDUCING, "Exits"),
    "halted refuses an entry": (Stands(standing=HALTED), "BUY 10 INFY MIS 1500", Reason.ACCOUNT_HALTED, "halted"),
    "halted refuses an exit too": (
        Stands(standing=HALTED, holds=LONG), "SELL 100 INFY MIS", Reason.ACCOUNT_HALTED, "Re-arm"),
    "a switch over the user halts": (Stands(switch=KILL), "BUY 1 INFY CNC 1500", Reason.KILL_SWITCH, "root pressed"),
    "a switch is stricter than reducing": (
        Stands(switch=KILL, standing=REDUCING, holds=LONG), "SELL 1 INFY MIS", Reason.KILL_SWITCH, "cancels"),
    # how many
    "trades a day, the last": (
        Stands(limits={N.TRADES_PER_DAY: 3}, standing={"trades_today": 2}), "BUY 1 INFY CNC 1500", None, ""),
    "trades a day, one too many": (
        Stands(limits={N.TRADES_PER_DAY: 3}, standing={"trades_today": 3}), "BUY 1 INFY CNC 1500",
        Reason.TRADES_A_DAY, "3 trades"),
    "trades a day let an exit through": (
        Stands(limits={N.TRADES_PER_DAY: 3}, standing={"trades_today": 3}, holds=LONG), "SELL 100 INFY MIS", None, ""),
    "open orders, the last": (
        Stands(limits={N.OPEN_ORDERS: 5}, standing={"open_orders": 4}), "BUY 1 INFY CNC 1500", None, ""),
    "open orders, one too many": (
        Stands(limits={N.OPEN_ORDERS: 5}, standing={"open_orders": 5}), "BUY 1 INFY CNC 1500",
        Reason.OPEN_ORDERS, "Cancel one"),
    "open orders let an exit through": (
        Stands(limits={N.OPEN_ORDERS: 5}, standing={"open_orders": 5}, holds=HELD), "SELL 1 INFY CNC 1500", None, ""),
    "orders a day, one too many": (
        Stands(limits={N.ORDERS_PER_DAY: 5}, standing={"orders_today": 5}), "BUY 1 INFY CNC 1500",
        Reason.ORDERS_A_DAY, "5 orders"),
    "orders a day let an exit through": (
        Stands(limits={N.ORDERS_PER_DAY: 5}, standing={"orders_today": 5}, holds=LONG), "SELL 1 INFY MIS", None, ""),
    # the order itself
    "value at the cap": (Stands(limits={N.ORDER_VALUE: 15_000_000}), "BUY 100 INFY CNC 1500", None, ""),
    "value above the cap": (
        Stands(limits={N.ORDER_VALUE: 15_000_000}), "BUY 101 INFY CNC 1500", Reason.ORDER_VALUE, "Ask for 100 or"),
    "value above the cap, an exit": (
        Stands(limits={N.ORDER_VALUE: 1}, holds=LONG), "SELL 100 INFY MIS 1500", None, ""),
    "value below one lot": (
        Stands(limits={N.ORDER_VALUE: 1_000}), "BUY 65 FUT NRML 24000", Reason.ORDER_VALUE, "Not even one lot"),
    "quantity at the cap": (Stands(limits={N.ORDER_QUANTITY: 100}), "BUY 100 INFY CNC 1500", None, ""),
    "quantity above the cap": (
        Stands(limits={N.ORDER_QUANTITY: 100}), "BUY 101 INFY CNC 1500", Reason.ORDER_QUANTITY, "in parts"),
    "quantity above the cap, an exit": (
        Stands(limits={N.ORDER_QUANTITY: 1}, holds=HELD), "SELL 100 INFY CNC 1500", None, ""),
    "share's price at the edge": (Stands(limits={N.PRICE_AWAY_SHARES: 1_000}), "BUY 1 INFY CNC 1650", None, ""),
    "share's price beyond it": (
        Stands(limits={N.PRICE_AWAY_SHARES: 1_000}), "BUY 1 INFY CNC 1650.05", Reason.PRICE_AWAY, "10% is allowed"),
    "share's price far below": (
        Stands(limits={N.PRICE_AWAY_SHARES: 1_000}), "BUY 1 INFY CNC 1300", Reason.PRICE_AWAY, "below the last price"),
    "future's own percentage": (
        Stands(limits={N.PRICE_AWAY_SHARES: 1, N.PRICE_AWAY_FUTURES: 150}), "BUY 65 FUT NRML 24300", None, ""),
    "future's price beyond it": (
        Stands(limits={N.PRICE_AWAY_FUTURES: 150}), "BUY 65 FUT NRML 24400", Reason.PRICE_AWAY, "1.5%"),
    "option's price beyond it": (
        Stands(limits={N.PRICE_AWAY_OPTIONS: 3_000}), "BUY 65 CALL NRML 131", Reason.PRICE_AWAY, "30%"),
    "a cheap option has room in rupees": (
        Stands(limits={N.PRICE_AWAY_OPTIONS: 100, N.PRICE_ROOM_OPTIONS: 2_000}), "BUY 65 CALL NRML 119", None, ""),
    "a market order has no price to slip": (Stands(limits={N.PRICE_AWAY_SHARES: 1}), "BUY 1 INFY CNC", None, ""),
    "an exit at any price": (
        Stands(limits={N.PRICE_AWAY_SHARES: 10}, holds=LONG), "SELL 100 INFY MIS 1300", None, ""),
    # trading with oneself
    "own sale in the way": (Stands(crossing=OWN_SELL), "BUY 1 INFY CNC 1500", Reason.SELF_TRADE, "order 7 (SELL"),
    "own sale above the price": (Stands(crossing=OWN_SELL), "BUY 1 INFY CNC 1499", None, ""),
    "own sale and a market order": (Stands(crossing=OWN_SELL), "BUY 1 INFY CNC", Reason.SELF_TRADE, "asha/swing"),
    "own purchase in the way, flat": (Stands(crossing=OWN_SELL), "SELL 1 INFY MIS 1500", Reason.SELF_TRADE, "Cancel"),
    "an exit passes one's own order": (
        Stands(crossing=OWN_SELL, holds=LONG), "SELL 100 INFY MIS 1500", None, ""),
    # positions
    "position at the cap": (Stands(limits={N.POSITION_QUANTITY: 150}, holds=LONG), "BUY 50 INFY MIS 1500", None, ""),
    "position above the cap": (
        Stands(limits={N.POSITION_QUANTITY: 150}, holds=LONG), "BUY 51 INFY MIS 1500",
        Reason.POSITION_QUANTITY, "Ask for 50 or fewer"),
    "position counts other products": (
        Stands(limits={N.POSITION_QUANTITY: 150}, holds=LONG), "BUY 51 INFY CNC 1500",
        Reason.POSITION_QUANTITY, "151 units"),
    "position above the cap, an exit": (
        Stands(limits={N.POSITION_QUANTITY: 10}, holds=LONG), "SELL 100 INFY MIS", None, ""),
    "position's value above the cap": (
        Stands(limits={N.POSITION_VALUE: 15_000_000}, holds=LONG), "BUY 1 INFY MIS 1500",
        Reason.POSITION_VALUE, "₹1,50,000.00"),
    "position's value at the cap": (
        Stands(limits={N.POSITION_VALUE: 15_150_000}, holds=LONG), "BUY 1 INFY MIS 1500", None, ""),
    "underlying's value above the cap": (
        Stands(limits={N.GROUP_VALUE: 200_000_000}, holds={("FUT", "NRML"): 65}), "BUY 65 FUT NRML 24000",
        Reason.GROUP_VALUE, "All in NIFTY 50"),
    "underlying's value counts its options": (
        Stands(limits={N.GROUP_VALUE: 156_000_000}, holds={("FUT", "NRML"): 65}), "BUY 65 CALL NRML 100",
        Reason.GROUP_VALUE, "Ask for less"),
    "concentration above": (
        Stands(cash=10**8, limits={N.CONCENTRATION: 2_000}), "BUY 134 INFY CNC 1500", Reason.CONCENTRATION, "20%"),
    "concentration below": (Stands(cash=10**8, limits={N.CONCENTRATION: 2_000}), "BUY 133 INFY CNC 1500", None, ""),
    "gross exposure above": (
        Stands(limits={N.GROSS_EXPOSURE: 10**9}, standing={"gross": 10**9 - 150_000}), "BUY 2 INFY CNC 1500",
        Reason.GROSS_EXPOSURE, "Close something"),
    "gross exposure below": (
        Stands(limits={N.GROSS_EXPOSURE: 10**9}, standing={"gross": 10**9 - 150_000}), "BUY 1 INFY CNC 1500", None, ""),
    "net exposure above, long": (
        Stands(limits={N.NET_EXPOSURE: 10**6}, standing={"net": 10**6}), "BUY 1 INFY MIS 1500",
        Reason.NET_EXPOSURE, "long"),
    "net exposure, the other way": (
        Stands(limits={N.NET_EXPOSURE: 10**6}, standing={"net": 10**6}), "SELL 1 INFY MIS 1500", None, ""),
    "a put leans short": (
        Stands(limits={N.NET_EXPOSURE: 10**5}, standing={"net": -(10**5)}), "BUY 65 PUT NRML 100",
        Reason.NET_EXPOSURE, "short"),
    # what the exchange says of an instrument
    "ban refuses a new future": (
        Stands(listed={Restriction.BAN: "95 % of the limit"}), "BUY 65 FUT NRML 24000", Reason.BAN_PERIOD, "95 %"),
    "ban refuses more": (
        Stands(listed={Restriction.BAN: ""}, holds={("FUT", "NRML"): 65}), "BUY 65 FUT NRML 24000",
        Reason.BAN_PERIOD, "from 65 to 130"),
    "ban takes less": (
        Stands(listed={Restriction.BAN: ""}, holds={("FUT", "NRML"): 130}), "SELL 65 FUT NRML 24000", None, ""),
    "ban takes a put against a long future": (
        Stands(listed={Restriction.BAN: ""}, holds={("FUT", "NRML"): 130}), "BUY 65 PUT NRML 100", None, ""),
    "ban refuses a call on a long future": (
        Stands(listed={Restriction.BAN: ""}, holds={("FUT", "NRML"): 130}), "BUY 65 CALL NRML 100",
        Reason.BAN_PERIOD, "by delta"),
    "ban lets shares trade": (Stands(listed={Restriction.BAN: ""}), "BUY 1 INFY CNC 1500", None, ""),
    "trade-for-trade takes delivery": (
        Stands(listed={Restriction.TRADE_FOR_TRADE: ""}), "BUY 1 INFY CNC 1500", None, ""),
    "trade-for-trade refuses intraday": (
        Stands(listed={Restriction.TRADE_FOR_TRADE: ""}), "BUY 1 INFY MIS 1500", Reason.TRADE_FOR_TRADE, "Use CNC"),
    "trade-for-trade sells what is settled": (
        Stands(listed={Restriction.TRADE_FOR_TRADE: ""}, holds=HELD, t1=40), "SELL 60 INFY CNC 1500", None, ""),
    "trade-for-trade keeps what is not": (
        Stands(listed={Restriction.TRADE_FOR_TRADE: ""}, holds=HELD, t1=40), "SELL 61 INFY CNC 1500",
        Reason.TRADE_FOR_TRADE, "You can sell 60"),
    "T1 shares are sold elsewhere": (Stands(holds=HELD, t1=40), "SELL 100 INFY CNC 1500", None, ""),
    "no shares, but a short is allowed": (
        Stands(), "SELL 5 INFY CNC 1500", Reason.NOT_ENOUGH_SHARES, "To sell short for today alone, choose MIS"),
    "surveillance refuses intraday": (
        Stands(listed={Restriction.SURVEILLANCE: "ASM list"}), "BUY 1 INFY MIS 1500", Reason.SURVEILLANCE, "ASM list"),
    "surveillance takes delivery": (Stands(listed={Restriction.SURVEILLANCE: ""}), "BUY 1 INFY CNC 1500", None, ""),
    "illiquid needs a price": (
        Stands(listed={Restriction.ILLIQUID: ""}), "BUY 1 INFY CNC", Reason.ILLIQUID, "Use LIMIT"),
    "illiquid with a price": (Stands(listed={Restriction.ILLIQUID: ""}), "BUY 1 INFY CNC 1500", None, ""),
    "illiquid refuses intraday": (
        Stands(listed={Restriction.ILLIQUID: "group M"}), "BUY 1 INFY MIS 1500", Reason.ILLIQUID_INTRADAY, "group M"),
    "a strike too far from the index": (
        Stands(limits={N.STRIKE_AWAY: 500}), "BUY 65 FAR NRML 10", Reason.STRIKE_AWAY, "from 22,800 to 25,200 (5%"),
    "a strike as far as is allowed": (Stands(limits={N.STRIKE_AWAY: 2_000}), "BUY 65 FAR NRML 10", None, ""),
    "a strike too far is left": (
        Stands(limits={N.STRIKE_AWAY: 500}, holds={("FAR", "NRML"): 65}), "SELL 65 FAR NRML 10", None, ""),
    "the future has no strike": (Stands(limits={N.STRIKE_AWAY: 1}), "BUY 65 FUT NRML 24000", None, ""),
    "illiquid lets an exit out": (Stands(listed={Restriction.ILLIQUID: ""}, holds=LONG), "SELL 100 INFY MIS", None, ""),
    "halted instrument": (
        Stands(listed={Restriction.HALTED: "news"}), "BUY 1 INFY CNC 1500", Reason.INSTRUMENT_HALTED, "cancelled"),
    "halted instrument, an exit": (
        Stands(listed={Restriction.HALTED: ""}, holds=LONG), "SELL 1 INFY MIS", Reason.INSTRUMENT_HALTED, "halted"),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario(name: str) -> None:
    stands, text, reason, said = SCENARIOS[name]
    found, sentence = ask(stands, text)
    assert found is reason, sentence
    assert said in sentence


def test_the_table_is_worth_reading() -> None:
    assert len(SCENARIOS) >= 60
    told = {row[2] for row in SCENARIOS.values()}
    rules = {reason for reason in Reason if 610 <= reason <= 636} - {Reason.DUPLICATE_ORDER}
    assert rules <= told, "a rule without a scenario"


@pytest.mark.parametrize("origin", ["SQUARE_OFF", "RISK"])
def test_the_houses_own_closing_orders_pass_a_halt(origin: str) -> None:
    assert ask(Stands(standing=HALTED, holds=LONG), "SELL 100 INFY MIS", origin) == (None, "")


def test_the_same_order_twice_in_a_moment_is_a_slip() -> None:
    stands = Stands(limits={N.DUPLICATE_MS: 500})
    work, wish = stands.work(), wish_of("BUY 1 INFY CNC 1500")

    def send(after_ms: int, wish: PlaceOrder, number: int) -> Order:
        facts = replace(stands.facts(), now=NOW + timedelta(milliseconds=after_ms))
        return decide.place(work, facts, wish, number, f"k{number}", "asha")

    assert send(0, wish, 1).status is Status.OPEN
    twice = send(499, wish, 2)
    assert (twice.status, twice.reason_code) == (Status.REJECTED, Reason.DUPLICATE_ORDER)
    assert "499 ms ago" in (twice.reason or "")
    assert send(600, replace(wish, quantity=2), 3).status is Status.OPEN
    assert send(700, wish, 4).status is Status.OPEN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (ModifyOrder(price=151_000), None),
        (ModifyOrder(price=170_000), Reason.PRICE_AWAY),
        (ModifyOrder(quantity=50), None),
        (ModifyOrder(quantity=101), Reason.ORDER_QUANTITY),
    ],
)
def test_a_change_is_checked_on_its_delta(change: ModifyOrder, reason: Reason | None) -> None:
    stands = Stands()
    work = stands.work()
    order = decide.place(work, stands.facts(), wish_of("BUY 100 INFY MIS 1500"), 9, "k", "asha")
    strict = replace(stands, limits={N.PRICE_AWAY_SHARES: 1_000, N.ORDER_QUANTITY: 80, N.POSITION_QUANTITY: 100})
    with nullcontext() if reason is None else pytest.raises(Refusal) as refused:
        decide.modify(work, strict.facts(), order, change, "asha")
    assert reason is None or refused.value.reason is reason


def test_a_cancel_is_never_asked() -> None:
    stands = Stands()
    work = stands.work()
    order = decide.place(work, stands.facts(), wish_of("BUY 100 INFY MIS 1500"), 9, "k", "asha")
    strict = replace(stands, limits={**dict.fromkeys(Name, 0), **pace_of(1)}, listed=dict.fromkeys(Restriction, ""))
    work.standing.state = TradingState.HALTED
    decide.cancel(work, replace(strict, switch=KILL).facts(), order, "asha", (Reason.CANCELLED_BY_USER, ""))
    assert order.status is Status.CANCELLED
    assert (work.standing.open_orders, work.standing.gross) == (0, 0)


@pytest.mark.parametrize("rule", [*risk_rules.ALWAYS, *risk_rules.RAISING], ids=lambda rule: rule.__name__)
def test_without_a_rule_a_scenario_fails(rule: risk_rules.Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALWAYS", "RAISING"):
        monkeypatch.setattr(risk_rules, name, tuple(each for each in getattr(risk_rules, name) if each is not rule))
    differ = [name for name, (stands, text, reason, _) in SCENARIOS.items() if ask(stands, text)[0] is not reason]
    if rule is not risk_rules.not_sent_twice:  # that one has a test of its own, of several orders
        assert differ, f"nothing notices that {rule.__name__} is gone"


NOTHING_ALLOWED = {**dict.fromkeys(Name, 0), Name.DUPLICATE_MS: 10**6}
LISTED = dict.fromkeys((Restriction.BAN, Restriction.SURVEILLANCE, Restriction.ILLIQUID), "")


@settings(max_examples=300, deadline=None)
@given(
    held=st.dictionaries(
        st.sampled_from([("INFY", "MIS"), ("INFY", "CNC"), ("FUT", "NRML"), ("CALL", "NRML")]),
        st.integers(1, 20),
        max_size=4,
    ),
    short=st.booleans(),
    side=st.sampled_from(Side),
    what=st.sampled_from([("INFY", "MIS"), ("INFY", "CNC"), ("FUT", "NRML"), ("CALL", "NRML")]),
    lots=st.integers(1, 25),
    at=st.sampled_from([0, 90, 100, 110]),
)
def test_what_raises_nothing_is_refused_by_no_limit(
    held: dict[tuple[str, str], int], short: bool, side: Side, what: tuple[str, str], lots: int, at: int
) -> None:
    holds_of = {
        key: count * BY_NAME[key[0]].lot * (-1 if short and key[1] != "CNC" and key[0] != "CALL" else 1)
        for key, count in held.items()
    }
    one = BY_NAME[what[0]]
    price = LAST[one.id] * at // 100 // one.tick * one.tick
    text = f"{side} {lots * one.lot} {what[0]} {what[1]} {price / 100 if price else ''}"
    strict = Stands(holds=holds_of, limits=NOTHING_ALLOWED, listed=LISTED, standing=dict(REDUCING))
    found, _ = ask(strict, text)
    free, _ = ask(replace(strict, limits={}, listed={}, standing={}), text)
    work = strict.work()
    before = sum(work.balances[ledger] for ledger in (Ledger.HOLD, Ledger.MARGIN))
    if free is None:
        loose = replace(strict, limits={}, listed={})
        work.standing.state = TradingState.ACTIVE
        decide.place(work, loose.facts(), wish_of(text), 9, "k", "asha")
        raises = sum(work.balances[ledger] for ledger in (Ledger.HOLD, Ledger.MARGIN)) > before
        assert (found is not None) is raises
        assert found in (None, Reason.RATE_LIMIT, Reason.ACCOUNT_REDUCING)
