"""Questions to Upstox that are no stream: one at a time, with a time limit, certificates verified, no secret told."""

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from core.hosts import may_be_told_secrets
from feeds.live.refusal import VendorRefusal

HOST = "https://api.upstox.com"
SECONDS = 15.0
LONGEST = 32 * 1024 * 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A question goes where it was sent: a redirect would take the token along."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def ask(
    path: str,
    query: Mapping[str, str] | None = None,
    *,
    form: Mapping[str, str] | None = None,
    token: str = "",
    host: str = HOST,
) -> dict[str, Any]:
    """The object that the vendor answers a GET with, or a POST where there is a ``form``. Raises VendorRefusal."""
    if not may_be_told_secrets(host):
        raise ValueError(f"{host} is no address to send a token to: it must begin with https://.")
    address = f"{host}{path}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(address, data, headers)  # noqa: S310 - the scheme was looked at above
    verifying = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(_NoRedirects, verifying)
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            body = answer.read(LONGEST)
    except urllib.error.HTTPError as error:
        with error:
            raise VendorRefusal(error.code, _reason(error.code, error.read(LONGEST))) from None
    except (OSError, http.client.HTTPException) as error:
        raise VendorRefusal(0, f"Upstox could not be reached ({type(error).__name__}).") from None
    said = _object(body)
    if said is None:
        raise VendorRefusal(200, "Upstox answered something that is no JSON object.")
    return said


def _reason(status: int, body: bytes) -> str:
    """The vendor's own words on a refusal, with its number of it."""
    said = _object(body) or {}
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    words = " ".join(str(first.get("message") or "").split())[:200]
    number = str(first.get("errorCode") or first.get("error_code") or "")[:40]
    return f"{words or 'no reason given'} (HTTP {status}{', ' + number if number else ''})"


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None
