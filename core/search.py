"""Finding instruments by what people type: built once for a set of instruments, then only read.

Shares, funds and indices are kept in the order of their liquidity, so that the first of any matches are the
ones most likely meant; contracts hang below their underlying by expiry. A name is found by the beginning of
its symbol, of an alias or of a word of its name, and failing that with a slip or two.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core import wording
from core.instruments import Instrument, Kind, Segment
from core.wording import Wording

Ints = npt.NDArray[np.int32]
_AFTER = "\U0010ffff"
KEPT = 256  # matches looked at before they are ranked
UNDERLYINGS = 3  # how many readings of the name a contract is looked for under
TRIED = 300  # names compared letter by letter when nothing begins with what was typed


class _Names:
    """Sorted names, each with the place of its instrument in the order of liquidity."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        ordered = sorted(set(pairs))
        self.names = [name for name, _ in ordered]
        self.places: Ints = np.array([place for _, place in ordered], np.int32)
        self._letters: npt.NDArray[np.uint64] | None = None

    def beginning(self, text: str) -> Ints:
        """Places of all names that begin with a text, unordered."""
        first = bisect_left(self.names, text)
        return self.places[first : bisect_left(self.names, text + _AFTER, first)]

    def first(self, text: str) -> list[int]:
        """The most liquid places whose names begin with a text."""
        found = self.beginning(text)
        if len(found) > KEPT:
            found = np.partition(found, KEPT)[:KEPT]
        return [int(place) for place in np.unique(found)]

    def equal(self, text: str) -> list[int]:
        """Places of the names that are exactly this text."""
        first = bisect_left(self.names, text)
        found = []
        while first < len(self.names) and self.names[first] == text:
            found.append(int(self.places[first]))
            first += 1
        return sorted(found)

    def near(self, text: str, slips: int) -> list[int]:
        """Places whose names begin almost as the text does, the closest first."""
        if self._letters is None:
            self._letters = np.array([_letters(name) for name in self.names], np.uint64)
        missing = np.bitwise_count(np.uint64(_letters(text)) & ~self._letters)
        likely = np.flatnonzero(missing <= slips)
        likely = likely[np.argsort(self.places[likely], kind="stable")]
        best: dict[int, int] = {}
        tried = 0
        for n in likely.tolist():
            name = self.names[n]
            if len(name) < len(text) - slips or name[0] not in text[:2]:
                continue
            tried += 1
            if tried > TRIED:
                break
            gap = wording.distance(text, name[: len(text) + slips], slips)
            if gap <= slips:
                place = int(self.places[n])
                best[place] = min(gap, best.get(place, gap))
        return sorted(best, key=lambda place: (best[place], place))


def _letters(text: str) -> int:
    """A bit for each letter and digit that occurs."""
    bits = 0
    for letter in text:
        bits |= 1 << (int(letter, 36) if letter.isascii() and letter.isalnum() else 36)
    return bits


class Search:
    """An index over instruments. Safe to use from several threads: nothing changes after it is built.

    ``liquidity`` orders equals (higher first, missing is 0); ``aliases`` are other names by instrument id.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        liquidity: Mapping[int, float] | None = None,
        aliases: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        known = liquidity or {}
        heads: list[Instrument] = []
        chains: defaultdict[int, list[Instrument]] = defaultdict(list)
        for instrument in instruments:
            if instrument.underlying_id is None:
                heads.append(instrument)
            else:
                chains[instrument.underlying_id].append(instrument)
        heads.sort(key=lambda head: (-known.get(head.id, 0.0), head.symbol, head.exchange))
        for chain in chains.values():
            chain.sort(key=lambda one: (_day(one), one.strike or 0, one.kind))
        self._heads = heads
        self._chains = dict(chains)
        self._symbols = _Names(self._symbol_names(aliases or {}))
        self._words = _Names(self._name_words())
        contracts = [one for chain in chains.values() for one in chain]
        spelled = sorted((wording.squash(one.symbol), one.id) for one in contracts)
        by_id = {one.id: one for one in contracts}
        self._contracts = [by_id[number] for _, number in spelled]
        self._contract_symbols = [name for name, _ in spelled]

    def _symbol_names(self, aliases: Mapping[int, Sequence[str]]) -> Iterable[tuple[str, int]]:
        for place, head in enumerate(self._heads):
            for name in (head.symbol, *aliases.get(head.id, ())):
                squashed = wording.squash(name)
                if squashed:
                    yield squashed, place

    def _name_words(self) -> Iterable[tuple[str, int]]:
        for place, head in enumerate(self._heads):
            words = wording.words_of(head.name)
            for n, word in enumerate(words):
                yield (word if n else "".join(words)), place
                yield word, place
            yield from ((word, place) for word in wording.words_of(head.symbol))

    def find(self, text: str, limit: int = 20, segment: Segment | None = None) -> list[Instrument]:
        """The instruments a text may mean, best first, ``limit`` at most; any text is fine."""
        wish = wording.read(text)
        if not wish.whole or limit <= 0:
            return []
        found: dict[int, Instrument] = {}
        for group in self._groups(wish):
            for instrument in group:
                if segment is None or instrument.segment is segment:
                    found.setdefault(instrument.id, instrument)
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def _groups(self, wish: Wording) -> Iterable[list[Instrument]]:
        """Groups of matches in the order of their worth, each made only when those before do not suffice."""
        yield [self._heads[place] for place in self._symbols.equal(wish.whole)]
        yield self._begun(wish.whole, exact=True)
        understood = False
        if wish.names_contract:
            for place in self._named("".join(wish.words), wish.words)[:UNDERLYINGS]:
                matches = self._matching(self._chains.get(self._heads[place].id, []), wish)
                understood = understood or bool(matches)
                yield matches
        begun = self._begun(wish.whole)
        places = self._named(wish.whole, wish.words, forgiving=not (begun or understood))
        yield [self._heads[place] for place in places]
        for place in places[:UNDERLYINGS]:
            yield self._nearest(self._chains.get(self._heads[place].id, []))
        yield self._nearest(begun)

    def _named(self, whole: str, words: Sequence[str], forgiving: bool = True) -> list[int]:
        """Places whose symbol, alias or name begins as typed; where none does, and if asked, with a slip."""
        symbols = self._symbols.equal(whole) + self._symbols.first(whole)
        found = list(dict.fromkeys(symbols + self._words.first(whole)))
        if len(words) > 1:
            every = np.ones(len(self._heads), bool)
            for word in words:
                one = np.zeros(len(self._heads), bool)
                one[self._words.beginning(word)] = True
                one[self._symbols.beginning(word)] = True
                every &= one
            found = list(dict.fromkeys(found + [int(n) for n in np.flatnonzero(every)[:KEPT]]))
        slips = 0 if len(whole) < 4 else 1 if len(whole) < 6 else 2
        if not found and slips and forgiving:
            found = self._symbols.near(whole, slips) or self._words.near(whole, slips)
        return found

    def _begun(self, whole: str, exact: bool = False) -> list[Instrument]:
        """Contracts whose symbol is, or begins with, what was typed."""
        first = bisect_left(self._contract_symbols, whole)
        last = bisect_left(self._contract_symbols, whole + ("" if exact else _AFTER), first)
        if exact:
            while last < len(self._contract_symbols) and self._contract_symbols[last] == whole:
                last += 1
        if not exact and last - first > KEPT:
            return []
        return self._contracts[first:last]

    def _matching(self, chain: Sequence[Instrument], wish: Wording) -> list[Instrument]:
        """Contracts of a chain with the terms asked for; a strike may be typed in part."""
        fits = [
            one
            for one in chain
            if (wish.kind is None or one.kind is wish.kind)
            and (wish.month is None or (one.expiry is not None and one.expiry.month == wish.month))
            and (wish.day is None or (one.expiry is not None and wish.day in (one.expiry.day, one.expiry.year % 100)))
        ]
        if wish.strike is None or wish.kind is Kind.FUT:
            return self._nearest(fits)
        typed = wish.strike.rstrip("0").rstrip(".") if "." in wish.strike else wish.strike
        strikes = [(one, _strike(one)) for one in fits if one.strike is not None]
        return [one for one, strike in strikes if strike == typed] or self._nearest(
            [one for one, strike in strikes if strike.startswith(typed)]
        )

    def _nearest(self, chain: Sequence[Instrument]) -> list[Instrument]:
        """Futures first, then options from the middle of the strikes outwards, the next expiry first."""
        strikes = sorted({one.strike for one in chain if one.strike is not None})
        middle = strikes[len(strikes) // 2] if strikes else 0
        return sorted(
            chain,
            key=lambda one: (
                one.kind is not Kind.FUT,
                _day(one),
                abs((one.strike or 0) - middle),
                one.kind,
            ),
        )


def _day(one: Instrument) -> int:
    return one.expiry.toordinal() if one.expiry else 0


def _strike(one: Instrument) -> str:
    whole, part = divmod(one.strike or 0, 100)
    return f"{whole}.{part:02d}".rstrip("0") if part else str(whole)
