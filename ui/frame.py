"""What stands round every page: the strip above, the market watch at the left, the ticket over both."""

from typing import Any

import streamlit as st

from ui import components, fallback
from ui.seat import Seat, choose, note_link

INDICES = (
    ("NSE:NIFTY 50", "NIFTY"),
    ("NSE:NIFTY BANK", "BANKNIFTY"),
    ("BSE:SENSEX", "SENSEX"),
    ("NSE:INDIA VIX", "VIX"),
)

# Streamlit's own furniture, made as dense as ours. The names are its public test ids and our own keys.
STYLE = """
<style>
header[data-testid="stHeader"] { height: 2.6rem; min-height: 2.6rem; }
[data-testid="stMainBlockContainer"] { padding: 3rem 1rem 2rem; max-width: none; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.6rem; }
[data-testid="stSidebarContent"] { padding: 0 0.5rem; }
[data-testid="stSidebarHeader"] { height: 2rem; min-height: 2rem; margin-bottom: 0; }
[data-testid="stSidebarUserContent"] { padding: 0 0 1rem; }
[data-testid="stMarkdownContainer"] table { width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
[data-testid="stMarkdownContainer"] :is(th, td) { padding: 0.25rem 0.4rem; border-width: 0 0 1px; }
[data-testid="stMetricValue"], [data-testid="stDataFrame"] { font-variant-numeric: tabular-nums; }
/* What is chosen is marked by its ground; words in the accent are too faint on it in the dark. */
[data-testid="stButtonGroup"] button[data-selected][data-variant]:not([data-disabled]) { color: inherit; }
[data-testid="stButtonGroup"] button[data-selected] p { color: inherit; }
/* Small print that can be read: fainter it falls below a contrast of 4.5 to 1. */
[data-testid="stCaptionContainer"] { opacity: 0.78; }
/* Under a finger a grid's tools stand there always, over the tabs and the buttons above it. */
@media (hover: none) { [data-testid="stElementToolbar"] { display: none; } }
/* Sums under headings that stand where their figures do: the number in the key says how many columns are words. */
[class*="st-key-figures-"] :is(th, td) { font-variant-numeric: tabular-nums; }
[class*="st-key-figures-"] :is(th, td):not(:first-child), [class*="st-key-figures-"] :is(th, td):not(:first-child) * {
  white-space: nowrap;
}
[class*="st-key-figures-1-"] :is(th, td):nth-child(n+2),
[class*="st-key-figures-2-"] :is(th, td):nth-child(n+3),
[class*="st-key-figures-4-"] :is(th, td):nth-child(n+5) { text-align: right !important; }
:is(.st-key-figures-1-note, .st-key-figures-1-sums, .st-key-figures-1-kinds) tr:last-child td { font-weight: 600; }
[class*="st-key-figures-"] [data-testid="stTable"] { overflow-x: auto; }
/* A closed drawer is no place for the focus, and neither is a link beside each heading. */
[data-testid="stSidebar"][data-collapsed="true"] { visibility: hidden; }
[data-testid="stHeaderActionElements"] { display: none; }
/* What gets the focus comes out from under the header, and on a phone from under its foot. */
[data-testid="stMain"] { scroll-padding: 3rem 0 1rem; }
[data-testid="stMain"]:focus-visible { outline: 2px solid currentcolor; outline-offset: -2px; }
.st-key-gate { max-width: 380px; margin: 9vh auto 0; }
[data-testid="stLayoutWrapper"]:has(> .st-key-ticket-place) { position: absolute; height: 0; width: 0; }
@media (min-width: 768px) {
  .st-key-phone-watch, [data-testid="stLayoutWrapper"]:has(> .st-key-phone-watch) { display: none; }
}
@media (max-width: 767px) {
  [data-testid="stMainBlockContainer"] { padding: 3rem 0.6rem 5rem; overflow-x: clip; }
  [data-testid="stMain"] { scroll-padding-bottom: 4rem; }
}
</style>
"""


def _shared(seat: Seat) -> dict[str, Any]:
    return {"seat": seat.for_browser(), "write": seat.writes}


def style() -> None:
    """Our few rules for Streamlit's furniture; on every page, the sign-in page too."""
    st.html(STYLE)


def above(seat: Seat, pages: dict[str, Any], chosen: Any = None) -> str | None:
    """Draws the frame round the ``chosen`` page; returns "leave" when the user asked to sign out."""
    style()
    strip = components.show(
        "strip",
        "strip",
        {
            **_shared(seat),
            "indices": [list(each) for each in INDICES],
            "accounts": [each.key for each in seat.accounts],
            "market": seat.market,
            "user": {"name": seat.who.name, "role": seat.who.role},
            # For the bar at the foot of a phone: the browser knows how wide it is, Python does not.
            "pages": [[name, page.title] for name, page in pages.items()],
            "page": next((name for name, page in pages.items() if page is chosen), None),
        },
        "book",
        "go",
        "leave",
        "ended",
    )
    note_link(strip.link)
    if strip.book and strip.book != (seat.account.key if seat.account else None):
        choose(strip.book)
        st.rerun()
    if strip.go in pages:
        st.switch_page(pages[strip.go])
    if not seat.live:
        fallback.pill(seat)
        return "leave" if strip.leave else None
    with st.sidebar:
        picked = watch(seat, "rail")
    with st.container(key="ticket-place"):
        wanted = components.show("ticket", "ticket", _shared(seat), "go").go
        wanted = components.show("gtt", "gtt", _shared(seat), "go").go or wanted
        wanted = components.show("toasts", "toasts", _shared(seat), "go").go or wanted
    if wanted in pages:
        st.switch_page(pages[wanted])
    if picked:
        st.switch_page(pages["instrument"], query_params={"symbol": picked})
    return "leave" if strip.leave else None


def watch(seat: Seat, key: str) -> str | None:
    """The market watch; returns the symbol whose page the user asked for. Lists and columns are the user's own: they
    may be changed whatever book is shown."""
    opened: str | None = components.show("watch", key, {**_shared(seat), "keeps": seat.who.may_write}, "open").open
    return opened
