"""A live market under load beside everything that must not suffer from it: the whole house, as in use.

The vendor, its line, the sidecar with all loops of the market, Postgres, the API and a reader of its stream each are
processes. First the vendor speaks of one instrument alone; then of 6,500, 28,000 words a second. In both, orders are
placed on a beat and filled by the market's own engine against the live frames, and the reader gets each frame of 500
instruments: what they take under load stands beside what they take without.

``seconds`` are those under load. What memory grows by is a line through the last two thirds of them.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psutil

from bench.house import CASH, TAPE_MB, house
from bench.live_stand import LAST, SYMBOLS
from bench.masters import chunks
from bench.processor import server, used, used_by_server
from bench.result import Result, rounded
from bench.stream import free_port, listening, process
from core.orders import OrderType, PlaceOrder, Product, Side
from core.vendors import Vendor
from db.engine import Database
from desk import identity, live, market, masters, trading, vendor_masters

ACCOUNTS, BEAT, PRICE = 50, 1 / 20, 101_000
QUIET, SETTLE, PATIENCE = 20.0, 10.0, 120.0
READ = 500  # instruments of the stream's reader


@dataclass(slots=True)
class Seen:
    """One spell: milliseconds of each order, what the sidecar and the reader counted, cores, and megabytes over it."""

    orders: list[float] = field(default_factory=list)
    sidecar: dict[str, Any] = field(default_factory=dict)
    reader: dict[str, Any] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)
    words: float = 0.0

    def at(self, share: float) -> float:
        """The time in which this share of the orders was filled."""
        return float(np.quantile(self.orders, share))


class Helper:
    """A process that answers each line with one of JSON, and tells of fills in between."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self.process = psutil.Process(child.pid)
        self.filled: dict[int, float] = {}
        self._child = child
        self._answers: list[dict[str, Any]] = []
        self._came = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            said = json.loads(line)
            with self._came:
                if "filled" in said:
                    self.filled |= dict.fromkeys(said["filled"], said["at"])
                else:
                    self._answers.append(said)
                    self._came.notify_all()

    def ask(self, word: str) -> dict[str, Any]:
        """The answer."""
        assert self._child.stdin is not None
        self._child.stdin.write(word.encode() + b"\n")
        self._child.stdin.flush()
        with self._came:
            if not self._came.wait_for(lambda: bool(self._answers), PATIENCE):
                raise RuntimeError(f"No answer to {word}")
            return self._answers.pop(0)


@contextmanager
def vendor(module: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A stand-in of a vendor; its first line is its port."""
    with process(module) as child:
        yield child


def speak_of_all(stand: "subprocess.Popen[bytes]") -> None:
    """From here on the stand-in is loud."""
    assert stand.stdin is not None
    stand.stdin.write(b"full\n")
    stand.stdin.flush()


def listed(database: Database) -> None:
    """As many shares as the vendor has symbols, by Upstox's list; TrueData calls them by their symbols."""
    rows = [
        {
            "segment": "NSE_EQ", "name": name, "exchange": "NSE", "isin": f"INE{n:04d}01011", "instrument_type": "EQ",
            "instrument_key": f"NSE_EQ|INE{n:04d}01011", "lot_size": 1, "freeze_quantity": 100000.0,
            "exchange_token": str(n), "tick_size": 5.0, "trading_symbol": name,
        }
        for n, name in enumerate(SYMBOLS)
    ]  # fmt: skip
    vendor_masters.load(database, "bench", chunks(json.dumps(rows).encode()), "bench", on=datetime.now(UTC).date())
    with database.connection() as connection:
        connection.execute(
            "insert into instrument_keys (vendor, key, since, instrument_id)"
            " select 'truedata', i.symbol, k.since, i.id from instrument_keys k join instruments i"
            " on i.id = k.instrument_id where k.vendor = 'upstox' and i.symbol = any(%s)",
            [SYMBOLS],
        )


def opened(database: Database, feed: Vendor) -> tuple[str, list[int], str]:
    """A live market that trades at any hour; its accounts, and a token of their user."""
    name = "bench"
    identity.add_user(database, name, "trader")
    user = identity.find(database, name).id
    made = live.ensure(database, user, name, feed, on=True)
    market.keep_tape(database, datetime.now(UTC), hours=6, megabytes=TAPE_MB)
    with database.connection() as connection:
        connection.execute("update markets set session = 'always' where id = %s", [made])
        rows = connection.execute(
            "insert into accounts (user_id, market, name, trading_date, cash)"
            " select %s, m.id, 'a' || n, m.trading_date, %s from markets m, generate_series(1, %s) n"
            " where m.id = %s returning id",
            [user, CASH, ACCOUNTS, made],
        ).fetchall()
        connection.execute(
            "insert into transfers (account_id, trading_date, from_ledger, to_ledger, amount, code, event_at,"
            " cash_after, version)"
            " select id, trading_date, 'BANK', 'CASH', cash, 'DEPOSIT', now(), cash, 0 from accounts where cash > 0"
        )
    return made, [row[0] for row in rows], identity.create_token(database, "bench", name, None)[0]


class Stage:
    """Everything that runs, and what is asked of it."""

    def __init__(self, database: Database, feed: Vendor, stand: "subprocess.Popen[bytes]", stack: ExitStack) -> None:
        self._database, self._stand, self._feed = database, stand, feed
        self._server = server(database)
        self.market, self._accounts, token = opened(database, feed)
        assert stand.stdout is not None
        vendor_port, port = int(stand.stdout.readline()), free_port()
        upstox = feed is Vendor.UPSTOX
        module = "bench.live_vendor_upstox" if upstox else "bench.live_vendor"
        address = {"stream": f"ws://127.0.0.1:{vendor_port}"} if upstox else {"port": str(vendor_port)}
        credentials = json.dumps({"access_token": "any", "user": "bench", "password": "none", **address})
        self.api = stack.enter_context(process("bench.stream_servers", "ours", database.url, port))
        times = "exchange_time" if upstox else "oi"
        self.sidecar = Helper(stack.enter_context(
            process("bench.live_sidecar", database.url, self.market, module, credentials, times, LAST)
        ))  # fmt: skip
        self._until_priced()
        listening(port)
        by_key = masters.get(database).by_key
        names = [f"NSE:{name}" for name in (SYMBOLS[LAST], *SYMBOLS[: READ - 1])]
        self._wish = PlaceOrder(by_key[names[0]].id, Side.BUY, OrderType.LIMIT, Product.CNC, 1, price=PRICE)
        child = stack.enter_context(process("bench.live_reader", port))
        assert child.stdin is not None
        child.stdin.write(
            f"GET /api/v1/stream?topics=quotes&account=bench/a1&symbols={','.join(names)} HTTP/1.1\nHost: bench\n"
            f"Authorization: Bearer {token}\n\n".encode()
        )
        self.reader = Helper(child)

    def _until_priced(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if any(any(row["asks"]) for row in market.quotes(self._database, self.market).values()):
                return
            time.sleep(0.5)
        raise RuntimeError("The live market shows nothing")

    def _processes(self) -> dict[str, psutil.Process]:
        line = self.sidecar.ask("report")["report"]["line_pid"]
        return {
            "line": psutil.Process(line), "sidecar": self.sidecar.process, "api": psutil.Process(self.api.pid),
            "vendor": psutil.Process(self._stand.pid),
        }  # fmt: skip

    def _spent(self, watched: dict[str, psutil.Process]) -> dict[str, float]:
        """Seconds of processor time so far of each, and of the database's server."""
        return {name: used(each) for name, each in watched.items()} | {"postgres": used_by_server(self._server)}

    def spell(self, seconds: float) -> Seen:
        """So many seconds of orders."""
        seen, watched = Seen(), self._processes()
        for helper in (self.sidecar, self.reader):
            helper.ask("mark")
        messages = self.sidecar.ask("report")["report"]["feed"]["messages"]
        before = self._spent(watched)
        accepted: dict[int, float] = {}
        began = time.monotonic()
        number, looked = 0, 0.0
        while (now := time.monotonic()) - began < seconds:
            time.sleep(max(0.0, began + number * BEAT - now))
            account = self._accounts[number * 7 % len(self._accounts)]
            answer = trading.place(self._database, "bench", account, self._wish)
            if answer.status != 201:
                raise RuntimeError(str(answer.body))
            accepted[int(answer.body["order_id"])] = time.monotonic()
            number += 1
            if now - looked >= 1:
                looked = now
                for name in ("line", "sidecar", "api"):
                    rss = watched[name].memory_info().rss / 2**20
                    seen.memory.setdefault(name, []).append(rss)
        took = time.monotonic() - began
        seen.cores = {name: (spent - before[name]) / took for name, spent in self._spent(watched).items()}
        time.sleep(1)
        seen.sidecar = self.sidecar.ask("report")["report"]
        seen.words = (seen.sidecar["feed"]["messages"] - messages) / took
        seen.reader = self.reader.ask("report")
        filled = self.sidecar.filled
        if missing := len(accepted.keys() - filled.keys()):
            raise RuntimeError(f"{missing} of {len(accepted)} orders were not filled")
        seen.orders = [max(0.0, filled[one] - at) * 1000 for one, at in accepted.items()]
        return seen


def slope(megabytes: list[float]) -> float:
    """MB a minute, by a line through the last two thirds of what was read each second."""
    kept = megabytes[len(megabytes) // 3 :]
    return float(np.polyfit(np.arange(len(kept)), kept, 1)[0]) * 60 if len(kept) > 1 else 0.0


def measured(feed: Vendor, module: str, seconds: float) -> tuple[Seen, Seen]:
    """Without the load, and under it."""
    with house(pool_size=16) as database, vendor(module) as stand, ExitStack() as stack:
        listed(database)
        stage = Stage(database, feed, stand, stack)
        time.sleep(SETTLE)
        quiet = stage.spell(QUIET)
        speak_of_all(stand)
        time.sleep(SETTLE)
        return quiet, stage.spell(seconds)


def told(name: str, quiet: Seen, full: Seen) -> Iterator[Result]:
    """One line each; beside what the engine and the screen take under load, what they take without it."""
    report = full.sidecar
    yield Result(f"{name}_words", rounded(full.words), "messages/s")
    yield Result(f"{name}_rows", rounded(report["rows"] / max(1, report["frames"])), "rows/frame")
    for what in ("p50", "p99", "worst"):
        yield Result(f"{name}_sent_to_stored_{what}", float(report[what]), "ms")
    yield Result(f"{name}_store", rounded(report["store_ms"]), "ms/frame")
    for what, share in (("p50", 0.5), ("p99", 0.99)):
        ours, alone = full.at(share), quiet.at(share)
        yield Result(f"{name}_order_to_fill_{what}", rounded(ours), "ms", rounded(alone), rounded(ours / alone))
    for what in ("p50", "p99"):
        ours, alone = full.reader.get(what, np.nan), quiet.reader.get(what, np.nan)
        yield Result(f"{name}_frame_to_reader_{what}", rounded(ours), "ms", rounded(alone), rounded(ours / alone))
    for who, cores in full.cores.items():
        yield Result(f"{name}_{who}_cpu", rounded(cores), "cores", rounded(quiet.cores[who]))
    for who, megabytes in full.memory.items():
        after, before = statistics.median(megabytes[-5:]), statistics.median(megabytes[len(megabytes) // 3 :][:5])
        yield Result(f"{name}_{who}_memory", rounded(after), "MB", rounded(before), rounded(after / before))
        yield Result(f"{name}_{who}_memory_grows", rounded(slope(megabytes)), "MB/min")
    line = report["feed"]
    yield Result(f"{name}_dropped", float(sum(report["dropped"].values()) + line["drops"]), "rows")
    yield Result(f"{name}_reconnects", float(line["reconnects"]), "times")
    sys.stderr.write(json.dumps({"report": report, "reader": full.reader}, default=str) + "\n")
