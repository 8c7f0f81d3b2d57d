"""A recorded day: what was stored comes back byte for byte, and what a crash or a full disk took is counted."""

import json
import tempfile
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frames import Frame, row_type
from core.instruments import Kind
from feeds import recorder, recording
from feeds import recording_files as files
from feeds.recorder import Recorder
from feeds.universe import Listing, Universe
from tests.feeds import listings
from tests.patience import PATIENCE

MARKET = "live/asha"
BEGIN = 1_795_670_000_000


def frame(number: int, instruments: tuple[int, ...] = listings.SHARES, seed: int = 0) -> Frame:
    chance = np.random.default_rng([seed, number])
    rows = np.zeros(len(instruments), row_type())
    for name in rows.dtype.names or ():
        rows[name] = chance.integers(1, 2**31 - 1, rows[name].shape)
    rows["instrument"] = instruments
    rows["exchange_time"] = BEGIN + 250 * number
    return Frame(MARKET, number, BEGIN + 250 * number, rows)


def recorded(root: Path, frames: list[Frame], universe: Universe | None = None, most: int = 100) -> Path:
    """The folder of the day in which these frames are."""
    universe = universe or listings.universe()
    made = Recorder(root, MARKET, most)
    made.follow(True, universe)
    for one in frames:
        made.put(one)
    made.close()
    return files.folder(root, MARKET, universe.trading_date.isoformat())


def read(day: Path, after: int = 0) -> list[tuple[int, int, bytes]]:
    found = recording.opened(date.fromisoformat(day.name), day)
    return [(one.number, one.exchange_time, one.rows.tobytes()) for one in found.frames(after)]


def told(frames: list[Frame]) -> list[tuple[int, int, bytes]]:
    return [(one.number, one.exchange_time, one.rows.tobytes()) for one in frames]


def test_frames_and_instruments_come_back_as_they_were(tmp_path: Path) -> None:
    frames = [frame(number) for number in range(7, 40)]
    day = recorded(tmp_path, frames)
    assert day == tmp_path / "live" / "asha" / "2026-11-23"
    assert read(day) == told(frames)
    assert read(day, after=20) == told(frames[14:])
    found = recording.opened(listings.DATE, day)
    assert found.first == 7
    share, call = found.listed[10], next(one for one in found.listed.values() if one.kind == Kind.CE)
    assert (share.key, share.prev_close, share.tick) == ("NSE:SHARE10", 99_820, 5)
    assert (call.underlying, call.expiry) == ("NSE:NIFTY 50", "2026-12-01")


@given(st.lists(st.binary(min_size=168, max_size=168).map(lambda row: row * 3), max_size=6))
def test_any_bytes_of_rows_survive_the_way_to_the_file_and_back(many: list[bytes]) -> None:
    for number, data in enumerate(many, 1):
        rows = np.frombuffer(data, row_type())
        record = files.frame_record(Frame("", number, number, rows))
        body = record[8:]
        kind, at, when = body[:1], int.from_bytes(body[1:9], "little"), int.from_bytes(body[9:17], "little")
        assert (kind, at, when) == (files.FRAME, number, number)
        assert files.rows_of(files.Record(kind, at, when, body[17:])).tobytes() == data


@pytest.mark.parametrize("cut", [1, 5, 9, 20, 60])
def test_a_torn_end_is_dropped_and_counted_and_the_next_process_goes_on_in_a_part_of_its_own(
    tmp_path: Path, cut: int
) -> None:
    frames = [frame(number) for number in range(1, 6)]
    day = recorded(tmp_path, frames)
    (part,) = files.parts(day)
    part.write_bytes(part.read_bytes()[:-cut])
    later = [frame(number) for number in range(6, 9)]
    recorded(tmp_path, later)
    assert len(files.parts(day)) == 2
    wounds = files.Wounds()
    found = recording.opened(listings.DATE, day)
    assert [one.number for one in found.frames(wounds=wounds)] == [1, 2, 3, 4, 6, 7, 8]
    assert wounds.torn == 1


@given(st.data())
def test_whatever_happens_to_a_file_only_whole_frames_are_read(data: st.DataObject) -> None:
    frames = [frame(number, (10, 11)) for number in range(1, 5)]
    whole = bytearray(files.MAGIC + files.instruments_record([]) + b"".join(map(files.frame_record, frames)))
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[at:]
    else:
        whole[at] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        part = folder / f"0001-1{files.SUFFIX}"
        part.write_bytes(whole)
        wounds = files.Wounds()
        found = [
            (one.number, one.exchange_time, one.rows.tobytes())
            for one in recording.Recording(listings.DATE, folder).frames(wounds=wounds)
        ]
        assert found == told(frames)[: len(found)]


def test_a_frame_whose_number_was_there_before_is_left_out_and_counted(tmp_path: Path) -> None:
    day = recorded(tmp_path, [frame(1), frame(2), frame(3)])
    recorded(tmp_path, [frame(2, seed=9), frame(3, seed=9), frame(4)])
    wounds = files.Wounds()
    found = list(recording.opened(listings.DATE, day).frames(wounds=wounds))
    assert told(found) == told([frame(1), frame(2), frame(3), frame(4)])
    assert wounds.repeated == 2


def test_a_slow_disk_makes_nobody_wait_and_what_is_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    write = recorder._Writer.take
    monkeypatch.setattr(recorder, "WAITING", 4)
    monkeypatch.setattr(recorder._Writer, "take", lambda self, given: (free.wait(PATIENCE), write(self, given))[1])
    made = Recorder(tmp_path, MARKET, 100)
    made.follow(True, listings.universe())
    for number in range(1, 21):
        made.put(frame(number))
    assert made.lost >= 15
    assert made.state()["lost"] == made.lost
    free.set()
    made.close()
    assert len(read(files.folder(tmp_path, MARKET, "2026-11-23"))) == 20 - made.lost


def test_recordings_stop_at_their_bound_and_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder, "LOOK_EVERY", 0.0)
    frames = [frame(number, tuple(range(1, 2_000))) for number in range(1, 12)]  # about a third of a megabyte each
    day = recorded(tmp_path, frames, most=1)
    kept = read(day)
    assert kept == told(frames)[: len(kept)]
    assert 2 <= len(kept) < 8
    (said,) = [one.message for one in caplog.records if "KAGAZ_RECORD_MB" in one.message]
    assert str(tmp_path) in said


def test_a_disk_that_fails_is_told_of_and_tried_again_in_a_new_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder, "LOOK_EVERY", 0.0)
    whole, broken = recorder._Writer._append, [False]

    def append(self: Any, file: Any, data: bytes) -> None:
        if broken[0]:
            file.write(data[:10])
            raise OSError(28, "No space left on device")
        whole(self, file, data)

    monkeypatch.setattr(recorder._Writer, "_append", append)
    writer = recorder._Writer(tmp_path, MARKET, 100 << 20)
    writer.take(listings.universe())
    writer.take(frame(1))
    broken[0] = True
    writer.take(frame(2))
    assert "No space left" in writer.trouble
    broken[0] = False
    writer.take(frame(3))
    writer.close()
    assert (writer.lost, writer.trouble) == (1, "")
    assert [number for number, _, _ in read(files.folder(tmp_path, MARKET, "2026-11-23"))] == [1, 3]
    assert any("No space left" in one.message for one in caplog.records)


def test_other_instruments_in_the_middle_of_a_day_are_named_from_there_on(tmp_path: Path) -> None:
    made, before = Recorder(tmp_path, MARKET, 100), listings.universe()
    extra = Listing(listings.one(999, "LATECOMER", Kind.EQ), 5_000)
    after = Universe([*before.listings, extra], before.trading_date)
    made.follow(True, before)
    made.put(frame(1))
    made.follow(True, after)
    made.put(frame(2, (10, 999)))
    tomorrow = Universe(before.listings, before.trading_date + timedelta(days=1))
    made.follow(True, tomorrow)
    made.put(frame(3))
    made.close()
    assert sorted(recording.recorded_days(tmp_path / "live" / "asha")) == [date(2026, 11, 23), date(2026, 11, 24)]
    found = recording.opened(listings.DATE, tmp_path / "live" / "asha" / "2026-11-23")
    assert found.listed[999].key == "NSE:LATECOMER"
    assert [one.number for one in found.frames()] == [1, 2]


@pytest.mark.parametrize("name", ["../../etc", "live/..", "a\0b", "live/.", "live//x"])
def test_a_markets_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    made = files.folder(tmp_path, name, "2026-11-23")
    assert made.resolve().is_relative_to(tmp_path.resolve())
    assert "\0" not in str(made)


def test_what_is_no_recording_has_no_days(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text("x")
    (tmp_path / "notes").mkdir()
    assert recording.recorded_days(tmp_path) == {}
    assert recording.recorded_days(tmp_path / "bars.csv") == {}
    assert recording.recorded_days(None) == {}


# Played again.

IDENTITY = {number: number for number in listings.SHARES}


def played(feed: recording.Recorded, every: int, until: int, now: int = 0) -> list[tuple[int, int, bytes]]:
    """What a loop that steps each ``every`` ms of the wall's clock gets: number, time and rows of each frame."""
    out = []
    while now <= until:
        while True:
            at, rows = feed.clock(now), feed.next_rows(now)
            if len(rows):
                out.append((feed.number, at, rows.tobytes()))
            if not feed.due(now):
                break
        now += every
    return out


@pytest.mark.parametrize(("speed", "every"), [(1.0, 250), (1.0, 97), (10.0, 250), (3600.0, 250), (0.5, 250)])
def test_a_recording_gives_the_same_rows_under_the_same_numbers_at_any_speed(
    tmp_path: Path, speed: float, every: int
) -> None:
    frames = [frame(number) for number in range(7, 40) if number % 5]
    day = recorded(tmp_path, frames)
    feed = recording.Recorded(listings.universe(), recording.opened(listings.DATE, day), IDENTITY, speed)
    assert played(feed, every, int(20_000 / speed) + 1_000) == told(frames)


def test_the_clock_never_passes_a_frame_that_was_not_given(tmp_path: Path) -> None:
    frames = [frame(number) for number in (1, 2, 3)]
    day = recorded(tmp_path, frames)
    feed = recording.Recorded(listings.universe(), recording.opened(listings.DATE, day), IDENTITY)
    feed.clock(0)
    assert feed.clock(60_000) == frames[0].exchange_time
    feed.next_rows(60_000)
    assert feed.clock(60_000) == frames[1].exchange_time


def test_on_another_date_and_another_installation_times_and_numbers_are_theirs(tmp_path: Path) -> None:
    frames = [frame(number, (10, 11, 12)) for number in (1, 2)]
    day = recorded(tmp_path, frames)
    found = recording.opened(listings.DATE, day)
    later = Universe(listings.universe().listings, listings.DATE + timedelta(days=3))
    feed = recording.Recorded(later, found, {10: 14, 12: 11})
    ((_, at, data), _) = played(feed, 250, 5_000)
    rows = np.frombuffer(data, row_type())
    shift = 3 * 24 * 3_600_000
    assert at == frames[0].exchange_time + shift
    assert rows["instrument"].tolist() == [11, 14]
    assert rows["exchange_time"].tolist() == [frames[0].exchange_time + shift] * 2
    assert rows["last_price"].tolist() == frames[0].rows["last_price"][[2, 0]].tolist()
    assert feed.state()["left_out"] == 1
    assert feed.state()["label"] == "Recording of 2026-11-23 played as 2026-11-26"


def test_a_feed_that_is_built_anew_goes_on_where_the_last_one_stood(tmp_path: Path) -> None:
    frames = [frame(number) for number in range(1, 20)]
    found = recording.opened(listings.DATE, recorded(tmp_path, frames))
    one = recording.Recorded(listings.universe(), found, IDENTITY)
    first = played(one, 250, 2_000)
    two = recording.Recorded(listings.universe(), found, IDENTITY, resume=one.resume())
    assert dict(zip(*map(np.ndarray.tolist, two.closes(0)), strict=True)) == dict(
        zip(*map(np.ndarray.tolist, one.closes(0)), strict=True)
    )
    assert first + played(two, 250, 10_000) == told(frames)
    stale = replace(found, day=found.day)
    three = recording.Recorded(
        listings.universe(date(2026, 11, 24)), stale, IDENTITY, resume=one.resume()
    )  # fmt: skip
    assert three.number == 0, "another date begins at its beginning"


def test_a_prices_close_is_the_last_that_was_played(tmp_path: Path) -> None:
    frames = [frame(1, (10,)), frame(2, (11,))]
    found = recording.opened(listings.DATE, recorded(tmp_path, frames))
    feed = recording.Recorded(listings.universe(), found, IDENTITY)
    played(feed, 250, 5_000)
    closes = dict(zip(*map(np.ndarray.tolist, feed.closes(0)), strict=True))
    assert closes[10] == frames[0].rows["last_price"][0]
    assert closes[11] == frames[1].rows["last_price"][0]
    assert closes[12] == 41_540


def test_a_process_that_is_killed_leaves_a_summary_of_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "SUM_EVERY", 0.0)
    writer = recorder._Writer(tmp_path, MARKET, 100 << 20)
    writer.take(listings.universe())
    for number in (5, 6, 7):
        writer.take(frame(number))
    (part,) = files.parts(files.folder(tmp_path, MARKET, "2026-11-23"))
    told = json.loads(part.with_suffix(".json").read_text("utf-8"))
    assert told == {"market": MARKET, "frames": 3, "first": 5, "last": 7, "lost": 0}
    writer.close()
