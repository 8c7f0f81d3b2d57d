"""The page Alerts: one is set, waits, is deleted; what was told stands beside it."""

from datetime import UTC, datetime

import pytest

from core.gtt_watch import Hit
from desk import access, price_alert_ringing, price_alerts
from tests.floor import AnyTerm
from tests.pages.conftest import words


def set_alert(app, key: str, level: float, **picked: str) -> None:
    next(each for each in app.text_input if each.label == "Instrument").set_value(key)
    app.number_input[0].set_value(level)
    for label, value in picked.items():
        next(each for each in app.selectbox if each.label.startswith(label)).set_value(value)
    next(each for each in app.button if each.label == "Set alert").click().run()


@pytest.mark.parametrize("live", [True, False], ids=["stream", "reruns"])
def test_an_alert_is_set_rings_and_waits_again(open_as, floor, live):
    app = open_as("asha", "alerts", live=live)
    for key, level, said in (
        ("NOSUCH", 1600.0, "There is no NOSUCH"),
        ("hdfc", 1600.0, "Did you mean NSE:HDFC"),
        ("NSE:INFY", 1400.0, "already"),
        ("NSE:INFY", 0.0, "above zero"),
    ):
        set_alert(app, key, level)
        assert said in app.error[0].value
    set_alert(app, "infy", 1600.0)
    assert not app.error
    assert "**NSE:INFY** rises to **₹1,600.00**" in words(app)
    assert "last ₹1,500.00, 6.67% away" in words(app)
    book = access.by_key(floor.database, "asha/main")
    (row,) = price_alerts.listed(floor.database, book)
    now = int(datetime.now(UTC).timestamp() * 1000)
    hit = Hit(int(row["price_alert_id"]), book.id, floor.instrument("NSE:INFY").id, 1, 160_000, 1, now)
    price_alert_ringing.fire(floor.database, AnyTerm(), hit)
    app.run()
    assert "INFY rose to ₹1,600.00" in words(app)
    next(each for each in app.button if each.label == "Again").click().run()
    assert price_alerts.listed(floor.database, book, "active")
    next(each for each in app.button if each.label == "Delete").click().run()
    assert price_alerts.listed(floor.database, book) == []


def test_a_change_on_the_day_is_set_in_per_cent(open_as, floor):
    app = open_as("asha", "alerts", live=True)
    set_alert(app, "NSE:INFY", -2.5, What="Change on the day %", When="falls to")
    assert not app.error
    assert "falls to **−2.50% on the day**" in words(app)


def test_who_only_reads_sets_none(open_as, floor):
    app = open_as("asha", "alerts")
    owner = access.by_key(floor.database, "asha/main")
    with floor.database.connection() as connection:
        connection.execute("update users set role = 'analyst' where name = 'asha'")
    app = open_as("asha", "alerts")
    assert not [each for each in app.button if each.label in ("Set alert", "Delete")]
    assert price_alerts.listed(floor.database, owner) == []
