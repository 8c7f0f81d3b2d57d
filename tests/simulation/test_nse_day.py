"""A whole day by the exchange's hours: the market's loop, the matcher and the closing loop on one clock that is set."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from core.reasons import Reason
from desk import auctions, filling, masters
from desk import market as markets
from desk.answers import Answer
from tests.cluster import Throwaway
from tests.simulation.nse_exchange import DAY, FUND, INFY, NIFTY, RELIANCE, TCS, Exchange, opened


@pytest.fixture
def exchange(throwaway: Throwaway, seeded_template: str) -> Iterator[Exchange]:
    with opened(throwaway, seeded_template) as exchange:
        yield exchange


def refused(answer: Answer, reason: Reason) -> None:
    assert answer.body.get("reason_code") == int(reason), answer.body


def test_a_day_from_the_opening_auction_to_the_next_date(exchange: Exchange) -> None:
    account = exchange.account("asha", 10_000_000_000)
    other = exchange.account("bela", 10_000_000_000)
    exchange.until("08:55:00", 300)
    price = exchange.last(INFY)
    early = exchange.place(account, "BUY", 50, INFY, exchange.near(INFY, 20), "MIS")
    assert early.body["status"] == "AMO", early.body

    # The opening auction.
    exchange.until("09:00:02", 150)
    assert exchange.row(early)[0] == "OPEN"
    blind = exchange.place(account, "BUY", 100, INFY, product="MIS")
    assert blind.status == 201, blind.body
    deep = exchange.place(other, "BUY", 40, INFY, exchange.near(INFY, -40), "MIS")
    refused(exchange.place(account, "BUY", 10, INFY, price + 1000, "MIS", "SL", price + 500), Reason.WINDOW_TYPE)
    chain = exchange.master.chain(exchange.instrument(NIFTY).id)
    futures = [one for one in chain if one.kind == "FUT"]
    assert [one.expiry for one in futures][:2] == [date(2026, 11, 23), date(2026, 12, 29)]
    contract, far = futures[1], futures[2]
    far_off = exchange.place(account, "BUY", far.lot, far.key, 2_500_000, "NRML", amo=False)
    refused(far_off, Reason.WINDOW_CLOSED)
    exchange.until("09:06:00", 90)
    refused(exchange.place(account, "BUY", 10, INFY, product="MIS"), Reason.WINDOW_TYPE)
    late = exchange.place(other, "SELL", 30, INFY, exchange.near(INFY, -20), "MIS")
    assert late.status == 201, late.body
    refused(exchange.cancel(account, blind), Reason.WINDOW_NO_CANCEL)
    bids = markets.quotes(exchange.database, "sim", [exchange.instrument(INFY).id])
    book = bids[exchange.instrument(INFY).id]
    assert book["bids"][0] > book["asks"][0] > 0  # an auction's book crosses
    assert book["last_price"] == price  # and prints nothing
    exchange.until("09:11:00", 30)
    struck = auctions.struck(exchange.database, "sim", DAY, auctions.OPEN)
    opened, quantity = struck[exchange.instrument(INFY).id]
    assert quantity > 150
    for order, units in ((blind, 100), (late, 30), (early, 50)):
        assert exchange.row(order) == ("COMPLETE", None, units, units * opened)
    assert exchange.row(deep)[0] == "OPEN"
    exchange.until("09:14:59", 120)
    assert exchange.last(INFY) == opened

    # Continuous trading. What the auction left goes on.
    exchange.until("09:15:10", 3)
    assert exchange.row(deep)[0] == "OPEN"
    ahead = (exchange.near(RELIANCE, 70), exchange.near(RELIANCE, 65))
    stop = exchange.place(account, "BUY", 10, RELIANCE, ahead[0], "CNC", "SL", ahead[1])
    away = exchange.place(account, "BUY", 10, RELIANCE, exchange.near(RELIANCE, -80))
    patient = exchange.place(account, "BUY", 10, TCS, exchange.near(TCS, -20))
    waiting = exchange.place(account, "BUY", 10, FUND, exchange.near(FUND, -40))
    for order in (stop, away, patient, waiting):
        assert order.status == 201, order.body
    exchange.until("15:00:00", 1800)
    exchange.until("15:14:58", 120)
    assert {exchange.row(order)[0] for order in (stop, away, patient)} == {"TRIGGER_PENDING", "OPEN"}

    # The pause before the closing auction.
    exchange.until("15:15:08", 2)
    assert exchange.row(stop)[:2] == ("CANCELLED", int(Reason.NOT_FOR_AUCTION))
    assert exchange.row(away)[:2] == ("CANCELLED", int(Reason.OUTSIDE_AUCTION_BAND))
    assert exchange.row(patient)[0] == "OPEN"
    exchange.until("15:16:00", 26)
    frozen = exchange.last(TCS)
    refused(exchange.place(account, "BUY", 10, TCS, product="MIS"), Reason.WINDOW_CLOSED)
    assert exchange.place(account, "BUY", 10, FUND).status == 201
    assert exchange.place(account, "BUY", contract.lot, contract.key, product="NRML").status == 201
    exchange.until("15:22:00", 60)
    assert exchange.last(TCS) == frozen
    closing = exchange.place(account, "BUY", 60, TCS)
    assert closing.status == 201, closing.body
    exchange.until("15:26:00", 60)
    refused(exchange.place(account, "BUY", 10, TCS), Reason.WINDOW_TYPE)
    refused(exchange.place(account, "BUY", 10, TCS, exchange.near(TCS, 50)), Reason.OUTSIDE_BAND)
    limit = exchange.place(other, "BUY", 25, TCS, exchange.near(TCS, 20))
    assert limit.status == 201, limit.body
    assert exchange.place(account, "BUY", 10, FUND).status == 201
    exchange.until("15:29:59", 30)
    assert exchange.row(waiting)[0] == "OPEN"

    # One price, and what it leaves.
    exchange.until("15:31:30", 15)
    tcs = exchange.instrument(TCS).id
    closed, _ = auctions.struck(exchange.database, "sim", DAY, auctions.CLOSE)[tcs]
    assert exchange.row(closing) == ("COMPLETE", None, 60, 60 * closed)
    assert exchange.row(limit) == ("COMPLETE", None, 25, 25 * closed)
    assert exchange.row(patient)[:2] == ("CANCELLED", int(Reason.AUCTION_UNMATCHED))
    assert exchange.row(waiting)[:2] == ("CANCELLED", int(Reason.EXPIRED_DAY))
    assert exchange.last(TCS) == closed
    assert auctions.closes(exchange.database, "sim", DAY)[tcs] == closed
    refused(exchange.place(account, "BUY", 10, FUND), Reason.WINDOW_CLOSED)
    assert exchange.place(account, "SELL", contract.lot, contract.key, product="NRML").status == 201
    exchange.until("15:39:50", 60)
    trades = exchange.place(account, "BUY", contract.lot, contract.key, product="NRML")
    exchange.until("15:40:10", 1)
    assert exchange.row(trades)[2] == contract.lot
    refused(exchange.place(account, "BUY", contract.lot, contract.key, product="NRML"), Reason.WINDOW_CLOSED)

    # After the close everything trades at the closing price.
    exchange.until("15:50:05", 60)
    refused(exchange.place(account, "BUY", 10, TCS, closed + 10 * exchange.instrument(TCS).tick),
            Reason.POST_CLOSE_PRICE)  # fmt: skip
    after = exchange.place(account, "BUY", 10, TCS)
    assert after.status == 201, after.body
    exchange.until("15:50:15")
    assert exchange.row(after) == ("COMPLETE", None, 10, 10 * closed)

    # The next date is not tomorrow, which is a holiday, and contracts that end on it have ended today.
    exchange.until("16:00:05", 60)
    state = markets.state(exchange.database, "sim")
    assert (state.trading_date, state.phase) == (date(2026, 11, 25), "CLOSED")
    assert markets.days(exchange.database, "sim", date(2026, 11, 25))[tcs].prev_close == closed
    index = exchange.instrument(NIFTY).id
    with exchange.database.connection() as connection:
        settled = connection.execute(
            "select settlement from market_days where instrument_id = %s and trading_date = %s", [index, DAY]
        ).fetchone()
    assert settled
    assert abs(settled[0] - exchange.last(NIFTY)) * 1000 < settled[0]
    exchange.until("16:05:00", 60)
    exchange.sound()


def test_a_process_that_dies_over_an_auction_hands_out_what_it_struck_once(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [exchange.account(name, 1_000_000_000) for name in ("asha", "bela", "chand")]
    exchange.until("09:00:02", 60)
    orders = [exchange.place(one, "BUY", 100, INFY, product="MIS") for one in accounts]
    exchange.until("09:07:50", 30)
    real, calls = filling.apply, []

    def dying(*given: Any) -> Any:
        """The first account's fill is written; then the process is gone."""
        calls.append(given)
        real(given[0], given[1], given[2][:1])
        raise RuntimeError("dead")

    monkeypatch.setattr(filling, "apply", dying)
    with pytest.raises(RuntimeError, match="dead"):
        exchange.until("09:11:00", 5)
    monkeypatch.setattr(filling, "apply", real)
    assert sorted(exchange.row(order)[2] for order in orders) == [0, 0, 100]
    exchange.another_life()
    exchange.until("09:11:30", 5)
    assert [exchange.row(order)[:3] for order in orders] == [("COMPLETE", None, 100)] * 3
    exchange.another_life()
    exchange.until("09:12:00", 5)
    with exchange.database.connection() as connection:
        found = connection.execute("select count(*), count(distinct price) from trades").fetchone()
    assert found == (3, 1)
    exchange.sound()


def test_a_contract_that_is_listed_in_the_day_leaves_the_book_as_it_was(exchange: Exchange) -> None:
    account = exchange.account("asha", 1_000_000_000)
    exchange.until("09:20:00", 300)
    order = exchange.place(account, "BUY", 10, FUND, exchange.near(FUND, -40))
    exchange.step()
    book = exchange.matcher
    index = exchange.instrument(NIFTY)
    assert masters.contracts_for(exchange.database, DAY, {index.id: exchange.last(NIFTY) * 6 // 5})
    before, exchange.master = exchange.master, masters.get(exchange.database)
    new = [one for one in exchange.master.chain(index.id) if one.key not in before.by_key]
    assert new
    lot = max(new, key=lambda one: one.id)
    far = exchange.place(account, "BUY", lot.lot, lot.key, lot.tick, "NRML")  # somebody wants its price
    assert far.status in (201, 422), far.body
    exchange.loop.look()
    exchange.loop.ask_what_is_wanted()
    exchange.until("09:20:20", 1)
    exchange.loop.ask_what_is_wanted()
    exchange.until("09:20:40", 1)
    assert exchange.matcher is book, "the book is not built anew for it"
    assert exchange.row(order)[0] == "OPEN"
    assert markets.quotes(exchange.database, "sim", [lot.id])
