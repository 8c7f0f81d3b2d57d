"""Who trades, and what they ask for: mostly sensible, often not, sometimes nonsense."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from core.exits import Exits
from core.gtt import Gtt, GttWish, LegWish
from core.instruments import OPTIONS, Instrument, Kind
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side, Validity
from desk import baskets, converting, gtt, leaving, trading, wallet
from desk.access import AccountRef
from desk.answers import Answer
from desk.principal import Principal
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
        self.favourites = random.sample([i for i in self.instruments if i.kind is not Kind.INDEX], k=4)
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

    def standing(self, account: int, waiting: list[tuple[int, bool]]) -> Request:
        """Something about an order that waits for a price: a GTT, a target and stop, a change, a deletion."""
        random = self.random
        kind = random.choices(("gtt", "bracket", "gtt_modify", "gtt_delete"), (40, 35, 15, 10))[0]
        if kind == "bracket":
            wish = self.wish()
            return Request(kind, account, self.key(), (wish, self._exits(wish)))
        if kind == "gtt" or not waiting:
            return Request("gtt", account, self.key(), (self._gtt(),))
        number, attached = random.choice(waiting)
        if kind == "gtt_delete":
            return Request(kind, account, self.key(), (number,))
        if attached:
            walk = random.choice(list(self.tape.walks.values()))
            return Request("gtt_amend", account, self.key(), (number, self._round(walk.instrument, walk.last, 1)))
        return Request(kind, account, self.key(), (number, self._gtt()))

    def _gtt(self) -> GttWish:
        """A single or a two-leg: now and then too near, on a wrong product, or larger than anybody can pay."""
        random = self.random
        instrument = random.choice(self.favourites)
        walk = self.tape.walks.get(instrument.id)
        last, tick = walk.last if walk else 1000, instrument.tick
        side = random.choice(tuple(Side))
        product = Product.CNC if instrument.kind in (Kind.EQ, Kind.ETF) else Product.NRML
        product = product if random.random() < 0.95 else Product.MIS
        quantity = instrument.lot * random.choice((1, 1, 2, 5, 40))
        directions = random.choice(((-1,), (1,), (-1, 1)))
        legs = []
        for direction in directions:
            trigger = max(tick, (last + direction * last // random.choice((20, 80, 300, 2_000))) // tick * tick)
            priced = random.random() < 0.7
            kind = OrderType.LIMIT if priced else OrderType.MARKET
            legs.append(LegWish(side, kind, product, quantity, trigger, trigger if priced else 0))
        return GttWish(instrument.id, tuple(legs))

    def _exits(self, wish: PlaceOrder) -> Exits:
        walk = self.tape.walks.get(wish.instrument_id)
        instrument = walk.instrument if walk else self.favourites[0]
        last = wish.price or wish.trigger_price or (walk.last if walk else 1000)
        return self._round(instrument, last, wish.side.sign)

    def _round(self, instrument: Instrument, last: int, sign: int) -> Exits:
        """A target and a stop round a price, or one of them; the stop of an option with a price."""
        random, tick = self.random, instrument.tick
        near = [max(tick, (last + way * sign * max(tick, last // random.choice((50, 200, 800)))) // tick * tick)
                for way in (1, -1)]  # fmt: skip
        target, stop = random.choice(((near[0], near[1]), (near[0], 0), (0, near[1])))
        price = stop if stop and instrument.kind in OPTIONS else 0
        return Exits(target, stop, price)

    def reset(self, account: int) -> Request:
        return Request("reset", account, self.key() or f"reset{self._keys}", (self.random.randint(1, 20) * LAKH,))

    def wish(self) -> PlaceOrder:
        """An order in one of the favourites: well-formed five times in six."""
        random = self.random
        instrument = random.choice(self.favourites if random.random() < 0.97 else self.instruments)
        product = self._product(instrument)
        side = random.choices(tuple(Side), (70, 30) if product is Product.CNC else (50, 50))[0]
        kind = random.choices(tuple(OrderType), (30, 50, 12, 8))[0]
        if kind is OrderType.SL_M and instrument.kind in OPTIONS:
            kind = OrderType.SL
        lots = random.choice((1, 1, 2, 3, 7, 20) if instrument.lot > 1 else (1, 5, 20, 50, 200, 900))
        validity = (
            Validity.IOC if kind in (OrderType.MARKET, OrderType.LIMIT) and random.random() < 0.2 else Validity.DAY
        )
        price, trigger = self._prices(instrument, side, kind)
        wish = [instrument.id, side, kind, product, lots * instrument.lot, validity, price, trigger]
        placed = PlaceOrder(*(wish if random.random() < 0.85 else self._spoil(wish)))
        return self._finer(placed, instrument)

    def _finer(self, wish: PlaceOrder, instrument: Instrument) -> PlaceOrder:
        """Now and then for minutes, in parts, with a protection or in slices; not always where that fits."""
        random = self.random
        draw, contract = random.random(), instrument.lot > 1
        if draw < 0.08:
            return replace(wish, validity=Validity.TTL, validity_ttl=random.choice((1, 1, 2, 5, 400)))
        if draw < 0.16:
            return replace(wish, legs=random.choice((2, 3, 4, 10, 11)))
        if draw < 0.24 and instrument.lot == 1:
            return replace(wish, disclosed_quantity=max(1, wish.quantity // random.choice((2, 5, 10, 20))))
        if draw < 0.30:
            return replace(wish, protection=random.choice((0, 50, 500, 10_000)))
        if draw < 0.34:
            # More than the exchange takes in one order, so that there is something to slice.
            return replace(
                wish, autoslice=True, quantity=wish.quantity * (random.choice((1, 30, 60)) if contract else 1)
            )
        return wish

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
            ModifyOrder(validity=Validity.TTL, validity_ttl=random.choice((1, 3, 0, 400))),
            ModifyOrder(legs=random.choice((0, 2, 5))),
            ModifyOrder(disclosed_quantity=random.choice((0, 1, 20))),
            ModifyOrder(protection=random.choice((-1, 0, 200))),
        ))  # fmt: skip


def send(database: Ground, request: Request) -> list[Answer]:
    """Ask the desk. What it raises that is no refusal is raised here as well."""
    account, key, given = request.account, request.key, request.arguments
    one: dict[str, Callable[..., Answer]] = {
        "place": trading.place, "modify": trading.modify, "cancel": trading.cancel, "deposit": wallet.deposit,
        "withdraw": wallet.withdraw, "reset": wallet.reset, "gtt": gtt.create, "gtt_delete": gtt.delete,
        "gtt_amend": gtt.amend, "convert": converting.convert_position,
    }  # fmt: skip
    if request.kind in one:
        return [one[request.kind](database, "trader", account, *given, key)]
    if request.kind == "basket":
        return _basket(database, account, key, *given)
    if request.kind == "bracket":
        wish, exits = given
        return [trading.place(database, "trader", account, wish, key, exits=exits)]
    if request.kind == "gtt_modify":
        number, terms = given

        def wanted(before: Gtt) -> GttWish:
            return GttWish(before.instrument_id, terms.legs)

        return [gtt.modify(database, "trader", account, number, wanted, key, named=terms)]
    if request.kind == "exit_position":
        instrument, product = given
        return trading.exit_position(database, "trader", account, instrument, product, key)
    if request.kind == "leave":
        return leaving.leave(database, "trader", account, *given)
    if request.kind == "cancel_all":
        return trading.cancel_all(database, "trader", account)
    return trading.exit_all(database, "trader", account)


def _basket(database: Ground, account: int, key: str | None, legs: list[PlaceOrder]) -> list[Answer]:
    """An answer for each leg; of what became of it nothing but its number is known."""
    with database.connection() as connection:
        row = connection.execute("select user_id from accounts where id = %s", [account]).fetchone()
    owner = Principal(row[0], "trader", "trader", None, 1, None, ("read", "trade"))
    told = baskets.place(database, owner, AccountRef(account, "", row[0], "sim", "", False), legs, key)
    return [Answer(201 if each["ok"] else 422, {"order_id": each["order_id"]}, each["replayed"])
            for each in told["items"]]  # fmt: skip
