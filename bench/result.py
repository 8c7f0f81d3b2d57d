"""The one shape of a measurement, printed as one JSON object a line."""

import json
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

RUNS = 5


def time_to_listen(usual: float) -> float:
    """Seconds that a bench of a live stream listens: ``BENCH_SECONDS`` where it is set; ten minutes show what grows."""
    return float(os.environ.get("BENCH_SECONDS", usual))


@dataclass(frozen=True, slots=True)
class Result:
    """``value`` in ``unit``; ``baseline`` is the same load done the other way in the same run, or None."""

    bench: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None

    def line(self) -> str:
        """The result as one line of JSON."""
        return json.dumps(asdict(self))


def rounded(number: float, digits: int = 4) -> float:
    """So many significant digits, because more would be noise."""
    return float(f"{number:.{digits}g}")


def compared(bench: str, unit: str, values: Sequence[float], baselines: Sequence[float]) -> Result:
    """Medians of interleaved runs; the ratio is value over baseline."""
    value, baseline = statistics.median(values), statistics.median(baselines)
    return Result(bench, rounded(value), unit, rounded(baseline), rounded(value / baseline))


def interleaved(
    ours: Callable[[], float], theirs: Callable[[], float], runs: int = RUNS
) -> tuple[list[float], list[float]]:
    """Run both in turn, so that a busy machine slows both alike."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return [one for one, _ in pairs], [other for _, other in pairs]
