"""A random day by the exchange's hours: traders who ask for this and that in every window, and processes that die.

What must hold after every act are the invariants of the books; what must hold of the day is reckoned here from the
calendar alone: what filled did so in its hours, at the price of its auction or its close, and nothing outlives its day.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from core.calendar import IST
from core.conversion import ConvertPosition
from core.gtt import GttWish, LegWish
from core.instruments import OPTIONS, Instrument, Kind
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Reason, Refusal
from core.sessions import Window, board_of
from desk import access, auctions, baskets, calendar, masters, risk_switch, verify
from desk import market as markets
from desk.principal import Principal
from tests.simulation.faults import AFTER, BEFORE, ROLL_STEPS, Died, Faults, hearing, installed
from tests.simulation.history import History, Request
from tests.simulation.nse_exchange import DAY, FUND, INFY, NIFTY, RELIANCE, TCS, Exchange
from tests.simulation.people import send

NEXT = date(2026, 11, 25)
# (from, to, how many acts, seconds between two steps on the way): each window of the day is visited.
VISITS = (
    ("08:52:00", "08:59:00", 4, 150), ("09:00:02", "09:04:50", 6, 60), ("09:05:02", "09:07:50", 4, 60),
    ("09:10:02", "09:11:58", 3, 20), ("09:12:01", "09:14:58", 2, 60), ("09:15:03", "15:04:00", 16, 2_000),
    ("15:05:02", "15:14:50", 4, 60), ("15:15:01", "15:19:50", 4, 30), ("15:20:02", "15:24:50", 6, 60),
    ("15:25:02", "15:27:50", 5, 30), ("15:30:02", "15:34:50", 4, 15), ("15:35:01", "15:49:50", 4, 120),
    ("15:50:02", "15:59:50", 6, 60), ("16:00:20", "16:20:00", 5, 120),
)  # fmt: skip
ROLLED = VISITS[-1][0]
ROLL_DIES = 0.7
FILLED = """
select t.id, t.instrument_id, t.price, t.exchange_time, t.trading_date from trades t
where t.kind = 'FILL' and t.id > %s order by t.id
"""
OUTLIVED = """
select 'order ' || id || ' of ' || trading_date || ' is ' || status from orders
where status in ('OPEN', 'TRIGGER_PENDING') and trading_date < %s
"""
# What could neither be closed nor carried stays what it is, and its owner was told so.
CARRIED = """
select 'account ' || p.account_id || ' holds ' || p.quantity || ' of ' || p.instrument_id || ' intraday over night'
from positions p where p.product = 'MIS' and p.quantity <> 0
  and not exists (select 1 from risk_decisions d where d.account_id = p.account_id and d.rule = %s)
"""


class Wrong(AssertionError):
    """What does not hold, the seed, and the acts before it."""


@dataclass
class NseStory:
    """One seed's day; ``run`` plays it. ``acts`` counts what was asked for, ``fills`` what came of it."""

    exchange: Exchange
    faults: Faults
    seed: int
    acts: Counter[str] = field(default_factory=Counter)
    fills: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    history: History = field(default_factory=History)
    told: list[str] = field(default_factory=list)

    @property
    def reached(self) -> Counter[str]:
        """How often each writer of the desk committed."""
        return self.faults.reached

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.fate = Random(self.seed)  # of its own: the other acts of a seed stay what they are
        self.keys = self.last_trade = 0
        exchange = self.exchange
        chain = exchange.master.chain(exchange.instrument(NIFTY).id)
        futures = [one for one in chain if one.kind is Kind.FUT and one.expiry and one.expiry > DAY]
        self.traded: list[Instrument] = [exchange.instrument(key) for key in (RELIANCE, INFY, TCS, FUND)] + futures[:2]
        options = [one for one in chain if one.kind in OPTIONS and one.expiry == futures[0].expiry]
        near = exchange.instrument(NIFTY)
        price = markets.days(exchange.database, "sim", DAY)[near.id].prev_close
        self.traded += sorted(options, key=lambda one: (abs((one.strike or 0) - price), one.id))[:2]
        self.accounts = [
            exchange.account(name, 0, book) for name, book in (("asha", "main"), ("asha", "swing"), ("bela", "main"))
        ]
        for account in self.accounts:
            self.ask("deposit", account, self.random.choice((10, 200, 2_000)) * 10_000_000)

    # -- the day ------------------------------------------------------------------------------------------

    def run(self) -> None:
        """From before the opening to the pre-open session of the next date."""
        with hearing(self.found):
            for begins, ends, acts, every in VISITS:
                first, last = (datetime.combine(DAY, time.fromisoformat(each), IST) for each in (begins, ends))
                span = (last - first).total_seconds()
                if begins == ROLLED:
                    if self.fate.random() < ROLL_DIES:
                        self.faults.arm_step(self.fate.choice(ROLL_STEPS)[1], self.fate.choice((BEFORE, AFTER)))
                    self.reach(first, every)
                    self.found += [row[0] for row in self.rows(CARRIED, int(Reason.CARRIED_AS_INTRADAY))]
                for at in sorted(self.random.uniform(0, span) for _ in range(acts)):
                    self.reach(first + timedelta(seconds=round(at)), every)
                    self.act()
                self.reach(last, every)
            self.next_day()

    def next_day(self) -> None:
        """The date that follows is the calendar's, and what waited for its opening is in the market then."""
        following = NEXT if not self.closed_at_short_notice else NEXT + timedelta(days=1)
        state = markets.state(self.exchange.database, "sim")
        if state.trading_date != following:
            self.found.append(f"after {DAY} comes {state.trading_date}, not {following}")
        for text in ("08:59:00", "09:00:03", "09:16:00"):
            self.reach(datetime.combine(following, time.fromisoformat(text), IST), 600)
        # Who died among the orders that it was sending at the last of these goes on a second later.
        self.exchange.pass_to(self.exchange.clock.at + timedelta(seconds=1), 1)
        with self.exchange.database.connection() as connection:
            rows = connection.execute(
                "select o.id, i.symbol from orders o join instruments i on i.id = o.instrument_id where status = 'AMO'"
            ).fetchall()
        self.found += [f"order {number} in {symbol} still waits for an opening that was" for number, symbol in rows]
        self.check()

    closed_at_short_notice = False

    def reach(self, at: datetime, every: float) -> None:
        """Let time pass, with a death in one stretch of six, from which everything recovers by itself."""
        if self.random.random() < 0.16:
            self.faults.arm(self.random.choice((BEFORE, AFTER)), self.random.randint(1, 3))
        while self.exchange.clock.at < at:
            try:
                self.exchange.pass_to(at, every)
            except Died:
                self.acts["death"] += 1
                self.exchange.another_life()
        self.faults.disarm()
        self.check()

    def check(self) -> None:
        """Every invariant, what the clients were told, and the hours of what was filled."""
        database = self.exchange.database
        self.found += verify.verify(database).violations
        with database.connection() as connection:
            self.found += self.history.violations(connection)
            day = markets.state(database, "sim").trading_date
            self.found += [row[0] for row in connection.execute(OUTLIVED, [day]).fetchall()]
            rows = connection.execute(FILLED, [self.last_trade]).fetchall()
        for number, instrument, price, at, on in rows:
            self.last_trade = number
            self._in_its_hours(number, self.exchange.master.by_id[instrument], price, at, on)
        if self.found:
            told = "\n  ".join(self.found)
            raise Wrong(f"seed {self.seed} at {self.exchange.clock.at:%d %H:%M:%S}:\n  {told}\nafter: {self.told}")

    def _in_its_hours(self, number: int, instrument: Instrument, price: int, at: datetime, on: date) -> None:
        master, database = self.exchange.master, self.exchange.database
        board = board_of(instrument.kind, instrument.id in master.leads, instrument.id in master.near)
        kept = markets.calendar_of(database, markets.state(database, "sim"))
        window = kept.window_at(at, board)
        self.fills[window] += 1
        if window is Window.CONTINUOUS:
            return
        if window in (Window.AUCTION_MATCH, Window.POST_CLOSE, Window.BUFFER):
            fixed = auctions.closes(database, "sim", on).get(instrument.id)
        elif window is Window.CLOSED:
            fixed = None
        else:
            kind = auctions.OPEN if window.startswith("PRE_OPEN") else auctions.CLOSE
            if window in (Window.REOPEN_ENTRY, Window.REOPEN_MATCH):
                local = at.astimezone(IST)
                rows = kept.hours(local.date(), board)
                over = [row for row in rows if row.window is Window.REOPEN_MATCH and row.end <= local.time()]
                kind = auctions.REOPENINGS[len(over)]
            fixed = auctions.struck(database, "sim", on, kind).get(instrument.id, (None,))[0]
        if price != fixed:
            self.found.append(f"trade {number} of {instrument.symbol} at {price} in {window} ({at}); fixed is {fixed}")

    # -- what they ask ------------------------------------------------------------------------------------

    def act(self) -> None:
        """Something that somebody asks; the process may die over it, and who has a key asks again."""
        act = self.random.choices(list(ACTS), list(ACTS.values()))[0]
        self.acts[act.__name__] += 1
        self.told.append(f"{self.exchange.clock.at.astimezone(IST):%H:%M:%S} {act.__name__}")
        act(self)
        with suppress(Died):
            self.exchange.step()
        self.check()

    def ask(self, kind: str, account: int, *given: Any) -> None:
        self.keys += 1
        request = Request(kind, account, f"key{self.keys}", given)
        dies = self.random.random() < 0.15
        if dies:
            self.faults.arm(self.random.choice((BEFORE, AFTER)))
        for _ in range(1 + dies):
            self.history.asked(request)
            with suppress(Died):
                self.history.heard(request, send(self.exchange.database, request))  # type: ignore[arg-type]
            self.faults.disarm()

    def wish(self) -> PlaceOrder:
        """An order near the last price, of any kind: most windows take few of them."""
        random, instrument = self.random, self.random.choice(self.traded)
        share = instrument.kind in (Kind.EQ, Kind.ETF)
        product = random.choice((Product.CNC, Product.MIS) if share else (Product.NRML, Product.NRML, Product.MIS))
        side = random.choices(tuple(Side), (2, 1) if product is Product.CNC else (1, 1))[0]
        kind = random.choices(tuple(OrderType), (4, 10, 2, 1))[0]
        tick, last = instrument.tick, self.last(instrument)
        price = max(tick, last * random.randint(970, 1_030) // 1_000 // tick * tick)
        trigger = 0
        if kind in (OrderType.SL, OrderType.SL_M):
            trigger = max(tick, (last + side.sign * last // random.randint(50, 400)) // tick * tick)
            price = trigger + side.sign * tick * random.randint(0, 20)
        priced = kind in (OrderType.LIMIT, OrderType.SL)
        validity = random.choices((Validity.DAY, Validity.IOC, Validity.TTL), (18, 2, 1))[0]
        quantity = instrument.lot * random.choice((1, 1, 2, 3) if instrument.lot > 1 else (1, 5, 20, 100))
        slices = not share and random.random() < 0.1
        if slices:
            quantity = (instrument.freeze_quantity // instrument.lot + 3) * instrument.lot
        return PlaceOrder(
            instrument.id, side, kind, product, quantity, validity, price if priced else 0, trigger,
            amo=random.choice((None, None, None, True, False)), autoslice=slices,
            validity_ttl=random.randint(1, 9) if validity is Validity.TTL else 0,
            disclosed_quantity=quantity // 4 if share and quantity > 4 and random.random() < 0.1 else 0,
        )  # fmt: skip

    def last(self, instrument: Instrument) -> int:
        """The last price; the day before's close where nothing was shown yet."""
        database = self.exchange.database
        quote = markets.quotes(database, "sim", [instrument.id]).get(instrument.id)
        if quote:
            return int(quote["last_price"])
        days = markets.days(database, "sim", markets.state(database, "sim").trading_date)
        return days[instrument.id].prev_close if instrument.id in days else 10_000

    def any_account(self) -> int:
        return self.random.choice(self.accounts)

    def rows(self, statement: str, *given: Any) -> list[Any]:
        with self.exchange.database.connection() as connection:
            return connection.execute(statement, given).fetchall()


def place(story: NseStory) -> None:
    story.ask("place", story.any_account(), story.wish())


def change(story: NseStory) -> None:
    """A resting order, one that waits for an opening too, is changed or taken back."""
    rows = story.rows(
        "select id, account_id, quantity, price, instrument_id from orders"
        " where status in ('OPEN', 'TRIGGER_PENDING', 'AMO') order by id"
    )
    if not rows:
        return place(story)
    number, account, quantity, price, instrument = story.random.choice(rows)
    tick = story.exchange.master.by_id[instrument].tick
    if story.random.random() < 0.4:
        return story.ask("cancel", account, number)
    terms = story.random.choice((
        ModifyOrder(quantity=quantity * 2), ModifyOrder(price=max(tick, price + tick * story.random.randint(-9, 9))),
        ModifyOrder(order_type=OrderType.MARKET), ModifyOrder(quantity=max(1, quantity // 2)),
    ))  # fmt: skip
    return story.ask("modify", account, number, terms)


def leave(story: NseStory) -> None:
    """A position is closed, or turned to another product."""
    rows = story.rows(
        "select account_id, instrument_id, product, quantity from positions where quantity <> 0 order by 1, 2, 3"
    )
    if not rows:
        return place(story)
    account, number, product, quantity = story.random.choice(rows)
    instrument = story.exchange.master.by_id[number]
    if story.random.random() < 0.5:
        return story.ask("exit_position", account, number, product)
    other = {"MIS": Product.NRML if instrument.expiry else Product.CNC}.get(product, Product.MIS)
    return story.ask("convert", account, ConvertPosition(number, Product(product), other, abs(quantity)))


def wait_for_a_price(story: NseStory) -> None:
    """A GTT near enough to fire within the day, if not at night."""
    instrument = story.random.choice(story.traded)
    last, tick = story.last(instrument), instrument.tick
    away = last // story.random.choice((100, 300, 800)) * story.random.choice((-1, 1))
    trigger = max(tick, (last + away) // tick * tick)
    product = Product.NRML if instrument.expiry else Product.CNC
    leg = LegWish(Side.BUY, OrderType.LIMIT, product, instrument.lot, trigger, trigger)
    story.ask("gtt", story.any_account(), GttWish(instrument.id, (leg,)))


def send_a_basket(story: NseStory) -> None:
    """Several orders under one key; the process may die in the middle, and the whole is asked again."""
    who, book = story.random.choice((("asha", "main"), ("asha", "swing"), ("bela", "main")))
    account = access.by_key(story.exchange.database, f"{who}/{book}")
    legs = [story.wish() for _ in range(story.random.randint(2, 3))]
    story.keys += 1
    request = Request("place", account.id, f"basket{story.keys}", (legs,))
    story.history.asked(request)
    dies = story.random.random() < 0.4
    if dies:
        story.faults.arm(story.random.choice((BEFORE, AFTER)), story.random.randint(1, 2))
    principal = Principal(account.user_id, who, "trader", None, 1, None, ("read", "trade"))
    for _ in range(1 + dies):
        with suppress(Died, Refusal):
            baskets.place(story.exchange.database, principal, account, legs, request.key)
        story.faults.disarm()


def press_the_switch(story: NseStory) -> None:
    """A book is stopped and flattened, and takes nothing until it is re-armed."""
    account = access.by_key(story.exchange.database, "bela/main")
    who = Principal(account.user_id, "bela", "trader", None, 1, None, ("read", "trade"))
    with suppress(Died):
        if story.random.random() < 0.3:
            story.faults.arm(story.random.choice((BEFORE, AFTER)), story.random.randint(1, 2))
        risk_switch.kill(story.exchange.database, who, account, flatten=story.random.random() < 0.5)
    story.faults.disarm()
    story.ask("place", account.id, story.wish())
    with suppress(Refusal):
        risk_switch.rearm(story.exchange.database, who, account)


def close_a_day(story: NseStory) -> None:
    """The next trading date is made a holiday while this one runs, once."""
    if story.closed_at_short_notice or story.random.random() < 0.5:
        return place(story)
    now = story.exchange.clock.at
    if now >= datetime.combine(DAY, time(15, 59), IST):
        return place(story)
    calendar.add_holiday(story.exchange.database, "root", NEXT, "A day of mourning", now)
    masters.forget(story.exchange.database)
    story.exchange.master = masters.get(story.exchange.database)
    story.closed_at_short_notice = True
    return None


def everything_moves(story: NseStory) -> None:
    """All shares are worth something else at once: circuit limits follow, and it may halt the market."""
    story.exchange.crash(story.random.choice((0.84, 0.93, 1.06, 1.15)))


def matcher_dies(story: NseStory) -> None:
    story.exchange.another_life()


ACTS: dict[Callable[[NseStory], None], int] = {
    place: 30, change: 14, leave: 8, wait_for_a_price: 5, send_a_basket: 5, press_the_switch: 2, close_a_day: 1,
    matcher_dies: 3, everything_moves: 2,
}  # fmt: skip


def play(exchange: Exchange, seed: int) -> NseStory:
    """Run a seed. Raises Wrong at the first act after which something does not hold."""
    database: Any = exchange.database
    with installed(database, exchange.clock) as faults:
        exchange.step()  # closes and bands of the date are there
        story = NseStory(exchange, faults, seed)
        story.run()
    return story
