"""A live market whose vendor misbehaves by seed: after every step nothing is on offer that the vendor does not stand
behind now, nothing fills but at what was on offer, and nothing in a market of anybody else."""

import random
import time
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

import settings
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.vendors import Vendor
from desk import access, filling, masters, trading, verify, wallet
from desk import market as markets
from feeds.live.feed import STALE_MS
from feeds.live.line import LineState
from jobs.bus import Bus
from jobs.market import MarketLoop
from jobs.matcher import Matcher
from tests.feeds.live.lines import depth
from tests.floor import AnyTerm
from tests.jobs.test_live_market import BOOK, Stage, stage

__all__ = ["stage"]
MARKET = "live/asha"
KEYS = {"NSE:INFY": "NSE_EQ|INE009A01021", "NSE:TCS": "NSE_EQ|INE467B01029"}
STEPS = 130


class Term(AnyTerm):
    """A leadership that nobody contends."""

    term = 1

    def first_frame(self, number: int) -> None:
        """Nobody needs to know."""


@dataclass
class Word:
    """What a vendor said last of an instrument, in rupees; ``good`` where it may be traded on."""

    price: float = 1_500.0
    at: int = 0
    volume: int = 1_000
    good: bool = False


@dataclass
class World:
    """The market, its vendor's truth, and what was traded so far."""

    stage: Stage
    chance: random.Random
    words: dict[str, Word] = field(default_factory=lambda: {name: Word() for name in KEYS})
    matcher: Matcher | None = None
    trades: int = 0
    done: list[str] = field(default_factory=list)
    keys: "count[int]" = field(default_factory=count)

    # -- what the vendor does ----------------------------------------------------------------------

    def say(self, name: str, **other: float) -> None:
        """A word of now, with one level each side, and whatever is ``other`` about it."""
        word, now = self.words[name], self.stage.wall.ms
        word.volume += self.chance.randrange(1, 200)
        price, sent = other.get("price", word.price), int(other.get("sent", now))
        book = other.get("bid", price - 0.1), other.get("ask", price + 0.1)
        quantity = int(other.get("quantity", 100))
        self.stage.lines[Vendor.UPSTOX].say(
            KEYS[name], price, sent, traded=sent, close=1_480, volume=other.get("volume", word.volume),
            depth=depth(*book, quantity), received=now,
        )  # fmt: skip

    def good(self, name: str) -> None:
        word = self.words[name]
        price = min(1_580.0, max(1_420.0, round(word.price + self.chance.randrange(-20, 21) / 10, 1)))
        self.words[name] = replace(word, price=price, at=self.stage.wall.ms, good=self.line.status_.is_live)
        self.say(name)

    def late(self, name: str) -> None:
        self.words[name].good = self.words[name].good and self.words[name].at > self.stage.wall.ms - 20_000
        self.say(name, sent=self.stage.wall.ms - 20_000)

    def older(self, name: str) -> None:
        """It was overtaken on its way: nothing of it counts."""
        if self.words[name].at:
            self.say(name, sent=self.words[name].at - 1, price=1_430.0, volume=self.words[name].volume + 5)

    def again(self, name: str) -> None:
        if self.words[name].at and self.words[name].good:
            self.say(name, sent=self.words[name].at, volume=self.words[name].volume)

    def tenfold(self, name: str) -> None:
        self.words[name].good = False
        self.say(name, price=20_000.0)

    def crossed(self, name: str) -> None:
        self.words[name].good = False
        self.say(name, bid=self.words[name].price + 5, ask=self.words[name].price - 5)

    def fallen(self, name: str) -> None:
        """The day's volume cannot fall."""
        self.words[name].good = False
        self.say(name, volume=3)

    def empty(self, name: str) -> None:
        """The book is bare."""
        self.words[name].good = False
        self.say(name, quantity=0, bid=0, ask=0)

    def lost(self, name: str) -> None:
        self.line.be(LineState.BACKING_OFF, "The line was lost.")
        for word in self.words.values():
            word.good = False

    def back(self, name: str) -> None:
        if not self.line.status_.is_live:
            self.line.board.forget()
            self.line.be(LineState.LIVE)
            for word in self.words.values():
                word.at = 0

    def silence(self, name: str) -> None:
        self.stage.wall.pass_(STALE_MS / 1000 + 1)

    def crash(self, name: str) -> None:
        """The process is killed: nothing is kept, taken back or said goodbye to."""
        loop = MarketLoop(self.stage.database, MARKET, settings.Settings(), Bus(), lambda: True, self.stage.wall)
        self.stage.loop = loop
        self.stage.bus = loop._bus  # type: ignore[assignment]
        self.matcher = None
        for each in self.words:
            self.words[each] = replace(self.words[each], good=False, at=0)

    @property
    def line(self):  # type: ignore[no-untyped-def]
        return self.stage.lines[Vendor.UPSTOX]

    # -- what people do ----------------------------------------------------------------------------

    def order(self, name: str, book: str = BOOK) -> None:
        one = masters.get(self.stage.database).by_key[name]
        near = round(self.words[name].price * 100) + self.chance.randrange(-6, 7) * one.tick
        price = near // one.tick * one.tick if self.chance.randrange(3) else 0
        side = self.chance.choice([Side.BUY, Side.SELL])
        wish = PlaceOrder(
            one.id, side, OrderType.LIMIT if price else OrderType.MARKET, Product.MIS, self.chance.randrange(1, 80),
            Validity.DAY, price,
        )  # fmt: skip
        account = access.by_key(self.stage.database, book).id
        trading.place(self.stage.database, "asha", account, wish, f"key {next(self.keys)}")

    def elsewhere(self, name: str) -> None:
        """The same person's order in everybody's market, which shows nothing here."""
        self.order(name, "asha/main")

    # -- a step ------------------------------------------------------------------------------------

    def step(self) -> None:
        name = self.chance.choice(list(KEYS))
        act = self.chance.choices(
            [self.good, self.order, self.late, self.older, self.again, self.tenfold, self.crossed, self.fallen,
             self.empty, self.lost, self.back, self.silence, self.crash, self.elsewhere],
            [30, 22, 5, 4, 4, 4, 3, 3, 4, 3, 8, 2, 2, 3],
        )[0]  # fmt: skip
        self.done.append(f"{act.__name__} {name}")
        before = {each: replace(word) for each, word in self.words.items()}
        act(name)
        self.stage.step(0.25)
        if self.matcher is None:
            self.matcher = Matcher(self.stage.database, MARKET, Term(), filling)  # type: ignore[arg-type]
        self.matcher.step(self.stage.bus.take(0), time.monotonic(), True)
        self.look(before)

    def look(self, before: dict[str, Word]) -> None:
        """The invariants."""
        story = " / ".join(self.done[-9:])
        names = {masters.get(self.stage.database).by_key[name].id: name for name in KEYS}
        now = self.stage.wall.ms
        for instrument, quote in markets.quotes(self.stage.database, MARKET).items():
            word = self.words[names[instrument]]
            if any(quote["asks"][1::3]) or any(quote["bids"][1::3]):
                assert self.line.status_.is_live, story
                assert word.good, story
                assert now - word.at <= STALE_MS + 250, story
                assert quote["last_price"] == round(word.price * 100), story
        with self.stage.database.connection() as connection:
            found = connection.execute(
                "select t.instrument_id, t.side, t.price, o.price, a.market from trades t join orders o on"
                " o.id = t.order_id join accounts a on a.id = t.account_id order by t.id offset %s",
                (self.trades,),
            ).fetchall()
        self.trades += len(found)
        for instrument, _, price, limit, market in found:
            assert market == MARKET, story
            offers = set[int]()
            for word in (self.words[names[instrument]], before[names[instrument]]):
                if word.good:
                    offers |= {round(word.price * 100) - 10, round(word.price * 100) + 10}
            assert price in offers or (offers and price == limit), (price, offers, limit, story)


@pytest.mark.parametrize("seed", [3, 11, 58])
def test_a_vendor_that_misbehaves_costs_nobody_a_fill_that_was_not_there(stage: Stage, seed: int) -> None:
    with stage.database.connection() as connection:
        tcs = masters.get(stage.database).by_key["NSE:TCS"].id
        connection.execute(
            "insert into instrument_keys (vendor, key, since, instrument_id) values ('upstox', %s, '2026-01-01', %s)",
            (KEYS["NSE:TCS"], tcs),
        )
    for book in (BOOK, "asha/main"):
        account = access.by_key(stage.database, book).id
        assert wallet.deposit(stage.database, "asha", account, 5_00_00_000_00, f"first {book}").ok
    stage.step()
    world = World(stage, random.Random(seed))
    for name in KEYS:
        world.good(name)
    for _ in range(STEPS):
        world.step()
    assert world.trades > 3, "a day on which nothing trades proves nothing"
    assert verify.verify(stage.database).sound
