"""Which pages may open Streamlit's socket, and that nobody outside is asked who we are."""

import pytest
import requests
from streamlit import config, net_util
from streamlit.web.server.starlette import starlette_websocket

import settings
from ui import own_origins


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the process has it, for one test."""
    monkeypatch.setattr(starlette_websocket, "is_url_from_allowed_origins", own_origins.allowed)
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    assert own_origins.install()
    monkeypatch.setenv("KAGAZ_ORIGINS", "https://team.example")
    settings.load.cache_clear()


@pytest.mark.parametrize(
    ("origin", "host", "let_in"),
    [
        ("http://desk.test:8501", "desk.test:8501", True),
        (None, "desk.test:8501", True),
        ("https://team.example", "inner:8501", True),
        ("https://team.example:8443", "inner:8501", False),
        ("http://team.example", "inner:8501", False),
        ("http://localhost:3000", "localhost:8501", False),
        ("http://127.0.0.1:3000", "127.0.0.1:8501", False),
        ("http://evil.test", "desk.test:8501", False),
        ("http://desk.test:8501.evil.test", "desk.test:8501", False),
        ("null", "desk.test:8501", False),
        ("", "desk.test:8501", False),
        ("http://[", "desk.test:8501", False),
    ],
)
def test_which_pages_are_ours(monkeypatch, origin, host, let_in):
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("somebody outside was asked for our address")

    monkeypatch.setattr(requests, "get", asked)
    try:
        found = starlette_websocket._is_origin_allowed(origin, host)
    except ValueError:  # Streamlit's own look at what is no address: the handshake ends
        found = False
    assert found is let_in
    assert net_util.get_external_ip() is None


@pytest.mark.parametrize(("option", "value"), [("corsAllowedOrigins", ["http://other.test"]), ("enableCORS", False)])
def test_what_streamlits_own_settings_say_counts(option, value):
    before = config.get_option(f"server.{option}")
    config.set_option(f"server.{option}", value)
    try:
        assert own_origins.allowed("http://other.test")
    finally:
        config.set_option(f"server.{option}", before)
    assert not own_origins.allowed("http://other.test")
