"""What TrueData's link hears from a stand-in that speaks its wire, and which of the account's bounds it keeps."""

import json
import time

import pytest

from feeds.live import truedata
from feeds.live.link import Bounds, Told
from feeds.live.plan import Plan
from feeds.live.supervisor import Denied, Opened
from feeds.live.ticks import BOOK, LAST
from tests.feeds.live.ears import Ears, ears
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn, number_of, stamp


def told(one: Ears) -> list[str]:
    return [each.error for each in one.told if isinstance(each, Told)]


def test_a_login_sends_the_credential_and_learns_the_limits(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened()
    assert stand.logins == [{"user": USER, "password": PASSWORD}]
    (bounds,) = [each for each in one.told if isinstance(each, Bounds)]
    assert (bounds.limits.full, bounds.limits.total) == (50, 50)


def test_a_trade_reaches_the_board_to_the_paisa(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("RELIANCE")
    stand.say(stand.trade("RELIANCE", 245_005, 1_234))
    said = one.row("RELIANCE", volume=1_234)
    assert (said["last_price"], said["high"]) == (245_005, 245_105)
    assert (said["bid_price"][0], said["ask_price"][0], said["ask_quantity"][0]) == (245_000, 245_010, 60)
    assert said["known"] & (LAST | BOOK) == LAST | BOOK
    assert not said["snapshot"]
    assert 0 <= said["received"] - said["sent"] < 2_000


def test_the_entry_of_a_symbol_list_is_a_picture_with_the_time_of_its_trade(stand: TrueDataStandIn, one: Ears) -> None:
    stand.snapshot_at = int(time.time() * 1000) - 3_600_000
    one.link.open()
    one.until(lambda: Opened() in one.told)
    one.link.subscribe(Plan(full=("INFY",)))
    said = one.row("INFY")
    assert said["snapshot"] == 1
    assert said["last_price"] == 100_000
    assert said["sent"] - said["trade_time"] > 3_500_000


def test_five_levels_are_not_overwritten_by_the_best_one_of_a_trade(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    stand.say(stand.book("INFY", 99_990, 100_010, 40), stand.trade("INFY", 100_500, 7))
    said = one.row("INFY", last_price=100_500)
    assert said["bid_price"].tolist() == [99_990, 99_985, 99_980, 99_975, 99_970]
    assert said["ask_quantity"].tolist() == [40, 41, 42, 43, 44]
    assert said["bid_orders"].tolist() == [1, 2, 3, 4, 5]


def test_a_quote_alone_moves_the_best_level(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    stand.say({"bidask": [number_of("INFY"), stamp(), "999.00", "3", "999.50", "4"]})
    said = one.row("INFY")
    assert (said["bid_price"].tolist(), said["ask_quantity"].tolist()) == ([99_900, 0, 0, 0, 0], [4, 0, 0, 0, 0])


def test_two_words_of_one_second_are_told_apart_by_their_arrival(stand: TrueDataStandIn) -> None:
    stand.moods.heartless = True
    second = int(time.time()) * 1000
    with ears(stand) as one:
        one.now_ms = second
        one.opened("INFY")
        sent = []
        for volume, arrives in enumerate((second + 100, second + 400, second + 9_000), 2_000):
            one.now_ms = arrives
            stand.say(stand.trade("INFY", 100_000, volume, at=second))
            sent.append(one.row("INFY", volume=volume)["sent"])
        assert sent == [second + 100, second + 400, second + 999]
        one.until(lambda: max(one.lags) == 9_000 - 999)


def test_a_message_in_pieces_is_read_whole(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    text = json.dumps(stand.trade("INFY", 123_455, 7))
    stand.raw([text[:10], text[10:40], text[40:]])  # type: ignore[arg-type]
    assert one.row("INFY", volume=7)["last_price"] == 123_455


# -- order ----------------------------------------------------------------------------------------


def test_by_the_sequence_repeats_and_late_ones_are_dropped_and_gaps_counted(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    ten, eleven, fifteen = (stand.trade("INFY", 100_000 + seq, seq, seq=seq) for seq in (10, 11, 15))
    stand.say(ten, eleven, eleven, ten, fifteen, fifteen)
    counted = one.words(duplicate=2, out_of_order=1, missed=3)
    assert (counted["duplicate"], counted["out_of_order"], counted["missed"]) == (2, 1, 3)
    assert one.row("INFY", volume=15)["last_price"] == 100_015
    assert one.board.late == 3


def test_a_sequence_that_begins_anew_is_no_flood_of_late_ticks(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    now = int(time.time() * 1000)
    old, new = stand.trade("INFY", 100_000, 5, 9_000, now - 10_000), stand.trade("INFY", 100_100, 6, 1, now)
    stand.say(old, new)
    assert one.row("INFY", volume=6)["last_price"] == 100_100


def test_ticks_of_what_was_not_added_are_counted_as_strangers(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    strangers = stand.trade("SBIN", 80_000, 5), stand.book("SBIN", 79_995, 80_005, 5)
    quote = {"bidask": [number_of("SBIN"), stamp(), "999.00", "3", "999.50", "4"]}
    stand.say(*strangers, quote)
    assert one.words(stranger=3)["stranger"] == 3
    assert "SBIN" not in one.board.drain().keys
    stand.say(stand.trade("INFY", 100_000, 7))
    one.row("INFY", volume=7)  # the connection has taken no harm


# -- the bounds of the account --------------------------------------------------------------------


def test_no_more_symbols_are_asked_for_than_the_account_may_have() -> None:
    with TrueDataStandIn(max_symbols=3) as stand, ears(stand) as one:
        one.opened()
        one.link.subscribe(Plan(full=("A1", "B2"), greeks=("C3",), last=("D4", "A1", "E5")))
        one.until(lambda: one.link._subscribed == {"A1", "B2", "C3"})
        assert stand.wishes == [("addsymbol", ["A1", "B2", "C3"])]


def test_a_new_plan_takes_away_first_and_adds_what_is_missing(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("A1", "B2", "C3")
    one.link.subscribe(Plan(full=("C3",), last=("d4",)))
    one.until(lambda: one.link._subscribed == {"C3", "D4"})
    assert stand.wishes[1:] == [("removesymbol", ["A1", "B2"]), ("addsymbol", ["D4"])]
    stand.say(stand.trade("A1", 5_000, 1))
    one.words(stranger=1)


def test_a_symbol_is_told_of_by_the_name_it_was_asked_for(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("Nifty 50")
    assert stand.symbols == ["NIFTY 50"]
    stand.say(stand.trade("NIFTY 50", 2_500_000, 7))
    assert one.row("Nifty 50", volume=7)["last_price"] == 2_500_000


def test_symbols_of_segments_that_the_account_has_not_are_cut_and_named() -> None:
    with TrueDataStandIn(segments=("NSE_EQ",)) as stand, ears(stand) as one:
        one.opened()
        one.link.subscribe(Plan(full=("NIFTY26122927000CE", "INFY", "NIFTY 50", "NIFTY-I")))
        one.until(lambda: one.link._subscribed == {"INFY", "NIFTY 50"})
        (sentence,) = told(one)
        assert "NSE_EQ: 2 symbols get no prices, such as NIFTY26122927000CE" in sentence


def test_segments_of_unknown_names_forbid_nothing() -> None:
    with TrueDataStandIn(segments=("ALPHA",)) as stand, ears(stand) as one:
        one.opened("NIFTY26122927000CE", "INFY")


def test_a_subscription_without_ticks_says_so_and_its_bars_are_last_prices() -> None:
    with TrueDataStandIn(subscription="1min") as stand, ears(stand) as one:
        one.opened("INFY")
        one.until(lambda: any("1min" in sentence for sentence in told(one)))
        stand.say({"bar1min": [number_of("INFY"), stamp(), "1", "9", "0.5", "1000.25", "7", "0"]})
        one.row("INFY", last_price=100_025)


def test_bars_move_nothing_where_there_are_ticks(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    stand.say({"bar1min": [number_of("INFY"), stamp(), "1", "9", "0.5", "1.25", "7", "0"]})
    one.words(bars=1)
    assert not len(one.board.drain())


def test_a_subscription_that_has_ended_is_a_refusal() -> None:
    with TrueDataStandIn(validity="2026-01-31") as stand, ears(stand) as one:
        one.link.open()
        assert one.ended() == Denied("The subscription ended on 2026-01-31.")


def test_symbols_that_are_not_added_are_named_and_the_others_come(stand: TrueDataStandIn, one: Ears) -> None:
    stand.moods.unknown = {"NOSUCH"}
    one.opened()
    one.link.subscribe(Plan(full=("NOSUCH", "INFY")))
    one.until(lambda: one.link._subscribed == {"INFY"} and told(one))
    assert told(one) == ["TrueData did not add 1 of the symbols that were asked for, such as NOSUCH."]


def test_a_wish_without_an_answer_is_given_up_and_the_next_is_sent(
    stand: TrueDataStandIn, one: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truedata, "ANSWER", 0.1)
    monkeypatch.setattr(truedata, "BATCH", 2)
    stand.moods.mute = True
    one.opened()
    one.link.subscribe(Plan(full=("A1", "B2", "C3")))
    one.until(lambda: len(stand.wishes) == 2)
    assert [symbols for _, symbols in stand.wishes] == [["A1", "B2"], ["C3"]]
