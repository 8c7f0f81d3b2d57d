"""Money is an int of paise. Rates are exact fractions; rounding is named where it happens."""

import re

FRESH_CASH = 10_00_000_00
"""What a book begins with where nobody says otherwise: ten lakh rupees, in paise."""
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2})?", re.ASCII)


def half_up(numerator: int, denominator: int) -> int:
    """Nearest integer to numerator / denominator, halves away from zero. The denominator is positive."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def ceil_div(numerator: int, denominator: int) -> int:
    """Smallest integer not below numerator / denominator (denominator positive)."""
    return -(-numerator // denominator)


def parse_rupees(text: str) -> int:
    """Paise of a plain decimal such as ``1500`` or ``1500.05``; Indian commas are taken.

    Raises ValueError on anything else: signs, exponents, other scripts' digits, a third decimal.
    """
    plain = text.strip().removeprefix("₹").replace(",", "").strip()
    if not _PLAIN.fullmatch(plain):
        raise ValueError(f"not an amount in rupees: {text[:40]!r}")
    whole, _, part = plain.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def group(number: int) -> str:
    """Digits with Indian grouping: 1234567 -> 12,34,567."""
    sign, digits = ("−" if number < 0 else ""), str(abs(number))
    head, tail = digits[:-3], digits[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return sign + ",".join([*pairs, tail])


def rupees(paise: int, symbol: str = "₹") -> str:
    """₹12,34,567.50; a minus goes before the symbol: −₹1,234.50."""
    whole, part = divmod(abs(paise), 100)
    return f"{'−' if paise < 0 else ''}{symbol}{group(whole)}.{part:02d}"


def compact(paise: int) -> str:
    """₹12.35 L, ₹3.20 Cr; below one lakh the plain amount."""
    size = abs(paise)
    sign = "−" if paise < 0 else ""
    for unit, name in ((10**9, "Cr"), (10**7, "L")):
        if size >= unit:
            hundredths = half_up(size * 100, unit)
            return f"{sign}₹{group(hundredths // 100)}.{hundredths % 100:02d} {name}"
    return rupees(paise)


def round_sum(paise: int) -> str:
    """As short as it stays exact: ₹1,000 Cr, ₹2.5 L, ₹50,000, ₹1,23,456.50."""
    size = abs(paise)
    sign = "−" if paise < 0 else ""
    for unit, name in ((10**9, "Cr"), (10**7, "L")):
        if size >= unit and size % (unit // 100) == 0:
            whole, part = divmod(size // (unit // 100), 100)
            return f"{sign}₹{group(whole)}{f'.{part:02d}'.rstrip('0').rstrip('.')} {name}"
    return rupees(paise) if paise % 100 else rupees(paise)[:-3]


def percent(basis_points: int) -> str:
    """Basis points as people write them: 2000 is 20%, 250 is 2.5%."""
    whole, part = divmod(abs(basis_points), 100)
    text = f"{group(whole)}.{part:02d}".rstrip("0").rstrip(".")
    return f"{'−' if basis_points < 0 else ''}{text}%"


def as_number(paise: int) -> float | int:
    """Rupees as a JSON number, exact to the paisa: 150000 -> 1500, 150005 -> 1500.05. For output alone."""
    return paise // 100 if paise % 100 == 0 else paise / 100
