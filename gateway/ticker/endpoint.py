"""The WebSocket itself: who may open one, what it hears, and how it ends."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

import log
from core.program_rules import ProgramRules, rules_at
from core.reasons import Reason, Refusal
from desk import access, identity
from desk.access import AccountRef
from desk.events import Join
from desk.principal import Principal
from gateway import who
from gateway.form import form_of, pairs_of
from gateway.serving import Server
from gateway.ticker.feed import Feed
from gateway.ticker.outbox import Outbox
from gateway.ticker.wishes import read
from web.ending import ENDING, Ending
from web.starting import must_be_ready

_logger = log.get(__name__)


class Ticker:
    """The sockets of one server, as an ASGI application."""

    def __init__(self, server: Server, ending: Ending = ENDING) -> None:
        self.server, self.ending = server, ending
        self.feed: Feed | None = None
        self._open: Counter[str] = Counter()

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
            api_key = form.may("api_key", str) or ""
            principal, account, secret = await self.server.threads.run(
                lambda: self._who(api_key, form.may("access_token", str) or "")
            )
            feed = self._feed()
            joined = await self.server.threads.run(lambda: feed.prepare(account))
            if joined is None or self._open[api_key] >= rules.most_sockets:
                raise Refusal(Reason.RATE_LIMIT, f"A program opens at most {rules.most_sockets} sockets.")
        except Exception as error:
            if not isinstance(error, Refusal):
                _logger.exception("A ticker could not be opened")
            await send({"type": "websocket.close", "code": 4403})
            return
        self._open[api_key] += 1
        try:
            await send({"type": "websocket.accept"})
            await self._serve(feed, principal, account, joined, secret, rules, receive, send)
        finally:
            self._open[api_key] -= 1
            if not self._open[api_key]:
                del self._open[api_key]

    def _feed(self) -> Feed:
        """The feed of the running event loop, made at the first socket."""
        if self.feed is None or self.feed.loop is not asyncio.get_running_loop():
            self.feed = Feed(self.server.state.database)
            self.ending.tell(self.feed.end)
        return self.feed

    def _who(self, api_key: str, access_token: str) -> tuple[Principal, AccountRef, str]:
        database = self.server.state.database
        principal = who.by_keys(database, api_key, access_token)
        app = identity.app_of(database, api_key)
        return principal, access.account(database, principal), identity.secret_of(api_key, app.salt)

    async def _serve(
        self, feed: Feed, principal: Principal, account: AccountRef, joined: Join, secret: str, rules: ProgramRules,
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
        """Everything that the program says, until it hangs up."""
        while True:
            message: Any = await receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                said = read(message.get("text") or message.get("bytes") or b"")
                feed.ask(outbox, account, said, rules.most_subscriptions)
            except Refusal as refusal:
                outbox.text(orjson.dumps({"type": "error", "data": refusal.sentence}).decode())
