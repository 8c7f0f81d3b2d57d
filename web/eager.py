"""Starting a coroutine at once: what can be done without waiting is done without a task.

A thousand sleeping tasks cost more to wake, one by one and each cold, than what they have to write. Nearly
every write to a reader ends without waiting; only those that must wait get a task.
"""

import types
from collections.abc import Coroutine, Generator
from typing import Any


def begin(coroutine: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Run the coroutine until it ends or must wait: None, or what is left of it, to be awaited.

    Raises what the coroutine raises before it first waits. Called on the event loop.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return _rest(coroutine, awaited)


async def _rest(coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _go_on(coroutine, awaited)


@types.coroutine
def _go_on(coroutine: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    while True:
        thrown: BaseException | None = None
        try:
            yield awaited
        except BaseException as error:  # noqa: BLE001 - a cancellation is the coroutine's to handle
            thrown = error
        try:
            awaited = coroutine.send(None) if thrown is None else coroutine.throw(thrown)
        except StopIteration:
            return
