"""Orders that show a part of themselves, and orders for some minutes, as the queue sees them."""

from datetime import UTC, datetime

from core.book import Book
from core.depth import Depth
from core.disclosure import ends
from core.matching import Expired, Fill, Moment, Outcome, arrive, match
from core.orders import Validity
from db.engine import Database

from .test_execution import Bench
from .worlds import OPEN, frame, order

ASKS = [(101, 10), (102, 20)]


def market() -> tuple[Book, Depth]:
    book = Book()
    return book, Depth(book.slots)


def fills(outcomes: list[Outcome]) -> list[tuple[int, int, int]]:
    return [(one.order_id, one.quantity, one.price) for one in outcomes if isinstance(one, Fill)]


def test_only_the_part_that_shows_trades_and_the_next_stands_behind_the_others() -> None:
    book, depth = market()
    match(book, depth, frame(1, {"bids": [(99, 10)], "asks": ASKS}), OPEN)
    hidden = order(1, 1, 100, 30, ends=ends(30, 10, 0))
    arrive(book, depth, [hidden, order(2, 1, 100, 10)], OPEN)
    # 15 print at 100: the ten that show come first, the other order next, before the second part of the first.
    told = match(book, depth, frame(2, {"last": 100, "volume": 15, "bids": [(99, 10)], "asks": ASKS}), OPEN)
    assert fills(told) == [(1, 10, 100), (2, 5, 100)]
    told = match(book, depth, frame(3, {"last": 100, "volume": 22, "bids": [(99, 10)], "asks": ASKS}), OPEN)
    assert fills(told) == [(2, 5, 100), (1, 2, 100)]
    assert hidden.showing == 8


def test_a_marketable_order_in_parts_takes_what_is_displayed_part_by_part() -> None:
    book, depth = market()
    match(book, depth, frame(1, {"bids": [(99, 10)], "asks": ASKS}), OPEN)
    told = arrive(book, depth, [order(1, 1, 102, 28, ends=ends(28, 7, 4))], OPEN)
    assert fills(told) == [(1, 10, 101), (1, 18, 102)]
    assert not book.orders


def test_others_at_its_price_get_their_turn_between_its_parts() -> None:
    book, depth = market()
    first, second = order(1, 1, 101, 20, ends=ends(20, 5, 0)), order(2, 1, 101, 20)
    arrive(book, depth, [first, second], OPEN)
    told = match(book, depth, frame(1, {"bids": [(99, 10)], "asks": [(101, 12)]}), OPEN)
    assert fills(told) == [(1, 5, 101), (2, 7, 101)]


def test_two_traders_orders_at_one_price_never_take_from_each_other() -> None:
    book, depth = market()
    match(book, depth, frame(1, {"bids": [(99, 10)], "asks": ASKS}), OPEN)
    told = arrive(book, depth, [order(1, 1, 100, 5, account_id=1), order(2, -1, 100, 5, account_id=2)], OPEN)
    assert fills(told) == []
    assert sorted(book.orders) == [1, 2]


def test_minutes_are_over_before_the_frame_of_that_moment_fills_anything() -> None:
    book, depth = market()
    match(book, depth, frame(1, {"bids": [(99, 10)], "asks": ASKS}), OPEN)
    arrive(book, depth, [order(1, 1, 100, 5, validity=Validity.TTL, expires_at=1_060_000)], OPEN)
    crossing = {"bids": [(98, 10)], "asks": [(99, 10)]}
    assert match(book, depth, frame(2, {}), Moment(1_059_999, True)) == []
    told = match(book, depth, frame(3, crossing), Moment(1_060_000, True))
    assert told == [Expired(1, 1, 7, 5, 1_060_000)]
    assert match(book, depth, frame(4, crossing), Moment(1_060_001, True)) == []


def test_a_market_that_stands_still_lets_no_minutes_run_out() -> None:
    book, depth = market()
    arrive(book, depth, [order(1, 1, 100, 5, validity=Validity.TTL, expires_at=1_060_000)], OPEN)
    assert match(book, depth, frame(1, {}), Moment(2_000_000, False)) == []
    assert sorted(book.orders) == [1]


def test_what_expired_while_nobody_led_is_told_at_the_start_and_once(database: Database) -> None:
    now = datetime.now(UTC)
    with database.connection() as connection:
        connection.execute("update markets set exchange_time = %s where id = 'sim'", (now,))
    over = int(now.timestamp() * 1000) - 1
    bench = Bench(database, order(1, 1, 100, 5, validity=Validity.TTL, expires_at=over), order(2, 1, 100, 5))
    for _ in range(3):
        bench.ring()
    assert [[one.order_id for one in batch if isinstance(one, Expired)] for batch in bench.desk.batches] == [[1]]
