"""How numbers and lists are written in the sentences about training runs."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 4
"""So many runs at most are told by their names."""
_SMALL = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def counted(count: int, noun: str) -> str:
    """ "four networks", "one seed", "13 runs"."""
    return f"{number_word(count)} {noun if count == 1 else noun + 's'}"


def points_words(count: int) -> str:
    """ "108 points"."""
    return "1 point" if count == 1 else f"{thousands(count)} points"


def number_word(count: int) -> str:
    """ "twelve", "13"."""
    return _SMALL[count] if count < len(_SMALL) else thousands(count)


def some_of(titles: Sequence[str], count: int) -> str:
    """Names of some of `count` runs, as far as they are read: else "all twelve runs", "eight of the twelve runs"."""
    if len(titles) <= _NAMED:
        return joined(titles)
    runs = counted(count, "run")
    return f"all {runs}" if len(titles) == count else f"{number_word(len(titles))} of the {runs}"


def thousands(count: float, decimals: int = 0) -> str:
    """ "1 437", "1 437.50": the one way to write a large number, with a space that does not break."""
    return f"{count:,.{decimals}f}".replace(",", "\u00a0")


def joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def percent(*values: float) -> str:
    """One error in percent, or from the lowest to the highest of several: "55.7 %", "52.0 to 60.1 %"."""
    low, high = f"{min(values):.1f}", f"{max(values):.1f}"
    return f"{low}\u00a0%" if low == high else f"{low} to {high}\u00a0%"


def signed(value: float, decimals: int = 2) -> str:
    """ "−0.17", "0.00": with a minus that is one, and none before a zero."""
    rounded = f"{abs(value):.{decimals}f}"
    return rounded if value >= 0 or not float(rounded) else f"−{rounded}"


def strength_words(strength: float) -> str:
    """What an intervention did: "shortcuts cut", "shortcuts restored", "shortcuts open by 0.5"."""
    if strength == 0:
        return "shortcuts cut"
    return "shortcuts restored" if strength == 1 else f"shortcuts open by {strength:.3g}"


def epochs_span(numbers: Sequence[int]) -> str:
    """ "12", or "3 to 5" where they differ."""
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def sentence(text: str) -> str:
    """With a capital at its beginning and a stop at its end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) or not text else ".")
