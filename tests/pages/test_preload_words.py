"""The log of a start says nothing about pages that are loaded before anybody asks for them."""

import logging
import threading

import streamlit.components.v1 as components

from ui import preload_words


def _said(thread_name: str) -> list[str]:
    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(preload_words._CONTEXT)
    logger.addHandler(listener)
    try:
        thread = threading.Thread(
            target=components.declare_component, args=["nothing"], kwargs={"url": "http://x"}, name=thread_name
        )
        thread.start()
        thread.join()
    finally:
        logger.removeHandler(listener)
    return said


def test_only_the_thread_that_loads_pages_is_quiet() -> None:
    preload_words.install()
    preload_words.install()
    assert _said("preload") == []
    assert len(_said("another")) == 1
