"""Ways round a loss that do not lead round it: a switch pressed over it, and orders that never stop."""

from collections.abc import Callable

import pytest

from core.reasons import Reason
from core.risk_limits import LimitName
from core.standing import TradingState
from desk import account_watch, risk_switch, risk_watch, wallet
from tests.desk.test_risk import code, limit, ref, state, who
from tests.floor import INFY, SBIN, Floor


def losing(floor: Floor, name: LimitName = LimitName.DAILY_LOSS, most: int = 100_000) -> int:
    """An account whose intraday position has lost ₹1,100.00 and its charges."""
    account = floor.account(cash=100_000_000)
    limit(floor, name, most)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    floor.price(INFY, 148_900)
    return account


@pytest.mark.parametrize(
    ("name", "most", "reason"),
    [
        (LimitName.DAILY_LOSS, 100_000, Reason.DAILY_LOSS),
        (LimitName.DAILY_LOSS_PERCENT, 10, Reason.DAILY_LOSS),
        (LimitName.DRAWDOWN, 10, Reason.DRAWDOWN),
    ],
)
def test_the_switch_and_its_re_arming_lead_round_no_loss(
    floor: Floor, name: LimitName, most: int, reason: Reason
) -> None:
    account = losing(floor, name, most)
    assert risk_watch.watch(floor.database, "sim") == 1
    risk_switch.kill(floor.database, who(floor), ref(floor))
    assert state(floor, account).state is TradingState.HALTED
    assert risk_switch.rearm(floor.database, who(floor), ref(floor))["state"] is TradingState.REDUCING
    stood = state(floor, account)
    assert (stood.rule, stood.power) == (reason, "RISK")
    assert code(floor.place(account, "BUY", 1, SBIN, 79_000, "MIS")) == Reason.ACCOUNT_REDUCING
    assert floor.place(account, "SELL", 100, INFY, 148_000, "MIS").status == 201


def test_a_switch_pressed_without_a_loss_is_re_armed_as_ever(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    limit(floor, LimitName.DAILY_LOSS, 100_000)
    risk_switch.kill(floor.database, who(floor), ref(floor))
    assert risk_switch.rearm(floor.database, who(floor), ref(floor))["state"] is TradingState.ACTIVE
    assert floor.place(account, "BUY", 1, SBIN, 79_000, "MIS").status == 201


def order(floor: Floor, account: int) -> None:
    assert floor.place(account, "BUY", 1, SBIN, 79_000, "MIS").status == 201


def no_money(floor: Floor, account: int) -> None:
    assert wallet.withdraw(floor.database, "asha", account, 1_000_000).ok


@pytest.mark.parametrize("meanwhile", [order, no_money])
def test_who_never_stops_is_stopped_all_the_same(floor: Floor, meanwhile: Callable[[Floor, int], None]) -> None:
    """Something happens between the look at the prices and the account's lock, as it always would."""
    account = losing(floor)
    looked = account_watch.look(floor.database, "sim")
    meanwhile(floor, account)
    assert risk_watch.watch(floor.database, "sim", looked) == 1
    stood = state(floor, account)
    assert (stood.state, stood.rule) == (TradingState.REDUCING, Reason.DAILY_LOSS)
    assert "daily limit of ₹1,000.00" in stood.reason


def test_what_was_paid_in_since_the_look_is_no_gain(floor: Floor) -> None:
    account = losing(floor)
    looked = account_watch.look(floor.database, "sim")
    assert wallet.deposit(floor.database, "asha", account, 50_000_000).ok
    assert risk_watch.watch(floor.database, "sim", looked) == 1
    assert state(floor, account).state is TradingState.REDUCING
