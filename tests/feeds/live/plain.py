"""TrueData without TLS, for a line's process that listens to the stand-in on this machine."""

from collections.abc import Mapping
from dataclasses import replace

from feeds.live.link import Ear
from feeds.live.supervisor import Rules
from feeds.live.truedata import VENDOR as REAL
from feeds.live.truedata import TrueDataLink
from feeds.live.websocket import Address


def link(credentials: Mapping[str, str], ear: Ear) -> TrueDataLink:
    return TrueDataLink(credentials, ear, Address("127.0.0.1", int(credentials["port"]), tls=None), dead=2.0)


VENDOR = replace(REAL, link=link, rules=Rules(base=50, cap=200, least=10))
