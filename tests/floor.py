"""A trading floor for tests: accounts with money, prices set by hand, fills as matching would send them."""

import threading
from datetime import UTC, date, datetime
from typing import Any

from core.instruments import Instrument, Kind
from core.ledger import BALANCES
from core.matching import Fill, IocRemainder, Trigger
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side, Validity
from db.engine import Database
from desk import filling, masters, trading, verify, wallet
from desk.answers import Answer

INFY, SBIN, NIFTY = "NSE:INFY", "NSE:SBIN", "NSE:NIFTY 50"


class AnyTerm:
    """Stands for the leadership of a market where a test has no contender."""

    def guard(self, connection: Any) -> None:
        """Every term is the right one."""

    def claim(self, connection: Any) -> None:
        """Nobody contends."""


class Floor:
    """Money and prices in paise. ``self.frame`` rises by one a fill, as frames do."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.master = masters.get(database)
        self.frame = 0
        self._lock = threading.Lock()
        with database.connection() as connection:
            connection.execute(
                "update markets set running = (id = 'sim'), phase = 'OPEN', exchange_time = clock_timestamp()"
            )
            row = connection.execute("select trading_date from markets where id = 'sim'").fetchone()
        assert row
        self.trading_date: date = row[0]

    def instrument(self, key: str) -> Instrument:
        return self.master.by_key[key]

    def future(self, key: str = NIFTY, after: date | None = None) -> Instrument:
        """The first future on an underlying that ends later than ``after``, the trading date."""
        chain = self.master.chain(self.instrument(key).id)
        after = after or self.trading_date
        return next(one for one in chain if one.kind is Kind.FUT and one.expiry and one.expiry > after)

    def account(self, name: str = "asha", cash: int = 10_000_000, book: str = "main") -> int:
        with self.database.connection() as connection:
            user = connection.execute(
                "insert into users (name, role) values (%s, 'trader')"
                " on conflict (name) do update set name = excluded.name returning id",
                [name],
            ).fetchone()
            assert user
            account = connection.execute(
                "insert into accounts (user_id, market, name, trading_date) values (%s, 'sim', %s, %s) returning id",
                [user[0], book, self.trading_date],
            ).fetchone()
        assert account
        if cash:
            assert wallet.deposit(self.database, name, account[0], cash).status == 201
        return int(account[0])

    def price(self, key: str, last: int, age_seconds: float = 0) -> None:
        """What the instrument last traded at, and a band of 20 % around it."""
        one = self.instrument(key)
        with self.database.connection() as connection:
            connection.execute(
                "insert into quotes values ('sim', %(id)s, 1, now(), clock_timestamp() - %(age)s * interval '1 second',"
                " %(p)s, %(p)s, %(p)s, %(p)s, %(p)s, 0, 0, '{}', '{}') on conflict (market, instrument_id) do update"
                " set last_price = excluded.last_price, stored_at = excluded.stored_at",
                {"id": one.id, "p": last, "age": age_seconds},
            )
            connection.execute(
                "insert into market_days values ('sim', %(day)s, %(id)s, %(p)s, %(low)s, %(high)s)"
                " on conflict (market, trading_date, instrument_id) do update"
                " set prev_close = excluded.prev_close, lower_band = excluded.lower_band,"
                " upper_band = excluded.upper_band",
                {"day": self.trading_date, "id": one.id, "p": last, "low": last * 4 // 5, "high": last * 6 // 5},
            )

    def place(
        self, account: int, side: str, quantity: int, key: str, price: int = 0, product: str = "CNC",
        order_type: str | None = None, trigger: int = 0, validity: str = "DAY", request: str | None = None,
        amo: bool | None = None,
    ) -> Answer:  # fmt: skip
        kind = OrderType(order_type or ("LIMIT" if price else "MARKET"))
        wish = PlaceOrder(
            self.instrument(key).id,
            Side(side),
            kind,
            Product(product),
            quantity,
            Validity(validity),
            price,
            trigger,
            amo=amo,
        )
        return trading.place(self.database, "asha", account, wish, request)

    def modify(self, account: int, order: Answer | int, **change: Any) -> Answer:
        return trading.modify(self.database, "asha", account, self.number(order), ModifyOrder(**change))

    def cancel(self, account: int, order: Answer | int) -> Answer:
        return trading.cancel(self.database, "asha", account, self.number(order))

    @staticmethod
    def number(order: Answer | int) -> int:
        return order if isinstance(order, int) else int(order.body["order_id"])

    def fill(self, account: int, order: Answer | int, quantity: int, price: int) -> filling.Applied:
        """Send one fill; ``applied.dropped`` has it when the order could not take it."""
        with self._lock:
            self.frame += 1
            frame = self.frame
        number = self.number(order)
        with self.database.connection() as connection:
            row = connection.execute("select instrument_id from orders where id = %s", [number]).fetchone()
        assert row
        now = int(datetime.now(UTC).timestamp() * 1000)
        outcome = Fill(number, account, row[0], quantity, price, frame, now, price, ((price, quantity),))
        return filling.apply(self.database, AnyTerm(), [outcome])

    def send(self, *outcomes: Fill | Trigger | IocRemainder) -> filling.Applied:
        return filling.apply(self.database, AnyTerm(), outcomes)

    def buy(self, account: int, quantity: int, key: str, price: int, product: str = "CNC") -> Answer:
        """Place and fill at once."""
        return self._trade(account, "BUY", quantity, key, price, product)

    def sell(self, account: int, quantity: int, key: str, price: int, product: str = "CNC") -> Answer:
        return self._trade(account, "SELL", quantity, key, price, product)

    def _trade(self, account: int, side: str, quantity: int, key: str, price: int, product: str) -> Answer:
        order = self.place(account, side, quantity, key, price, product)
        assert order.status == 201, order.body
        assert self.fill(account, order, quantity, price).done
        return order

    def balances(self, account: int) -> dict[str, int]:
        names = ", ".join(BALANCES).lower()
        with self.database.connection() as connection:
            row = connection.execute(f"select {names} from accounts where id = %s", [account]).fetchone()
        assert row
        return dict(zip((str(ledger) for ledger in BALANCES), row, strict=True))

    def position(self, account: int, key: str, product: str = "CNC") -> tuple[int, int]:
        """(quantity, realised today); zeros where there is no row."""
        with self.database.connection() as connection:
            row = connection.execute(
                "select quantity, realised from positions"
                " where account_id = %s and instrument_id = %s and product = %s",
                [account, self.instrument(key).id, product],
            ).fetchone()
        return row or (0, 0)

    def sound(self) -> None:
        """Every invariant of every account holds."""
        verdict = verify.verify(self.database)
        assert verdict.sound, "\n".join(verdict.violations)
