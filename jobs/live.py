"""The feed of a live market: its owner's credentials, opened, become one line or two."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import log
import settings
from core.vendors import TERMS, Vendor
from desk import vendor_masters, vendors
from desk.market import Database, MarketState
from desk.sealing import LostKeyError
from desk.vendors import Credential
from feeds.live.feed import LiveFeed
from feeds.live.line import Line, LineState
from feeds.live.process import LineProcess
from feeds.live.twin import TwinFeed
from feeds.live.vendors import vendor as line_to
from feeds.protocol import Feed
from feeds.silent import Silent
from feeds.universe import Universe
from jobs import live_day

Keys = Mapping[Vendor, Mapping[int, str]]


def line_of(credential: Credential) -> Line:
    """A line, not started, for a credential that may be opened."""
    ends = credential.token_expires_at
    # What a line does not need to connect does not travel to its process.
    given = {name: text for name, text in credential.fields.items() if not TERMS[credential.vendor].daily}
    if credential.token is not None:
        given["access_token"] = credential.token
    stream = settings.load().kagaz_upstox_stream
    if credential.vendor is Vendor.UPSTOX and stream is not None:
        given["stream"] = stream
    return LineProcess(credential.vendor, given, 0 if ends is None else int(ends.timestamp() * 1000))


def chosen(state: MarketState) -> list[Vendor]:
    """The vendors of a live market, the owner's first choice first."""
    return [Vendor(each) for each in (state.feed, state.backup) if each is not None]


def open_feed(
    database: Database,
    state: MarketState,
    resume: dict[str, Any],
    make: Callable[[Credential], Line] | None = None,
) -> tuple[Universe, Feed]:
    """The universe of a live market's date and its feed, whose lines have begun to connect.

    Without a vendor that may be opened the feed is silent and says what its owner must do.
    """
    keys = {each: keys_of(database, each, state.trading_date) for each in chosen(state)}
    universe = live_day.load(database, state, {number for each in keys.values() for number in each})
    open_ones, why = opened(database, state)
    if not open_ones:
        return universe, Silent(resume, why)
    feeds = []
    for credential in open_ones:
        line = (make or line_of)(credential)
        feeds.append(LiveFeed(universe, line, keys[credential.vendor], resume))
        line.start()
    return universe, feeds[0] if len(feeds) == 1 else TwinFeed(feeds[0], feeds[1])


def keys_of(database: Database, vendor: Vendor, on: date) -> Mapping[int, str]:
    """What a vendor calls instruments on a date."""
    return vendor_masters.keys_of(database, vendor, None, on)


def close(feed: Feed | None) -> None:
    """Let a feed's lines go, if it has any."""
    if isinstance(feed, LiveFeed | TwinFeed):
        feed.close()


def opened(database: Database, state: MarketState) -> tuple[list[Credential], str]:
    """The credentials that may be opened, in the owner's order; a sentence for the owner where there is none."""
    assert state.owner_id is not None
    found, sentences = [], []
    for vendor in chosen(state):
        try:
            credential = vendors.of(database, state.owner_id, vendor)
        except LostKeyError as lost:
            sentences.append(f"{TERMS[vendor].title}: {lost}")
            continue
        if credential is None:
            sentences.append(f"Type in what opens {TERMS[vendor].title} on the page Feeds.")
        elif TERMS[vendor].daily and credential.token is None:
            sentences.append(f"Connect {TERMS[vendor].title} again on the page Feeds: its token has ended.")
        else:
            found.append(credential)
    return found, " ".join(sentences)


class Doorkeeper:
    """Tells the owner, once, when a vendor lets a line in no longer."""

    def __init__(self, database: Database, state: MarketState) -> None:
        self._database, self._owner, self._vendors = database, state.owner_id, chosen(state)
        self._version = state.feed_version
        self._told: set[str] = set()

    def look(self, feed: Mapping[str, Any]) -> None:
        """``feed`` is what the feed says of itself; with two lines of both."""
        for each in (feed, feed.get("other") or {}):
            name, state = each.get("feed"), each.get("state")
            if self._owner is None or name not in set(self._vendors) or name in self._told:
                continue
            if state in (LineState.REFUSED, LineState.TOKEN_EXPIRED):
                self._told.add(str(name))
                log.get(__name__).warning("A vendor lets us in no longer", extra={"feed": name, "state": str(state)})
                if state == LineState.REFUSED and line_to(str(name)).missing():
                    continue  # nobody was asked: what is wrong is this installation, as the feed itself says
                sentence = str(each.get("reason") or each.get("last_error") or "The vendor refused.")
                ended = state == LineState.TOKEN_EXPIRED or TERMS[Vendor(name)].daily
                vendors.refused(
                    self._database, self._owner, Vendor(name), sentence, drop_token=ended, version=self._version
                )


def is_live(feed: Mapping[str, Any]) -> bool:
    """Whether the feed, by what it says of itself, shows the market of this moment."""
    return feed.get("state") == LineState.LIVE
