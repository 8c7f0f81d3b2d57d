"""Whose past a live market may ask for: the histories of its owner's vendors, in the owner's order."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import log
import settings
from core.vendors import Vendor
from desk import vendor_masters
from desk.market import Database, MarketState
from desk.vendors import Credential
from feeds.live.past import Past, TrueDataPast, UpstoxPast
from feeds.live.refusal import VendorRefusal
from feeds.live.truedata_history import TrueDataHistory
from jobs import live

T = TypeVar("T")
# Refusals of whoever asks, and not of what was asked for: a token, a permission, a pace.
OF_ALL = frozenset({401, 403, 408, 429})


@dataclass(frozen=True, slots=True)
class Source:
    """One vendor's history, and what it calls the instruments that were asked about."""

    vendor: Vendor
    past: Past
    keys: Mapping[int, str]


def open_past(credential: Credential) -> Past:
    """The history of a credential that may be opened."""
    if credential.vendor is Vendor.UPSTOX:
        assert credential.token is not None
        return UpstoxPast(credential.token, settings.load().kagaz_upstox_url)
    return TrueDataPast(TrueDataHistory(credential.fields["user"], credential.fields["password"]))


class Histories:
    """Opens them, each once for a credential: its pace and a refused password are remembered with it."""

    def __init__(self, database: Database, make: Callable[[Credential], Past] = open_past) -> None:
        self._database, self._make = database, make
        self._lock = threading.Lock()
        self._kept: dict[Vendor, tuple[object, Past]] = {}

    def of(self, state: MarketState, ids: Sequence[int]) -> tuple[list[Source], str]:
        """Those that can be asked now, for these instruments; without any, why."""
        credentials, why = live.opened(self._database, state)
        sources = []
        for credential in credentials:
            keys = vendor_masters.keys_of(self._database, credential.vendor, ids, state.trading_date)
            sources.append(Source(credential.vendor, self._past(credential), keys))
        return sources, "" if sources else (why or "No vendor is chosen.")

    def _past(self, credential: Credential) -> Past:
        same = (credential.token, sorted(credential.fields.items()))
        with self._lock:  # two loops ask
            kept = self._kept.get(credential.vendor)
            if kept is None or kept[0] != same:
                kept = self._kept[credential.vendor] = (same, self._make(credential))
        return kept[1]


def is_of_all(status: int) -> bool:
    """Whether a refusal with this status is one of everything else that would be asked, too."""
    return not 400 <= status < 500 or status in OF_ALL


def first_answer(
    sources: Sequence[Source], down: set[int], number: int, ask: Callable[[Past, str], T | None]
) -> tuple[T | None, bool, str]:
    """What the first vendor that knows an instrument answers to ``ask``; else None, whether it waits for one that
    refuses everything just now (which goes to ``down``), and what was said."""
    waits, why = False, ""
    for place, source in enumerate(sources):
        if number not in source.keys:
            continue
        if place in down:
            waits = True
            continue
        try:
            found = ask(source.past, source.keys[number])
        except VendorRefusal as refused:
            why = log.redact(str(refused))
            if is_of_all(refused.status):
                down.add(place)
                waits = True
            continue
        if found is not None:
            return found, False, ""
    return None, waits, why
