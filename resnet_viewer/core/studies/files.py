"""What a study leaves in its folder.

study.json     what was asked, of which network and pictures, by which program: whole, from the beginning on
points.jsonl   a line a point as soon as it is measured: its row, and under "cost" what it took
runs/          of a study that trains: its runs, each as the lab leaves it, by the names of the points

A process that is killed leaves at most a line without an end, which is taken away when the study goes on.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import sys
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from resnet_viewer.core.lab.run_files import json_bytes, strict
from resnet_viewer.core.lab.run_lock import RunLock, require_free
from resnet_viewer.media.files import empty_ones_removed, make_folder, refusal, write_whole
from resnet_viewer.media.reading import read_json, read_whole
from resnet_viewer.records.checking import ArgumentError, DecodeError, decoded
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import RUNS, Basis, Row, StudyOrder, StudyResult, Value
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.versions import version_of

STUDY, POINTS = "study.json", "points.jsonl"
_FORMAT = 1
_LARGEST_STUDY, _LARGEST_POINTS = 8 << 20, 64 << 20
"""Bytes. All 4 096 sub-networks of 12 blocks have 2 MB."""
_MOST_POINTS = 200_000
_MOST_NUMBERS = 100_000
"""Of one value of a row."""
_LARGEST = sys.float_info.max
_MOST_BLOCKS = 20_000
_MOST_STUDIES = 1000
"""Of a folder that are listed."""
_LONGEST_NAME = 200
_log = logging.getLogger(__name__)


class StudyFileError(UserError):
    """A folder holds no study that can be read, or one that is not to be overwritten."""


class Measured(NamedTuple):
    """A point that was measured."""

    row: Row
    """Its "point" is the point's name."""
    place: int
    """Among the points of the plan, from 0."""
    seconds: float
    passes: float
    """Whole forward passes of one picture that were run for it, by what they cost."""
    saved: float
    """Those that kept activations saved."""

    @property
    def name(self) -> str:
        """Of the point."""
        return str(self.row["point"])


class Underway(NamedTuple):
    """How far the points are that are being measured: each whole one would be 1."""

    points: float


@dataclass(frozen=True)
class Digests:
    """What a study measures, as hashes: all numbers of the network, and the pictures as it sees them with their labels;
    of one that trains its runs, and their data. "" for what it has none of.
    """

    weights: str
    pictures: str = ""
    runs: str = ""


def with_points(result: StudyResult, measured: Iterable[Measured]) -> StudyResult:
    """The result with these points and no others."""
    found = sorted(measured, key=lambda one: one.place)
    return replace(
        result,
        rows=tuple(one.row for one in found),
        seconds=sum(one.seconds for one in found),
        passes=sum(one.passes for one in found),
        saved=sum(one.saved for one in found),
    )


def row_of(name: str, found: Row) -> Row:
    """What a point found as a file will give it back: numbers of Python's, and None for those that JSON lacks.

    Raises:
        ValueError: a value is none of a row's, or has a name that a line keeps for itself.
    """
    if taken := {"point", "cost"}.intersection(found):
        raise ValueError(f"the point {name} measured something called {taken.pop()}")
    plain = {key: getattr(value, "tolist", lambda value=value: value)() for key, value in found.items()}
    return _row(json.loads(json.dumps(strict({"point": name, **plain}))))


class StudyFolder:
    """The folder of a study at work, which nobody else works in meanwhile. Made by `taken`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._points: BinaryIO | None = None
        self._holds_points = False

    @classmethod
    @contextmanager
    def taken(cls, order: StudyOrder) -> Iterator[StudyFolder]:
        """The order's folder, made where it is missing, and removed again where nothing came into it.

        Raises:
            StudyFileError: another study is in it, or this one is and is not to be resumed, or cannot be read.
            RunLockedError: another process works in it.
            WriteError: it cannot be made or written in.
        """
        with empty_ones_removed([order.folder]):
            made = cls(order.folder)
            make_folder(order.folder)
            lock = RunLock(order.folder, work="The study in {} is being measured")
            lock.take()
            try:
                made._require_alike(order)
                yield made
            finally:
                made.close()
                lock.release()

    def _require_alike(self, order: StudyOrder) -> None:
        found = [name for name in (STUDY, POINTS) if (self.folder / name).exists()]
        if not found:
            return
        if not order.is_resumed:
            raise StudyFileError(
                f"{self.folder} already holds a study ({found[0]}): add --resume to continue it, or name another --out."
            )
        if STUDY not in found:
            raise StudyFileError(
                f"{self.folder} holds points of a study, but no {STUDY}: name another folder."
            )
        if other := _difference(read_study(self.folder).order, order):
            raise _another(self.folder, other)

    def begin(
        self, result: StudyResult, names: Collection[str], digests: Digests, *, command: str = ""
    ) -> list[Measured]:
        """Say in the folder what is measured, where that is not said yet; what was measured before of the points with
        these names.

        Raises:
            StudyFileError: it was another network or other pictures; or the points cannot be read, or are others.
            WriteError: the folder cannot be written in.
        """
        path = self.folder / STUDY
        if path.exists():
            kept = _text_of(_content(path).get("sha256"))
            for what, digest in asdict(digests).items():
                if kept.get(what, digest) != digest:
                    raise _another(self.folder, f"its {what} were other ones")
        else:
            write_whole(path, json_bytes(_content_of(result, digests, command)))
        found = _measured(self.folder / POINTS)
        if unknown := next((each.name for each in found if each.name not in names), None):
            raise _another(self.folder, f"it has a point {unknown}, which another version has measured")
        try:
            self._points = (self.folder / POINTS).open("ab")
            self._points.truncate(_whole_lines(self.folder / POINTS))
        except OSError as error:
            raise refusal(self.folder / POINTS, error) from error
        self._holds_points = bool(found) or not names
        return found

    def add(self, measured: Measured) -> None:
        """Keep a point: it is in the file when this returns.

        Raises:
            WriteError: it cannot be written.
        """
        assert self._points is not None, "it was begun"
        cost = dict(zip(_COST, measured[1:], strict=True))
        line = json.dumps({**measured.row, "cost": cost}, ensure_ascii=False)
        try:
            self._points.write(f"{line}\n".encode())
            self._points.flush()
            self._holds_points = True
        except OSError as error:
            raise refusal(self.folder / POINTS, error) from error

    def end(self, result: StudyResult) -> None:
        """Write down what the whole of it took and says.

        Raises:
            WriteError: the folder cannot be written in.
        """
        path = self.folder / STUDY
        found = {
            "seconds": result.seconds,
            "passes": result.passes,
            "saved": result.saved,
            "conclusion": list(study_of(result.order.study).conclusion(result)),
        }
        write_whole(path, json_bytes(_content(path) | {"found": found}))

    def close(self) -> None:
        """Let the file go, and what was written before a first point that never came."""
        if self._points is not None:
            with suppress(OSError):  # a full disk, told already: what it still holds was never kept
                self._points.close()
            self._points = None
            if not self._holds_points and not (self.folder / RUNS).is_dir():
                with suppress(OSError):  # it is read as a study without any
                    (self.folder / POINTS).unlink()
                    (self.folder / STUDY).unlink()


def read_study(folder: Path) -> StudyResult:
    """What the study of a folder has found so far.

    Raises:
        StudyFileError: there is none, a file of it is damaged or too large, or nobody can say what its points say.

    Example:
        >>> read_study(Path("out")).is_complete  # doctest: +SKIP
        True
    """
    path = folder / STUDY
    content = _content(path)
    try:
        study = study_of(decoded(str, content["study"]))
        state = decoded(NetworkState, content["state"])
        _require_reasonable(state)
        test_set = decoded(TestSet | None, content["test_set"])  # type: ignore[arg-type]  # a union is no type to mypy
        options = decoded(study.options, content["options"])
        device, threads = decoded(str, content["device"]), decoded(int, content["threads"])
        basis, points = decoded(Basis, content["basis"]), decoded(int, content["points"])
    except (DecodeError, ArgumentError, KeyError, TypeError) as error:
        raise StudyFileError(
            f"{path} cannot be read as a study ({error}): remove it, or name another folder."
        ) from error
    order = StudyOrder(
        study.name, state, options, test_set, folder, device=device, threads=threads, is_resumed=True
    )
    result = with_points(StudyResult(order, basis, points), _measured(folder / POINTS))
    try:
        study.conclusion(result)
    except (LookupError, TypeError, ValueError, ArithmeticError, AssertionError) as error:
        raise StudyFileError(
            f"{folder / POINTS} holds numbers of another kind than this study measures: remove it, or name another "
            "folder."
        ) from error
    return result


def kept_studies(folder: Path) -> Generator[StudyResult | None]:
    """The studies in the folders of a folder, by their folders' names; None after what is passed over."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:  # nothing was studied yet
        return
    for name in names[:_MOST_STUDIES]:
        try:
            result = read_study(folder / name)
        except StudyFileError as error:
            _log.info("%s is passed over: %s", folder / name, error, exc_info=True)
            yield None
        else:
            yield result


def remove_study(folder: Path) -> None:
    """Delete what the study of a folder left there, where it did, and the folder where nothing else is in it.

    Raises:
        StudyFileError: what is there is no study, or a file cannot be deleted.
        RunLockedError: it is being measured.
    """
    if not (folder / STUDY).exists():
        return
    name = str(_content(folder / STUDY).get("study"))
    lock = RunLock(folder, work="The study in {} is being measured")
    lock.take()
    try:
        _remove_runs(folder / RUNS)
        figures = (f"{name}.{suffix}" for suffix in ("csv", "svg", "pdf", "png"))
        for file in (POINTS, "points.csv", *figures, STUDY):  # the last one says what the others are
            with suppress(FileNotFoundError):
                (folder / file).unlink()
    except OSError as error:
        raise StudyFileError(
            f"{folder} cannot be removed ({(error.strerror or type(error).__name__).lower()}): remove it by hand."
        ) from error
    finally:
        lock.release()
    with suppress(OSError):
        folder.rmdir()


def _remove_runs(folder: Path) -> None:
    """Of a study that trains, where none of them is at work.

    Raises:
        RunLockedError: one is being trained.
        OSError: a file cannot be deleted.
    """
    if folder.is_dir() and not folder.is_symlink():
        for run in folder.iterdir():
            if run.is_dir():
                require_free(run)
        shutil.rmtree(folder)


def _content_of(result: StudyResult, digests: Digests, command: str) -> dict[str, object]:
    order, info = result.order, study_of(result.order.study)
    test_set = order.test_set and {**asdict(order.test_set), "folder": _path(order.test_set.folder)}
    return {
        "format": _FORMAT,
        "study": order.study,
        "title": info.title,
        "question": info.question,
        "options": asdict(order.options),
        "state": asdict(order.state),
        "test_set": test_set,
        "device": order.device,
        "threads": order.threads,
        "basis": asdict(result.basis),
        "points": result.points,
        "sha256": asdict(digests),
        "command": command,
        "versions": {
            "python": platform.python_version(),
            **{name: version_of(name) for name in ("resnet-viewer", "torch", "numpy")},
        },
    }


def _path(folder: Path | None) -> str | None:
    return None if folder is None else str(folder.absolute())


def _content(path: Path) -> dict[str, Any]:
    found = read_json(path, most_bytes=_LARGEST_STUDY, wanted="the file of a study", refused=StudyFileError)
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise StudyFileError(f"{path} is no study, or one of another version: name another folder.")
    return found


def _text_of(value: object) -> Mapping[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, Mapping) else {}


def _require_reasonable(state: NetworkState) -> None:
    """Nothing where the network can be laid out, with as many gates as it has blocks.

    Raises:
        DecodeError: it cannot.
    """
    network = state.network
    if min((*network.stages, 1)) < 1 or network.block_count > _MOST_BLOCKS:
        raise DecodeError("there is no such network")
    try:
        plan = blueprint(network, state.preprocessing.crop)
    except (ValueError, ArithmeticError, LookupError) as error:
        raise DecodeError("there is no such network") from error
    if state.wiring.block_count != len(plan.blocks):
        raise DecodeError("its wiring is of another network")


def _difference(kept: StudyOrder, asked: StudyOrder) -> str:
    """In what the study of a folder is another than the one that is asked for; "" in nothing."""
    if kept.study != asked.study:
        return f"it is the study {kept.study}"
    if kept.options != asked.options:
        other = next(
            field.name
            for field in fields(asked.options)
            if getattr(kept.options, field.name) != getattr(asked.options, field.name)
        )
        return f"its {other.replace('_', ' ')} is {getattr(kept.options, other)}"
    ours, theirs = (_without_place(order.state) for order in (asked, kept))
    if ours.network != theirs.network:
        return f"it is of {theirs.network.title} ({theirs.network.weights.title})"
    if ours != theirs:
        return "its wiring, preprocessing or class names are others"
    if kept.test_set != (asked.test_set and _absolute(asked.test_set)):
        return "its pictures are others"
    return ""


def _without_place(state: NetworkState) -> NetworkState:
    """The same of a weight file wherever it lies: its digest says which one it is."""
    weights = state.network.weights
    if weights.source != "file" or not weights.digest:
        return state
    return replace(state, network=replace(state.network, weights=replace(weights, name="")))


def _absolute(test_set: TestSet) -> TestSet:
    return test_set if test_set.folder is None else replace(test_set, folder=test_set.folder.absolute())


def _another(folder: Path, why: str) -> StudyFileError:
    return StudyFileError(f"{folder} holds another study: {why}. Name another folder.")


def _lines(path: Path) -> bytes:
    """All of its bytes; none where there is no such file."""
    if not os.path.lexists(path):
        return b""
    return read_whole(
        path, most_bytes=_LARGEST_POINTS, wanted="the points of a study", refused=StudyFileError
    )


def _whole_lines(path: Path) -> int:
    """Bytes of the lines that have an end."""
    return _lines(path).rfind(b"\n") + 1


def _measured(path: Path) -> list[Measured]:
    """The points in the file; a last line without an end is left out, and of two of one name the second."""
    *lines, _ = _lines(path).split(b"\n", _MOST_POINTS + 1)
    if len(lines) > _MOST_POINTS:
        raise StudyFileError(f"{path} has more than {_MOST_POINTS} points: name another folder.")
    found: dict[str, Measured] = {}
    for number, line in enumerate(lines, 1):
        try:
            values = json.loads(line)
            cost = values.pop("cost")
            told = decoded(tuple[int, float, float, float], [cost[name] for name in _COST])
            measured = Measured(_row(values), *told)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError) as error:
            raise StudyFileError(
                f"{path} is damaged in line {number}: remove that line, or name another folder."
            ) from error
        found.setdefault(measured.name, measured)
    return list(found.values())


_COST = Measured._fields[1:]


def _row(values: object) -> Row:
    """A line's values.

    Raises:
        ValueError: they are no row.
    """
    if not isinstance(values, dict):
        raise ValueError("a point is no object")
    name = values.get("point")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError("a point has no name")
    return {str(key): _value(value) for key, value in values.items()}


def _value(value: object) -> Value:
    if isinstance(value, list):
        if len(value) > _MOST_NUMBERS:
            raise ValueError("too many numbers")
        _require_finite(*(number for number in value if number is not None))
        return decoded(tuple[float, ...], value)
    if isinstance(value, int | float):
        _require_finite(value)
        return value
    if value is None or isinstance(value, str):
        return value
    raise ValueError("a value that no row has")


def _require_finite(*numbers: object) -> None:
    """Nothing where each is a number that strict JSON writes and a double holds.

    Raises:
        ValueError: one is none.
    """
    if not all(isinstance(number, int | float) and -_LARGEST <= number <= _LARGEST for number in numbers):
        raise ValueError("a number that no row has")
