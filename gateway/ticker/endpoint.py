"""The WebSocket itself: who may open one, what it hears, and how it ends."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

import log
from core.program_rules import ProgramRules, rules_at
from core.reasons import Reason, Refusal
from desk import access, availability, identity
from desk.access import AccountRef
from desk.events import Seen
from desk.principal import Principal
from gateway import who
from gateway.errors import kind_of
from gateway.form import form_of, pairs_of
from gateway.serving import Server
from gateway.ticker.feed import Feed
from gateway.ticker.outbox import Outbox
from gateway.wire import writer_of
from web.batches import Batches, tried
from web.ending import ENDING, Ending
from web.starting import must_be_ready

_logger = log.get(__name__)
CROWDED = "Too many sockets are opened at this moment. Try again in a second."
A_SECOND, AT_ONCE = 1_000, 2_000
"""Messages of one socket that are taken in, a second in the long run and at once."""
NAMES_A_MESSAGE = 50
"""Instruments; a message that names more counts for several."""
_HEAD = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]


@dataclass(frozen=True, slots=True)
class Guest:
    """Who was let in: for which account, what proves us to them, and how far the account is."""

    principal: Principal
    account: AccountRef
    secret: str
    joined: Seen


class Ticker:
    """The sockets of one server, as an ASGI application."""

    def __init__(self, server: Server, ending: Ending = ENDING) -> None:
        self.server, self.ending = server, ending
        self.feed: Feed | None = None
        self._open: Counter[str] = Counter()
        self._door: Batches[tuple[str, str], Guest] | None = None

    def close(self) -> None:
        """Let every socket go. From any thread."""
        if self._door is not None:
            self._door.close()
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
            feed, door = self._feed()
            guest = await door.ask((api_key, access_token))
            if self._open[api_key] >= rules.most_sockets:
                raise Refusal(Reason.RATE_LIMIT, f"A program opens at most {rules.most_sockets} sockets.")
        except Exception as error:  # noqa: BLE001 - whatever it is, the socket is not opened
            await refuse(error, send)
            return
        self._open[api_key] += 1
        try:
            await send({"type": "websocket.accept"})
            await self._serve(feed, guest, rules, scope, receive, send)
        finally:
            self._open[api_key] -= 1
            if not self._open[api_key]:
                del self._open[api_key]

    def _feed(self) -> tuple[Feed, Batches[tuple[str, str], Guest]]:
        """The feed of the running event loop, made at the first socket, and the door to it."""
        if self.feed is None or self._door is None or self.feed.loop is not asyncio.get_running_loop():
            feed = self.feed = Feed(self.server.state.database)
            self.ending.tell(feed.end)
            self._door = Batches("ticker-door", lambda keys: self._let_in(feed, keys), CROWDED)
        return self.feed, self._door

    def _let_in(self, feed: Feed, keys: Sequence[tuple[str, str]]) -> list[Guest | Exception]:
        """Who came with each of these keys, or why they are not let in: few questions to the database for them all."""
        database = self.server.state.database
        given = list(dict.fromkeys(keys))
        identity.foresee_apps(database, given)
        principals = {key: tried(partial(who.by_keys, database, *key)) for key in given}
        access.foresee(database, [each for each in principals.values() if isinstance(each, Principal)])
        known = {key: tried(partial(self._known, key, each)) for key, each in principals.items()}
        joined = feed.prepare([each[1] for each in known.values() if isinstance(each, tuple)])
        guests: dict[tuple[str, str], Guest | Exception] = {}
        for key, each in known.items():
            if isinstance(each, tuple):
                seen = joined.get(each[1].id)
                guests[key] = (
                    Guest(*each, seen) if seen else Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.")
                )
            else:
                guests[key] = each
        return [guests[key] for key in keys]

    def _known(self, key: tuple[str, str], principal: Principal | Exception) -> tuple[Principal, AccountRef, str]:
        """Who asks, for which account, and what proves us to them."""
        if isinstance(principal, Exception):
            raise principal
        database = self.server.state.database
        return principal, access.account(database, principal), identity.secret_by_key(database, key[0])

    async def _serve(
        self, feed: Feed, guest: Guest, rules: ProgramRules, scope: Scope, receive: Receive, send: Send
    ) -> None:
        principal, account = guest.principal, guest.account
        assert principal.token_id is not None  # programs come by token alone
        outbox = Outbox(send, principal.token_id, account.id, principal.user_id, writer_of(scope))
        outbox.secret = guest.secret
        feed.enter(outbox, account, principal.name, guest.joined)
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
                said = feed.wishes.read(message.get("text") or message.get("bytes") or b"")
                weight += len(said.tokens) // NAMES_A_MESSAGE
                feed.ask(outbox, account, said, rules.most_subscriptions)
            except Refusal as refusal:
                outbox.text(orjson.dumps({"type": "error", "data": refusal.sentence}).decode())
            now = time.monotonic()
            due = max(due, now) + weight / A_SECOND
            await asyncio.sleep(max(0.0, due - now - AT_ONCE / A_SECOND))  # others have their turn in any case


async def refuse(error: Exception, send: Send) -> None:
    """Turn a socket away at the door: 403 where the program is at fault, which is what clients of the dialect know, and
    503 where it may come again."""
    away = None if isinstance(error, Refusal) else availability.refusal_for(error)
    if away is not None:
        error = Refusal(Reason.TRY_AGAIN, "The database does not answer. Try again in a few seconds.")
    if not isinstance(error, Refusal):
        _logger.error("A ticker could not be opened", exc_info=error)
    kind = kind_of(error.reason) if isinstance(error, Refusal) else None
    status = kind.status if kind is not None and kind.status == 503 else 403
    body = str(error.sentence if isinstance(error, Refusal) else "").encode()
    with contextlib.suppress(Exception):  # who waited may have hung up
        await send({"type": "websocket.http.response.start", "status": status, "headers": _HEAD})
        await send({"type": "websocket.http.response.body", "body": body})
