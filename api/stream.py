"""GET /stream, POST /stream/{stream_id} and the WebSocket /ws: one stream a browser, for all that ticks.

``topics`` are words (``quotes``, ``depth``, ``candles``, …); ``depth:NSE:INFY`` and ``candles:NSE:INFY`` ask
for one instrument, the words alone for all of the stream's.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Scope

import settings
from api import auth, readers
from api.call import Call, Endpoint
from api.fields import Fields
from api.hub import Hub
from api.listener import Listener
from api.reply import Reply
from api.serving import Server
from api.subscriber import Subscriber
from api.wishes import ACCOUNT_TOPICS, USUAL, Wish, symbol_list, symbol_words, topic_list, topic_words, wish_of
from api.writers import Events, Socket
from core.reasons import Reason, Refusal
from desk import access, events
from desk.access import AccountRef
from desk.events import Join
from desk.principal import Principal
from web.ending import ENDING, Ending
from web.origins import check_origin

T = TypeVar("T")
MOST_STREAMS = 10_000
WORKERS = 4
_LAST_ID = re.compile(r"([0-9a-f]{16})-([0-9]{1,15})", re.ASCII)


class Streams:
    """The streams of one server: opens, resumes and changes them."""

    def __init__(self, server: Server, ending: Ending = ENDING) -> None:
        self.server, self.ending = server, ending
        self.hub: Hub | None = None
        self.listener: Listener | None = None
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="stream")

    def endpoint(self) -> Endpoint:
        """What changes a stream, an endpoint like any other."""
        path = "/stream/{stream_id}"
        return Endpoint("POST", path, self.change, "Change what a stream shows", body=("symbols", "topics"), status=204)

    def routes(self) -> list[BaseRoute]:
        """The streams themselves, written as plain ASGI."""
        return [Route("/stream", Events(self), include_in_schema=False), WebSocketRoute("/ws", Socket(self))]

    def listening(self) -> tuple[Hub, Listener]:
        """The hub of the running event loop, made at the first stream."""
        if self.hub is None or self.listener is None or self.hub.loop is not asyncio.get_running_loop():
            self.hub = Hub(self.server.state.database)
            self.listener = Listener(self.hub)
            self.listener.start()
            end_with_the_process(self.hub, self.ending)
        return self.hub, self.listener

    def close(self) -> None:
        """Say goodbye to all, and stop listening. From any thread but the event loop's."""
        if self.hub is not None and self.listener is not None:
            self.hub.call(self.hub.end_all)
            self.listener.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def open(self, scope: Scope, fields: Fields, last_id: str | None) -> Subscriber:
        """A stream for who asks: the one they had, or a new one. Raises what an API request raises."""
        if not self.server.state.ready:
            raise Refusal(Reason.NOT_READY, "Kagaz is starting. Try again in a second.")
        named = fields.may("account", readers.account)
        symbols = fields.may("symbols", symbol_words) or []
        words = fields.may("topics", topic_words)
        fields.close()
        principal, account = await self._in_thread(lambda: self._who(scope, named))
        hub, listener = self.listening()  # for who may read: a stranger starts nothing
        if hub.stopping:
            raise Refusal(Reason.NOT_READY, "Kagaz is stopping. Try again in a few seconds.")
        before = _LAST_ID.fullmatch(last_id or "")
        if before is not None:
            found = hub.resume(before[1], int(before[2]), lambda each: owned(each, principal, account))
            if found is not None:
                return found
        if len(hub.streams) >= MOST_STREAMS:
            raise Refusal(Reason.TRY_AGAIN, "Too many streams are open. Try again in a minute.")
        wish, joined = await self._in_thread(
            lambda: self._join(listener, account, symbols, USUAL if words is None else words)
        )
        if hub.stopping:
            raise Refusal(Reason.NOT_READY, "Kagaz is stopping. Try again in a few seconds.")
        stream = Subscriber(principal, account, wish)
        hub.attach(stream, joined, missed=before is not None)
        return stream

    def _who(self, scope: Scope, named: str | None) -> tuple[Principal, AccountRef]:
        database = self.server.state.database
        credential = auth.credential_of(scope)
        if scope["type"] == "websocket" and credential.by_cookie:
            # A page of another site can open a WebSocket with our cookie, unlike a stream of events.
            page = {**scope, "scheme": "https" if scope["scheme"] == "wss" else "http"}
            check_origin(page, settings.load().kagaz_origins, required=True)
        principal = auth.principal_of(database, credential)
        return principal, access.account(database, principal, named)

    def _join(
        self, listener: Listener, account: AccountRef, symbols: Iterable[str], words: Iterable[str]
    ) -> tuple[Wish, Join]:
        database = self.server.state.database
        listener.prepare(account.market)
        wish = wish_of(database, symbols, words)
        joined = events.join(database, account, bool(wish.topics & ACCOUNT_TOPICS))
        if joined is None:
            raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")
        return wish, joined

    async def _in_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    def change(self, call: Call) -> Reply:
        """Another set of symbols or topics; what is not sent stays. Another's stream does not exist."""
        fields = call.body()
        symbols = fields.may("symbols", symbol_list)
        words = fields.may("topics", topic_list)
        fields.close()
        hub = self.hub
        stream = None if hub is None else hub.streams.get(call.path["stream_id"])
        if hub is None or stream is None or not owned(stream, call.principal, stream.account):
            raise Refusal(Reason.NOT_FOUND, "There is no such stream.", "stream_id")
        self.rewish(hub, stream, symbols, words)
        return Reply(204)

    def rewish(self, hub: Hub, stream: Subscriber, symbols: Iterable[str] | None, words: Iterable[str] | None) -> None:
        """Have the stream show something else from now on. Blocks."""
        before = stream.wish
        wish = wish_of(
            self.server.state.database,
            before.symbols if symbols is None else symbols,
            before.words if words is None else words,
        )
        hub.call(hub.change, stream, wish)


def end_with_the_process(hub: Hub, ending: Ending) -> None:
    """End the streams when the process is told to stop, and take none on if it was told before the first came."""

    def end() -> None:
        hub.stopping = True  # one who comes back at once would hold the server open
        hub.call(hub.end_all)

    ending.watch()
    ending.tell(end)


def owned(stream: Subscriber, principal: Principal, account: AccountRef) -> bool:
    """Whether the stream was opened by this very session or token, on that account."""
    opener = stream.principal
    return (
        opener.user_id == principal.user_id
        and opener.session_public_id == principal.session_public_id
        and opener.token_id == principal.token_id
        and stream.account.id == account.id
    )
