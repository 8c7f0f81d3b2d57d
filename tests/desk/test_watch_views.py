"""How a market watch looks is its user's own, and so are colours of rows and what was chosen last."""

from datetime import date

import pytest

from core.reasons import Reason, Refusal
from core.watch import MOST_COLUMNS, Base, Colour, Column, Study
from db import masters as rows
from db.engine import Database
from desk import masters, watch_views, watchlists
from desk.principal import Principal
from tests.people import person, signed_in

INFY, SBIN, ITC = "NSE:INFY", "NSE:SBIN", "NSE:ITC"


@pytest.fixture
def owner(database: Database) -> Principal:
    person(database, "asha")
    return signed_in(database, "asha")[1]


@pytest.fixture
def other(database: Database) -> Principal:
    person(database, "ravi")
    return signed_in(database, "ravi")[1]


def test_what_is_chosen_is_kept_and_is_nobody_elses(database: Database, owner: Principal, other: Principal) -> None:
    first = watch_views.view(database, owner)
    assert (first["columns"], first["base"], first["recent"]) == (["CHANGE", "PERCENT"], "CLOSE", [])
    watch_views.change(database, owner, columns=[Column.VOLUME, Column.BID])
    watch_views.change(database, owner, base=Base.OPEN)
    told = watch_views.view(database, owner)
    assert (told["columns"], told["base"]) == (["VOLUME", "BID"], "OPEN")
    watch_views.change(database, owner, columns=[])
    assert watch_views.view(database, owner)["columns"] == []
    assert watch_views.view(database, other) == first


def test_a_chart_looks_as_its_user_left_it(database: Database, owner: Principal, other: Principal) -> None:
    first = watch_views.view(database, owner)
    assert (first["interval"], first["studies"]) == ("1m", [])
    watch_views.change(database, owner, studies=[Study.MACD, Study.VWAP, Study.MACD])
    watch_views.change(database, owner, interval="15m")
    watch_views.change(database, owner, columns=[Column.BID])
    told = watch_views.view(database, owner)
    assert (told["interval"], told["studies"], told["columns"]) == ("15m", ["VWAP", "MACD"], ["BID"])
    assert watch_views.view(database, other) == first
    with pytest.raises(Refusal) as refused:
        watch_views.change(database, owner, interval="7m")
    assert (refused.value.reason, refused.value.field) == (Reason.BAD_INPUT, "interval")


def test_what_is_chosen_often_is_known_although_other_things_were_chosen_since(
    database: Database, owner: Principal, other: Principal
) -> None:
    for key in (INFY, SBIN, ITC, SBIN, INFY, SBIN, INFY, SBIN, ITC):
        watch_views.change(database, owner, recent=key)
    assert [each["key"] for each in watch_views.view(database, owner)["frequent"]] == [SBIN, INFY]
    for name in watchlists.FIRST_SHARES[8:15]:
        watch_views.change(database, owner, recent=f"NSE:{name}")
    assert [each["key"] for each in watch_views.view(database, owner)["frequent"]] == [SBIN, INFY]
    assert watch_views.view(database, other)["frequent"] == []


def test_columns_are_few_and_each_is_there_once(database: Database, owner: Principal) -> None:
    for wrong in ([Column.BID, Column.BID], list(Column)[: MOST_COLUMNS + 1]):
        with pytest.raises(Refusal) as refused:
            watch_views.change(database, owner, columns=wrong)
        assert (refused.value.reason, refused.value.field) == (Reason.BAD_INPUT, "columns")


def test_what_was_chosen_last_comes_first_and_what_is_old_goes(
    database: Database, owner: Principal, other: Principal
) -> None:
    for key in (INFY, SBIN, ITC, INFY):
        watch_views.change(database, owner, recent=key)
    assert [each["key"] for each in watch_views.view(database, owner)["recent"]] == [INFY, ITC, SBIN]
    more = [f"NSE:{name}" for name in (*watchlists.FIRST_SHARES[:8], "TITAN", "MARUTI", "LT", "AXISBANK")]
    for key in more:
        watch_views.change(database, owner, recent=key)
    found = [each["key"] for each in watch_views.view(database, owner)["recent"]]
    assert len(found) == watch_views.MOST_RECENT
    assert found[0] == more[-1]
    assert watch_views.view(database, other)["recent"] == []
    with pytest.raises(Refusal) as refused:
        watch_views.change(database, owner, recent="NSE:NONESUCH")
    assert refused.value.reason is Reason.UNKNOWN_INSTRUMENT


def test_what_its_exchange_lists_no_more_is_not_offered_again(database: Database, owner: Principal) -> None:
    for key in (INFY, SBIN):
        watch_views.change(database, owner, recent=key)
    with database.connection() as connection:
        connection.execute("update instruments set listed_to = %s where symbol = 'SBIN'", (date(2020, 1, 1),))
        rows.raise_version(connection)
    masters.forget(database)
    assert [each["key"] for each in watch_views.view(database, owner)["recent"]] == [INFY]


def test_a_row_keeps_its_colour_through_everything_but_its_removal(
    database: Database, owner: Principal, other: Principal
) -> None:
    made = watchlists.add(database, owner, "mine", [INFY, SBIN, ITC])
    number = int(made["watchlist_id"])
    assert made["colours"] == {}
    told = watchlists.change(database, owner, number, colours={INFY: Colour.RED, ITC: Colour.BLUE})
    assert told["colours"] == {INFY: "RED", ITC: "BLUE"}
    told = watchlists.change(database, owner, number, symbols=[ITC, SBIN, INFY])
    assert (told["symbols"], told["colours"]) == ([ITC, SBIN, INFY], {ITC: "BLUE", INFY: "RED"})
    told = watchlists.change(database, owner, number, symbols=[SBIN, INFY], colours={SBIN: Colour.GREEN, INFY: None})
    assert told["colours"] == {SBIN: "GREEN"}
    assert watchlists.put(database, owner, number, ITC)["colours"] == {SBIN: "GREEN"}, "who comes back is unmarked"
    with pytest.raises(Refusal) as refused:
        watchlists.change(database, other, number, colours={SBIN: Colour.RED})
    assert refused.value.reason is Reason.NOT_FOUND


def test_rows_are_put_into_sections_that_stay_until_they_leave_the_list(
    database: Database, owner: Principal, other: Principal
) -> None:
    number = int(watchlists.add(database, owner, "mine", [INFY, SBIN, ITC])["watchlist_id"])
    told = watchlists.change(database, owner, number, sections={INFY: "Software", ITC: "Others"})
    assert told["sections"] == {INFY: "Software", ITC: "Others"}
    told = watchlists.change(database, owner, number, symbols=[ITC, SBIN, INFY], colours={INFY: Colour.RED})
    assert (told["sections"], told["colours"]) == ({ITC: "Others", INFY: "Software"}, {INFY: "RED"})
    told = watchlists.change(database, owner, number, sections={ITC: None, SBIN: "Banks"})
    assert told["sections"] == {SBIN: "Banks", INFY: "Software"}
    watchlists.take(database, owner, number, INFY)
    assert watchlists.put(database, owner, number, INFY)["sections"] == {SBIN: "Banks"}
    with pytest.raises(Refusal):
        watchlists.change(database, other, number, sections={SBIN: "Theirs"})
