"""The command line: users, tokens, resets, the invariants, splits and bonuses, holidays and sessions.

    python -m desk user add NAME --role trader [--cash RUPEES] [--email ADDRESS]
    python -m desk user password NAME          a one-time link that sets a password
    python -m desk token NAME [--account USER/BOOK] [--scopes read,trade]
    python -m desk kite-app NAME [--account USER/BOOK] [--redirect URL] [--lasting]   keys for a program, as JSON
    python -m desk verify                      one line of JSON; exit status 1 on a violation
    python -m desk reset USER/BOOK [--cash RUPEES]
    python -m desk kill USER/BOOK [--flatten]  cancel all and take no order until it is re-armed
    python -m desk rearm USER/BOOK
    python -m desk split NSE:INFY 2026-12-01 5:1 [--isin ISIN] [--lot SHARES] [--tick RUPEES]
    python -m desk bonus NSE:INFY 2026-12-01 1:1
    python -m desk holiday add 2026-12-01 "Name"         a day on which nothing trades; remove takes it away
    python -m desk holiday remove 2026-12-01
    python -m desk holiday list
    python -m desk session add 2026-11-08 13:45 14:45 "Muhurat"     hours on a day; remove takes them away
    python -m desk session remove 2026-11-08
    python -m desk masters load FILE [--vendor upstox|truedata] [--as-of 2026-12-01]   instruments as a vendor lists
    python -m desk masters fetch [--vendor upstox|truedata] [--user NAME] [--url URL]  them; one line of JSON
    python -m desk market [simulator|replay]   which market everybody trades in; with a name another from now on
    python -m desk record MARKET on|off        writes a market's frames to files, so that its day can be played again
    python -m desk recordings                  what has been recorded, and in which folder

Everything that a program may read goes to standard output; exit status 2 for what cannot be done, with a
sentence on standard error.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import settings
from core.calendar import IST, DayKind
from core.money import FRESH_CASH, parse_rupees, rupees
from core.reasons import Refusal
from core.vendors import Vendor
from db.checks import UnfitServerError
from db.embedded import EmbeddedError
from db.engine import Database, DatabaseBusy, DatabaseUnavailable
from db.migrate import UnknownVersion
from desk import (
    access,
    calendar,
    corporate,
    identity,
    installation,
    recordings,
    risk_switch,
    switching,
    vendor_fetch,
    vendor_masters,
    wallet,
)  # fmt: skip
from desk import market as markets
from desk.market import FEEDS
from desk.principal import Principal
from desk.verify import verify

ACTOR = "command line"
TROUBLE = (
    settings.WrongSettings,
    EmbeddedError,
    UnfitServerError,
    UnknownVersion,
    DatabaseBusy,
    DatabaseUnavailable,
)


def parser() -> argparse.ArgumentParser:
    """The grammar of the commands."""
    top = argparse.ArgumentParser(
        prog="python -m desk", description="Users, tokens, resets, holidays and the invariants."
    )
    commands = top.add_subparsers(dest="command", required=True)
    user = commands.add_parser("user", help="add a user, or make a link that sets a password")
    users = user.add_subparsers(dest="what", required=True)
    add = users.add_parser("add")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=("trader", "analyst", "admin"))
    add.add_argument("--cash", type=_amount, default=0, metavar="RUPEES")
    add.add_argument("--email")
    add.set_defaults(run=_add)
    password = users.add_parser("password")
    password.add_argument("name")
    password.set_defaults(run=_password)
    _programs(commands)
    check = commands.add_parser("verify", help="check every invariant of every account")
    check.set_defaults(run=_verify)
    reset = commands.add_parser("reset", help="archive an account and start it anew")
    reset.add_argument("account", metavar="USER/BOOK")
    begins = f"what the new book begins with, else {rupees(FRESH_CASH)}"
    reset.add_argument("--cash", type=_amount, default=FRESH_CASH, metavar="RUPEES", help=begins)
    reset.set_defaults(run=_reset)
    for kind in ("split", "bonus"):
        action = commands.add_parser(kind, help=f"enter the {kind} of a share for a date to come")
        action.add_argument("share", metavar="NSE:INFY")
        action.add_argument("ex_date", type=_day, metavar="YYYY-MM-DD")
        action.add_argument("ratio", metavar="5:1" if kind == "split" else "1:1")
        action.add_argument("--isin", help="the share's new ISIN")
        action.add_argument("--lot", type=int, help="the new lot of its contracts, in shares")
        action.add_argument("--tick", type=_amount, metavar="RUPEES", help="the share's new tick")
        action.set_defaults(run=_action, kind=kind.upper())
    kill = commands.add_parser("kill", help="press the kill switch of an account")
    kill.add_argument("account", metavar="USER/BOOK")
    kill.add_argument("--flatten", action="store_true", help="also close what is carried, at market")
    kill.set_defaults(run=_kill)
    rearm = commands.add_parser("rearm", help="let a stopped account trade again")
    rearm.add_argument("account", metavar="USER/BOOK")
    rearm.set_defaults(run=_rearm)
    _calendar(commands)
    _masters(commands)
    _markets(commands)
    return top


def _markets(commands: Any) -> None:
    """Which market runs, and what is recorded of markets."""
    chosen = commands.add_parser("market", help="say or choose the market that everybody trades in")
    chosen.add_argument("feed", nargs="?", choices=tuple(FEEDS))
    chosen.set_defaults(run=_market)
    record = commands.add_parser("record", help="record the frames of a market, or no more")
    record.add_argument("market", metavar="MARKET")
    record.add_argument("switch", choices=("on", "off"))
    record.set_defaults(run=_record)
    commands.add_parser("recordings", help="list what has been recorded").set_defaults(run=_recordings)


def _masters(commands: Any) -> None:
    """Vendors' lists of instruments."""
    verbs = commands.add_parser("masters", help="load a vendor's list of instruments").add_subparsers(
        dest="what", required=True
    )
    for verb in (verbs.add_parser("load", help="from a file"), verbs.add_parser("fetch", help="from the vendor")):
        verb.add_argument("--vendor", type=Vendor, choices=list(Vendor))
        verb.add_argument("--as-of", type=_day, metavar="YYYY-MM-DD", help="the date it is the list of; else today")
        verb.set_defaults(run=_load_masters)
    verbs.choices["load"].add_argument("file", type=Path)
    verbs.choices["fetch"].add_argument("--user", metavar="NAME", help="whose login with the vendor to use")
    verbs.choices["fetch"].add_argument("--url", help="another address than the vendor's own")


def _programs(commands: Any) -> None:
    """What programs ask with: tokens of the native API, and keys for a broker's clients."""
    token = commands.add_parser("token", help="print an API token, once")
    token.add_argument("name")
    token.add_argument("--account", metavar="USER/BOOK")
    token.add_argument("--scopes", default="read,trade")
    token.set_defaults(run=_token)
    program = commands.add_parser("kite-app", help="print a program's keys and an access token as JSON, once")
    program.add_argument("name")
    program.add_argument("--account", metavar="USER/BOOK")
    program.add_argument("--redirect", metavar="URL", help="where a login in the browser goes on")
    program.add_argument("--lasting", action="store_true", help="a token that does not end at 06:00")
    program.set_defaults(run=_program)


def _calendar(commands: Any) -> None:
    """Days of the calendar: both words take add and remove."""
    for word, kind, told in (
        ("holiday", DayKind.HOLIDAY, "days on which nothing trades"),
        ("session", DayKind.SPECIAL, "special hours on a day"),
    ):
        verbs = commands.add_parser(word, help=told).add_subparsers(dest="what", required=True)
        add = verbs.add_parser("add")
        add.add_argument("day", type=_day, metavar="YYYY-MM-DD")
        if kind is DayKind.SPECIAL:
            add.add_argument("opens", type=_time, metavar="HH:MM")
            add.add_argument("closes", type=_time, metavar="HH:MM")
        add.add_argument("name")
        add.set_defaults(run=_add_day, kind=kind)
        remove = verbs.add_parser("remove")
        remove.add_argument("day", type=_day, metavar="YYYY-MM-DD")
        remove.set_defaults(run=_remove_day, kind=kind)
        verbs.add_parser("list").set_defaults(run=_list_days, kind=kind)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date such as 2026-12-01") from None


def _time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").replace(tzinfo=IST).time()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 13:45") from None


def _add_day(database: Database, asked: argparse.Namespace) -> int:
    if asked.kind is DayKind.HOLIDAY:
        moved = calendar.add_holiday(database, ACTOR, asked.day, asked.name)
        print(f"{asked.day:%a %d %b %Y} is a holiday: {asked.name}. Contracts whose expiry moved: {moved}.")
    else:
        moved = calendar.add_session(database, ACTOR, asked.day, asked.opens, asked.closes, asked.name)
        hours = f"{asked.opens:%H:%M} to {asked.closes:%H:%M}"
        print(f"{asked.day:%a %d %b %Y} trades from {hours}: {asked.name}. Contracts whose expiry moved: {moved}.")
    return 0


def _remove_day(database: Database, asked: argparse.Namespace) -> int:
    moved = calendar.remove(database, ACTOR, asked.day, asked.kind)
    print(f"{asked.day:%a %d %b %Y} is an ordinary day again. Contracts whose expiry moved: {moved}.")
    return 0


def _list_days(database: Database, asked: argparse.Namespace) -> int:
    word = "holiday" if asked.kind is DayKind.HOLIDAY else "session"
    for row in calendar.days(database, datetime.now(IST).date()):
        if row["kind"] == word:
            hours = f" {row['opens']}-{row['closes']}" if row["opens"] else ""
            print(f"{row['day']} {row['weekday']}{hours} {row['name']}")
    return 0


def _load_masters(database: Database, asked: argparse.Namespace) -> int:
    if asked.what == "load":
        told = vendor_masters.load_file(database, asked.file, ACTOR, asked.vendor, asked.as_of)
    else:
        vendor = asked.vendor or Vendor.UPSTOX
        login = vendor_fetch.login_of(database, vendor, asked.user) if asked.user else None
        told = vendor_fetch.fetch(database, vendor, ACTOR, login, asked.url, asked.as_of)
    print(json.dumps(told))
    return 0


def _amount(text: str) -> int:
    try:
        return parse_rupees(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from wrong


def _add(database: Database, asked: argparse.Namespace) -> int:
    user = identity.add_user(database, asked.name, asked.role, email=asked.email, cash_paise=asked.cash, actor=ACTOR)
    print(f"Added {user.name}, {user.role}, with the account {user.name}/main and {rupees(asked.cash)}.")
    return _password(database, asked)


def _password(database: Database, asked: argparse.Namespace) -> int:
    base = f"http://localhost:{settings.load().port}"
    print(identity.password_link(database, ACTOR, asked.name, base))
    return 0


def _token(database: Database, asked: argparse.Namespace) -> int:
    scopes = tuple(part.strip() for part in asked.scopes.split(",") if part.strip())
    token, _ = identity.create_token(database, ACTOR, asked.name, asked.account, name="command line", scopes=scopes)
    print(token)
    return 0


def _program(database: Database, asked: argparse.Namespace) -> int:
    made = identity.make_app(database, ACTOR, asked.name, asked.account, redirect_url=asked.redirect)
    given = identity.give_token(database, made.api_key, lasting=asked.lasting)
    keys = {"api_key": made.api_key, "api_secret": made.api_secret, "access_token": given.access_token}
    print(json.dumps(keys))
    return 0


def _verify(database: Database, _: argparse.Namespace) -> int:
    verdict = verify(database)
    print(json.dumps(verdict.as_dict()))
    return 0 if verdict.sound else 1


def _reset(database: Database, asked: argparse.Namespace) -> int:
    answer = wallet.reset(database, ACTOR, access.by_key(database, asked.account).id, asked.cash)
    if not answer.ok:
        print(answer.body["detail"], file=sys.stderr)
        return 2
    archived = answer.body["archived_id"]
    print(f"{asked.account} starts anew with {rupees(asked.cash)}; the old run is kept as number {archived}.")
    return 0


def _action(database: Database, asked: argparse.Namespace) -> int:
    entered = corporate.enter(
        database, ACTOR, asked.kind, asked.share, asked.ex_date, asked.ratio,
        isin=asked.isin, lot=asked.lot, tick=asked.tick,
    )  # fmt: skip
    print(f"{entered['key']}: {entered['held']} become {entered['becomes']} on {entered['ex_date']}.")
    return 0


# The operator of the machine acts as an administrator without a name of his own.
ROOT = Principal(0, ACTOR, "admin", None, 0, None, ("read", "trade"))


def _kill(database: Database, asked: argparse.Namespace) -> int:
    told = risk_switch.kill(database, ROOT, access.by_key(database, asked.account), asked.flatten)
    sent = f"{told['cancelled']} orders cancelled, {len(told['closing'])} closing orders sent"
    print(f"{told['account']} is halted: {sent}.")
    return 0


def _rearm(database: Database, asked: argparse.Namespace) -> int:
    told = risk_switch.rearm(database, ROOT, access.by_key(database, asked.account))
    print(f"{told['account']} is {told['state']}.")
    return 0


def _market(database: Database, asked: argparse.Namespace) -> int:
    if asked.feed is not None:
        market, opened = switching.choose(database, ROOT, asked.feed)
        print(f"Everybody trades in {market} now; {opened} new books in it begin without money.")
        return 0
    for one in markets.markets(database):
        if one.shown_to is None:
            print(f"{one.id}: {'runs' if one.running else 'is off'}, trading date {one.trading_date}.")
    return 0


def _record(database: Database, asked: argparse.Namespace) -> int:
    on = asked.switch == "on"
    recordings.switch(database, ACTOR, asked.market, on=on)
    what = f"is recorded in {recordings.folder()}" if on else "is not recorded any more"
    print(f"Market {asked.market} {what}.")
    return 0


def _recordings(_database: Database, _: argparse.Namespace) -> int:
    for one in recordings.listed():
        lost = f", {one.lost} lost" if one.lost else ""
        print(f"{one.market} {one.date}: {one.frames} frames{lost}, {one.bytes / 2**20:.1f} MB, {one.folder}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    asked = parser().parse_args(arguments)
    run: Callable[[Database, argparse.Namespace], int] = asked.run
    try:
        database = installation.prepare(settings.load())
        try:
            return run(database, asked)
        finally:
            database.close()
            installation.release()
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
    except TROUBLE as trouble:
        print(trouble, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
