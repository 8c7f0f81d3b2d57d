"""Live feeds as pages show them: a line for each vendor with its state in colour and words, and what may be done."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.money import group
from desk import feed_status, live
from desk.live import LiveRow
from ui import words
from ui.outcome import act
from ui.seat import Seat
from ui.tables import table

COLOURS = {
    "LIVE": "green", "READY": "green", "QUIET": "orange", "CONNECTING": "orange", "BACKING_OFF": "orange",
    "CONNECT": "orange", "REFUSED": "red", "TOKEN_EXPIRED": "red", "STOPPED": "gray", "NONE": "gray",
}  # fmt: skip
WORDS = {
    "LIVE": "Live", "READY": "Ready", "QUIET": "Quiet", "CONNECTING": "Connecting", "BACKING_OFF": "Trying again",
    "CONNECT": "Connect again", "REFUSED": "Refused", "TOKEN_EXPIRED": "Token ended", "STOPPED": "Off",
    "NONE": "Not set up",
}  # fmt: skip
COLUMNS = {
    "vendor": "Feed", "state": "State", "heard": "Last message", "messages": "Messages",
    "lag": "Lag p50 / p99", "subscriptions": "Wanted / confirmed", "over": "Over the limit", "stale": "Stale",
    "garbage": "Unreadable", "reconnects": "Reconnects", "token": "Token until (IST)", "error": "Last error",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What a page was drawn from: one's vendors, and one's own live market if there is one."""

    vendors: list[dict[str, Any]]
    market: LiveRow | None

    @property
    def waits(self) -> bool:
        """Whether a login is on its way."""
        return any(row["state"] == "CONNECTING" for row in self.vendors)


def told(seat: Seat) -> Told:
    """As it is now."""
    return Told(feed_status.connections(seat.database, seat.who), live.of_owner(seat.database, seat.who.user_id))


def badge(state: str) -> str:
    """A state in its colour."""
    return f":{COLOURS.get(state, 'gray')}-badge[{WORDS.get(state, state)}]"


def overview(seat: Seat) -> None:
    """Every live feed that this person may start and stop, with its counters."""
    rows = feed_status.listed(seat.database, seat.who)
    if not rows:
        st.caption("Nobody has brought a vendor's account yet. Each owner does so on their own page Feeds.")
    for row in rows:
        market(seat, row)


def market(seat: Seat, row: dict[str, Any]) -> None:
    """One live market: its state, its lines, and the buttons."""
    with st.container(border=True, key=f"feed-{row['market'].replace('/', '-')}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### {row['market']} {badge(row['state'])}", width="stretch")
            buttons(seat, row)
        st.caption(_line(row))
        for each in row["lines"]:
            st.caption(f"{each['title']}: {words.plain(each['sentence'])}")
        table([_row(each, alone=len(row["lines"]) == 1) for each in row["lines"]], COLUMNS, "No feed.")
        dropped = ", ".join(
            f"{name.replace('_', ' ')} {group(count)}" for name, count in sorted(row["dropped"].items())
        )
        if dropped:
            st.caption(f"Dropped ticks: {dropped}.")
        for sentence in row["doubted"]:
            st.warning(words.plain(sentence), icon=":material/price_check:")
        recording(row)
        gaps = row["outages"]
        if gaps["outages"]:
            told = f"Outages of the last week: {gaps['outages']}, filled in: {gaps['filled']}"
            st.caption(f"{told} ({group(gaps['candles'])} candles). {words.plain(gaps['failed'] or '')}".strip())


def recording(row: dict[str, Any]) -> None:
    """What is recorded of the market, so that its day can be played again."""
    told = row["recording"]
    if told is None:
        return
    lost = f", {group(told['lost'])} lost" if told["lost"] else ""
    st.caption(f":red[●] Recording: {group(told['frames'])} frames, {told['megabytes']:.1f} MB{lost}.")
    if told["trouble"]:
        st.warning(words.plain(told["trouble"]), icon=":material/error:")


def buttons(seat: Seat, row: dict[str, Any]) -> None:
    """Record or not, start, stop, connect anew."""
    name = row["market"]
    on = row["recording"] is None
    label, icon = ("Record", ":material/fiber_manual_record:") if on else ("End recording", ":material/stop:")
    if st.button(
        label, icon=icon, key=f"record {name}", help="Its frames go to files; a recorded day can be played again."
    ):
        act(lambda: live.record(seat.database, seat.who, name, on=on))
    if row["running"]:
        if st.button("Reconnect", icon=":material/sync:", key=f"anew {name}"):
            act(lambda: live.reconnect(seat.database, seat.who, name))
        if st.button("Stop", icon=":material/stop_circle:", key=f"stop {name}"):
            act(lambda: live.switch(seat.database, seat.who, name, on=False))
    elif st.button("Start", icon=":material/play_circle:", key=f"start {name}", type="primary"):
        act(lambda: live.switch(seat.database, seat.who, name, on=True))


def _line(row: dict[str, Any]) -> str:
    parts = [
        f"Last frame {words.age(row['age_ms'])} ago" if row["age_ms"] is not None else "No frame yet",
        f"trading date {row['trading_date']}",
        f"phase {row['phase'].lower()}",
        f"{group(row['passed'])} ticks shown",
    ]
    if row["backup"] is not None:
        parts.append(f"changed to the other feed {row['failovers']} times")
    return " · ".join(parts)


def _row(line: dict[str, Any], *, alone: bool) -> dict[str, Any]:
    shown = " (shown)" if line["shown"] and not alone and line["state"] != "STOPPED" else ""
    over = f"{line['reduced']} price only, {line['refused']} none" if line["reduced"] or line["refused"] else "0"
    return {
        "vendor": f"{line['title']}{shown}",
        "state": WORDS.get(line["state"], line["state"]),
        "heard": words.moment(line["last_message_at"]),
        "messages": group(line["messages"]),
        "lag": f"{line['lag_p50']} / {line['lag_p99']} ms",
        "subscriptions": f"{group(line['wanted'])} / {group(line['confirmed'])}",
        "over": over,
        "stale": group(line["stale"]),
        "garbage": group(line["garbage"]),
        "reconnects": group(line["reconnects"]),
        "token": words.moment(line["token_expires_at"]),
        "error": line["last_error"] or None,
    }
