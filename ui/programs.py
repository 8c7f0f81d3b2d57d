"""How a program reaches this server: where the gateway listens, what a program's author writes down, and the keys that
were made for one a moment ago."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import streamlit as st

import settings
from core.hosts import is_this_machine
from desk.identity import Principal
from web import neighbour

_MADE = "kagaz program made"
# How long a page that stays open goes on showing what it made.
_KEPT = timedelta(minutes=10)
_PATIENCE = 0.3
_FRESH = 3
"""Seconds for which an answer of the gateway counts."""


@dataclass(frozen=True, slots=True)
class Door:
    """``serves`` is None where nothing answers, False while it starts. ``reach`` says whether it listens for other
    machines too; ``host`` is the name by which this page was reached."""

    port: int
    reach: bool
    serves: bool | None
    host: str
    own: str

    @property
    def root(self) -> str:
        """The address of the gateway's own port."""
        return f"http://{self.host}:{self.port}"

    @property
    def far(self) -> bool:
        """Whether this page was opened on another machine, from where the gateway's own port cannot be reached."""
        return not self.reach and not is_this_machine(self.host.strip("[]"))


def door(url: str | None) -> Door:
    """The gateway as whoever opened this page at ``url`` finds it."""
    chosen = settings.load()
    parts = urlsplit(url or f"http://127.0.0.1:{chosen.port}")
    host = parts.hostname or "127.0.0.1"
    serves = _answer(chosen.gateway_address, chosen.gateway_port) if chosen.gateway_port else None
    return Door(
        port=chosen.gateway_port,
        reach=not is_this_machine(chosen.gateway_address),
        serves=serves,
        host=f"[{host}]" if ":" in host else host,
        own=f"{parts.scheme}://{parts.netloc}",
    )


@st.cache_data(ttl=_FRESH, show_spinner=False)
def _answer(address: str, port: int) -> bool | None:
    return neighbour.answering(address, port, _PATIENCE)


def with_token(found: Door, api_key: str, access_token: str) -> str:
    """Two arguments changed, for a program that was given an access token."""
    return f'''from kiteconnect import KiteConnect, KiteTicker

kite = KiteConnect("{api_key}", access_token="{access_token}", root="{found.root}")
ticker = KiteTicker("{api_key}", "{access_token}", root="{_socket(found.root)}")'''


def with_login(found: Door, api_key: str, api_secret: str) -> str:
    """The login of each day, as at a broker."""
    return f'''from kiteconnect import KiteConnect, KiteTicker

KiteConnect._default_login_uri = "{found.root}/connect/login"
kite = KiteConnect("{api_key}", root="{found.root}")
print(kite.login_url())  # open it, let the program in; it comes back with a request_token
session = kite.generate_session(input("request_token: "), api_secret="{api_secret}")
kite.set_access_token(session["access_token"])
ticker = KiteTicker(kite.api_key, kite.access_token, root="{_socket(found.root)}")'''


def on_one_port(found: Door, api_key: str, access_token: str) -> str:
    """The same on this page's own port, for hosts that open no other."""
    return f'''from kiteconnect import KiteConnect, KiteTicker

KiteConnect._routes = {{name: "/oms" + path for name, path in KiteConnect._routes.items()}}
kite = KiteConnect("{api_key}", access_token="{access_token}", root="{found.own}")
ticker = KiteTicker("{api_key}", "{access_token}", root="{_socket(found.own)}/oms")'''


def _socket(root: str) -> str:
    return root.replace("http", "ws", 1)


def keep(who: Principal, name: str, **told: str) -> None:
    """What this user just made, to be shown to them on the page Programs of this tab and nowhere again."""
    st.session_state[_MADE] = {"owner": who.user_id, "name": name, "until": datetime.now(UTC) + _KEPT, **told}


def made(who: Principal) -> dict[str, str]:
    """What this user made a moment ago; nothing once it was taken, is old, or somebody else sits at the tab."""
    found = st.session_state.get(_MADE)
    if found and (found["owner"] != who.user_id or found["until"] < datetime.now(UTC)):
        forget()
        return {}
    return found or {}


def forget() -> None:
    """Drop what was made: it was copied, its program is gone, or its owner signs out."""
    st.session_state.pop(_MADE, None)
