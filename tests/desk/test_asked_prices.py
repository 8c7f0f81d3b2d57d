"""A program that only sends requests gets a price in the end: what it asks for is priced from then on."""

import threading

import pytest

from core.gtt import GttWish, LegWish
from core.instruments import Instrument, Kind
from core.orders import OrderType, Product, Side
from db.engine import Database, DatabaseBusy
from desk import admin, asked_prices, gtt, market, masters, prices, screens
from tests import factories as make
from tests.floor import INFY, NIFTY, Floor


def _later(one: Instrument, floor: Floor) -> bool:
    return one.expiry is not None and one.expiry > floor.trading_date


@pytest.fixture
def option(floor: Floor) -> tuple[str, int]:
    """An option that nobody holds, orders or looks at: key and number."""
    found = next(
        one for one in floor.master.chain(floor.instrument(NIFTY).id) if one.kind is Kind.CE and _later(one, floor)
    )
    return found.key, found.id


def test_a_market_order_without_a_price_makes_that_price_wanted(
    database: Database, floor: Floor, option: tuple[str, int]
) -> None:
    account = floor.account()
    assert option[1] not in market.wanted(database, "sim")
    refused = floor.place(account, "BUY", floor.instrument(option[0]).lot, option[0], product="NRML")
    assert "no price yet" in refused.body["detail"]
    assert option[1] in market.wanted(database, "sim")


def test_a_gtt_without_a_price_makes_that_price_wanted(
    database: Database, floor: Floor, option: tuple[str, int]
) -> None:
    account = floor.account()
    lot = floor.instrument(option[0]).lot
    leg = LegWish(Side.BUY, OrderType.LIMIT, Product.NRML, lot, 10_000, 10_000)
    refused = gtt.create(database, "asha", account, GttWish(option[1], (leg,)))
    assert "no price yet" in refused.body["detail"]
    assert market.wanted(database, "sim") == [option[1]]


def test_a_quote_that_was_asked_for_in_vain_is_wanted_and_one_that_is_there_is_not(
    database: Database, floor: Floor, option: tuple[str, int]
) -> None:
    assert screens.quotes(database, "sim", [INFY, option[0], "NFO:NONE"])["unknown"] == [option[0], "NFO:NONE"]
    assert market.wanted(database, "sim") == [option[1]]


def test_the_gateways_quotes_ask_as_well(database: Database, floor: Floor, option: tuple[str, int]) -> None:
    assert prices.quotes(database, "sim", [floor.instrument(option[0])]) == {}
    assert market.wanted(database, "sim") == [option[1]]


def test_an_old_price_is_wanted_anew(database: Database, floor: Floor) -> None:
    floor.price(INFY, 150_000, age_seconds=3600)
    screens.quotes(database, "sim", [INFY])
    assert market.wanted(database, "sim") == [floor.instrument(INFY).id]


def test_who_asks_again_and_again_is_noted_now_and_then(
    database: Database, option: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(asked_prices.time, "monotonic", lambda: now[0])
    said = "select count(*) from heartbeats where beat_at > now() - interval '59 seconds'"
    later = "update heartbeats set beat_at = beat_at - interval '60 seconds'"

    def asks(without: list[int]) -> int:
        asked_prices.ask(database, "sim", [option[1]], without)
        found = make.ask(database, said)
        with database.connection() as connection:
            connection.execute(later)
        return int(found)

    assert asks([option[1]]) == 1  # the first time
    assert asks([option[1]]) == 0  # said a moment ago
    now[0] += asked_prices.AGAIN_SECONDS
    assert asks([]) == 1  # priced by now, and kept so while it is asked for
    now[0] += asked_prices.KEPT_SECONDS + 1
    assert asks([]) == 0  # forgotten


def test_a_note_that_cannot_be_written_spoils_no_answer_and_is_written_when_it_is_asked_again(
    database: Database, floor: Floor, option: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = floor.account()

    def busy(*_: object) -> None:
        raise DatabaseBusy("every connection is in use")

    with monkeypatch.context() as patch:
        patch.setattr(asked_prices.jobs, "beat", busy)
        refused = floor.place(account, "BUY", floor.instrument(option[0]).lot, option[0], product="NRML")
        assert "no price yet" in refused.body["detail"]
    assert market.wanted(database, "sim") == []
    screens.quotes(database, "sim", [option[0]])
    assert market.wanted(database, "sim") == [option[1]]


def test_what_programs_asked_is_no_process_to_an_administrator(database: Database, option: tuple[str, int]) -> None:
    asked_prices.ask(database, "sim", [option[1]], [option[1]])
    assert admin.heartbeats(database) == []


def test_of_two_that_ask_at_once_none_stores_an_older_set_over_a_newer(
    database: Database, option: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to ask is slow to write; what the second asked meanwhile must still be stored in the end."""
    infy = masters.get(database).by_key[INFY].id
    writing, second_asked = threading.Event(), threading.Event()
    real = asked_prices.jobs.beat

    def slow(*told: object) -> None:
        if not writing.is_set():
            writing.set()
            assert second_asked.wait(10)
        real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(asked_prices.jobs, "beat", slow)
    first = threading.Thread(target=asked_prices.ask, args=(database, "sim", [option[1]], [option[1]]))
    first.start()
    assert writing.wait(10)
    second = threading.Thread(target=asked_prices.ask, args=(database, "sim", [infy], [infy]))
    second.start()
    second.join(0.2)  # it may wait for the first, or be done
    second_asked.set()
    first.join(10)
    second.join(10)
    assert set(market.wanted(database, "sim")) == {option[1], infy}
