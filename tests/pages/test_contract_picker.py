"""On the order form an underlying leads to its contracts: kind, expiry, strike, and the form is that contract's."""

import pytest

from core import contract_choice as choice
from core.instruments import Kind
from desk import masters
from tests.pages.conftest import words


@pytest.fixture
def nifty(floor):
    """NIFTY 50 at 25,000, and its contracts."""
    master = masters.get(floor.database)
    floor.price("NSE:NIFTY 50", 2_500_000)
    return master.chain(master.by_key["NSE:NIFTY 50"].id)


def select(app, label):
    return next(each for each in app.selectbox if each.label == label)


def trade(app, word):
    next(each for each in app.segmented_control if each.label == "Trade").set_value(word).run()


def title(app):
    """What the form is of, as it says above its fields."""
    return next(each.value.split("  ")[0] for each in app.caption if each.value.startswith(("NSE:", "NFO:")))


def test_an_index_leads_to_its_next_future_then_to_a_strike_at_the_money(open_as, nifty):
    app = open_as("asha", "order", symbol="NSE:NIFTY 50")
    assert not app.exception
    future = choice.meant(nifty, Kind.FUT, None, None, 0)
    assert future.symbol in title(app)
    trade(app, "Put")
    put = choice.meant(nifty, Kind.PE, future.expiry, None, 2_500_000)
    assert put.symbol in title(app)
    assert put.strike == 2_500_000
    assert "25,000 · at the money" in select(app, "Strike").options
    ends = choice.expiries(nifty, Kind.PE)
    select(app, "Expiry").set_value(ends[0]).run()
    select(app, "Strike").set_value(choice.strikes(nifty, Kind.PE, ends[0])[0]).run()
    first = choice.meant(nifty, Kind.PE, ends[0], choice.strikes(nifty, Kind.PE, ends[0])[0], 0)
    assert first.symbol in title(app)
    trade(app, "Call")
    call = choice.meant(nifty, Kind.CE, first.expiry, first.strike, 2_500_000)
    assert call.symbol in title(app), "the expiry and the strike stay"
    trade(app, "Future")
    trade(app, "Call")
    assert not app.exception
    assert "CE" in title(app)


def test_a_contract_that_was_searched_for_stands_in_the_fields(open_as, nifty):
    there = next(one for one in nifty if one.kind is Kind.CE and one.strike == 2_510_000)
    app = open_as("asha", "order", symbol=there.key)
    assert there.symbol in title(app)
    assert select(app, "Strike").value == there.strike
    assert select(app, "Expiry").value == there.expiry
    other = next(one for one in nifty if one.kind is Kind.PE and one.strike == 2_480_000)
    next(each for each in app.text_input if each.label == "Instrument").set_value(other.key).run()
    assert not app.exception
    assert other.symbol in title(app), "what is searched for next comes before what was picked"


def test_the_side_that_was_chosen_stays_with_another_strike(open_as, nifty):
    app = open_as("asha", "order", symbol="NSE:NIFTY 50")
    trade(app, "Put")
    next(each for each in app.segmented_control if each.label == "Side").set_value("SELL").run()
    next(each for each in app.number_input if each.label == "Lots").set_value(4).run()
    strikes = select(app, "Strike")
    strikes.set_value(choice.strikes(nifty, Kind.PE, select(app, "Expiry").value)[0]).run()
    assert not app.exception
    assert next(each for each in app.segmented_control if each.label == "Side").value == "SELL"
    assert next(each for each in app.number_input if each.label == "Lots").value == 4


def test_a_strike_that_nobody_priced_asks_for_a_price_and_calls_nothing_wrong(open_as, nifty):
    there = next(one for one in nifty if one.kind is Kind.CE)
    app = open_as("asha", "order", symbol=there.key)
    price = next(each for each in app.text_input if each.label == "Price (₹)")
    assert price.value == ""
    assert not app.error
    assert "Type a price, such as 1,500.05." in words(app)
    price.set_value("ten").run()
    assert [each.value for each in app.error] == ["Price must be an amount such as 1,500.05."]


def test_a_share_with_contracts_is_itself_until_one_is_picked(open_as, floor):
    app = open_as("asha", "order", symbol="NSE:INFY")
    assert title(app) == "NSE:INFY"
    trade(app, "Future")
    assert "FUT" in title(app)
    trade(app, "Share")
    assert title(app) == "NSE:INFY"


def test_where_there_are_no_contracts_nothing_is_asked(open_as, floor):
    master = masters.get(floor.database)
    plain = next(one for one in master.by_id.values() if one.kind is Kind.ETF and not master.chain(one.id))
    floor.price(plain.key, 10_000)
    app = open_as("asha", "order", symbol=plain.key)
    assert not [each for each in app.segmented_control if each.label == "Trade"]
    assert "Nothing" not in words(app)
