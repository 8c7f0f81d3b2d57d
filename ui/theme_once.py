"""The theme as the browser is told it, made once.

Streamlit tells every run the whole theme, and asks each of its options anew for it, section by section:
that was a seventh of the processor time of a light page. Options of the theme never change while a process runs.
"""

from collections.abc import Callable
from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

import log

_NAME = "_populate_theme_msg"
_logger = log.get(__name__)


def install() -> bool:
    """From now on each section is asked once; whether Streamlit has the function that this stands before."""
    asked: Callable[..., None] | None = getattr(app_session, _NAME, None)
    if asked is None:
        _logger.warning("Streamlit tells its theme another way now: each run asks for it anew")
        return False
    setattr(app_session, _NAME, remembering(asked))
    return True


def remembering(asked: Callable[[CustomThemeConfig, str], None]) -> Callable[..., None]:
    """The same function with a memory: one message a section, merged into whatever it is to fill."""

    @cache
    def made(section: str) -> bytes:
        message = CustomThemeConfig()
        asked(message, section)
        return message.SerializeToString()

    def populate(message: CustomThemeConfig, section: str = "theme") -> None:
        # A section without a single option is left out of the message, not told as an empty one.
        if told := made(section):
            message.MergeFromString(told)

    return populate
