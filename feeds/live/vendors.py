"""The vendors that a live market may have, by name; each is one module that is loaded when it is asked for."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from core.vendor_limits import Limits
from feeds.live.link import Ear, Link
from feeds.live.supervisor import Rules

# Of what opens a vendor's door, the names of what is no secret.
OPEN = frozenset({"stream", "host", "port"})
_MODULES = {"upstox": "feeds.live.upstox", "truedata": "feeds.live.truedata"}


@dataclass(frozen=True, slots=True)
class Vendor:
    """What is common to all lines of a vendor. ``limits`` are those of a date, until a login tells an account's own.

    ``pulse`` are keys that tick all day long: they are always listened to, so that silence means a dead line and
    not a quiet instrument. ``missing`` gives a sentence where something must be installed first, else nothing.
    ``prepare`` loads what the first link needs, which may take longer than a line may be without a word.
    """

    name: str
    title: str
    link: Callable[[Mapping[str, str], Ear], Link]
    limits: Callable[[date], Limits]
    segment_of: Callable[[str], str]
    missing: Callable[[], str] = lambda: ""
    prepare: Callable[[], None] | None = None
    pulse: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)


def vendor(name: str) -> Vendor:
    """A vendor by its name. Raises ValueError for one that is not known.

    Another module may be named by its path, ``package.module``: it must have a ``VENDOR``, as those here do.
    """
    module = _MODULES.get(name, name if "." in name else "")
    if not module:
        raise ValueError(f"No vendor is called {name}: there are {', '.join(sorted(_MODULES))}.")
    found = importlib.import_module(module).VENDOR
    assert isinstance(found, Vendor)
    return found
