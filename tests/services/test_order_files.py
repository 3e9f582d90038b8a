"""Orders in their folders: what was written is found with its runs, and what is no order is refused in a sentence."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.lab import run_files
from resnet_viewer.core.lab.run_files import write_spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Order
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.services.order_files import ORDER, RUN, has_runs, read_order, write_order
from resnet_viewer.services.run_plans import runs_of


@pytest.fixture
def order(tmp_path: Path) -> Order:
    made = Order(runs_of(RunPlan(depths="20")), "digits", tmp_path / "runs", "cpu", 1)
    write_order(made)
    for key, run in made.runs:
        (made.folder / key).mkdir()
        write_spec(made.folder / key, run)
    return made


def test_an_order_goes_on_with_the_runs_in_its_folder(order: Order) -> None:
    assert read_order(order.folder) == replace(order, threads=0, is_resumed=True)


def test_runs_that_had_not_begun_when_a_process_was_killed_are_those_of_the_order(order: Order) -> None:
    (begun, run), (other, _) = order.runs
    longer = run.extended(3, 2)
    write_spec(order.folder / begun, longer)
    (order.folder / other / RUN).unlink()
    found = read_order(order.folder)
    assert dict(found.runs) == {begun: longer, other: order.runs[1][1]}
    (order.folder / begun / RUN).unlink()
    assert has_runs(order.folder)
    assert dict(read_order(order.folder).runs) == dict(order.runs), "killed while the data were read"
    write_spec(order.folder / begun, longer)
    assert read_order(order.folder / begun).runs == ((begun, longer),), "one run was asked for"


def test_an_order_of_an_older_version_has_the_runs_in_its_folder(order: Order) -> None:
    (order.folder / ORDER).write_text('{"data": "digits", "device": ""}')
    assert dict(read_order(order.folder).runs) == dict(order.runs)


@pytest.mark.parametrize("key", ["../elsewhere", "", "a/b", "..", "a\\b"])
def test_an_order_names_no_folder_outside_its_own(order: Order, key: str) -> None:
    content = json.loads((order.folder / ORDER).read_text())
    content["runs"] = {key: content["runs"][order.runs[0][0]]}
    (order.folder / ORDER).write_text(json.dumps(content))
    assert key not in dict(read_order(order.folder).runs)


def test_the_folder_of_one_run_is_an_order_of_that_run(order: Order) -> None:
    assert RUN == run_files.RUN
    key, run = order.runs[1]
    assert read_order(order.folder / key) == replace(order, runs=((key, run),), threads=0, is_resumed=True)


def test_folders_with_runs_are_told_by_names(order: Order, tmp_path: Path) -> None:
    key, _ = order.runs[0]
    assert has_runs(order.folder)
    assert has_runs(order.folder / key)
    for other in (tmp_path, tmp_path / "missing", order.folder / ORDER):
        assert not has_runs(other)


def test_an_order_goes_on_with_the_threads_that_its_runs_had(order: Order) -> None:
    for key, run in order.runs:
        write_spec(order.folder / key, replace(run, threads=1))
    assert read_order(order.folder).threads == 1


def test_runs_without_an_order_are_known_by_their_data(order: Order) -> None:
    (order.folder / ORDER).unlink()
    assert read_order(order.folder).data == "digits"


def test_a_folder_of_pictures_is_named_whole_and_must_be_there(order: Order, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    write_order(replace(order, data=str(pictures)))
    assert read_order(order.folder).data == str(pictures)
    pictures.rmdir()
    with pytest.raises(UserError, match="not there any more"):
        read_order(order.folder)


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", '{"data": 3, "device": ""}', '{"data": "digits"}', '{"data": "digits", "device": "", "runs": [3]}',
        '{"data": "digits", "device": "", "runs": {"a": {"epochs": 3}}}',
    ],
)  # fmt: skip
def test_a_damaged_order_is_refused(order: Order, content: str) -> None:
    (order.folder / ORDER).write_text(content)
    with pytest.raises(UserError, match=r"order.json cannot be read"):
        read_order(order.folder)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError, match="holds no training runs"):
            read_order(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_an_order_that_is_no_regular_file_is_not_waited_for(order: Order) -> None:
    (order.folder / ORDER).unlink()
    os.mkfifo(order.folder / ORDER)
    with pytest.raises(UserError, match=r"order\.json cannot be read; remove it"):
        read_order(order.folder)
    (order.folder / ORDER).unlink()
    (order.folder / ORDER).write_bytes(b'{"runs": ' + b"[" * 1_000_000)
    with pytest.raises(UserError, match=r"order\.json cannot be read; remove it"):
        read_order(order.folder)
