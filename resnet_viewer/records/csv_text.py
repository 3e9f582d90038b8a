"""Tables as CSV that a spreadsheet takes for text, and pandas reads with `comment="#"`.

A cell from outside (a file's, a class's, a run's name) that a spreadsheet would compute gets an apostrophe before it.
One with "#" in it is quoted, so that it begins no comment. Numbers stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Table = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Header and rows; numbers stand in them so that `float` reads them back exactly."""
_COMPUTED = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = ('"', ",", "#", "\n", "\r")


def csv_text(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Header and rows, a line each.

    Example:
        >>> csv_text(["class", "score"], [["=1+1", -3.1], ["C#", "-3.1"]])
        'class,score\\n\\'=1+1,-3.1\\n"C#",-3.1\\n'
    """
    return "".join(f"{','.join(map(_cell, row))}\n" for row in (header, *rows))


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    if not isinstance(value, str):
        return text
    if text.lstrip(" ").startswith(_COMPUTED) and not _is_number(text):
        text = f"'{text}"
    if text.strip(" ") != text or any(character in text for character in _QUOTED):
        return '"{}"'.format(text.replace('"', '""'))
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
