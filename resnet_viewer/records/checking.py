"""What a caller hands over is what is asked for, or one sentence names the argument, what was given, and what may be.

Frozen values check themselves with `require_types` when they are made, so that a word that is none of the choices
cannot pass for one of them. What they were written as, JSON, is `decoded` into them again, checked against their types.
"""

from __future__ import annotations

import json
import math
import operator
import os
import reprlib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from resnet_viewer.records.errors import UserError

T = TypeVar("T")

_WORDS = reprlib.Repr()
_WORDS.maxstring = _WORDS.maxother = _WORDS.maxlong = 40


class ArgumentError(UserError):
    """An argument is not what it must be."""

    def __init__(self, name: str, wanted: str, given: object) -> None:
        super().__init__(f"{name} must be {wanted}, not {shown(given)}.")


def shown(value: object) -> str:
    """Whatever it is, in some forty letters."""
    try:
        text = _WORDS.repr(value)
    except ValueError:  # a whole number of thousands of digits, which Python does not write
        return "a number of thousands of digits"
    return " ".join(text.split())


def listed(choices: Iterable[object]) -> str:
    """As in a sentence: "'score' or 'loss'"."""
    *first, last = map(repr, choices)
    return f"{', '.join(first)} or {last}" if first else last


def require_choice(name: str, value: object, choices: Any) -> None:
    """Nothing where the value is one of a Literal's.

    Raises:
        ArgumentError: it is not.

    Example:
        >>> require_choice("gradient_of", "loss", Literal["score", "loss"])
    """
    if not _check(choices)(value):
        raise ArgumentError(name, _wanted(choices), value)


def require_types(record: Any, **names: str) -> None:
    """Nothing where every field of a frozen value is of its type; fields may have other `names` for the caller.

    Raises:
        ArgumentError: one is not.
    """
    for field, kind, fits in _fields(type(record)):  # type: ignore[arg-type]  # a class can be hashed
        value = getattr(record, field)
        if not fits(value):
            raise ArgumentError(names.get(field, field), _wanted(kind), value)


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number from `least` to `most`, also numpy's or torch's.

    Raises:
        ArgumentError: it is none; True and False are none.
    """
    found = _index(value)
    if found is None or not least <= found <= most:
        raise ArgumentError(name, f"a whole number from {least} to {most}", value)
    return found


def require_ranges(record: Any, **ranges: tuple[float, float]) -> None:
    """Nothing where numbers of a frozen value lie between the least and the most that they may be.

    Raises:
        ArgumentError: one does not.
    """
    for name, (least, most) in ranges.items():
        if not least <= (value := getattr(record, name)) <= most:
            raise ArgumentError(name, f"a whole number from {least} to {most}", value)


def text(name: str, value: object, example: str) -> str:
    """Text with something in it; `example` says what it is to be, as in "a network's name, such as resnet50".

    Raises:
        ArgumentError: it is none, or empty, or holds what no name has.
    """
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ArgumentError(name, example, value)
    return value


def numbers(name: str, value: object) -> tuple[float, ...]:
    """Numbers in any sequence, numpy's too.

    Raises:
        ArgumentError: they are none.
    """
    found = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(found, list | tuple) and found and all(map(_check(float), found)):
        try:
            return tuple(map(float, found))
        except OverflowError:
            pass  # a whole number of hundreds of digits
    raise ArgumentError(name, "numbers, such as (0.485, 0.456, 0.406), one a channel", value)


def path(name: str, value: object, example: str) -> Path:
    """A file's name, as text or a Path.

    Raises:
        ArgumentError: it is none.
    """
    return Path(text(name, os.fspath(value) if isinstance(value, os.PathLike) else value, example))


def require_number(name: str, value: float, holds: Callable[[float], bool], words: str) -> None:
    """Nothing where something, said in `words`, holds for a finite number.

    Raises:
        ArgumentError: it does not.
    """
    if isinstance(value, bool) or not _is_finite(value) or not holds(value):
        raise ArgumentError(name, words, value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except (OverflowError, TypeError):  # a whole number of hundreds of digits; no number
        return False


def _index(value: object) -> int | None:
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


Check = Callable[[object], bool]


@lru_cache
def _fields(record: Any) -> tuple[tuple[str, Any, Check], ...]:
    """Fields with their types and what tells whether a value is of it: made once, for values are made often."""
    hints = get_type_hints(record)
    return tuple((field.name, hints[field.name], _check(hints[field.name])) for field in fields(record))


@lru_cache
def _check(kind: Any) -> Check:
    origin = get_origin(kind)
    if origin is Literal:
        choices = get_args(kind)
        return lambda value: any(type(value) is type(choice) and value == choice for choice in choices)
    if origin in (Union, types.UnionType):
        parts = tuple(map(_check, get_args(kind)))
        return lambda value: any(part(value) for part in parts)
    if origin is tuple:
        first, *others = get_args(kind)
        if others == [Ellipsis]:
            each = _check(first)
            return lambda value: isinstance(value, tuple) and all(map(each, value))
        checks = tuple(map(_check, (first, *others)))
        return lambda value: (
            isinstance(value, tuple)
            and len(value) == len(checks)
            and all(check(item) for check, item in zip(checks, value, strict=True))
        )
    if kind in (int, float):
        allowed = int if kind is int else (int, float)
        return lambda value: isinstance(value, allowed) and not isinstance(value, bool)
    wanted = origin or kind
    return lambda value: isinstance(value, wanted)


def _wanted(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        return listed(get_args(kind))
    if origin in (Union, types.UnionType):
        return " or ".join(map(_wanted, get_args(kind)))
    if origin is tuple:
        parts = get_args(kind)
        return f"a tuple of {_many(parts[0])}" if parts[-1] is Ellipsis else f"a tuple of {len(parts)} values"
    if is_dataclass(kind) and isinstance(kind, type):
        return f"a {kind.__name__}"
    return _NAMES.get(kind, getattr(kind, "__name__", str(kind)))


def _many(kind: Any) -> str:
    return {int: "whole numbers", float: "numbers", str: "texts"}.get(kind, "such values")


_NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "True or False",
    type(None): "None",
    Path: "a Path",
}


class DecodeError(ValueError):
    """Something is missing, is too much, or is of another type or out of range; the message says where."""


def decoded(kind: type[T], value: object) -> T:
    """A value of `kind`: a dataclass, tuple, literal, number, text, truth value or None, or several of them.

    Fields that are missing take their defaults; null is NaN where a float is meant. A dataclass may have a function
    `upgraded` that makes today's fields of an older version's.

    Raises:
        DecodeError: it is none.

    Example:
        >>> decoded(tuple[float, ...], [1, 2.5])
        (1.0, 2.5)
    """
    try:
        found: T = _decoded(kind, value, "")
    except RecursionError as error:
        raise DecodeError("the whole is nested too deeply") from error
    return found


def decoded_text(kind: type[T], text: str) -> T:
    """The same of JSON's text.

    Raises:
        DecodeError: it is no JSON, or holds something else.

    Example:
        >>> decoded_text(tuple[str, ...], '["a", "b"]')
        ('a', 'b')
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"this is no JSON: {error}") from error
    return decoded(kind, value)


def _decoded(kind: Any, value: object, at: str) -> Any:
    origin = get_origin(kind)
    if origin is Literal:
        if _check(kind)(value):
            return value
    elif origin in (Union, types.UnionType):
        for part in get_args(kind):
            try:
                return _decoded(part, value, at)
            except DecodeError:
                continue
    elif origin is tuple:
        if isinstance(value, list | tuple):
            return _tuple(get_args(kind), value, at)
    elif is_dataclass(kind):
        if isinstance(value, Mapping):
            return _record(kind, value, at)
    elif kind is float:
        if value is None:
            return float("nan")
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                pass  # a whole number of hundreds of digits
    elif kind is Path:
        if isinstance(value, str) and "\0" not in value:
            return Path(value)
    elif type(value) is kind:
        return value
    raise DecodeError(f"{at or 'the whole'} cannot be {str(value)[:40]!r}")


def _tuple(parts: tuple[Any, ...], value: list[Any] | tuple[Any, ...], at: str) -> tuple[Any, ...]:
    if parts[-1] is Ellipsis:
        return tuple(_decoded(parts[0], item, f"{at}[{index}]") for index, item in enumerate(value))
    if len(parts) != len(value):
        raise DecodeError(f"{at} has {len(value)} parts in place of {len(parts)}")
    return tuple(_decoded(part, item, at) for part, item in zip(parts, value, strict=True))


def _record(kind: Any, value: Mapping[str, object], at: str) -> Any:
    if hasattr(kind, "upgraded"):  # an older version wrote other fields
        value = kind.upgraded(value)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    if unknown := next((key for key in value if key not in known), None):
        raise DecodeError(f"{at}.{unknown} is not known")
    found = {}
    for name, field in known.items():
        if name in value:
            found[name] = _decoded(hints[name], value[name], f"{at}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DecodeError(f"{at}.{name} is missing")
    try:
        return kind(**found)
    except UserError as error:  # of the right type, but no value for it
        raise DecodeError(f"{at}.{str(error).removesuffix('.')}") from error
