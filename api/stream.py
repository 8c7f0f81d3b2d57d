"""GET /stream, POST /stream/{stream_id} and the WebSocket /ws: one stream a browser, for all that ticks.

``topics`` are words (``quotes``, ``depth``, ``candles``, …); ``depth:NSE:INFY`` and ``candles:NSE:INFY`` ask
for one instrument, the words alone for all of the stream's.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Scope

import settings
from api import auth, readers
from api.call import Call, Endpoint
from api.fields import Fields
from api.hub import MOST_OF_ONE, Hub
from api.listener import Listener
from api.reply import Reply
from api.serving import Server
from api.subscriber import Subscriber
from api.wishes import ACCOUNT_TOPICS, USUAL, Wish, Wishes, Words, symbol_list, symbol_words, topic_list, topic_words
from api.writers import Events, Socket
from core.reasons import Reason, Refusal
from desk import access, events, identity
from desk.access import AccountRef
from desk.events import Join
from desk.principal import Principal
from web.batches import Batches, tried
from web.ending import ENDING, Ending
from web.origins import check_origin

MOST_STREAMS = 10_000
PATIENCE = 60.0
"""Seconds that a reader waits for its turn: a browser does, and one that is refused has to be told by its page."""
CROWDED_SECONDS = 5
CROWDED = "Too many streams are opened at this moment. Try again in a second."
_LAST_ID = re.compile(r"([0-9a-f]{16})-([0-9]{1,15})", re.ASCII)


Presented = tuple[auth.Credential, str | None]
"""What proves who asks, and the account that is named, if any."""
Guest = tuple[Principal, AccountRef]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a new stream is to show: an account, symbols and topics in words."""

    listener: Listener
    account: AccountRef
    symbols: Words
    words: Words


class Streams:
    """The streams of one server: opens, resumes and changes them."""

    def __init__(self, server: Server, ending: Ending = ENDING) -> None:
        self.server, self.ending = server, ending
        self.hub: Hub | None = None
        self.listener: Listener | None = None
        self._door: Batches[Presented, Guest] = Batches("stream-door", self._prove, CROWDED, PATIENCE)
        self._joins: Batches[Asked, tuple[Wish, Join]] = Batches("stream-joins", self._join, CROWDED, PATIENCE)
        self._changes: Batches[tuple[Words, Words], Wish] = Batches("stream-changes", self._wish, CROWDED, PATIENCE)
        self.wishes = Wishes()
        server.open_streams = lambda: 0 if self.hub is None else len(self.hub.streams)

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
            self.server.state.database.at_close(self.listener.close)  # without it there is nothing to read
            end_with_the_process(self.hub, self.ending)
        return self.hub, self.listener

    def close(self) -> None:
        """Say goodbye to all, and stop listening. From any thread but the event loop's."""
        if self.hub is not None and self.listener is not None:
            self.hub.call(self.hub.end_all)
            self.listener.close()
        for each in (self._door, self._joins, self._changes):
            each.close()

    async def open(self, scope: Scope, fields: Fields, last_id: str | None) -> Subscriber:
        """A stream for who asks: the one they had, or a new one. Raises what an API request raises."""
        if not self.server.state.ready:
            raise Refusal(Reason.NOT_READY, "Kagaz is starting. Try again in a second.")
        named = fields.may("account", readers.account)
        symbols = fields.may("symbols", symbol_words) or ()
        words = fields.may("topics", topic_words)
        fields.close()
        credential = auth.credential_of(scope)
        check_page(scope, credential)
        principal, account = await self._door.ask((credential, named))
        hub, listener = self.listening()  # for who may read: a stranger starts nothing
        if hub.stopping:
            raise Refusal(Reason.NOT_READY, "Kagaz is stopping. Try again in a few seconds.")
        before = _LAST_ID.fullmatch(last_id or "")
        if before is not None:
            found = hub.resume(before[1], int(before[2]), lambda each: owned(each, principal, account))
            if found is not None:
                return found
        _check_room(hub, principal)
        asked = Asked(listener, account, symbols, USUAL if words is None else tuple(words))
        wish, joined = await self._joins.ask(asked)
        if hub.stopping:
            raise Refusal(Reason.NOT_READY, "Kagaz is stopping. Try again in a few seconds.")
        _check_room(hub, principal)  # whoever asks for many at once was told of none of them before
        stream = Subscriber(principal, account, wish)
        hub.attach(stream, joined, missed=before is not None)
        return stream

    def _prove(self, presented: Sequence[Presented]) -> list[Guest | Exception]:
        """Who holds each of these credentials and for which account, or why not: few questions for them all."""
        database = self.server.state.database
        credentials = [credential for credential, _ in presented]
        tokens = [each.token for each in credentials if each.token]
        cookies = [each.cookie for each in credentials if each.cookie]  # who sends a token has none here
        identity.foresee(database, tokens, cookies)
        principals = [tried(partial(auth.principal_of, database, credential)) for credential in credentials]
        access.foresee(database, [each for each in principals if isinstance(each, Principal)])
        return [
            each if isinstance(each, Exception) else tried(partial(self._guest, each, named))
            for each, (_, named) in zip(principals, presented, strict=True)
        ]

    def _guest(self, principal: Principal, named: str | None) -> Guest:
        return principal, access.account(self.server.state.database, principal, named)

    def _join(self, asked: Sequence[Asked]) -> list[tuple[Wish, Join] | Exception]:
        """What each is shown and where its account stands, as one snapshot of them all."""
        database = self.server.state.database
        for listener, market in {(each.listener, each.account.market) for each in asked}:
            listener.prepare(market)
        wishes = [self.wishes.of(database, each.symbols, each.words) for each in asked]
        full = {each.account for each, wish in zip(asked, wishes, strict=True) if wish.topics & ACCOUNT_TOPICS}
        joined = events.join(database, list({each.account for each in asked}), full)
        gone = Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")
        return [
            (wish, joined[each.account.id]) if each.account.id in joined else gone
            for each, wish in zip(asked, wishes, strict=True)
        ]

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
        wish = self.wishes.of(self.server.state.database, *changed(stream.wish, symbols, words))
        hub.call(hub.change, stream, wish)
        return Reply(204)

    async def rewish(self, stream: Subscriber, symbols: Iterable[str] | None, words: Iterable[str] | None) -> None:
        """Have the stream show something else from now on. Raises TRY_AGAIN where too many ask for that."""
        wish = await self._changes.ask(changed(stream.wish, symbols, words))
        self.listening()[0].change(stream, wish)

    def _wish(self, asked: Sequence[tuple[Words, Words]]) -> list[Wish | Exception]:
        """What each is shown from now on."""
        return [self.wishes.of(self.server.state.database, *each) for each in asked]


def changed(before: Wish, symbols: Iterable[str] | None, words: Iterable[str] | None) -> tuple[Words, Words]:
    """The symbols and topics of a wish after another one; what is not said stays."""
    return before.symbols if symbols is None else tuple(symbols), before.words if words is None else tuple(words)


def check_page(scope: Scope, credential: auth.Credential) -> None:
    """A page of another site can open a WebSocket with our cookie, unlike a stream of events. Raises BAD_ORIGIN."""
    if scope["type"] == "websocket" and credential.by_cookie:
        page = {**scope, "scheme": "https" if scope["scheme"] == "wss" else "http"}
        check_origin(page, settings.load().kagaz_origins, required=True)


def _check_room(hub: Hub, principal: Principal) -> None:
    """Raises where all together, or who asks alone, have as many streams as may be."""
    if len(hub.streams) >= MOST_STREAMS:
        raise Refusal(Reason.TRY_AGAIN, "Too many streams are open. Try again in a minute.")
    if hub.crowded(principal.user_id):
        sentence = f"You have {MOST_OF_ONE} streams open, the most there may be. Close some of them first."
        raise Refusal(Reason.RATE_LIMIT, sentence, numbers={"retry_after": CROWDED_SECONDS})


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
