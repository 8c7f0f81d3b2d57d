"""The wallet's sums hold to the paisa whatever the account went through; the ledger tells every movement."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.engine import Database
from desk import screens
from tests import factories as make

KEYS = {
    "account",
    "market",
    "trading_date",
    "version",
    "as_of",
    "cash",
    "held",
    "margin",
    "invested",
    "unsettled",
    "gains",
    "option_credit",
    "balance",
    "unrealised",
    "equity",
    "blocked_loss",
    "available",
    "available_for_options",
    "withdrawable",
    "opening_equity",
    "deposits",
    "withdrawals",
    "realised",
    "charges",
    "unrealised_change",
    "holds",
    "margins",
}
BALANCES = ("cash", "hold", "margin", "invested", "unsettled", "gains", "option_credit")
LEDGERS = [name.upper() for name in BALANCES]
HOUSE = ["BANK", "PNL", "CHARGES"]


def paise(rupees: float) -> int:
    return round(rupees * 100)


def in_paise(wallet: dict[str, object]) -> dict[str, int]:
    return {name: paise(value) for name, value in wallet.items() if isinstance(value, int | float)}


def test_the_first_worked_example_reads_as_it_was_worked(clean_database: Database) -> None:
    """Deposit ₹1,00,000; buy 50 at a limit of 1500.00: 20 at 1499.50 and 10 at 1500.00 have filled."""
    infy = make.instrument(clean_database)
    book = make.account(clean_database, cash=2_491_094, hold=3_004_563, invested=4_499_000, version=4)
    order = make.order(
        clean_database, book, infy, quantity=50, filled=30, turnover=4_499_000, hold_cash=3_004_563, version=4
    )
    make.position(
        clean_database,
        book,
        infy,
        product="CNC",
        quantity=30,
        cost=4_499_000,
        mark=4_499_000,
        version=4,
        day_buy_quantity=30,
        day_buy_value=4_499_000,
    )
    make.lot(clean_database, book, infy, quantity=30, cost=4_499_000)
    make.quote(clean_database, infy, 150_100)
    make.transfer(clean_database, book, "BANK", "CASH", 10_000_000)
    make.transfer(clean_database, book, "CASH", "HOLD", 7_508_906, code="HOLD", order_id=order)
    make.transfer(clean_database, book, "HOLD", "INVESTED", 4_499_000, code="COST", order_id=order)
    entry = make.charges(clean_database, book, stt=5_343)
    make.transfer(clean_database, book, "HOLD", "CHARGES", 5_343, code="CHARGES", charge_id=entry)
    wallet = screens.wallet(clean_database, book)
    assert wallet.keys() >= KEYS
    assert (wallet["cash"], wallet["held"], wallet["invested"]) == (24_910.94, 30_045.63, 44_990)
    assert (wallet["balance"], wallet["unrealised"], wallet["equity"]) == (99_946.57, 40, 99_986.57)
    assert (wallet["deposits"], wallet["charges"], wallet["realised"]) == (100_000, 53.43, 0)
    assert wallet["holds"] == [{"order_id": str(order), "cash": 30_045.63, "credit": 0}]
    assert (wallet["version"], wallet["trading_date"], wallet["market"]) == (4, "2026-11-23", "sim")
    assert screens.balanced(clean_database, book)["balanced"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(LEDGERS + HOUSE), st.sampled_from(LEDGERS + HOUSE), st.integers(1, 10**12)),
        max_size=25,
    ),
    opening=st.integers(0, 10**12),
    before=st.integers(-(10**9), 10**9),
    position=st.tuples(st.integers(-1000, 1000).filter(bool), st.integers(1, 10**6), st.integers(1, 10**6)),
)
def test_equity_is_the_opening_and_all_that_happened_since(
    clean_database: Database,
    moves: list[tuple[str, str, int]],
    opening: int,
    before: int,
    position: tuple[int, int, int],
) -> None:
    """Any transfers at all: those that cross the account's border explain the change of its balance."""
    kept = dict.fromkeys(LEDGERS, 0) | {
        "CASH": opening,
        "HOLD": 10**14,
        "MARGIN": 10**14,
        "UNSETTLED": 10**14,
    }
    kept |= {"GAINS": 10**14, "OPTION_CREDIT": 10**14}
    balance = sum(kept.values())
    taken = [move for move in moves if move[0] != move[1]]
    for source, target, amount in taken:
        for name, sign in ((source, -1), (target, 1)):
            if name in kept:
                kept[name] += sign * amount
    infy = make.instrument(clean_database)
    book = make.account(
        clean_database,
        **dict[str, Any](
            {name.lower(): amount for name, amount in kept.items()},
            opening_equity=balance + before,
            opening_unrealised=before,
        ),
    )
    entry = make.charges(clean_database, book)
    for source, target, amount in taken:
        crosses = "CHARGES" in (source, target)
        make.transfer(clean_database, book, source, target, amount, charge_id=entry if crosses else None)
    make.transfer(clean_database, book, "BANK", "CASH", 77, trading_date=make.YESTERDAY)
    quantity, entered, last = position
    make.position(clean_database, book, infy, quantity=quantity, cost=quantity * entered, mark=quantity * entered)
    make.insert(
        clean_database,
        "market_days",
        "on conflict do nothing",
        market="sim",
        trading_date=make.TODAY,
        instrument_id=infy,
        prev_close=1,
    )
    with clean_database.connection() as connection:
        connection.execute("update market_days set prev_close = %s", (last,))
    wallet = in_paise(screens.wallet(clean_database, book))
    assert wallet["unrealised"] == quantity * (last - entered)
    assert wallet["balance"] == sum(kept.values())
    assert wallet["equity"] == wallet["balance"] + wallet["unrealised"]
    assert wallet["equity"] == (
        wallet["opening_equity"]
        + wallet["deposits"]
        - wallet["withdrawals"]
        + wallet["realised"]
        + wallet["unrealised_change"]
        - wallet["charges"]
    )


def test_what_is_held_is_listed_with_what_it_is_held_for(clean_database: Database) -> None:
    infy, nifty = (
        make.instrument(clean_database),
        make.instrument(clean_database, "NSE:NIFTY 50", kind="INDEX"),
    )
    book = make.account(clean_database, hold=1_450, margin=900)
    first = make.order(clean_database, book, infy, hold_cash=1_000)
    second = make.order(clean_database, book, infy, hold_cash=100, hold_credit=50)
    make.order(clean_database, book, infy)
    make.insert(
        clean_database,
        "margin_groups",
        account_id=book.id,
        segment="DERIVATIVES",
        underlying_id=nifty,
        position_margin=900,
        span=700,
        exposure=150,
        add_ons=50,
        order_margin=300,
    )
    make.insert(clean_database, "margin_groups", account_id=book.id, segment="CASH", underlying_id=infy)
    wallet = screens.wallet(clean_database, book)
    assert [hold["order_id"] for hold in wallet["holds"]] == [str(first), str(second)]
    assert wallet["margins"] == [
        {
            "segment": "DERIVATIVES",
            "underlying": "NSE:NIFTY 50",
            "position_margin": 9,
            "order_margin": 3,
            "span": 7,
            "exposure": 1.5,
            "add_ons": 0.5,
            "delivery": 0,
        }
    ]
    held = sum(paise(hold["cash"] + hold["credit"]) for hold in wallet["holds"]) + 300
    assert (paise(wallet["held"]), paise(wallet["margin"])) == (held, 900)


@pytest.mark.parametrize(
    ("cash", "blocked", "credit", "sold", "available", "for_options", "withdrawable"),
    [
        (100_000, 0, 0, 0, 1000, 1000, 1000),
        (100_000, 30_000, 5_000, 0, 700, 750, 700),
        (100_000, 0, 0, 40_000, 1000, 1000, 600),
        (100_000, 0, 0, 140_000, 1000, 1000, 0),
        (-5_000, 0, 0, 0, -50, -50, 0),
    ],
)
def test_what_can_be_spent_and_what_can_be_taken_out(
    clean_database: Database,
    cash: int,
    blocked: int,
    credit: int,
    sold: int,
    available: int,
    for_options: int,
    withdrawable: int,
) -> None:
    book = make.account(clean_database, cash=cash, blocked_loss=blocked, option_credit=credit)
    if sold:
        make.transfer(clean_database, book, "INVESTED", "CASH", sold + 10, code="COST", reference="demat")
        make.transfer(clean_database, book, "CASH", "PNL", 10, code="LOSS", reference="demat")
        make.transfer(clean_database, book, "INVESTED", "CASH", 99_999, code="COST")
    wallet = screens.wallet(clean_database, book)
    assert wallet["available"] == available
    assert wallet["available_for_options"] == for_options
    assert wallet["withdrawable"] == withdrawable


def test_the_ledger_tells_each_movement_once_newest_first(clean_database: Database) -> None:
    book = make.account(clean_database, cash=100, version=9)
    old = make.transfer(clean_database, book, "BANK", "CASH", 100, trading_date=make.YESTERDAY, reference="by asha")
    new = [
        make.transfer(clean_database, book, "CASH", "HOLD", 1, code="HOLD", order_id=n, cash_after=99) for n in (5, 6)
    ]
    make.transfer(clean_database, make.account(clean_database), "BANK", "CASH", 5)
    first = screens.ledger(clean_database, book, limit=2)
    rest = screens.ledger(clean_database, book, cursor=first["next"], limit=2)
    assert [row["id"] for row in first["items"] + rest["items"]] == [str(new[1]), str(new[0]), str(old)]
    assert (rest["next"], rest["version"]) == (None, 9)
    assert first["items"][0] == {
        "id": str(new[1]),
        "at": first["items"][0]["at"],
        "event_at": "2026-11-23T12:00:00.000+05:30",
        "code": "HOLD",
        "from": "CASH",
        "to": "HOLD",
        "amount": 0.01,
        "reference": "order 6",
        "order_id": "6",
        "trade_id": None,
        "cash_after": 0.99,
        "version": 1,
    }
    assert rest["items"][0]["reference"] == "by asha"
    assert [row["id"] for row in screens.ledger(clean_database, book, day=make.YESTERDAY)["items"]] == [str(old)]


def test_a_balance_that_the_transfers_do_not_explain_is_shown_as_such(clean_database: Database) -> None:
    book = make.account(clean_database, cash=150)
    make.transfer(clean_database, book, "BANK", "CASH", 100)
    badge = screens.balanced(clean_database, book)
    assert (badge["balanced"], badge["difference"]) == (False, 0.5)
