"""Where a secret may be sent: over TLS, or without it to this machine alone, where a stand-in may listen."""

from urllib.parse import urlsplit

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine by the names that everybody gives it; other loopback addresses may be others'."""
    return host in _THIS_MACHINE


def may_be_told_secrets(address: str) -> bool:
    """Whether an address is https to somewhere, or plain http to this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host)))
