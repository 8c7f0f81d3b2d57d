"""The look that the sidecar takes each second: 2,000 accounts of ten positions each, every price has moved.

What is counted is processor time, of Python and of the server's process, because that is what a second of it costs
whatever else runs. The baseline is one bare query: what each account's positions have earned, nothing weighed,
nothing decided and nothing written.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import psutil

from bench.house import fund, house
from bench.processor import used
from bench.result import Result, compared, interleaved, rounded
from core.instruments import OPTIONS, Instrument, Kind
from db.engine import Database
from desk import account_watch, margin_calls, masters, risk_watch

ACCOUNTS, EACH, LOOKS = 2_000, 10, 10
PRICE = 100_000
BARE = """
select p.account_id, sum(p.quantity::bigint * q.last_price - p.mark)
from positions p join quotes q on q.market = 'sim' and q.instrument_id = p.instrument_id
where p.quantity <> 0 group by p.account_id
"""


def fill(database: Database, accounts: list[int]) -> None:
    """Give each account shares, held and intraday, futures and options, bought and written, some in two products."""
    every = sorted(masters.get(database).by_id.values(), key=lambda one: one.id)
    shares = [one for one in every if one.kind is Kind.EQ][:40]
    futures = [one for one in every if one.kind is Kind.FUT][:20]
    options = [one for one in every if one.kind in OPTIONS][:40]
    priced = {one.id for one in shares + futures + options}
    priced |= {one.underlying_id for one in futures + options if one.underlying_id}
    turns = ((shares, "MIS"), (shares, "CNC"), (futures, "NRML"), (options, "NRML"), (shares, "MIS"))

    def row(number: int, account: int, turn: int) -> tuple[int, int, str, int, int]:
        pool, product = turns[turn % len(turns)]
        one: Instrument = pool[(number * 7 + turn * 3) % len(pool)]
        short = product != "CNC" and (number + turn) % 2 == 0
        return account, one.id, product, one.margin_underlying, one.lot * (1 + number % 3) * (-1 if short else 1)

    rows = [row(number, account, turn) for number, account in enumerate(accounts) for turn in range(EACH)]
    with database.connection() as connection:
        connection.execute(
            "insert into quotes select 'sim', id, 1, now(), now() + interval '1 day', %(p)s, %(p)s, %(p)s, %(p)s,"
            " %(p)s, 0, 0, '{}', '{}' from unnest(%(ids)s::int[]) id",
            {"p": PRICE, "ids": list(priced)},
        )
        connection.execute(
            "insert into positions (account_id, instrument_id, product, underlying_id, quantity, cost, mark)"
            " select a, i, p, u, q, q::bigint * %s, q::bigint * %s"
            " from unnest(%s::bigint[], %s::int[], %s::text[], %s::int[], %s::int[]) r(a, i, p, u, q)"
            " on conflict do nothing",
            [PRICE, PRICE, *(list(column) for column in zip(*rows, strict=True))],
        )
    with database.autocommit() as connection:
        connection.execute("vacuum analyze")


def move(database: Database, number: int) -> None:
    """Another price for everything."""
    with database.connection() as connection:
        connection.execute(
            "update quotes set last_price = greatest(100, last_price + ((instrument_id * 31 + %s) %% 41 - 20) * 5)",
            [number],
        )


def run() -> Iterator[Result]:
    """Milliseconds of processor time a second; the server's alone beside the bare query, and Python's."""
    with house(pool_size=1) as database:
        fill(database, fund(database, ACCOUNTS))
        with database.connection() as connection:
            server = psutil.Process(connection.info.backend_pid)
        python: list[float] = []

        def look() -> None:
            looked = account_watch.look(database, "sim")
            risk_watch.watch(database, "sim", looked)
            margin_calls.follow(database, "sim", looked)

        def bare() -> None:
            with database.autocommit() as connection:
                connection.execute(BARE)

        def cost(act: Callable[[], None], told: list[float] | None = None) -> float:
            taken = 0.0
            for number in range(LOOKS):
                move(database, number)
                before, own = used(server), time.process_time()
                act()
                own = (time.process_time() - own) * 1_000
                taken += (used(server) - before) * 1_000
                if told is not None:
                    told.append(own)
            return taken / LOOKS

        look()
        ours, theirs = interleaved(lambda: cost(look, python), lambda: cost(bare))
        yield compared("watch_accounts_2000", "ms of the server", ours, theirs)
        yield Result("watch_accounts_2000_python", rounded(statistics.median(python)), "ms")
