"""Keeps the log of a start free of words on which nobody can act."""

import logging

from streamlit.logger import get_logger

THREAD = "preload"
"""The thread that loads pages before anybody asks for one (``desk.installation``)."""
_CONTEXT = "streamlit.runtime.scriptrunner_utils.script_run_context"


def _of_a_page(record: logging.LogRecord) -> bool:
    return record.threadName != THREAD


def install() -> None:
    """Components of installed packages are declared when they are loaded, and Streamlit warns of each that no page runs
    then. None does on purpose; what pages do without one is still told."""
    logger = get_logger(_CONTEXT)
    if _of_a_page not in logger.filters:
        logger.addFilter(_of_a_page)
