"""The theme that is made once is the theme that Streamlit would have made each time."""

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from ui import theme_once

SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.light.sidebar", "theme.dark.sidebar")


def test_each_section_is_asked_once_and_told_as_it_was(monkeypatch):
    asked = []

    def ask(message, section="theme"):
        asked.append(section)
        app_session._populate_theme_msg(message, section)

    told_once = theme_once.remembering(ask)
    for section in SECTIONS * 2:
        plain, quick = CustomThemeConfig(), CustomThemeConfig()
        app_session._populate_theme_msg(plain, section)
        told_once(quick, section)
        assert quick == plain
    assert asked == list(SECTIONS)


def test_a_section_without_an_option_is_left_out():
    message = CustomThemeConfig()
    theme_once.remembering(lambda _message, _section: None)(message.light, "theme.light")
    assert not message.HasField("light")


def test_a_streamlit_that_does_otherwise_is_left_alone(monkeypatch):
    monkeypatch.delattr(app_session, "_populate_theme_msg")
    assert theme_once.install() is False


def test_streamlit_asks_for_it_by_the_name_that_is_replaced():
    """Looked up anew at each run, so that what stands under the name then is what is asked."""
    assert theme_once._NAME in app_session.AppSession._create_new_session_message.__code__.co_names
