"""Nothing stays on offer that the vendor does not stand behind: after a crash, a doubtful word, a change of feeds."""

import numpy as np
import pytest

import settings
from core.frames import DEPTH, Rows, row_type
from core.vendors import Vendor
from desk import feed_status, identity, live
from desk import market as markets
from jobs.bus import Bus
from jobs.display import Display
from jobs.market import MarketLoop
from tests.jobs.test_live_market import KEY, Stage, stage
from tests.people import signed_in

__all__ = ["stage"]


def rows(*offers: tuple[int, int, int]) -> Rows:
    """(instrument, last price, quantity offered) each."""
    made = np.zeros(len(offers), row_type(DEPTH))
    for row, (instrument, price, quantity) in zip(made, offers, strict=True):
        row["instrument"], row["last_price"], row["exchange_time"] = instrument, price, 1_000
        row["ask_price"][0], row["ask_quantity"][0] = price + 5, quantity
    return made


def told(found: Rows) -> list[tuple[int, int, int]]:
    return [(int(row["instrument"]), int(row["last_price"]), int(row["ask_quantity"].sum())) for row in found]


@pytest.mark.parametrize(
    ("what", "said", "passed", "expected"),
    [
        ("all is believed", [(1, 110, 7)], [(1, 110, 7)], [(1, 110, 7)]),
        ("what is doubted is shown as it was, without depth", [(1, 9_999, 7)], [], [(1, 100, 0)]),
        ("others are shown beside it", [(1, 9_999, 7), (4, 60, 1)], [(4, 60, 1)], [(1, 100, 0), (4, 60, 1)]),
        ("what was without depth stays so without a word", [(2, 9_999, 7)], [], []),
        ("what was never shown is not shown", [(4, 9_999, 7)], [], []),
        ("nor what nobody listed", [(99, 5, 7)], [], []),
        ("of two words of one the one that is believed stands", [(1, 9_999, 7), (1, 101, 3)], [(1, 101, 3)],
         [(1, 101, 3)]),
    ],
)  # fmt: skip
def test_a_word_that_is_not_believed_takes_the_depth_back(
    what: str,
    said: list[tuple[int, int, int]],
    passed: list[tuple[int, int, int]],
    expected: list[tuple[int, int, int]],
) -> None:
    display = Display({})
    display.know([1, 2, 3, 4])
    display.show(rows((1, 100, 5), (2, 50, 0)))
    found = display.with_doubted(rows(*said), rows(*passed), 2_000)
    assert told(found) == expected, what
    display.show(found)
    assert told(display.with_doubted(rows(*said), rows(), 3_000)) == [
        (one, price, 0) for one, price, quantity in expected if quantity and one in {each[0] for each in said}
    ], "and once"


def test_what_a_killed_process_displayed_is_taken_back_before_the_vendor_says_a_word(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    stage.step(1)
    assert stage.shown() == (150_000, True)
    number = markets.state(stage.database, "live/asha").frame
    stage.wall.pass_(120)
    bus = Bus()
    heir = MarketLoop(stage.database, "live/asha", settings.Settings(), bus, lambda: True, stage.wall)
    heir.step()
    assert stage.shown() == (150_000, False)
    frame = bus.take(0)
    assert frame is not None, "who fills orders is told"
    assert (frame.number, told(frame.rows)) == (number + 1, [(stage.infy, 150_000, 0)])
    assert [one.number for one in markets.frames_after(stage.database, "live/asha", number, 9)] == [number + 1]
    # The outage began when the market was last seen, not when the display was taken back.
    stage.loop, crashed = heir, stage.loop
    stage.step(1)
    stage.say(1_501)
    stage.step(0.25)
    assert stage.shown() == (150_100, True)
    with stage.database.connection() as connection:
        found = connection.execute("select extract(epoch from ended_at - began_at)::int from feed_gaps").fetchall()
    assert [119 <= seconds <= 124 for (seconds,) in found] == [True]
    heir.close()
    stage.loop = crashed


def test_a_word_that_the_guard_drops_leaves_nothing_on_offer(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    stage.say(15_100)  # tenfold
    stage.step(0.25)
    assert stage.shown() == (150_000, False)
    assert stage.loop._guard.dropped == {"tenfold_jump": 1}
    stage.say(1_502, volume=1_001)
    stage.step(0.25)
    assert stage.shown() == (150_200, True)
    stage.say(1_503, volume=10)  # a count of the day that fell
    stage.step(0.25)
    assert stage.shown() == (150_200, False)


def test_a_price_that_cannot_be_offers_nothing_and_its_owner_reads_why(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    stage.say(2_400)
    stage.step(0.25)
    assert stage.shown() == (150_000, False)
    stage.step(1.5)
    _, owner = signed_in(stage.database, "asha")
    (row,) = feed_status.listed(stage.database, owner)
    said = (
        "NSE:INFY at ₹2,400.00 is outside ₹1,110.00 to ₹1,850.00, the furthest from its previous close that it can be"
    )
    assert row["doubted"] == [f"{said} now: nothing fills at that."]
    assert row["dropped"] == {"beyond_range": 1}
    identity.add_user(stage.database, "root", "admin")
    (seen,) = feed_status.listed(stage.database, signed_in(stage.database, "root")[1])
    assert (seen["doubted"], seen["dropped"]) == ([], {"beyond_range": 1}), "a price is its owner's"
    stage.say(1_501, volume=1_001)
    stage.step(0.25)
    stage.step(1.5)
    assert stage.shown() == (150_100, True)
    assert feed_status.listed(stage.database, owner)[0]["doubted"] == []


def test_a_feed_that_is_left_in_the_middle_of_a_doubtful_word_offers_nothing(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    now = stage.wall.ms
    stage.lines[Vendor.UPSTOX].say(KEY[Vendor.UPSTOX], 15_100, now, traded=now, close=1_480)
    live.ensure(stage.database, identity.find(stage.database, "asha").id, "asha", Vendor.TRUEDATA, None)
    stage.step()
    stage.step()
    assert stage.shown() == (150_000, False)
