"""Flags of the command line made of the fields of an `Options`: a study's, say."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from resnet_viewer.records.checking import shown
from resnet_viewer.records.study import Options, option_of

_O = TypeVar("_O", bound=Options)
_DEST = "option {}"


def add_option_flags(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup,
    kind: type[Options],
    flag_of: Callable[[str], str],
) -> None:
    """A flag for each field, which `flag_of` names.

    Numbers are checked for being numbers here, for their range when the options are made.
    """
    hints = get_type_hints(kind)
    for field in fields(kind):
        flag, asked, form = flag_of(field.name), option_of(field), hints[field.name]
        words = (f"{asked.label}: {asked.tip}" if asked.tip else asked.label).rstrip(".")
        told = f"{words[:1].lower()}{words[1:]} (default {_written(field.default)})".replace("%", "%%")
        settings: dict[str, Any] = {
            "dest": _DEST.format(field.name),
            "default": argparse.SUPPRESS,
            "help": told,
        }
        if form is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, **settings)
        elif get_origin(form) is Literal:
            parser.add_argument(flag, choices=get_args(form), metavar="|".join(get_args(form)), **settings)
        elif asked.is_folder:
            parser.add_argument(flag, type=_folder, metavar="FOLDER|none", **settings)
        else:
            parser.add_argument(flag, type=_reader(form), metavar=_metavar(form), **settings)


def options_of(arguments: argparse.Namespace, kind: type[_O]) -> _O:
    """What the flags say.

    Raises:
        ArgumentError: a number is out of its range.
    """
    given = vars(arguments)
    wanted = {field.name: _DEST.format(field.name) for field in fields(kind)}
    return kind(**{name: given[dest] for name, dest in wanted.items() if dest in given})


def _written(value: object) -> str:
    """As it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def _parts(form: Any) -> tuple[Any, bool]:
    """The type beside None, and whether None may be."""
    if get_origin(form) in (Union, UnionType):
        others = [part for part in get_args(form) if part is not NoneType]
        return others[0], len(others) < len(get_args(form))
    return form, False


def _folder(text: str) -> str:
    return "" if text.lower() == "none" else text


def _reader(form: Any) -> Callable[[str], object]:
    kind, may_be_none = _parts(form)
    words = {int: "a whole number", float: "a number"}.get(kind, "text")

    def read(text: str) -> object:
        if may_be_none and text.lower() == "none":
            return None
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {words}, not {shown(text)}") from None

    return read


def _metavar(form: Any) -> str:
    kind, may_be_none = _parts(form)
    return {int: "N", float: "X"}.get(kind, "TEXT") + ("|none" if may_be_none else "")
