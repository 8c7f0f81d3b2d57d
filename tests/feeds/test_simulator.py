"""The simulated market: believable prints, the same from the same seed, and no jump over a restart."""

from datetime import date

import numpy as np
import pytest

from core.frames import Rows, row_type
from feeds.returns import Returns
from feeds.simulator import Simulator
from feeds.universe import Universe
from tests.feeds.listings import FUND, FUTURE, NIFTY, SHARES, STRIKES, universe


def run(simulator: Simulator, start: int, frames: int, every: int = 250) -> list[Rows]:
    return [simulator.next_rows(start + n * every) for n in range(frames)]


def together(frames: list[Rows]) -> Rows:
    return np.concatenate(frames)


@pytest.fixture(scope="module")
def market() -> Universe:
    return universe()


@pytest.fixture(scope="module")
def frames(market: Universe) -> list[Rows]:
    return run(Simulator(market, seed=7), market.opened + 60_000, 400)


def test_the_same_seed_gives_the_same_frames(market: Universe, frames: list[Rows]) -> None:
    again = run(Simulator(market, seed=7), market.opened + 60_000, 400)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(frames, again, strict=True))


def test_another_seed_gives_another_market(market: Universe, frames: list[Rows]) -> None:
    other = run(Simulator(market, seed=8), market.opened + 60_000, 400)
    assert together(other).tobytes() != together(frames).tobytes()


def test_the_first_frame_shows_everything_and_the_rest_tick_about_once_a_second(
    market: Universe, frames: list[Rows]
) -> None:
    cash_and_futures = {NIFTY, FUND, FUTURE, *SHARES}
    assert cash_and_futures <= set(frames[0]["instrument"].tolist())
    for number in cash_and_futures:
        prints = sum(number in rows["instrument"] for rows in frames)
        assert 60 <= prints <= 140, number  # a hundred seconds


def test_depth_is_on_tick_in_order_and_in_whole_lots(market: Universe, frames: list[Rows]) -> None:
    rows = together(frames)
    at = np.searchsorted(market.id, rows["instrument"])
    traded = ~market.is_index[at]
    rows, at = rows[traded], at[traded]
    tick, lot = market.tick[at][:, None], market.lot[at][:, None]
    for side in ("bid", "ask"):
        assert (rows[f"{side}_price"] % tick == 0).all()
        assert (rows[f"{side}_quantity"] % lot == 0).all()
        shown = rows[f"{side}_price"] > 0
        assert ((rows[f"{side}_quantity"] > 0) == shown).all()
        assert ((rows[f"{side}_orders"] > 0) == shown).all()
    bid, ask = rows["bid_price"], rows["ask_price"]
    both = (bid[:, 0] > 0) & (ask[:, 0] > 0)
    assert (bid[both, 0] < ask[both, 0]).all()
    assert ((bid[:, 1:] < bid[:, :-1]) | (bid[:, 1:] == 0)).all()
    assert ((ask[:, 1:] > ask[:, :-1]) | (ask[:, 1:] == 0)).all()


def test_prices_stay_inside_the_bands_and_the_day_holds_its_last_price(market: Universe, frames: list[Rows]) -> None:
    rows = together(frames)
    at = np.searchsorted(market.id, rows["instrument"])
    banded = market.upper[at] > 0
    for name in ("last_price", "high", "low"):
        assert (rows[name][banded] <= market.upper[at][banded]).all()
        assert (rows[name][banded] >= market.lower[at][banded]).all()
    assert (rows["low"] <= rows["last_price"]).all()
    assert (rows["last_price"] <= rows["high"]).all()
    assert (rows["last_price"] % market.tick[at] == 0).all()


def test_at_the_upper_band_nothing_is_offered() -> None:
    # Every share is far above its band's middle: a drawn price beyond it is held at the band.
    market = universe()
    market.upper[market.rows_of(SHARES)] = market.prev_close[market.rows_of(SHARES)]
    rows = together(run(Simulator(market, seed=3), market.opened + 60_000, 200))
    at = np.searchsorted(market.id, rows["instrument"])
    shares = np.isin(rows["instrument"], SHARES)
    assert (rows["ask_price"][shares] <= market.upper[at][shares][:, None]).all()
    assert (rows["ask_price"][shares][:, 0] == 0).any()


def test_volume_never_falls_and_an_index_has_none(market: Universe, frames: list[Rows]) -> None:
    rows = together(frames)
    for number in (*SHARES, FUTURE):
        volume = rows["volume"][rows["instrument"] == number]
        assert (np.diff(volume) >= 0).all()
        assert volume[-1] > 0
    index = rows[rows["instrument"] == NIFTY]
    assert not index["volume"].any()
    assert not index["bid_price"].any()


def test_an_index_is_the_worth_of_its_basket(market: Universe) -> None:
    simulator = Simulator(market, seed=11)
    run(simulator, market.opened + 60_000, 400)
    ids, prices = simulator.closes(market.opened + 160_000)
    price = dict(zip(ids.tolist(), prices.tolist(), strict=True))
    moved = np.mean([price[n] / market.prev_close[market.row[n]] for n in SHARES])
    assert price[NIFTY] / 2_500_000 == pytest.approx(moved, abs=2e-4)
    assert price[FUND] / 29_500 == pytest.approx(price[NIFTY] / 2_500_000, abs=1e-3)
    assert price[FUTURE] == pytest.approx(price[NIFTY] * np.exp(0.0625 * 8 / 365), rel=1e-3)


def test_a_chain_keeps_parity_and_falls_with_the_strike(market: Universe) -> None:
    simulator = Simulator(market, seed=11)
    simulator.next_rows(market.opened + 60_000)
    ids, prices = simulator.closes(market.opened + 60_000)
    price = dict(zip(ids.tolist(), prices.tolist(), strict=True))
    calls = [price[100 + 2 * n] for n in range(len(STRIKES))]
    puts = [price[101 + 2 * n] for n in range(len(STRIKES))]
    assert calls == sorted(calls, reverse=True)
    assert puts == sorted(puts)
    middle = len(STRIKES) // 2
    forward = 2_500_000 * np.exp(0.0625 * 9 / 365)
    assert calls[middle] - puts[middle] == pytest.approx(forward - STRIKES[middle], abs=200)


def test_an_option_is_priced_once_somebody_wants_it(market: Universe) -> None:
    far = 100  # the call furthest in the money, outside the strikes that always print
    simulator = Simulator(market, seed=5)
    before = together(run(simulator, market.opened + 60_000, 40))
    assert far not in before["instrument"]
    simulator.want([far, NIFTY, 999_999])
    assert far in simulator.next_rows(market.opened + 75_000)["instrument"]


def test_a_restart_goes_on_where_it_stopped(market: Universe) -> None:
    simulator = Simulator(market, seed=7)
    at = market.opened + 60_000
    run(simulator, at, 200)
    kept = simulator.resume()
    last = {int(i): int(p) for i, p in zip(*simulator.closes(at + 50_000), strict=True)}
    one, two = (Simulator(market, seed=7, resume=kept) for _ in range(2))
    hours_later = at + 3 * 3_600_000
    first = one.next_rows(hours_later)
    assert first.tobytes() == two.next_rows(hours_later).tobytes()
    shares = first[np.isin(first["instrument"], SHARES)]
    for row in shares:
        assert row["last_price"] == pytest.approx(last[int(row["instrument"])], rel=0.003)
        assert row["volume"] > 1_000  # the day goes on, it does not begin anew


@pytest.mark.parametrize("damage", [{"rng": {}}, {"latent": "x"}, {"day": 5}, {"latent": None, "day": ""}])
def test_a_damaged_state_is_no_reason_not_to_start(market: Universe, damage: dict[str, object]) -> None:
    kept = Simulator(market, seed=7).resume()
    kept.pop("rng")
    damage.pop("rng", None)
    assert len(Simulator(market, seed=7, resume=kept | damage).next_rows(market.opened + 60_000))


def test_a_new_trading_date_begins_its_day_anew_at_yesterdays_prices(market: Universe) -> None:
    simulator = Simulator(market, seed=7)
    run(simulator, market.closes - 60_000, 200)
    closes = dict(zip(*(x.tolist() for x in simulator.closes(market.closes)), strict=True))
    following = universe(date(2026, 11, 24), **{f"s{n}": closes[n] for n in SHARES})
    rows = Simulator(following, seed=7, resume=simulator.resume()).next_rows(following.opened + 1)
    for number in SHARES:
        (row,) = rows[rows["instrument"] == number]
        assert row["open"] == row["high"] == row["low"] == row["last_price"]
        assert row["prev_close"] == closes[number]
        assert row["last_price"] == pytest.approx(closes[number], rel=0.003)


def test_contracts_that_have_expired_do_not_print(market: Universe) -> None:
    after = universe(date(2026, 12, 1))
    rows = Simulator(after, seed=1).next_rows(after.closes + 1)
    assert FUTURE not in rows["instrument"]


def test_one_level_is_enough_for_prices_alone(market: Universe) -> None:
    rows = Simulator(market, seed=1, levels=1).next_rows(market.opened + 60_000)
    assert rows.dtype == row_type(1)
    assert (rows["bid_price"][np.isin(rows["instrument"], SHARES)] > 0).all()


def test_a_clock_that_stands_still_prints_nothing(market: Universe) -> None:
    simulator = Simulator(market, seed=1)
    at = market.opened + 60_000
    assert len(simulator.next_rows(at))
    assert not len(simulator.next_rows(at))
    assert not len(simulator.next_rows(at - 5_000))


def test_days_have_the_deviation_that_was_asked_for() -> None:
    market = universe(always_open=False)
    moves = []
    for seed in range(6):
        simulator = Simulator(market, seed=seed)
        at = market.opened
        for n in range(376):
            simulator.next_rows(at + n * 60_000 + 1)
        ids, prices = simulator.closes(market.closes)
        moves += [
            float(np.log(p / market.prev_close[market.row[int(i)]]))
            for i, p in zip(ids, prices, strict=True)
            if int(i) in SHARES
        ]
    # A minute's pause counts as two seconds, so that a thirtieth of the day's variance has passed.
    assert np.std(moves) == pytest.approx(0.014 / np.sqrt(30), rel=0.35)


def test_shares_move_together_as_far_as_they_were_told_to() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    returns = Returns(["Bank", "IT", "Gold"], np.array([0.01, 0.02, 0.01]), [0.8, 0.6, 0.0])
    steps, market = zip(*(returns.step(rng, 1.0, 1.0) for _ in range(20_000)), strict=True)
    table = np.corrcoef(np.column_stack([np.array(steps), np.array(market)]).T)
    assert table[3, :3] == pytest.approx([0.8, 0.6, 0.0], abs=0.05)
    assert np.std(steps, axis=0) == pytest.approx([0.01, 0.02, 0.01], rel=0.05)
    # Fatter tails than a normal's, whose fourth moment is three.
    own = np.array(steps)[:, 2] / 0.01
    assert np.mean(own**4) > 3.5
