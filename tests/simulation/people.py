"""Who trades, and what they ask for: mostly sensible, often not, sometimes nonsense."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from core.instruments import OPTIONS, Instrument, Kind
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side, Validity
from desk import trading, wallet
from desk.answers import Answer
from tests.simulation.ground import Ground
from tests.simulation.history import Request
from tests.simulation.tape import Tape

LAKH = 10_000_000


@dataclass
class Books:
    """An account as its owner knows it: its number changes with a reset."""

    user: str
    name: str
    number: int


def populate(database: Ground, random: Random) -> list[Books]:
    """Two to four accounts of one to three users, several books a user."""
    made: list[Books] = []
    with database.connection() as connection:
        for place in range(random.randint(2, 4)):
            user, book = f"user{place // 2}", ("main", "swing")[place % 2]
            row = connection.execute(
                "insert into users (name, role) values (%s, 'trader') on conflict (name) do update set role = 'trader'"
                " returning id",
                [user],
            ).fetchone()
            row = connection.execute(
                "insert into accounts (user_id, market, name, trading_date)"
                " select %s, id, %s, trading_date from markets where id = 'sim' returning id",
                [row[0], book],
            ).fetchone()
            made.append(Books(user, book, row[0]))
    return made


class People:
    """Makes requests. Keys are drawn so that a replay of the seed draws the same."""

    def __init__(self, random: Random, tape: Tape, books: list[Books]) -> None:
        self.random, self.tape, self.books = random, tape, books
        self.instruments = [walk.instrument for walk in tape.walks.values()]
        self.favourites = random.sample([i for i in self.instruments if i.kind is not Kind.INDEX], k=3)
        self._keys = 0

    def key(self) -> str | None:
        self._keys += 1
        return f"key{self._keys}" if self.random.random() < 0.7 else None

    def request(self, account: int, open_orders: list[int]) -> Request:
        """Something this account's owner might ask now."""
        random = self.random
        kind = random.choices(
            ("place", "modify", "cancel", "cancel_all", "exit_position", "exit_all", "deposit", "withdraw"),
            (58, 16, 8, 2, 5, 2, 5, 4),
        )[0]
        if kind in ("modify", "cancel"):
            if not open_orders:
                kind = "place"
            else:
                number = random.choice(open_orders) if random.random() < 0.95 else 10**9
                change = (self._change(),) if kind == "modify" else ()
                return Request(kind, account, self.key(), (number, *change))
        if kind in ("deposit", "withdraw"):
            amount = random.choice((random.randint(1, LAKH), random.randint(1, 50 * LAKH), 0, -5))
            return Request(kind, account, self.key() or f"money{self._keys}", (amount,))
        if kind == "exit_position":
            product = random.choice(tuple(Product))
            return Request(kind, account, self.key(), (random.choice(self.favourites).id, str(product)))
        if kind in ("cancel_all", "exit_all"):
            return Request(kind, account, None)
        return Request("place", account, self.key(), (self.wish(),))

    def reset(self, account: int) -> Request:
        return Request("reset", account, self.key() or f"reset{self._keys}", (self.random.randint(1, 20) * LAKH,))

    def wish(self) -> PlaceOrder:
        """An order in one of the favourites: well-formed five times in six."""
        random = self.random
        instrument = random.choice(self.favourites if random.random() < 0.97 else self.instruments)
        product = self._product(instrument)
        owned = product is Product.CNC or instrument.kind in OPTIONS
        side = random.choices(tuple(Side), (70, 30) if owned else (50, 50))[0]
        kind = random.choices(tuple(OrderType), (30, 50, 12, 8))[0]
        if kind is OrderType.SL_M and instrument.kind in OPTIONS:
            kind = OrderType.SL
        lots = random.choice((1, 1, 2, 3, 7, 20) if instrument.lot > 1 else (1, 5, 20, 50, 200, 900))
        validity = (
            Validity.IOC if kind in (OrderType.MARKET, OrderType.LIMIT) and random.random() < 0.2 else Validity.DAY
        )
        price, trigger = self._prices(instrument, side, kind)
        wish = [instrument.id, side, kind, product, lots * instrument.lot, validity, price, trigger]
        return PlaceOrder(*(wish if random.random() < 0.85 else self._spoil(wish)))

    def _product(self, instrument: Instrument) -> Product:
        if instrument.kind in (Kind.EQ, Kind.ETF):
            return self.random.choice((Product.CNC, Product.MIS))
        return self.random.choice((Product.NRML, Product.NRML, Product.MIS))

    def _prices(self, instrument: Instrument, side: Side, kind: OrderType) -> tuple[int, int]:
        walk = self.tape.walks.get(instrument.id)
        last, tick = walk.last if walk else 1000, instrument.tick
        away = max(1, last // tick // 200)
        near = max(tick, last + self.random.randint(-away, away) * tick)
        if kind is OrderType.MARKET:
            return 0, 0
        if kind is OrderType.LIMIT:
            return near, 0
        trigger = max(tick, last + side.sign * self.random.randint(1, away) * tick)
        if kind is OrderType.SL_M:
            return 0, trigger
        return max(tick, trigger + side.sign * self.random.randint(0, away) * tick), trigger

    def _spoil(self, wish: list[Any]) -> list[Any]:
        """One term that no order may have, or that few may."""
        place, value = self.random.choice((
            (4, 0), (4, -1), (4, 1), (4, 10**8), (4, 2**31 - 1), (6, 1), (6, 0), (6, 10**9), (7, 3), (7, 10**9),
            (0, 0), (0, 10**9), (1, Side.BUY), (2, OrderType.SL), (2, OrderType.MARKET), (3, Product.CNC),
            (3, Product.NRML), (5, Validity.IOC),
        ))  # fmt: skip
        return [*wish[:place], value, *wish[place + 1 :]]

    def _change(self) -> ModifyOrder:
        random = self.random
        instrument = random.choice(self.favourites)
        walk = self.tape.walks.get(instrument.id)
        last = walk.last if walk else 1000
        step = instrument.tick * random.randint(-30, 30)
        return random.choice((
            ModifyOrder(quantity=instrument.lot * random.choice((1, 2, 10, 100, 0, -3))),
            ModifyOrder(price=max(0, last + step)),
            ModifyOrder(price=max(0, last + step), quantity=instrument.lot * random.randint(1, 40)),
            ModifyOrder(order_type=random.choice(tuple(OrderType))),
            ModifyOrder(trigger_price=max(0, last + step)),
            ModifyOrder(validity=random.choice(tuple(Validity))),
        ))  # fmt: skip


def send(database: Ground, request: Request) -> list[Answer]:
    """Ask the desk. What it raises that is no refusal is raised here as well."""
    account, key, given = request.account, request.key, request.arguments
    one: dict[str, Callable[..., Answer]] = {
        "place": trading.place, "modify": trading.modify, "cancel": trading.cancel, "deposit": wallet.deposit,
        "withdraw": wallet.withdraw, "reset": wallet.reset,
    }  # fmt: skip
    if request.kind in one:
        return [one[request.kind](database, "trader", account, *given, key)]
    if request.kind == "exit_position":
        instrument, product = given
        return trading.exit_position(database, "trader", account, instrument, product, key)
    if request.kind == "cancel_all":
        return trading.cancel_all(database, "trader", account)
    return trading.exit_all(database, "trader", account)
