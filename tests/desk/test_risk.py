"""Risk at the desk: traps 12 and 13, the pace over two pools, the kill switch, losses, limits that are set."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import settings
from core import exposure, risk_rules
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction
from core.risk_limits import Limit, LimitName, Scope
from core.standing import TradingState
from db import risk_state
from db.engine import Database
from desk import access, account_watch, closing, flatten, masters, risk_limits, risk_switch, risk_watch, wallet
from desk.access import AccountRef
from desk.principal import Principal
from desk.working import open_task
from tests.factories import ask
from tests.floor import INFY, SBIN, Floor

AT = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.fixture
def floor(database: Database) -> Floor:
    made = Floor(database)
    made.price(INFY, 150_000)
    made.price(SBIN, 80_000)
    return made


def ref(floor: Floor, name: str = "asha", book: str = "main") -> AccountRef:
    return access.by_key(floor.database, f"{name}/{book}")


def who(floor: Floor, name: str = "asha", role: str = "trader") -> Principal:
    number = ask(
        floor.database,
        "insert into users (name, role) values (%s, %s) on conflict (name) do update set name = excluded.name"
        " returning id",
        name,
        role,
    )
    return Principal(number, name, role, None, 1, None, ("read", "trade"))


def limit(floor: Floor, name: LimitName, value: int, scope: Scope = Scope.DEFAULT, subject: int = 0) -> int:
    row = Limit(0, scope, subject, name, value, floor.trading_date, None, "", True)
    return risk_limits.set_limit(floor.database, who(floor, "root", "admin"), row)


def state(floor: Floor, account: int) -> risk_state.State:
    with floor.database.connection() as connection:
        return risk_state.state(connection, account)


def code(answer: Any) -> int | None:
    return answer.body.get("reason_code")


def at_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every order is counted at the same microsecond."""
    spend = risk_rules.spend
    monkeypatch.setattr(risk_rules, "spend", lambda pace, limits, sent, _now: spend(pace, limits, sent, AT))


def test_trap_12_loss_limit_hit_entries_refused_exits_and_cancels_taken(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    limit(floor, LimitName.DAILY_LOSS, 100_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    entry = floor.place(account, "BUY", 10, SBIN, 79_000, "MIS")
    target = floor.place(account, "SELL", 40, INFY, 160_000, "MIS")
    assert risk_watch.watch(floor.database, "sim") == 0
    floor.price(INFY, 148_900)  # lost 1,10,000 paise and the charges
    assert risk_watch.watch(floor.database, "sim") == 1
    stood = state(floor, account)
    assert (stood.state, stood.rule, stood.power) == (TradingState.REDUCING, Reason.DAILY_LOSS, "RISK")
    assert "daily limit of ₹1,000.00" in stood.reason
    statuses = [
        ask(floor.database, "select status from orders where id = %s", floor.number(o)) for o in (entry, target)
    ]
    assert statuses == ["CANCELLED", "OPEN"]  # what would open more is gone, the exit rests on
    with Database(floor.database.url) as restarted:  # another process, later
        masters.get(restarted)
        again = Floor(restarted)
        refused = again.place(account, "BUY", 1, SBIN, 79_000, "MIS")
        assert (refused.status, code(refused)) == (422, Reason.ACCOUNT_REDUCING)
        assert ask(restarted, "select status from orders where id = %s", again.number(refused)) == "REJECTED"
        assert again.place(account, "SELL", 60, INFY, 148_000, "MIS").status == 201
        assert again.cancel(account, target).status == 200
    decisions = ask(
        floor.database, "select array_agg(decision order by id) from risk_decisions where account_id = %s", account
    )
    assert decisions == ["REDUCING", "REFUSED"]
    floor.sound()


def test_a_loss_that_stands_is_not_re_armed_away(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    limit(floor, LimitName.DAILY_LOSS, 1_000)
    floor.buy(account, 10, INFY, 150_000, "MIS")
    floor.price(INFY, 149_000)
    assert risk_watch.watch(floor.database, "sim") == 1
    with pytest.raises(Refusal, match="on the next trading date, or when the limit is raised") as no:
        risk_switch.rearm(floor.database, who(floor), ref(floor))
    assert no.value.reason is Reason.STILL_OVER_LIMIT
    assert state(floor, account).state is TradingState.REDUCING


def test_a_day_s_loss_is_forgotten_at_the_roll_unless_a_limit_says_no(floor: Floor) -> None:
    forgiven, kept = floor.account("asha", 100_000_000), floor.account("binu", 100_000_000)
    limit(floor, LimitName.DAILY_LOSS, 1_000)
    limit(floor, LimitName.REARM_NEXT_DAY, 0, Scope.ACCOUNT, kept)
    for account in (forgiven, kept):
        floor.buy(account, 10, INFY, 150_000, "MIS")
    floor.price(INFY, 149_000)
    assert risk_watch.watch(floor.database, "sim") == 2
    for account in (forgiven, kept):
        floor.sell(account, 10, INFY, 149_000, "MIS")
    calendar = masters.get(floor.database).calendar
    step = closing.Due(closing.ROLL, floor.trading_date, calendar.next_trading_date(floor.trading_date))
    closing.roll(floor.database, "sim", step)
    assert [state(floor, each).state for each in (forgiven, kept)] == [TradingState.ACTIVE, TradingState.REDUCING]
    floor.sound()


def test_a_drawdown_stops_and_a_hand_re_arms_from_there(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_00)
    limit(floor, LimitName.DRAWDOWN, 100)
    floor.buy(account, 500, INFY, 150_000, "MIS")
    floor.price(INFY, 154_000)
    assert risk_watch.watch(floor.database, "sim") == 0
    floor.price(INFY, 151_000)
    assert risk_watch.watch(floor.database, "sim") == 1
    assert state(floor, account).rule == Reason.DRAWDOWN
    assert risk_watch.watch(floor.database, "sim") == 0
    risk_switch.rearm(floor.database, who(floor), ref(floor))
    assert state(floor, account).state is TradingState.ACTIVE
    assert risk_watch.watch(floor.database, "sim") == 0


def test_money_paid_in_or_taken_out_is_no_loss(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    limit(floor, LimitName.DAILY_LOSS, 1)
    limit(floor, LimitName.DRAWDOWN, 1)
    risk_watch.watch(floor.database, "sim")
    assert wallet.withdraw(floor.database, "asha", account, 9_000_000).ok
    assert risk_watch.watch(floor.database, "sim") == 0
    assert wallet.deposit(floor.database, "asha", account, 5_000_000).ok
    assert risk_watch.watch(floor.database, "sim") == 0
    assert state(floor, account).figures.loss == 0


def test_trap_13_the_eleventh_order_of_a_second_gets_429_and_no_number(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "10")
    settings.load.cache_clear()
    at_one_instant(monkeypatch)
    account = floor.account(cash=100_000_000)
    answers = [floor.place(account, "BUY", 1, INFY, 149_000, request=f"k{n}") for n in range(11)]
    assert [each.status for each in answers] == [201] * 10 + [429]
    assert (code(answers[10]), answers[10].body["order_id"], answers[10].retry_after) == (600, None, 1)
    assert ask(floor.database, "select count(*) from orders where account_id = %s", account) == 10
    assert floor.modify(account, answers[0], quantity=2).status == 429
    assert floor.modify(account, answers[0], price=148_000).status == 200  # needs less: never starved
    assert floor.cancel(account, answers[1]).status == 200
    floor.sound()


def test_eight_threads_over_two_pools_get_exactly_the_number(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "10")
    settings.load.cache_clear()
    at_one_instant(monkeypatch)
    account = floor.account(cash=100_000_000)
    answers: list[int] = []
    with Database(floor.database.url) as other:
        floors = [floor, Floor(other)]

        def send(one: Floor) -> None:
            answers.extend(one.place(account, "BUY", 1, INFY, 149_000).status for _ in range(4))

        threads = [threading.Thread(target=send, args=(floors[n % 2],)) for n in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sorted(answers) == [201] * 10 + [429] * 22
    floor.sound()


def test_two_books_of_one_user_do_not_meet_and_two_users_do(floor: Floor) -> None:
    main, swing, other = floor.account(), floor.account(book="swing"), floor.account("binu")
    resting = floor.place(main, "BUY", 10, INFY, 150_000, "MIS")
    met = floor.place(swing, "SELL", 10, INFY, 149_500, "MIS")
    assert (met.status, code(met)) == (422, Reason.SELF_TRADE)
    assert str(floor.number(resting)) in met.body["detail"]
    assert floor.place(swing, "SELL", 10, INFY, 150_010, "MIS").status == 201
    assert floor.place(other, "SELL", 10, INFY, 149_500, "MIS").status == 201
    sell = floor.place(main, "SELL", 10, INFY, 155_000, "MIS")
    crossed = floor.modify(main, sell, price=150_000)
    assert (crossed.status, code(crossed)) == (422, Reason.SELF_TRADE)
    floor.sound()


def test_the_kill_switch_cancels_closes_and_stays(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    resting = floor.place(account, "BUY", 10, SBIN, 79_000, "MIS")
    told = risk_switch.kill(floor.database, who(floor), ref(floor), flatten=True)
    assert (told["cancelled"], len(told["closing"])) == (1, 1)
    assert ask(floor.database, "select origin from orders where id = %s", int(told["closing"][0])) == "SYSTEM"
    assert ask(floor.database, "select reason_code from orders where id = %s", floor.number(resting)) == Reason.KILLED
    assert code(floor.place(account, "BUY", 1, INFY, 149_000)) == Reason.ACCOUNT_HALTED
    assert floor.fill(account, int(told["closing"][0]), 100, 150_000).done
    with pytest.raises(Refusal) as no:
        risk_switch.rearm(floor.database, replace(who(floor), user_id=99), ref(floor))
    assert no.value.reason is Reason.FORBIDDEN
    risk_switch.rearm(floor.database, who(floor), ref(floor))
    assert floor.place(account, "BUY", 1, INFY, 149_000).status == 201
    actions = ask(floor.database, "select array_agg(action order by id) from audit where subject = 'asha/main'")
    assert actions == ["KILL_SWITCH", "REARMED"]
    floor.sound()


def wanted_flat(floor: Floor) -> int:
    with floor.database.connection() as connection:
        row = connection.execute("select count(*) from flattenings").fetchone()
    assert row
    return int(row[0])


def later(floor: Floor) -> None:
    """Ten seconds pass for what was tried and for the orders that were sent."""
    with floor.database.connection() as connection:
        connection.execute("update flattenings set tried_at = tried_at - interval '11 seconds'")
        connection.execute("update orders set placed_at = placed_at - interval '11 seconds'")


def test_what_the_switch_could_not_close_is_tried_again_until_all_is_flat(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    floor.price(INFY, 150_000, age_seconds=600)
    told = risk_switch.kill(floor.database, who(floor), ref(floor), flatten=True)
    assert (len(told["closing"]), len(told["left_open"])) == (0, 1)
    assert flatten.follow(floor.database, "sim") == 0, "a moment ago is too soon"
    floor.price(INFY, 149_000)
    later(floor)
    assert flatten.follow(floor.database, "sim") == 1
    sent = ask(floor.database, "select array_agg(id) from orders where origin = 'SYSTEM' and status = 'OPEN'")
    assert len(sent) == 1
    assert flatten.follow(floor.database, "sim") == 0
    later(floor)
    assert flatten.follow(floor.database, "sim") == 1
    again = ask(floor.database, "select array_agg(id) from orders where origin = 'SYSTEM' and status = 'OPEN'")
    assert len(again) == 1, "one order at a time closes it"
    assert again != sent, "what has waited too long is sent anew at the price of now"
    assert floor.fill(account, again[0], 100, 149_000).done
    later(floor)
    flatten.follow(floor.database, "sim")
    assert wanted_flat(floor) == 0
    actions = ask(floor.database, "select array_agg(action order by id) from audit")
    assert actions == ["KILL_SWITCH", "FLATTENED"]
    assert state(floor, account).state is TradingState.HALTED, "flat, and stopped until it is re-armed"
    floor.sound()


def test_re_arming_ends_the_closing_and_another_switch_keeps_it(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    floor.price(INFY, 150_000, age_seconds=600)
    owner = who(floor)
    risk_switch.kill(floor.database, owner, ref(floor), flatten=True)
    risk_switch.kill_user(floor.database, owner, owner.user_id, owner.name)
    risk_switch.rearm(floor.database, owner, ref(floor))
    assert wanted_flat(floor) == 1, "the switch over all books still holds it"
    risk_switch.rearm_user(floor.database, owner, owner.user_id, owner.name)
    assert wanted_flat(floor) == 0
    floor.price(INFY, 150_000)
    later(floor)
    assert flatten.follow(floor.database, "sim") == 0
    assert floor.position(account, INFY, "MIS")[0] == 100


@pytest.mark.parametrize("owner_dies", ["before", "after"])
def test_a_switch_whose_presser_dies_closes_each_position_once(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, owner_dies: str
) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    close = flatten.close

    def dies(*arguments: Any) -> Any:
        if owner_dies == "after":
            close(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(flatten, "close", dies)
    with pytest.raises(KeyboardInterrupt):
        risk_switch.kill(floor.database, who(floor), ref(floor), flatten=True)
    monkeypatch.setattr(flatten, "close", close)
    flatten.follow(floor.database, "sim")
    sent = ask(
        floor.database, "select array_agg(quantity) from orders where origin = 'SYSTEM' and account_id = %s", account
    )
    assert sent == [100]


def test_what_an_administrator_pressed_no_owner_re_arms(floor: Floor) -> None:
    account, root = floor.account(), who(floor, "root", "admin")
    risk_switch.kill(floor.database, root, ref(floor))
    risk_switch.kill(floor.database, who(floor), ref(floor))
    with pytest.raises(Refusal) as no:
        risk_switch.rearm(floor.database, who(floor), ref(floor))
    assert no.value.reason is Reason.REARM_NOT_YOURS
    risk_switch.rearm(floor.database, root, ref(floor))
    assert state(floor, account).state is TradingState.ACTIVE


@pytest.mark.parametrize("scope", ["user", "market"])
def test_a_switch_over_many_is_seen_at_once_by_every_process(floor: Floor, scope: str) -> None:
    account, root = floor.account(), who(floor, "root", "admin")
    resting = floor.place(account, "BUY", 1, INFY, 149_000)
    with Database(floor.database.url) as other:
        elsewhere = Floor(other)
        assert elsewhere.place(account, "BUY", 1, INFY, 149_000).status == 201
        if scope == "user":
            told = risk_switch.kill_user(floor.database, who(floor), ref(floor).user_id, "asha")
        else:
            told = risk_switch.kill_market(floor.database, root, "sim")
        assert (told["accounts"], told["cancelled"]) == (["asha/main"], 2)
        assert code(elsewhere.place(account, "BUY", 1, INFY, 149_000)) == Reason.KILL_SWITCH
        assert elsewhere.cancel(account, resting).status == 409
        if scope == "user":
            risk_switch.rearm_user(floor.database, who(floor), ref(floor).user_id, "asha")
        else:
            with pytest.raises(Refusal):
                risk_switch.rearm_market(floor.database, who(floor), "sim")
            risk_switch.rearm_market(floor.database, root, "sim")
        assert elsewhere.place(account, "BUY", 1, INFY, 149_000).status == 201
    floor.sound()


def test_limits_take_effect_at_once_and_the_tightest_holds(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    one = floor.instrument(INFY)
    for scope, subject, value in (
        (Scope.DEFAULT, 0, 5_000_000), (Scope.USER, ref(floor).user_id, 4_000_000), (Scope.ACCOUNT, account, 3_000_000),
        (Scope.GROUP, one.margin_underlying, 2_000_000), (Scope.INSTRUMENT, one.id, 1_000_000),
    ):  # fmt: skip
        limit(floor, LimitName.ORDER_VALUE, value, scope, subject)
        assert code(floor.place(account, "BUY", value // 100_000 + 1, INFY, 100_000 + 20_000)) == Reason.ORDER_VALUE
        assert floor.place(account, "BUY", value // 120_000, INFY, 120_000).status == 201


def test_an_owner_tightens_and_never_loosens(floor: Floor) -> None:
    account, mine = floor.account(), who(floor)
    limit(floor, LimitName.ORDER_VALUE, 5_000_000)
    row = Limit(0, Scope.ACCOUNT, account, LimitName.ORDER_VALUE, 6_000_000, floor.trading_date, None, "", False)
    for wrong in (
        row,
        replace(row, scope=Scope.DEFAULT, subject=0, value=1),
        replace(row, subject=account + 1, value=1),
    ):
        with pytest.raises(Refusal) as no:
            risk_limits.set_limit(floor.database, mine, wrong, ref(floor))
        assert no.value.reason is Reason.LIMIT_NOT_YOURS
    number = risk_limits.set_limit(floor.database, mine, replace(row, value=200_000), ref(floor))
    assert code(floor.place(account, "BUY", 2, INFY, 149_000)) == Reason.ORDER_VALUE
    risk_limits.set_limit(floor.database, mine, replace(row, value=400_000), ref(floor))  # in place of the first
    assert floor.place(account, "BUY", 2, INFY, 149_000).status == 201
    root = limit(floor, LimitName.ORDER_QUANTITY, 1, Scope.ACCOUNT, account)
    with pytest.raises(Refusal) as no:
        risk_limits.end_limit(floor.database, mine, root, ref(floor))
    assert no.value.reason is Reason.LIMIT_NOT_YOURS
    risk_limits.end_limit(floor.database, who(floor, "root", "admin"), root)
    assert number < root


def test_a_restriction_holds_until_it_is_lifted(floor: Floor) -> None:
    account, root = floor.account(), who(floor, "root", "admin")
    number = risk_limits.restrict(floor.database, root, INFY, Restriction.TRADE_FOR_TRADE, "moved to BE")
    assert code(floor.place(account, "BUY", 1, INFY, 149_000, "MIS")) == Reason.TRADE_FOR_TRADE
    floor.buy(account, 5, INFY, 149_000)
    assert code(floor.place(account, "SELL", 5, INFY, 149_000)) == Reason.TRADE_FOR_TRADE  # bought today
    assert [row.note for row in risk_limits.restrictions(floor.database)] == ["moved to BE"]
    risk_limits.lift(floor.database, root, number)
    assert floor.place(account, "SELL", 5, INFY, 149_000).status == 201
    with pytest.raises(Refusal):
        risk_limits.restrict(floor.database, who(floor), INFY, Restriction.BAN, "")


def test_exposure_in_sql_is_exposure_in_core(floor: Floor) -> None:
    account = floor.account(cash=10**12)
    chain = masters.get(floor.database).chain(floor.instrument("NSE:NIFTY 50").id)
    floor.price("NSE:NIFTY 50", 2_400_000)
    future = next(one for one in chain if one.kind == "FUT")
    put = next(one for one in chain if one.kind == "PE" and one.expiry == future.expiry)
    for key, price in ((future.key, 2_410_000), (put.key, 10_000)):
        floor.price(key, price)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    floor.place(account, "BUY", 50, INFY, 149_000, "CNC")
    floor.place(account, "SELL", 300, INFY, 151_000, "MIS")
    floor.sell(account, future.lot, future.key, 2_410_000, "NRML")
    floor.buy(account, put.lot * 2, put.key, 10_000, "NRML")
    account_watch.look(floor.database, "sim")
    with floor.database.connection() as connection:
        found = connection.execute(
            "select gross_exposure, net_exposure from accounts where id = %s", [account]
        ).fetchone()
    held = [floor.instrument(INFY), future, put]
    with floor.database.connection() as connection:
        task = open_task(connection, floor.master, account, held)
    gross = sum(exposure.value(task.work, task.facts, one) for one in held)
    net = sum(exposure.leaning(task.work, task.facts, one) for one in held)
    assert found == (gross, net)


def test_a_reset_is_no_way_round_an_administrator(floor: Floor) -> None:
    account = floor.account()
    limit(floor, LimitName.ORDER_QUANTITY, 1, Scope.ACCOUNT, account)
    risk_switch.kill(floor.database, who(floor, "root", "admin"), ref(floor))
    fresh = int(wallet.reset(floor.database, "asha", account, 10_000_000).body["account_id"])
    assert state(floor, fresh).state is TradingState.HALTED
    risk_switch.rearm(floor.database, who(floor, "root", "admin"), ref(floor))
    assert code(floor.place(fresh, "BUY", 2, INFY, 149_000)) == Reason.ORDER_QUANTITY
    floor.sound()
