"""One seed from its first deposit to its last check."""

import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from core.corporate import Action
from core.instruments import OPTIONS, Kind
from core.orders import OrderType, PlaceOrder
from desk import closing, corporate, masters
from desk import jobs as runs
from desk import market as markets
from desk.answers import Answer
from tests.simulation import drama
from tests.simulation.checks import Checks
from tests.simulation.clock import Clock
from tests.simulation.exchange import MARKET, Exchange, InTurn
from tests.simulation.faults import AFTER, BEFORE, ROLL_STEPS, Died, Faults, hearing, installed
from tests.simulation.ground import INDEX, OPENING, SHARES, Ground
from tests.simulation.history import History, Request
from tests.simulation.people import LAKH, People, populate, send
from tests.simulation.tape import Tape
from tests.simulation.waiting_acts import rings_are_heard

STEPS = 20
SHORT_DAYS = 30
"""With this weight a day ends after some eight acts, and one in ten steps is the end of a day."""
QUOTE_STALE_AFTER = 10_000
DIES_AT_A_STEP = 0.7
"""How often a roll dies at a step that is no account's."""
# Options written, positions converted, alerts rung.
WRITTEN = """
select (select count(*) from trades t join instruments i on i.id = t.instrument_id
        where i.kind in ('CE', 'PE') and t.side = 'SELL' and t.quantity > coalesce((
            select sum(case b.side when 'BUY' then b.quantity else -b.quantity end) from trades b
            where b.account_id = t.account_id and b.instrument_id = t.instrument_id and b.product = t.product
              and b.id < t.id), 0)),
       (select count(*) from conversions), (select count(*) from price_alert_rings)
"""


class Violated(AssertionError):
    """Something does not hold. The sentences say what, the seed says how to see it again."""

    def __init__(self, seed: int, step: int, acts: list[str], sentences: list[str]) -> None:
        self.seed, self.step, self.sentences = seed, step, sentences
        told = "\n  ".join(sentences)
        super().__init__(
            f"seed {seed}, step {step} ({acts[-1] if acts else 'start'}):\n  {told}\n"
            f"after: {' '.join(acts)}\nagain: python -m tests.simulation --seed {seed}"
        )


@dataclass
class Story:
    """What one seed did."""

    seed: int
    steps: int
    acts: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    replays: int = 0
    orders: int = 0
    trades: int = 0
    fired: int = 0
    days: int = 0
    deaths: int = 0
    lives: int = 0
    written: int = 0
    """Fills that sold more of an option than was held."""
    converted: int = 0
    rung: int = 0
    """Price alerts that rang."""
    reached: Counter[str] = field(default_factory=Counter)
    """How often each writer of the desk committed."""
    in_rolls: Counter[str] = field(default_factory=Counter)
    """Deaths at steps of a roll beside its accounts."""
    in_lanes: int = 0
    """Times that fills were written in more than one lane."""
    called: int = 0
    """Margin calls and square-offs of risk that stood when somebody looked."""

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class World:
    """A market with its traders and its accidents."""

    def __init__(self, database: Ground, clock: Clock, faults: Faults, seed: int, day_weight: int) -> None:
        self.database, self.clock, self.faults, self.day_weight = database, clock, faults, day_weight
        self.random = Random(seed)
        self.story = Story(seed, 0)
        master = masters.get(database)
        random = self.random
        index = master.by_key[INDEX]
        chain = master.chain(index.id)
        self.instruments = [
            index,
            *(master.by_key[f"NSE:{name}"] for name in random.sample(SHARES, random.randint(2, 3))),
            random.choice([i for i in chain if i.kind is Kind.FUT]),
            *random.sample([i for i in chain if i.kind in OPTIONS], k=2),
        ]
        prices = {i.id: self._first_price(i.kind) // i.tick * i.tick for i in self.instruments}
        self.day = OPENING.date()
        self.tape = Tape(random, self.instruments, prices, self.day)
        self.books = populate(database, random)
        self.people = People(random, self.tape, self.books)
        self.exchange = Exchange(database, clock, InTurn(Random(seed)))
        self.history = History()
        self.checks = Checks(database, self.exchange, self.history)
        self.exchange.look = self._look_at_fills
        # Of its own, so that the stories of all seeds go on as they did.
        self.fate = Random(seed)
        deaths = [(name, where) for _, name in ROLL_STEPS for where in (BEFORE, AFTER)]
        self.ends = itertools.cycle(self.fate.sample(deaths, len(deaths)))
        self.acts: list[str] = []
        self.found: list[str] = []
        self._slots = 0

    def _first_price(self, kind: Kind) -> int:
        if kind in OPTIONS:
            return self.random.randint(500, 30_000)
        if kind in (Kind.INDEX, Kind.FUT):
            return self.random.randint(2_400_000, 2_600_000)
        return self.random.randint(5_000, 300_000)

    # -- the market ---------------------------------------------------------------------------------------

    def open_day(self) -> None:
        """Closes, bands and the first risk snapshot of a trading date."""
        walks = self.tape.walks.values()
        lower, upper = zip(*(walk.band for walk in walks), strict=True)
        markets.open_day(
            self.database, MARKET, self.day, [w.instrument.id for w in walks], [w.prev_close for w in walks],
            list(lower), list(upper),
        )  # fmt: skip
        self.snapshot()

    def snapshot(self) -> None:
        """A risk snapshot at the last prices, or somewhat beside them."""
        walks = [w for w in self.tape.walks.values() if w.instrument.kind in (Kind.EQ, Kind.INDEX)]
        self._slots += 1
        prices = [w.last * self.random.randint(90, 110) // 100 for w in walks]
        ids = [w.instrument.id for w in walks]
        wild = [self.random.choice((0, 900, 1_400, 2_800, 6_500)) for _ in ids]
        rate = self.random.choice((0, 525, 625))
        markets.take_snapshot(
            self.database, MARKET, self.day, f"s{self._slots}", ids, prices, wild, rate, at=self.clock.at
        )

    def show(self) -> None:
        """One frame is stored and published."""
        self.exchange.store(self.tape.frame(self.clock.ms))

    def _look_at_fills(self) -> None:
        self.found += self.checks.fills()

    def settle_down(self) -> None:
        """Let whoever matches take in all there is."""
        self.exchange.step()

    # -- the traders --------------------------------------------------------------------------------------

    def ask(self, request: Request) -> list[Answer] | None:
        """Send a request and hear the answer; None where the process died over it."""
        self.story.requests += 1
        self.exchange.fresh = False
        self.history.asked(request)
        before = self._rows(request)
        try:
            answers = send(self.database, request)
        except Died:
            return None
        finally:
            self.faults.disarm()
        self._compare(request, before, answers)
        self.history.heard(request, answers)
        if request.kind == "reset" and answers[0].ok:
            for book in self.books:
                if book.number == request.account:
                    book.number = int(answers[0].body["account_id"])
        return answers

    def _rows(self, request: Request) -> dict[str, tuple[int, dict[str, Any]]]:
        """What is stored under each key of the request: a basket has one for each order."""
        keys = [request.key_of(place) for place in range(len(request.arguments[0]) if request.kind == "basket" else 1)]
        with self.database.connection() as connection:
            rows = connection.execute(
                "select key, status, body from requests where account_id = %s and key = any(%s)",
                [request.account, [key for key in keys if key is not None]],
            ).fetchall()
        return {key: (status, body) for key, status, body in rows}

    def _priced(self, wish: PlaceOrder) -> None:
        """A market or stop order was accepted: there was a price to judge it by, and not an old one."""
        age = self.clock.ms - self.tape.quoted.get(wish.instrument_id, 0)
        if wish.order_type is not OrderType.LIMIT and age > QUOTE_STALE_AFTER:
            self.found.append(f"a {wish.order_type} order was accepted at a price {age} ms old")

    def _compare(self, request: Request, stored: dict[str, tuple[int, dict[str, Any]]], answers: list[Answer]) -> None:
        """A key that was answered before is answered the same; one that was not is not a replay."""
        if request.key is None or not answers:
            return
        basket, first = request.kind == "basket", answers[0]
        self.story.replays += sum(each.replayed for each in (answers if basket else answers[:1]))
        if request.kind == "place" and first.status == 201 and not first.replayed:
            self._priced(request.arguments[0])
        for place, answer in enumerate(answers if basket else answers[:1]):
            key = request.key_of(place) or ""
            before = stored.get(key)
            if before is None and answer.replayed:
                self.found.append(f"{request.kind} {key} was replayed although nothing was stored")
            told = before if not basket or before is None else (before[0], {"order_id": before[1].get("order_id")})
            if before is not None and (not answer.replayed or (answer.status, _plain(answer.body)) != told):
                self.found.append(f"{request.kind} {key} was answered {answer.status}, not what was stored first")

    def open_orders(self, account: int) -> list[int]:
        """Orders the owner of an account sees: those that are open, or now and then older ones too."""
        if self.random.random() < 0.3:
            return [number for number, (owner, _body) in self.history.orders.items() if owner == account][-8:]
        with self.database.connection() as connection:
            rows = connection.execute(
                "select id from orders where account_id = %s and status in ('OPEN', 'TRIGGER_PENDING') order by id",
                [account],
            ).fetchall()
        return [row[0] for row in rows]

    def any_account(self) -> int:
        return self.random.choice(self.books).number

    def any_request(self) -> Request:
        account = self.any_account()
        return self.people.request(account, self.open_orders(account))

    # -- the story ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Money for everybody, prices, and a matcher that stands ready."""
        self.open_day()
        for book in self.books:
            amount = self.random.choice((1, 5, 20, 200)) * LAKH
            self.ask(Request("deposit", book.number, f"first{book.number}", (amount,)))
        self.show()
        self.settle_down()

    def step(self) -> None:
        """One random act, then every check."""
        self.story.steps += 1
        self.clock.pass_ms(self.random.choice((1, 20, 120, 260, 700, 1500)))
        act = drama.choose(self.random, self.day_weight)
        self.acts.append(act.__name__)
        self.story.acts[act.__name__] += 1
        self.exchange.fired = 0
        only_fills = act(self)
        self.story.fired += self.exchange.fired
        self.check(only_fills and not self.exchange.fired)

    def check(self, only_fills: bool = False) -> None:
        """Raise Violated where something does not hold."""
        found = self.found + self.checks.after(only_fills) + rings_are_heard(self)
        if found:
            raise Violated(self.story.seed, self.story.steps, self.acts, found)

    def end(self) -> Story:
        """Whoever still waits for an answer asks again; then everything is looked at once more."""
        for request in self.history.unknown():
            self.ask(request)
        self.exchange.rebuild()
        self.settle_down()
        self.check()
        self.story.orders, self.story.trades = len(self.history.orders), self.checks.trades
        self.story.written, self.story.converted, self.story.rung = self._told()
        self.story.reached, self.story.in_rolls = self.faults.reached, self.faults.in_rolls
        self.story.deaths, self.story.lives = self.faults.deaths, self.exchange.lives
        self.story.in_lanes = self.exchange.lanes.runs
        return self.story

    def _told(self) -> tuple[int, int, int]:
        with self.database.connection() as connection:
            row: tuple[int, int, int] = connection.execute(WRITTEN).fetchone()
        return row

    # -- the day ------------------------------------------------------------------------------------------

    def until(self, hour: int, minute: int, second: int) -> None:
        """Let the clock go on to a time of the trading date, if it is not past it."""
        at = OPENING.replace(hour=hour, minute=minute, second=second) + (self.day - OPENING.date())
        if at > self.clock.at:
            self.clock.set(at)

    def roll(self, deaths: int) -> None:
        """Close the date and open the next one; the process that does it dies so many times on its way."""
        due = closing.due(self.database, MARKET, self.clock.at)
        if due is None or due.step != closing.ROLL:
            self.found.append(f"nothing to roll at {self.clock.at}: {due}")
            return
        split = self._split_a_share(due.next_date) if self.random.random() < 0.3 else None
        for _ in range(deaths):
            self.faults.arm(self.random.choice((BEFORE, AFTER)), self.random.randint(1, 2 * len(self.books)))
            self._roll_and_die(due)
        if self.fate.random() < DIES_AT_A_STEP:
            self.faults.arm_step(*next(self.ends))
            self._roll_and_die(due)
        due = closing.due(self.database, MARKET, self.clock.at)
        if due is not None and due.step == closing.ROLL:
            self._roll(due)
        runs.end_passed(self.database, MARKET, closing.ROLL_JOB)
        self.found += self.checks.noted(self.day) + self.checks.told(self.day)
        self.story.days += 1
        self.day = markets.state(self.database, MARKET).trading_date
        masters.forget(self.database)
        self.clock.pass_ms(5_000)
        if split is not None:
            walk = self.tape.walks[split.instrument_id]
            walk.last = split.price(walk.last, walk.instrument.tick)
        self.tape.begin(self.day)
        self.open_day()
        self.clock.set(self.clock.at + timedelta(hours=self.random.randint(0, 3)))
        self.show()

    def _roll(self, due: closing.Due) -> None:
        """As the clock has it done: the run of the date is kept."""
        database, at = self.database, self.clock.at
        runs.once(database, MARKET, closing.ROLL_JOB, self.day, lambda: closing.roll(database, MARKET, due, at))

    def _roll_and_die(self, due: closing.Due) -> None:
        """What happens until somebody goes on with it, if anything is left to be done."""
        try:
            if markets.state(self.database, MARKET).trading_date == self.day:
                self._roll(due)
        except Died:
            if markets.state(self.database, MARKET).trading_date == self.day:
                drama.meanwhile(self)
        finally:
            self.faults.disarm()

    def _split_a_share(self, day: date) -> Action:
        """A split, a bonus or a consolidation of one share at the opening of a date."""
        share = self.random.choice([i for i in self.instruments if i.kind is Kind.EQ])
        kind, ratio = self.random.choice((("SPLIT", "5:1"), ("BONUS", "1:1"), ("BONUS", "1:2"), ("SPLIT", "2:3")))
        corporate.enter(self.database, "root", kind, share.key, day, ratio)
        (found,) = corporate.between(self.database, day - timedelta(days=1), day)
        return found


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    """A body as it comes back from the database."""
    plain: dict[str, Any] = json.loads(json.dumps(body))
    return plain


def simulate(
    database: Ground, clock: Clock, seed: int, steps: int = STEPS, day_weight: int = drama.WEIGHTS[drama.day_ends]
) -> Story:
    """Run a seed in a fresh database. Raises Violated at the first step after which something does not hold."""
    with installed(database, clock) as faults:
        world = World(database, clock, faults, seed, day_weight)
        try:
            with hearing(world.found):
                world.begin()
                world.check()
                for _ in range(steps):
                    world.step()
                return world.end()
        finally:
            world.exchange.close()
