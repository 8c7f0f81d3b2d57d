"""What a trader may have meant by a line of text: names, and the terms of a contract among them."""

import re
import unicodedata
from dataclasses import dataclass

from core.instruments import Kind

LONGEST = 64
_TOKENS = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_KINDS = {
    "ce": Kind.CE, "call": Kind.CE, "calls": Kind.CE, "c": Kind.CE,
    "pe": Kind.PE, "put": Kind.PE, "puts": Kind.PE, "p": Kind.PE,
    "fut": Kind.FUT, "future": Kind.FUT, "futures": Kind.FUT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """A reading of a text. ``whole`` is all of it without spaces and signs, ``words`` the names in it.

    ``strike`` is as typed, in rupees; ``month`` is 1 to 12; ``day`` a number beside a month, which may be a
    day or the last two digits of a year.
    """

    whole: str
    words: tuple[str, ...]
    kind: Kind | None = None
    strike: str | None = None
    month: int | None = None
    day: int | None = None

    @property
    def names_contract(self) -> bool:
        """Whether it asks for a contract on something, not for the thing itself."""
        terms = (self.kind, self.strike, self.month)
        return bool(self.words) and any(term is not None for term in terms)


def fold(text: str) -> str:
    """Lower case without accents, ``and`` as a sign like ``&``, cut to the length that anyone types."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST])
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return bare.replace(" and ", " & ")


def squash(text: str) -> str:
    """Only the Latin letters and digits of a folded text: ``M&M`` and ``m & m`` are both ``mm``."""
    if text.isascii() and text.isalnum():  # nearly every symbol, and an index holds a hundred thousand
        return text[:LONGEST].lower()
    return _NOT_PLAIN.sub("", fold(text))


def words_of(text: str) -> list[str]:
    """The words of a name: ``Larsen & Toubro`` gives ``larsen``, ``toubro``."""
    return [word for word in _NOT_PLAIN.split(fold(text)) if word]


def month_of(word: str) -> int | None:
    """1 to 12 for ``dec``, ``sept``, ``november``; None for anything else."""
    if len(word) < 3:
        return None
    return next((n for n, name in enumerate(_MONTHS, 1) if name.startswith(word)), None)


def read(text: str) -> Wording:
    """Reads a text. Never raises: what is not understood is a name that nothing bears."""
    tokens = _TOKENS.findall(fold(text).replace(",", ""))
    words: list[str] = []
    kind: Kind | None = None
    strike: str | None = None
    month: int | None = None
    day: int | None = None
    for n, token in enumerate(tokens):
        if token[0].isdigit():
            beside = [near for near in (*tokens[n - 1 : n], *tokens[n + 1 : n + 2]) if month_of(near)]
            if beside and len(token) <= 2 and day is None:
                day = int(token)
            elif beside and token.startswith("20") and len(token) == 4 and day is None:
                day = int(token[2:])
            else:
                strike = token
        elif n and token in _KINDS:
            kind = _KINDS[token]
        elif n and month_of(token):
            month = month_of(token)
        else:
            words.append(token)
    return Wording(squash(text), tuple(words), kind, strike, month, day)


def distance(typed: str, name: str, most: int) -> int:
    """Slips between what was typed and the beginning of a name: a letter wrong, missing, extra or swapped.

    Anything above ``most`` is given as ``most + 1``. The rest of the name costs nothing, because people
    stop typing.
    """
    before: list[int] = []
    row = list(range(len(name) + 1))
    for i, letter in enumerate(typed, 1):
        above, row = row, [i]
        for j, other in enumerate(name, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == name[j - 2] and typed[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before = above
    return min(*row, most + 1)
