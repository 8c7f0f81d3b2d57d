"""What a trader may expect of a fill, told one case at a time. Instrument 7, last price 100 unless said."""

from typing import Any

import pytest

from core.book import Book, Resting
from core.depth import Depth
from core.frames import Frame
from core.matching import Fill, IocRemainder, Moment, Outcome, Trigger, arrive, give_back, match, wake
from core.orders import Validity

from .worlds import OPEN, frame, order

Fills = list[tuple[int, int, int]]

ASKS = [(101, 10), (102, 20), (103, 30), (104, 40), (105, 50)]
BIDS = [(99, 10), (98, 20), (97, 30), (96, 40), (95, 50)]
SHOWN = {"bids": BIDS, "asks": ASKS}


class Venue:
    """A book with a display, and the words to drive it."""

    def __init__(self) -> None:
        self.book = Book()
        self.depth = Depth(self.book.slots)
        self.number = 0

    def frame(self, moment: Moment = OPEN, **row: Any) -> list[Outcome]:
        self.number += 1
        return match(self.book, self.depth, frame(self.number, SHOWN | row), moment)

    def arrive(self, *orders: Resting, moment: Moment = OPEN) -> list[Outcome]:
        return arrive(self.book, self.depth, orders, moment)


@pytest.fixture
def venue() -> Venue:
    """A market that has displayed one frame."""
    fresh = Venue()
    assert fresh.frame(volume=1_000) == []
    return fresh


def only(outcomes: list[Outcome]) -> Fill:
    """The one outcome, which must be a fill."""
    [fill] = outcomes
    assert isinstance(fill, Fill)
    return fill


def fills(outcomes: list[Outcome]) -> Fills:
    """(order, quantity, price) of the fills."""
    return [(one.order_id, one.quantity, one.price) for one in outcomes if isinstance(one, Fill)]


@pytest.mark.parametrize(
    ("side", "limit", "quantity", "expected"),
    [
        (+1, 101, 10, [(1, 10, 101)]),
        (+1, 105, 10, [(1, 10, 101)]),
        (+1, 103, 45, [(1, 10, 101), (1, 20, 102), (1, 15, 103)]),
        (+1, 102, 45, [(1, 10, 101), (1, 20, 102)]),
        (+1, 100, 45, []),
        (+1, 500, 999, [(1, 10, 101), (1, 20, 102), (1, 30, 103), (1, 40, 104), (1, 50, 105)]),
        (-1, 99, 10, [(1, 10, 99)]),
        (-1, 97, 45, [(1, 10, 99), (1, 20, 98), (1, 15, 97)]),
        (-1, 100, 5, []),
    ],
)
def test_an_arriving_order_walks_the_displayed_levels(
    venue: Venue, side: int, limit: int, quantity: int, expected: Fills
) -> None:
    assert fills(venue.arrive(order(1, side, limit, quantity))) == expected


def test_a_fill_carries_its_evidence(venue: Venue) -> None:
    fill = only(venue.arrive(order(1, +1, 101, 4)))
    assert (fill.frame, fill.exchange_time, fill.last_price) == (1, 1_000_001, 100)
    assert fill.levels == ((101, 4),)


def test_displayed_size_is_never_filled_twice_until_shown_again(venue: Venue) -> None:
    assert fills(venue.arrive(order(1, +1, 101, 6))) == [(1, 6, 101)]
    assert fills(venue.arrive(order(2, +1, 101, 6))) == [(2, 4, 101)]
    assert venue.arrive(order(3, +1, 101, 6)) == []
    assert fills(venue.frame(asks=[(101, 7)])) == [(2, 2, 101), (3, 5, 101)]


def test_users_share_depth_by_price_then_time(venue: Venue) -> None:
    venue.frame(asks=[])
    for one in (order(1, +1, 101, 6), order(2, +1, 102, 6), order(3, +1, 101, 6)):
        assert venue.arrive(one) == []
    # They were queueing when the market came to them, so each fills at its own limit.
    assert fills(venue.frame(asks=[(101, 15)])) == [(2, 6, 102), (1, 6, 101), (3, 3, 101)]


def test_the_rest_of_a_market_order_goes_on_at_displayed_prices(venue: Venue) -> None:
    venue.arrive(order(1, +1, 103, 70))
    assert fills(venue.frame(asks=[(101, 4), (103, 9)], volume=2_000)) == [(1, 4, 101), (1, 6, 103)]


def test_a_queueing_order_waits_for_what_was_displayed_ahead(venue: Venue) -> None:
    venue.arrive(order(1, +1, 99, 5))
    assert venue.frame(last=99, volume=1_006) == [], "6 of the 10 ahead"
    assert venue.frame(last=100, volume=1_050) == [], "traded elsewhere"
    assert venue.frame(last=99, volume=1_054) == [], "10 of 10 ahead"
    fill = only(venue.frame(last=99, volume=1_057))
    assert (fill.quantity, fill.price, fill.levels) == (3, 99, ((99, 3),))
    assert fills(venue.frame(last=99, volume=1_100)) == [(1, 2, 99)]


def test_a_later_order_never_passes_an_earlier_one_at_its_price(venue: Venue) -> None:
    venue.arrive(order(1, +1, 99, 5))
    venue.frame(bids=[(99, 1)], volume=1_000)
    venue.arrive(order(2, +1, 99, 5))
    assert venue.frame(last=99, volume=1_008) == []
    assert fills(venue.frame(last=99, volume=1_018)) == [(1, 5, 99), (2, 3, 99)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"last": 98, "volume": 1_003}, [(1, 3, 99)]),
        ({"last": 98, "volume": 1_900}, [(1, 5, 99)]),
        ({"last": 98, "volume": 1_000}, []),
        ({"last": 98, "volume": 900}, []),
        ({"last": 97, "volume": 1_004, "low": 97}, [(1, 4, 99)]),
    ],
)
def test_a_trade_through_the_price_fills_what_traded_at_the_limit(
    venue: Venue, row: dict[str, Any], expected: Fills
) -> None:
    venue.arrive(order(1, +1, 99, 5))
    assert fills(venue.frame(**row)) == expected


def test_a_low_that_printed_between_two_displays_counts_as_through(venue: Venue) -> None:
    venue.frame(volume=1_000, low=90)
    venue.arrive(order(1, +1, 89, 5))
    assert venue.frame(volume=1_100, low=89) == [], "touched, not through"
    fill = only(venue.frame(volume=1_103, low=88))
    assert (fill.quantity, fill.price, fill.levels) == (3, 89, ((88, 3),))


def test_volume_printed_before_an_order_came_does_not_fill_it(venue: Venue) -> None:
    venue.frame(last=98, volume=5_000)
    assert venue.arrive(order(1, +1, 100, 5)) == []


def test_a_price_deeper_than_the_display_queues_when_it_first_trades(venue: Venue) -> None:
    venue.arrive(order(1, +1, 90, 5))
    assert venue.frame(last=90, bids=[(90, 40)], asks=[(91, 1)], volume=1_100) == []
    assert venue.frame(last=90, bids=[(90, 40)], asks=[(91, 1)], volume=1_140) == []
    assert fills(venue.frame(last=90, bids=[(90, 40)], asks=[(91, 1)], volume=1_144)) == [(1, 4, 90)]


def test_a_deep_order_behind_a_queueing_one_takes_its_place_at_the_same_trade(venue: Venue) -> None:
    venue.arrive(order(1, +1, 95, 5))
    venue.frame(last=120, bids=[(119 - n, 9) for n in range(5)], asks=[(121, 9)], volume=1_000)
    venue.arrive(order(2, +1, 95, 5))
    venue.frame(last=95, bids=[(95, 40)], asks=[(96, 1)], volume=1_010)
    assert (venue.book.orders[1].mark, venue.book.orders[2].mark) == (50, 10 + 40)


def test_ioc_takes_what_there_is_and_reports_the_rest(venue: Venue) -> None:
    rest = venue.arrive(order(1, +1, 102, 35, validity=Validity.IOC))
    assert fills(rest[:-1]) == [(1, 10, 101), (1, 20, 102)]
    assert rest[-1] == IocRemainder(1, 1, 7, 5, 1, 1_000_001)
    assert len(venue.book) == 0


def test_ioc_is_given_up_when_the_feed_is_stale(venue: Venue) -> None:
    stale = Moment(1_000_000, open=True, age_ms=6_000)
    [rest] = venue.arrive(order(1, +1, 102, 35, validity=Validity.IOC), moment=stale)
    assert isinstance(rest, IocRemainder)
    assert rest.quantity == 35


@pytest.mark.parametrize(
    ("side", "trigger", "limit", "last", "fired"),
    [
        (+1, 102, 103, 101, False),
        (+1, 102, 103, 102, True),
        (+1, 102, 103, 104, True),
        (-1, 98, 97, 99, False),
        (-1, 98, 97, 98, True),
        (-1, 98, 97, 90, True),
    ],
)
def test_stops_fire_on_the_last_price(
    venue: Venue, side: int, trigger: int, limit: int, last: int, fired: bool
) -> None:
    assert venue.arrive(order(1, side, limit, 5, trigger=trigger)) == []
    outcomes = venue.frame(last=last)
    assert [type(one) for one in outcomes] == ([Trigger, Fill] if fired else [])


def test_a_fired_stop_acts_at_once_as_a_limit(venue: Venue) -> None:
    venue.arrive(order(1, +1, 102, 50, trigger=101))
    assert fills(venue.frame(last=101)) == [(1, 10, 101), (1, 20, 102)]
    assert venue.book.orders[1].trigger == 0


def test_a_high_that_printed_before_a_stop_came_does_not_fire_it(venue: Venue) -> None:
    venue.frame(high=20_000)
    assert venue.arrive(order(1, +1, 160, 5, trigger=150)) == []
    outcomes = venue.frame(high=20_001)
    assert outcomes[0] == Trigger(1, 1, 7, 3, 1_000_003, 20_001)


@pytest.mark.parametrize(
    "row",
    [
        {"bids": [(101, 5)], "asks": [(100, 5)]},
        {"bids": [(101, 5)], "asks": [(101, 5)]},
        {"bids": [], "asks": []},
        {"last": 0},
    ],
)
def test_nothing_fills_against_a_crossed_or_empty_row(venue: Venue, row: dict[str, Any]) -> None:
    venue.arrive(order(1, +1, 99, 5), order(2, +1, 500, 5, trigger=400))
    assert venue.frame(**row | {"volume": 9_000, "high": 99_999}) == []
    assert venue.arrive(order(3, +1, 200, 5)) == []


@pytest.mark.parametrize(("is_open", "age_ms"), [(False, 0), (True, 5_000)])
def test_nothing_fills_when_closed_or_stale_and_old_displays_are_void_after(
    venue: Venue, is_open: bool, age_ms: int
) -> None:
    moment = Moment(1_000_000, is_open, age_ms)
    assert venue.arrive(order(1, +1, 105, 5), moment=moment) == []
    assert venue.arrive(order(2, +1, 105, 5)) == [], "what was shown before the gap is void"
    assert fills(venue.frame()) == [(1, 5, 101), (2, 5, 101)]


def test_nothing_acts_before_its_time(venue: Venue) -> None:
    late = order(1, +1, 105, 5, active_from=OPEN.exchange_time + 40)
    assert venue.arrive(late) == []
    assert venue.frame() == []
    assert venue.book.next_due() == OPEN.exchange_time + 40
    outcomes = wake(venue.book, venue.depth, Moment(OPEN.exchange_time + 40, open=True))
    assert fills(outcomes) == [(1, 5, 101)]


def test_a_new_leader_matches_nothing_before_its_first_frame() -> None:
    fresh = Venue()
    assert fresh.arrive(order(1, +1, 105, 5), order(2, +1, 99, 5)) == []
    assert fills(fresh.frame(last=99, volume=5_000)) == [(1, 5, 101)]
    assert fresh.book.orders[2].mark == 10, "behind what the first frame displayed"


def test_an_old_frame_is_ignored(venue: Venue) -> None:
    venue.arrive(order(1, +1, 99, 5))
    stale = frame(1, {"bids": [], "asks": [(90, 50)]})
    assert match(venue.book, venue.depth, stale, OPEN) == []


def test_what_a_dropped_order_had_taken_goes_to_the_next(venue: Venue) -> None:
    taken = venue.arrive(order(1, +1, 101, 8), order(2, +1, 101, 8))
    assert fills(taken) == [(1, 8, 101), (2, 2, 101)]
    more = venue.arrive(order(3, +1, 101, 8))
    assert more == []
    # Order 2 has had its one fill at this frame and price; the next in the queue is order 3.
    assert fills(give_back(venue.book, venue.depth, [taken[0]], OPEN)) == [(3, 8, 101)]
    assert 1 not in venue.book.orders


def test_volume_of_a_dropped_order_goes_to_the_next(venue: Venue) -> None:
    venue.arrive(order(1, +1, 99, 5), order(2, +1, 99, 5))
    taken = venue.frame(last=99, volume=1_015)
    assert fills(taken) == [(1, 5, 99)]
    assert fills(give_back(venue.book, venue.depth, taken, OPEN)) == [(2, 5, 99)]


def test_depth_of_a_row_shown_anew_is_not_given_back(venue: Venue) -> None:
    taken = venue.arrive(order(1, +1, 101, 8))
    venue.frame(asks=[(101, 1)])
    assert fills(venue.arrive(order(2, +1, 101, 1), order(3, +1, 101, 5))) == [(2, 1, 101)]
    assert give_back(venue.book, venue.depth, taken, OPEN) == []


def test_replace_keeps_the_place_for_less_and_gives_it_up_for_a_price(venue: Venue) -> None:
    venue.arrive(order(1, +1, 99, 5))
    assert venue.book.replace(order(1, +1, 99, 3))
    assert (venue.book.orders[1].pending, venue.book.orders[1].mark) == (3, 10)
    assert not venue.book.replace(order(1, +1, 98, 3, priority=9))
    assert 1 not in venue.book.orders


def test_an_order_is_added_once(venue: Venue) -> None:
    venue.arrive(order(1, +1, 99, 5))
    with pytest.raises(ValueError, match="order 1 is in the book"):
        venue.arrive(order(1, +1, 99, 5))


def test_one_level_of_depth_is_enough() -> None:
    fresh = Venue()
    thin = frame(1, {"bids": [(99, 4)], "asks": [(101, 4)]}, levels=1)
    assert isinstance(thin, Frame)
    assert match(fresh.book, fresh.depth, thin, OPEN) == []
    assert fills(fresh.arrive(order(1, +1, 103, 9))) == [(1, 4, 101)]
