"""The administrator's tab of instruments: every load with what it changed, and a failure in its own words."""

from datetime import date

import pytest

from core.reasons import Refusal
from desk import vendor_fetch
from tests.desk.test_vendor_masters import FIRST, load
from tests.floor import Floor
from tests.pages.conftest import Open, words
from tests.vendor_files import share


def test_loads_are_listed_with_their_changes(open_as: Open, floor: Floor) -> None:
    empty = open_as("root", "admin", role="admin", view="Instruments")
    assert "No vendor's list was loaded yet" in words(empty)
    load(floor.database, *FIRST)
    load(floor.database, *FIRST, share("BETA", "INE222B01022", tick_size=0.05), on=date(2026, 11, 23))
    app = open_as("root", "admin", role="admin", view="Instruments")
    assert not app.exception
    (told,) = [frame.value for frame in app.dataframe if "Loaded (IST)" in frame.value]
    assert list(told["New"]) == [0, 3]
    assert list(told["Unusable"]) == [1, 0]
    assert "Changes: none of what was known." in words(app)
    assert any("has a tick that no exchange uses." in str(frame.value) for frame in app.dataframe)


def test_a_fetch_that_fails_says_why(open_as: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise Refusal(100, "The list could not be fetched: the answer was 503.", "file")

    monkeypatch.setattr(vendor_fetch, "fetch", refused)
    app = open_as("root", "admin", role="admin", view="Instruments")
    app.button(key="fetch upstox").click().run()
    assert "the answer was 503" in words(app)
