"""What risk refuses is told in words and kept with its numbers, also where no order is left behind."""

import pytest

import settings
from core.conversion import ConvertPosition
from core.orders import Product
from core.reasons import Reason
from core.risk_facts import Restriction
from core.standing import TradingState
from db import risk_state
from desk import converting, refusals, risk_limits
from tests.desk.test_closing import one
from tests.desk.test_risk import at_one_instant, who
from tests.floor import INFY, SBIN, Floor


def decided(floor: Floor, account: int) -> list[tuple[int, str, dict[str, int]]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select rule, sentence, numbers from risk_decisions where account_id = %s and order_id is null order by id",
            [account],
        ).fetchall()


def test_an_order_that_came_too_fast_is_a_decision_once_a_second(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "2")
    settings.load.cache_clear()
    at_one_instant(monkeypatch)
    clock = [100.0]
    monkeypatch.setattr(refusals.time, "monotonic", lambda: clock[0])
    account = floor.account(cash=100_000_000)
    answers = [floor.place(account, "BUY", 1, INFY, 149_000) for _ in range(5)]
    assert [each.status for each in answers] == [201, 201, 429, 429, 429]
    ((rule, sentence, numbers),) = decided(floor, account)
    assert (rule, sentence) == (Reason.RATE_LIMIT, answers[2].body["detail"])
    assert (numbers["used"], numbers["limit"]) == (2, 2)
    clock[0] += refusals.APART_SECONDS
    assert floor.modify(account, answers[0], price=150_000).status == 429
    assert [row[0] for row in decided(floor, account)] == [Reason.RATE_LIMIT] * 2


def test_an_order_in_a_halted_instrument_and_a_conversion_that_may_not_be_are_decisions(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    risk_limits.restrict(
        floor.database, who(floor, role="admin"), floor.instrument(INFY).key, Restriction.HALTED, "news"
    )
    assert floor.place(account, "BUY", 1, INFY, 150_000).status == 422
    with floor.database.connection() as connection:
        risk_state.set_state(connection, account, TradingState.REDUCING, (640, "Loss."), "risk", "RISK")
    wish = ConvertPosition(floor.instrument(SBIN).id, Product.MIS, Product.CNC, 10)
    refused = converting.convert_position(floor.database, "asha", account, wish)
    assert refused.status == 422
    assert [row[0] for row in decided(floor, account)] == [Reason.INSTRUMENT_HALTED, Reason.ACCOUNT_REDUCING]
    assert one(floor, "select count(*) from orders where account_id = %s", account) == (1,)
    floor.sound()


def test_what_is_no_rule_of_risk_is_no_decision(floor: Floor) -> None:
    account = floor.account()
    assert floor.place(account, "BUY", 1, INFY, 150_001).status == 422
    assert decided(floor, account) == []
