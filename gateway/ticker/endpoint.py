"""The WebSocket itself: who may open one, what it hears, and how it ends."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from starlette.types import Receive, Scope, Send

import log
from core.program_rules import ProgramRules, rules_at
from core.reasons import Reason, Refusal
from desk import access, identity
from desk.access import AccountRef
from desk.events import Seen
from desk.principal import Principal
from gateway import who
from gateway.errors import kind_of
from gateway.form import form_of, pairs_of
from gateway.serving import Server
from gateway.ticker.feed import Feed
from gateway.ticker.outbox import Outbox
from gateway.ticker.wishes import read
from web.ending import ENDING, Ending
from web.starting import must_be_ready
from web.threads import WORKERS

_logger = log.get(__name__)
AT_THE_DOOR = WORKERS // 2
"""Sockets that are let in at the same time; the other threads answer requests."""
MOST_WAITING = 5_000
WAIT_SECONDS = 20.0
"""How many wait for their turn, and how long at most: after a break of the line all programs come back at once."""
A_SECOND, AT_ONCE = 1_000, 2_000
"""Messages of one socket that are taken in, a second in the long run and at once."""
NAMES_A_MESSAGE = 50
"""Instruments; a message that names more counts for several."""


T = TypeVar("T")
_HEAD = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]


class Ticker:
    """The sockets of one server, as an ASGI application."""

    def __init__(self, server: Server, ending: Ending = ENDING) -> None:
        self.server, self.ending = server, ending
        self.feed: Feed | None = None
        self._open: Counter[str] = Counter()
        self._door = asyncio.Semaphore(AT_THE_DOOR)
        self._waiting = 0

    def close(self) -> None:
        """Let every socket go. From any thread."""
        if self.feed is not None:
            self.feed.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a socket for a program, and write until either side has had enough."""
        await receive()
        rules = rules_at(datetime.now(UTC))
        try:
            must_be_ready(self.server.state)
            form = form_of(pairs_of(scope["query_string"]))
            api_key, access_token = (form.may(name, str) or "" for name in ("api_key", "access_token"))
            feed = self._feed()
            principal, account, secret, joined = await self._in_turn(lambda: self._who(feed, api_key, access_token))
            if joined is None or self._open[api_key] >= rules.most_sockets:
                raise Refusal(Reason.RATE_LIMIT, f"A program opens at most {rules.most_sockets} sockets.")
        except Exception as error:  # noqa: BLE001 - whatever it is, the socket is not opened
            await refuse(error, send)
            return
        self._open[api_key] += 1
        try:
            await send({"type": "websocket.accept"})
            await self._serve(feed, principal, account, joined, secret, rules, receive, send)
        finally:
            self._open[api_key] -= 1
            if not self._open[api_key]:
                del self._open[api_key]

    async def _in_turn(self, act: Callable[[], T]) -> T:
        """Run in a thread, when it is this socket's turn. Raises TRY_AGAIN where too many wait, or for too long."""
        if self._waiting >= MOST_WAITING:
            raise _crowded()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._door.acquire(), WAIT_SECONDS)
        except TimeoutError:
            raise _crowded() from None
        finally:
            self._waiting -= 1
        try:
            return await self.server.threads.run(act)
        finally:
            self._door.release()

    def _feed(self) -> Feed:
        """The feed of the running event loop, made at the first socket."""
        if self.feed is None or self.feed.loop is not asyncio.get_running_loop():
            self.feed = Feed(self.server.state.database)
            self.ending.tell(self.feed.end)
            self._door = asyncio.Semaphore(AT_THE_DOOR)
        return self.feed

    def _who(self, feed: Feed, api_key: str, access_token: str) -> tuple[Principal, AccountRef, str, Seen | None]:
        """Who asks, for which account, what proves us to them, and how far the account is."""
        database = self.server.state.database
        principal = who.by_keys(database, api_key, access_token)
        account = access.account(database, principal)
        return principal, account, identity.secret_by_key(database, api_key), feed.prepare(account)

    async def _serve(
        self, feed: Feed, principal: Principal, account: AccountRef, joined: Seen, secret: str, rules: ProgramRules,
        receive: Receive, send: Send,
    ) -> None:  # fmt: skip
        assert principal.token_id is not None  # programs come by token alone
        outbox = Outbox(send, principal.token_id, account.id, principal.user_id)
        outbox.secret = secret
        feed.enter(outbox, account, principal.name, joined)
        heard = asyncio.ensure_future(self._hear(feed, outbox, account, rules, receive))
        try:
            await asyncio.wait((outbox.gone, heard), return_when=asyncio.FIRST_COMPLETED)
            if outbox.gone.done():
                await asyncio.wait_for(send({"type": "websocket.close", "code": outbox.gone.result()}), 1.0)
        except Exception as error:  # noqa: BLE001 - the connection is what failed, and it is over
            _logger.debug("A ticker ended", extra={"error": str(error)})
        finally:
            heard.cancel()
            outbox.let_go()
            feed.leave(outbox, account)

    async def _hear(
        self, feed: Feed, outbox: Outbox, account: AccountRef, rules: ProgramRules, receive: Receive
    ) -> None:
        """Everything that the program says, until it hangs up. Who says more than can be taken in is heard late: while
        we wait nothing more is read of its line."""
        due = 0.0
        while True:
            message: Any = await receive()
            if message["type"] == "websocket.disconnect":
                return
            weight = 1
            try:
                said = read(message.get("text") or message.get("bytes") or b"")
                weight += len(said.tokens) // NAMES_A_MESSAGE
                feed.ask(outbox, account, said, rules.most_subscriptions)
            except Refusal as refusal:
                outbox.text(orjson.dumps({"type": "error", "data": refusal.sentence}).decode())
            now = time.monotonic()
            due = max(due, now) + weight / A_SECOND
            await asyncio.sleep(max(0.0, due - now - AT_ONCE / A_SECOND))  # others have their turn in any case


def _crowded() -> Refusal:
    return Refusal(Reason.TRY_AGAIN, "Too many sockets are opened at this moment. Try again in a second.")


async def refuse(error: Exception, send: Send) -> None:
    """Turn a socket away at the door: 403 where the program is at fault, which is what clients of the dialect know, and
    503 where it may come again."""
    if not isinstance(error, Refusal):
        _logger.error("A ticker could not be opened", exc_info=error)
    kind = kind_of(error.reason) if isinstance(error, Refusal) else None
    status = kind.status if kind is not None and kind.status == 503 else 403
    body = str(error.sentence if isinstance(error, Refusal) else "").encode()
    with contextlib.suppress(Exception):  # who waited may have hung up
        await send({"type": "websocket.http.response.start", "status": status, "headers": _HEAD})
        await send({"type": "websocket.http.response.body", "body": body})
