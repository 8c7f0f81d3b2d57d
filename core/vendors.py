"""The vendors whose live prices a user may bring, and what each asks of who comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode


class Vendor(StrEnum):
    """Who sells live prices."""

    UPSTOX = "upstox"
    TRUEDATA = "truedata"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner of an account with a vendor types in once: ``fields`` by name with the words of their label,
    ``secret`` those that are never shown again, ``may`` those that may be left empty. ``daily``: it lets nobody in
    without a login each day."""

    title: str
    fields: Mapping[str, str]
    secret: frozenset[str]
    daily: bool
    may: frozenset[str] = frozenset()


TERMS = {
    Vendor.UPSTOX: Terms(
        "Upstox",
        {"api_key": "API key", "api_secret": "API secret", "redirect_url": "Redirect URL"},
        frozenset({"api_secret"}),
        daily=True,
    ),
    Vendor.TRUEDATA: Terms(
        "TrueData",
        {"user": "User", "password": "Password", "port": "Port, if you were given one", "host": "Host, if given"},
        frozenset({"password"}),
        daily=False,
        may=frozenset({"port", "host"}),
    ),
}  # fmt: skip


def dialog(base: str, api_key: str, redirect_url: str, state: str) -> str:
    """Where a browser goes to let us in; it comes back to ``redirect_url`` with a code and the same ``state``."""
    asked = {"response_type": "code", "client_id": api_key, "redirect_uri": redirect_url, "state": state}
    return f"{base}/v2/login/authorization/dialog?{urlencode(asked)}"
