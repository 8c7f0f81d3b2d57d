"""How live feeds are, for their owners and for administrators: states, counters and ages. Prices, where one is not
believed, for the owner alone."""

from datetime import UTC, datetime
from typing import Any

from core import live_range
from core.vendors import TERMS, Vendor
from db import live as rows
from db.engine import Database
from desk import market as markets
from desk import masters, vendors
from desk.market import MarketState
from desk.principal import Principal
from desk.rows import Row, ist

SENTENCES = {
    "CONNECTING": "Connecting.",
    "LIVE": "Connected; prices come in.",
    "QUIET": "Connected, and nothing was said for a while.",
    "BACKING_OFF": "The connection was lost; another is on its way.",
    "REFUSED": "The vendor refused to let us in.",
    "TOKEN_EXPIRED": "The token of the day has ended. Connect again.",
    "STOPPED": "Not connected.",
}
STARTING = "The feed is being started. Where that takes a minute, what listens does not run. Ask the operator."
SHUT = "It was not opened. Connect it again, or type in what opens it."
SILENT = "silent"
"""What the feed of a market is called whose vendors can none of them be opened."""
SILENT_MS = 10_000
"""A market's process says each second that it lives; after so long it does not."""
_COUNTS = (
    "messages", "ticks", "garbage", "reconnects", "lag_p50", "lag_p99", "shown_lag_p50", "shown_lag_p99", "wanted",
    "confirmed", "reduced", "refused", "stale",
)  # fmt: skip


def listed(database: Database, principal: Principal) -> list[Row]:
    """The live markets whose feeds the principal may see: one's own; all of them for who administers."""
    with database.autocommit() as connection:
        found = rows.all_live(connection) if principal.is_admin else []
        own = None if principal.is_admin else rows.of_owner(connection, principal.user_id)
    return [_row(database, each, principal) for each in (found if own is None else [own])]


def connections(database: Database, principal: Principal) -> list[Row]:
    """The vendors of the principal with the state of their credentials; see ``desk.vendors.listed``."""
    return vendors.listed(database, principal.user_id)


def _row(database: Database, live: rows.LiveRow, reader: Principal) -> Row:
    state = markets.state(database, live.id)
    with database.autocommit() as connection:
        gaps = rows.gap_counts(connection, live.id)
        beat = rows.beat_age_ms(connection, live.id)
    told = state.feed_state
    # What a process that is gone said last is not how the feed is.
    said = told if beat is not None and beat <= SILENT_MS else {}
    lines = [_line(vendor, said, running=state.running) for vendor in _vendors(state)]
    shown = next((each for each in lines if each["shown"]), lines[0])
    return {
        "market": live.id,
        "owner": live.owner,
        "running": state.running,
        "feed": state.feed,
        "backup": state.backup,
        "state": shown["state"],
        "sentence": shown["sentence"],
        "age_ms": state.frame_age_ms,
        "frame": state.frame,
        "trading_date": state.trading_date.isoformat(),
        "phase": state.phase,
        "failovers": int(told.get("failovers", 0)),
        "passed": int(told.get("passed", 0)),
        "doubted": _doubted(database, told) if state.owner_id == reader.user_id else [],
        "dropped": {str(name): int(count) for name, count in (told.get("dropped") or {}).items()},
        "outages": gaps,
        "recording": _recording(state, said),
        "lines": lines,
    }


def _recording(state: MarketState, said: dict[str, Any]) -> Row | None:
    """What is recorded of the market at present; None where nothing is."""
    if not state.recording:
        return None
    counted = said.get("recording") or {}
    return {
        "frames": int(counted.get("frames", 0)),
        "lost": int(counted.get("lost", 0)),
        "megabytes": float(counted.get("megabytes", 0)),
        "trouble": str(counted.get("trouble", "")),
    }


def _doubted(database: Database, told: dict[str, Any]) -> list[str]:
    """A sentence for each instrument that nothing is traded in, because its vendor says a price that cannot be."""
    by_id = masters.get(database).by_id
    return [
        live_range.sentence(by_id[each["instrument"]].key, each["price"], each["lower"], each["upper"])
        for each in told.get("doubted") or ()
        if each["instrument"] in by_id
    ]


def _vendors(state: MarketState) -> list[Vendor]:
    return [Vendor(each) for each in (state.feed, state.backup) if each is not None]


def _line(vendor: Vendor, told: dict[str, Any], *, running: bool) -> Row:
    """What the market's feed last said of one vendor's line."""
    both = (told, told.get("other") or {})
    said: dict[str, Any] = next((each for each in both if each.get("feed") == vendor), {})
    state, sentence = _standing(said, told) if running else ("STOPPED", "Switched off.")
    return {
        "vendor": str(vendor),
        "title": TERMS[vendor].title,
        "shown": running and told.get("feed") == vendor,
        "state": state,
        "sentence": sentence,
        "since": _moment(said.get("since")),
        "last_message_at": _moment(said.get("last_message_at")),
        "last_error": str(said.get("last_error", "")),
        "token_expires_at": _moment(said.get("token_expires_at")),
        **{name: int(said.get(name) or 0) for name in _COUNTS},
    }


def _standing(said: dict[str, Any], told: dict[str, Any]) -> tuple[str, str]:
    """The state of a vendor's line and a sentence for people, by what it said itself, else what the feed did."""
    if said:
        state = str(said.get("state", "STOPPED"))
        return state, str(said.get("reason") or SENTENCES.get(state, ""))
    if not told:
        return "CONNECTING", STARTING
    return "STOPPED", str(told.get("reason") or SENTENCES["STOPPED"]) if told.get("feed") == SILENT else SHUT


def _moment(milliseconds: Any) -> str | None:
    return ist(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else None
