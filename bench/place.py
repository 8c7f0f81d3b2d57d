"""Place an order, durably, for one of 2,000 accounts at random: against pgbench writing the same rows."""

import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.house import fund, house, quote
from bench.result import Result, rounded
from core.orders import OrderType, PlaceOrder, Product, Side
from db.embedded import account, binaries
from db.engine import Database
from desk import trading

ACCOUNTS = 2000
SECONDS = 2
RUNS = 5

# The statements of one placement, one prepared statement a row: lock, read, and a row of each kind written.
SCRIPT = """
\\set a random({first}, {last})
begin;
select * from accounts where id = :a for no key update;
select * from markets where id = 'sim';
select * from positions where account_id = :a;
select last_price from quotes where market = 'sim' and instrument_id = {instrument};
insert into orders (account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity, price,
  worst_price, hold_cash, status, trading_date, placed_at, updated_at, active_from, priority, version)
  values (:a, 'b' || currval('orders_id_seq') || random(), {instrument}, 'BUY', 'LIMIT', 'CNC', 'DAY', 1, 149000,
  149000, 149000, 'OPEN', current_date, now(), now(), now(), 1, 1);
insert into order_events values (currval('orders_id_seq'), 1, now(), 'PLACED', 'OPEN', 'bench', null, null, 1, 149000,
  0, 149000, 0, 0);
insert into order_changes values ('sim', currval('orders_id_seq'));
insert into positions (account_id, instrument_id, product, underlying_id, open_buy) values (:a, {instrument}, 'CNC',
  {instrument}, 1) on conflict (account_id, instrument_id, product) do update set open_buy = positions.open_buy + 1;
insert into transfers (account_id, trading_date, from_ledger, to_ledger, amount, code, order_id, event_at, cash_after,
  version) values (:a, current_date, 'CASH', 'HOLD', 149000, 'HOLD', currval('orders_id_seq'), now(), 0, 1);
update accounts set cash = cash - 149000, hold = hold + 149000, version = version + 1 where id = :a;
commit;
"""


def pgbench(database: Database, script: Path, clients: int) -> tuple[float, float]:
    """(transactions a second, mean latency in ms) of the script."""
    who = account.choose()
    folder = Path(binaries.find())
    done = account.run(
        [folder / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(SECONDS),
         "-f", script, database.url],
        who,
    )  # fmt: skip
    text = done.stdout
    found = re.search(r"tps = ([0-9.]+)", text), re.search(r"latency average = ([0-9.]+)", text)
    if not all(found):
        raise RuntimeError(f"pgbench said: {text} {done.stderr}")
    return float(found[0].group(1)), float(found[1].group(1))  # type: ignore[union-attr]


def placing(database: Database, accounts: list[int], wish: PlaceOrder, threads: int) -> tuple[float, float]:
    """(orders a second, p99 in ms) of so many threads of this process."""
    latencies: list[float] = []
    end = time.perf_counter() + SECONDS

    def work() -> None:
        while (start := time.perf_counter()) < end:
            answer = trading.place(database, "bench", random.choice(accounts), wish)
            if answer.status != 201:
                raise RuntimeError(str(answer.body))
            latencies.append(time.perf_counter() - start)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(latencies) / SECONDS, statistics.quantiles(latencies, n=100)[98] * 1000


def run() -> Iterator[Result]:
    """Throughput at one client and at eight, and the p99 of each against the baseline's mean."""
    with house() as database, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        accounts = fund(database, ACCOUNTS)
        instrument = quote(database, "NSE:INFY", 150_000)
        wish = PlaceOrder(instrument, Side.BUY, OrderType.LIMIT, Product.CNC, 1, price=149_000)
        script = Path(folder) / "place.sql"
        script.write_text(
            "select nextval('orders_id_seq');\n"
            + SCRIPT.format(first=accounts[0], last=accounts[-1], instrument=instrument)
        )
        script.chmod(0o644)
        for threads in (1, 8):
            ours, theirs = [], []
            for _ in range(RUNS):
                ours.append(placing(database, accounts, wish, threads))
                theirs.append(pgbench(database, script, threads))
            rate, base = (statistics.median(row[0] for row in rows) for rows in (ours, theirs))
            yield Result(f"place_{threads}_clients", rounded(rate), "orders/s", rounded(base), rounded(rate / base))
            p99, mean = (statistics.median(row[1] for row in rows) for rows in (ours, theirs))
            yield Result(f"place_{threads}_clients_p99", rounded(p99), "ms", rounded(mean), rounded(p99 / mean))
