"""The benchmarks measure what there is: each can be imported. They are run by hand, because times are no tests."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import benchmarks

NAMES = sorted(
    path.stem for path in Path(str(benchmarks.__file__)).parent.glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported(name: str) -> None:
    assert importlib.import_module(f"benchmarks.{name}").__doc__
