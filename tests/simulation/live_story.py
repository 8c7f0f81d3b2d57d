"""A live market whose vendors misbehave by seed.

After every step nothing is on offer that the vendor which is listened to does not stand behind now, nothing fills but
at what was on offer, nothing in a market of anybody else, and nobody but the owner sees a thing.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import settings
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Refusal
from core.vendors import Vendor
from desk import access, feed_status, filling, masters, trading, verify, wallet
from desk import market as markets
from feeds.live.feed import STALE_MS
from feeds.live.line import LineState
from jobs.bus import Bus
from jobs.market import MarketLoop
from jobs.matcher import Matcher
from tests.feeds.live.lines import ScriptedLine, depth
from tests.floor import AnyTerm
from tests.jobs.test_live_market import BOOK, Stage, give
from tests.people import person, signed_in

MARKET = "live/asha"
KEYS = {
    Vendor.UPSTOX: {"NSE:INFY": "NSE_EQ|INE009A01021", "NSE:TCS": "NSE_EQ|INE467B01029"},
    Vendor.TRUEDATA: {"NSE:INFY": "INFY", "NSE:TCS": "TCS"},
}
NAMES = ("NSE:INFY", "NSE:TCS")
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


Words = dict[tuple[Vendor, str], Word]


@dataclass
class World:
    """The market, its vendors' truth, and what was traded so far. ``vendor`` is whose turn it is to do something."""

    stage: Stage
    chance: random.Random
    vendors: tuple[Vendor, ...]
    stranger: Any
    words: Words = field(default_factory=dict)
    vendor: Vendor = Vendor.UPSTOX
    matcher: Matcher | None = None
    trades: int = 0
    done: list[str] = field(default_factory=list)
    keys: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.words = {(vendor, name): Word() for vendor in self.vendors for name in NAMES}

    # -- what vendors do ---------------------------------------------------------------------------

    def word(self, name: str) -> Word:
        return self.words[self.vendor, name]

    def say(self, name: str, **other: float) -> None:
        """A word of now, with one level each side, and whatever is ``other`` about it."""
        word, now = self.word(name), self.stage.wall.ms
        word.volume += self.chance.randrange(1, 200)
        price, sent = other.get("price", word.price), int(other.get("sent", now))
        book = other.get("bid", price - 0.1), other.get("ask", price + 0.1)
        quantity = int(other.get("quantity", 100))
        self.line.say(
            KEYS[self.vendor][name], price, sent, traded=sent, close=1_480, volume=other.get("volume", word.volume),
            depth=depth(*book, quantity), received=now,
        )  # fmt: skip

    def good(self, name: str) -> None:
        word = self.word(name)
        price = min(1_580.0, max(1_420.0, round(word.price + self.chance.randrange(-20, 21) / 10, 1)))
        self.words[self.vendor, name] = replace(
            word, price=price, at=self.stage.wall.ms, good=self.line.status_.is_live
        )
        self.say(name)

    def late(self, name: str) -> None:
        word = self.word(name)
        word.good = word.good and word.at > self.stage.wall.ms - 20_000
        self.say(name, sent=self.stage.wall.ms - 20_000)

    def older(self, name: str) -> None:
        """It was overtaken on its way: nothing of it counts."""
        word = self.word(name)
        if word.at:
            self.say(name, sent=word.at - 1, price=1_430.0, volume=word.volume + 5)

    def again(self, name: str) -> None:
        word = self.word(name)
        if word.at and word.good:
            self.say(name, sent=word.at, volume=word.volume)

    def tenfold(self, name: str) -> None:
        self.word(name).good = False
        self.say(name, price=20_000.0)

    def crossed(self, name: str) -> None:
        word = self.word(name)
        word.good = False
        self.say(name, bid=word.price + 5, ask=word.price - 5)

    def fallen(self, name: str) -> None:
        """The day's volume cannot fall; who takes over, or comes after a crash, knows of no volume yet."""
        if len(self.vendors) == 1 and self.word(name).at:
            self.word(name).good = False
            self.say(name, volume=3)

    def empty(self, name: str) -> None:
        """The book is bare."""
        self.word(name).good = False
        self.say(name, quantity=0, bid=0, ask=0)

    def lost(self, name: str) -> None:
        self.line.be(LineState.BACKING_OFF, "The line was lost.")
        for each in NAMES:
            self.word(each).good = False

    def back(self, name: str) -> None:
        if not self.line.status_.is_live:
            self.line.board.forget()
            self.line.be(LineState.LIVE)
            for each in NAMES:
                self.word(each).at = 0

    def silence(self, name: str) -> None:
        self.stage.wall.pass_(STALE_MS / 1000 + 1)

    def wait(self, name: str) -> None:
        """Long enough for the other vendor to take over from one that is lost."""
        self.stage.wall.pass_(11)

    def crash(self, name: str) -> None:
        """The process is killed: nothing is kept, taken back or said goodbye to."""
        loop = MarketLoop(self.stage.database, MARKET, settings.Settings(), Bus(), lambda: True, self.stage.wall)
        self.stage.loop = loop
        self.stage.bus = loop._bus  # type: ignore[assignment]
        self.matcher = None
        for each in self.words:
            self.words[each] = replace(self.words[each], good=False, at=0)

    @property
    def line(self) -> ScriptedLine:
        return self.stage.lines[self.vendor]

    # -- what people do ----------------------------------------------------------------------------

    def order(self, name: str, book: str = BOOK) -> None:
        one = masters.get(self.stage.database).by_key[name]
        near = round(self.word(name).price * 100) + self.chance.randrange(-6, 7) * one.tick
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
        name, self.vendor = self.chance.choice(NAMES), self.chance.choice(self.vendors)
        act = self.chance.choices(
            [self.good, self.order, self.late, self.older, self.again, self.tenfold, self.crossed, self.fallen,
             self.empty, self.lost, self.back, self.silence, self.crash, self.elsewhere, self.wait],
            [30, 22, 5, 4, 4, 4, 3, 3, 4, 3, 8, 2, 2, 3, 3 if len(self.vendors) > 1 else 0],
        )[0]  # fmt: skip
        self.done.append(f"{act.__name__} {name} {self.vendor}")
        before = {each: replace(word) for each, word in self.words.items()}
        act(name)
        self.stage.step(0.25)
        if self.matcher is None:
            self.matcher = Matcher(self.stage.database, MARKET, Term(), filling)  # type: ignore[arg-type]
        self.matcher.step(self.stage.bus.take(0), time.monotonic(), True)
        self.look(before)

    def look(self, before: Words) -> None:
        """The invariants."""
        story = " / ".join(self.done[-9:])
        database, now = self.stage.database, self.stage.wall.ms
        names = {masters.get(database).by_key[name].id: name for name in NAMES}
        feed = self.stage.loop._feed
        assert feed is not None, story
        shown = Vendor(feed.name)
        for instrument, quote in markets.quotes(database, MARKET).items():
            word = self.words[shown, names[instrument]]
            if any(quote["asks"][1::3]) or any(quote["bids"][1::3]):
                assert self.stage.lines[shown].status_.is_live, story
                assert word.good, story
                assert now - word.at <= STALE_MS + 250, story
                assert quote["last_price"] == round(word.price * 100), story
        with database.connection() as connection:
            found = connection.execute(
                "select t.instrument_id, t.side, t.price, o.price, a.market from trades t join orders o on"
                " o.id = t.order_id join accounts a on a.id = t.account_id order by t.id offset %s",
                (self.trades,),
            ).fetchall()
        self.trades += len(found)
        for instrument, _, price, limit, market in found:
            assert market == MARKET, story
            offers = set[int]()
            for words in (self.words, before):
                for vendor in self.vendors:
                    word = words[vendor, names[instrument]]
                    if word.good:
                        offers |= {round(word.price * 100) - 10, round(word.price * 100) + 10}
            assert price in offers or (offers and price == limit), (price, offers, limit, story)
        self.alone(list(names), story)

    def alone(self, instruments: list[int], story: str) -> None:
        """Neither in everybody's market nor to another user is there anything of it."""
        database = self.stage.database
        assert not markets.quotes(database, "sim", instruments), story
        assert feed_status.listed(database, self.stranger) == [], story
        assert all(each.market != MARKET for each in access.accounts(database, self.stranger)), story
        try:
            access.account(database, self.stranger, BOOK)
        except Refusal:
            return
        raise AssertionError(f"a stranger reads the book: {story}")


def tell(stage: Stage, seed: int, *vendors: Vendor, steps: int = STEPS) -> World:
    """One seed's story of a market with these vendors, the second of which stands by."""
    database = stage.database
    with database.connection() as connection:
        tcs = masters.get(database).by_key["NSE:TCS"].id
        for vendor, keys in KEYS.items():
            connection.execute(
                "insert into instrument_keys (vendor, key, since, instrument_id) values (%s, %s, '2026-01-01', %s)",
                (vendor, keys["NSE:TCS"], tcs),
            )
    person(database, "ravi")
    for book in (BOOK, "asha/main"):
        account = access.by_key(database, book).id
        assert wallet.deposit(database, "asha", account, 5_00_00_000_00, f"first {book}").ok
    if len(vendors) > 1:
        give(stage, vendors[1])
    stage.step()
    world = World(stage, random.Random(seed), vendors, signed_in(database, "ravi")[1])
    for world.vendor in vendors:
        for name in NAMES:
            world.good(name)
    stage.step(0.25)  # they are heard before anything goes wrong
    for _ in range(steps):
        world.step()
    assert verify.verify(database).sound, " / ".join(world.done)
    return world


def summary(world: World) -> dict[str, Any]:
    """What a seed did."""
    told = markets.state(world.stage.database, MARKET).feed_state
    acts = Counter(each.split()[0] for each in world.done)
    return {"trades": world.trades, "failovers": told.get("failovers", 0), "acts": dict(acts)}
