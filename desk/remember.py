"""A memory of a second for what every request asks: who is this, and which accounts are theirs.

A revocation in this process is felt at once, in another within ``SECONDS``: short of the two seconds
after which a revoked session must have no open stream left.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
SECONDS = 1.0
_ROOM = 4096
_lock = threading.Lock()
_memory: "WeakKeyDictionary[Any, dict[Hashable, tuple[float, Any]]]" = WeakKeyDictionary()
_epoch = 0


def remembered(owner: Any, key: Hashable, ask: Callable[[], T]) -> T:
    """What ``ask`` answered within the last second for this database and key, else asked anew.

    Refusals are not remembered: they raise through.
    """
    now = time.monotonic()
    with _lock:
        found = _memory.setdefault(owner, {}).get(key)
        epoch = _epoch
    if found is not None and found[0] > now:
        return found[1]  # type: ignore[no-any-return]
    answer = ask()
    with _lock:
        if epoch == _epoch:  # nothing was revoked while we asked
            shelf = _memory.setdefault(owner, {})
            if len(shelf) >= _ROOM:
                shelf.clear()
            shelf[key] = (now + SECONDS, answer)
    return answer


def foresee(owner: Any, keys: Iterable[Hashable], ask: Callable[[Any], Mapping[Any, Any]]) -> None:
    """Ask for all of them at once what ``remembered`` is about to be asked one by one: ``ask`` gets those of the keys
    that are not remembered, and says what it found of them. What it leaves out is asked singly."""
    now = time.monotonic()
    with _lock:
        shelf = _memory.setdefault(owner, {})
        wanted = [key for key in dict.fromkeys(keys) if (found := shelf.get(key)) is None or found[0] <= now]
        epoch = _epoch
    if len(wanted) < 2:
        return
    answers = ask(wanted)
    with _lock:
        if epoch == _epoch:  # nothing was revoked while we asked
            shelf = _memory.setdefault(owner, {})
            if len(shelf) + len(answers) > _ROOM:
                shelf.clear()
            until = time.monotonic() + SECONDS
            shelf.update((key, (until, answer)) for key, answer in answers.items())


def forget_all() -> None:
    """Ask anew from here on: something was granted, revoked or changed."""
    global _epoch  # noqa: PLW0603 - one memory a process is the point
    with _lock:
        _epoch += 1
        _memory.clear()
