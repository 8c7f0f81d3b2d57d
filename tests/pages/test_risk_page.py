"""The page Risk: the switch with its question, the way back, and the banner on other pages."""

from desk import access, identity, risk_switch
from tests.pages.conftest import words
from tests.pages.test_pages import funded


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return app.run()


def opened(app, box):
    """The page with a box of it open, as a click on its heading leaves it."""
    app.session_state[box] = True
    return app.run()


def test_the_switch_asks_first_then_stops_and_every_page_says_so(open_as, floor):
    account = funded(floor, open_as)
    floor.place(account, "BUY", 1, "NSE:INFY", 149_000)
    app = press(open_as("asha", "risk"), "Stop trading")
    assert not app.exception
    assert "Stopped" in words(app)
    assert any("You pressed the kill switch, " in each.value for each in app.error)
    assert floor.place(account, "BUY", 1, "NSE:INFY", 149_000).body["reason_code"] == 611
    other = open_as("asha", "wallet")
    assert any("Trading is halted in asha/main" in each.value for each in other.error)
    assert [link.proto.page for link in other.get("page_link")] == ["risk"]
    assert not app.get("page_link")
    app = press(open_as("asha", "risk"), "Let it trade again")
    assert not app.exception
    assert floor.place(account, "BUY", 1, "NSE:INFY", 149_000).status == 201


def test_an_owner_sets_a_limit_and_ends_it(open_as, floor):
    account = funded(floor, open_as)
    app = opened(open_as("asha", "risk"), "own limits")
    app.selectbox[0].select("ORDER_VALUE")
    next(box for box in app.text_input if box.label.startswith("At most")).input("1,000")
    app = press(app, "Set")
    assert not app.exception
    assert floor.place(account, "BUY", 1, "NSE:INFY", 149_000).body["reason_code"] == 616
    app = press(app, "End")
    assert floor.place(account, "BUY", 1, "NSE:INFY", 149_000).status == 201


def test_a_re_arm_that_is_not_ones_own_is_told(open_as, floor):
    funded(floor, open_as)
    open_as("root", "admin", role="admin")
    code = identity.session_code(floor.database, identity.find(floor.database, "root").id)
    root = identity.start_session(floor.database, code).principal
    risk_switch.kill(floor.database, root, access.by_key(floor.database, "asha/main"))
    app = press(open_as("asha", "risk"), "Let it trade again")
    assert any("Only an administrator re-arms it" in each.value for each in app.error)
