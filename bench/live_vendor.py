"""TrueData without TLS, for a line's process that listens to the bench's vendor on this machine."""

from collections.abc import Mapping
from dataclasses import replace

from feeds.live.link import Ear
from feeds.live.truedata import VENDOR as REAL
from feeds.live.truedata import TrueDataLink
from feeds.live.websocket import Address


def link(credentials: Mapping[str, str], ear: Ear) -> TrueDataLink:
    """One attempt at the bench's vendor."""
    return TrueDataLink(credentials, ear, Address("127.0.0.1", int(credentials["port"]), tls=None))


VENDOR = replace(REAL, link=link)
