"""Whether the page that a write comes from may send it."""

from urllib.parse import urlsplit

from starlette.types import Scope

from core.reasons import Reason, Refusal
from web.security import scheme

_PORTS = {"http": 80, "https": 443}


def check_origin(scope: Scope, allowed: tuple[str, ...], *, required: bool) -> None:
    """Refuse a write from a page of another site; where ``required`` also one that names no page."""
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if not origins and not required:
        return
    own = own_origin(scope)
    if len(origins) == 1 and own is not None:
        sent = normal_origin(origins[0])
        if sent is not None and sent in {own, *(normal_origin(each) for each in allowed)}:
            return
    sentence = "This page may not do that here: its Origin is another. Use Kagaz's own page, or a token."
    raise Refusal(Reason.BAD_ORIGIN, sentence)


def own_origin(scope: Scope) -> str | None:
    """Scheme, host and port by which the browser reached us."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return normal_origin(f"{scheme(scope)}://{hosts[0]}") if len(hosts) == 1 else None


def normal_origin(text: str) -> str | None:
    """An origin as scheme://host:port in small letters; None for what is none, such as ``null``."""
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in _PORTS or not parts.hostname or not plain:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"
