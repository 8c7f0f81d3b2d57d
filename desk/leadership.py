"""Leading a market: one process at a time, fenced by a term, taken over within seconds of its silence."""

import threading
import time
from typing import Any

import psycopg

import log
from db import leader, runs
from db.engine import Database, connect
from db.leader import Connection, Held, NotLeader
from desk.jobs import process_name

__all__ = ["Leadership", "NotLeader"]

# Seconds between beats, of silence after which a leader is deposed, and between tries for its place.
BEAT, SILENCE, TRY = 1.0, 3.0, 0.25


class Leadership:
    """One contender for the lead of a market. It may campaign again after it lost a term.

    The seat is a connection of its own, because the lock lives with its session; a thread beats on it.
    """

    def __init__(self, database: Database, market: str, role: str = "execution") -> None:
        self.market = market
        self.term = 0
        self._url, self._role = database.url, role
        self._holder = process_name(role, market)
        self._using = threading.RLock()
        self._seat: psycopg.Connection[Any] | None = None
        self._recorded: set[int] = set()
        self._beat_at = 0.0
        self._resigned = threading.Event()

    def leads(self) -> bool:
        """Whether this process leads, as far as it can know without asking: its last beat is recent."""
        return self.term > 0 and time.monotonic() - self._beat_at < SILENCE

    def campaign(self, stop: threading.Event) -> bool:
        """Wait until this process leads, deposing a leader that fell silent. False when told to stop."""
        self.resign()
        waiting = False
        while not stop.is_set():
            try:
                if self._try():
                    return True
            except psycopg.Error as error:
                log.get(__name__).warning("No lead yet", extra={"market": self.market, "error": str(error)})
                self._drop_seat()
            if not waiting:
                waiting = True
                log.get(__name__).info("Another process leads; waiting", extra={"market": self.market})
            stop.wait(TRY)
        self._drop_seat()
        return False

    def guard(self, connection: Connection) -> None:
        """The first statement of a transaction of the leader. Raises NotLeader when the term is over."""
        leader.check_term(connection, *self.claim(connection))

    def claim(self, connection: Connection) -> Held:
        """What the first statement of a transaction is to hold itself, where it can: a round trip less than ``guard``.
        Raises NotLeader where this process knows that its term is over."""
        term = self.term
        if not term:
            raise NotLeader(f"This process does not lead market {self.market}.")
        pid = connection.info.backend_pid
        if pid not in self._recorded:
            self._record(term, pid)
        return self.market, term

    def first_frame(self, number: int) -> None:
        """Write down the frame with which this term begins to match: its start is an event."""
        with self._using:
            leader.note_first_frame(self._sitting(), self.market, self.term, number)

    def resign(self) -> None:
        """Let go of the lead, if this process has it. May be called at any time, and twice."""
        self._resigned.set()
        self.term = 0
        self._drop_seat()

    def _try(self) -> bool:
        with self._using:
            if self._seat is None:
                self._seat = connect(self._url)
            if not leader.take_lock(self._seat, self.market):
                ended = leader.end_silent(self._seat, self.market, SILENCE)
                if ended:
                    told = {"market": self.market, "backends": ended}
                    log.get(__name__).warning("A silent leader is deposed", extra=told)
                return False
            term = leader.raise_term(self._seat, self.market, self._holder)
            self._recorded = {self._seat.info.backend_pid}
            self._resigned = threading.Event()
            self._beat(self._seat, term)
            self.term = term
        arguments = (term, self._resigned)
        threading.Thread(target=self._keep_beating, args=arguments, name="heartbeat", daemon=True).start()
        log.get(__name__).info("This process leads", extra={"market": self.market, "term": term})
        return True

    def _keep_beating(self, term: int, resigned: threading.Event) -> None:
        while not resigned.wait(BEAT):
            try:
                with self._using:
                    if self.term != term:
                        return
                    self._beat(self._sitting(), term)
            except (psycopg.Error, NotLeader) as error:
                told = {"market": self.market, "term": term, "error": str(error)}
                log.get(__name__).warning("The lead is lost", extra=told)
                if self.term == term:
                    self.term = 0
                    self._drop_seat()
                return

    def _beat(self, seat: Connection, term: int) -> None:
        _host, pid, *_role = self._holder.split(":")
        runs.beat(seat, self._holder, self._role, self.market, int(pid), term, {})
        self._beat_at = time.monotonic()

    def _record(self, term: int, pid: int) -> None:
        """Before a backend first writes for us it is put on record, so that a successor can end it."""
        with self._using:
            if not leader.record_backend(self._sitting(), self.market, term, pid):
                raise NotLeader(f"Term {term} of market {self.market} is over.")
            self._recorded.add(pid)

    def _sitting(self) -> Connection:
        if self._seat is None or self._seat.closed:
            raise NotLeader(f"This process does not lead market {self.market}.")
        return self._seat

    def _drop_seat(self) -> None:
        with self._using:
            seat, self._seat = self._seat, None
            if seat is not None:
                seat.close()
