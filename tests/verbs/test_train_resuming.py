"""`train --resume`: goes on as asked, makes runs longer, and refuses before the data are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.lab import checkpoints
from resnet_viewer.core.lab.run_files import read_run, write_spec
from resnet_viewer.figures import run_files
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.training import Extension

KEY = "cifar-resnet-8"


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> Iterator[tuple[str, bytes]]:
        return iter(())

    monkeypatch.setattr(run_files, "drawn", nothing)


def words(data: Path, out: Path, length: str, *more: str) -> list[str]:
    base = ["train", "--data", str(data), "--network", KEY, *length.split(), "--out", str(out)]
    return [*base, "--batch", "16", "--rate", "0.02", "--device", "cpu", "--threads", "1", *more]


def test_more_epochs_make_a_run_longer_once(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = partial(words, data, tmp_path)
    assert main(command("--epochs 2")) == 0
    steps = len((tmp_path / KEY / "steps.csv").read_text().splitlines()) - 1
    for _ in range(2):
        assert main(command("--epochs 3", "--resume")) == 0
        assert read_run(tmp_path / KEY).extensions == (Extension(steps, 3),)
        assert len((tmp_path / KEY / "log.csv").read_text().splitlines()) == 4
    assert "epoch 3/3" in capsys.readouterr().err
    card = json.loads((tmp_path / KEY / "card.json").read_text())
    assert "--epochs 2 " in card["command"], "the card names the command that began the run"
    assert "--resume" not in card["command"]
    assert main(command(f"--steps {steps * 2}", "--resume")) == 0
    assert read_run(tmp_path / KEY).extensions == (Extension(steps, 3), Extension(steps * 3 // 2, 4))


@pytest.mark.parametrize("named", [[], ["--recipe", "quick"]])
def test_a_run_of_an_older_quick_recipe_goes_on_by_what_it_was(
    named: list[str], data: Path, tmp_path: Path
) -> None:
    base = ["train", "--data", str(data), "--network", KEY, "--out", str(tmp_path), "--batch", "16"]
    assert main([*base, "--epochs", "1", "--rate", "0.1", "--threads", "1"]) == 0
    path = tmp_path / KEY / "run.json"
    path.write_text(path.read_text().replace("quick, changed", "quick"))
    assert main([*base[:-2], "--epochs", "2", "--resume", *named]) == 0
    run = read_run(tmp_path / KEY)
    assert (run.recipe.rate, run.recipe.batch, run.length) == (0.1, 16, 2)
    rates = [line.split(",")[2] for line in (tmp_path / KEY / "steps.csv").read_text().splitlines()[1:]]
    assert max(map(float, rates)) > RECIPES["quick"].rate


def test_more_seeds_join_those_that_are_there(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = partial(words, data, tmp_path)
    assert main(command("--epochs 1")) == 0
    assert main(command("--epochs 1", "--seed", "1")) == 0, "another seed is another folder"
    assert main(command("--epochs 1", "--seeds", "3", "--resume")) == 0
    *_, line, note = capsys.readouterr().out.splitlines()
    assert line.split()[:2] == [KEY, "3"]
    assert "n − 1" in note
    cards = {
        path.parent.name: json.loads(path.read_text())["command"]
        for path in sorted(tmp_path.glob("*/card.json"))
    }
    assert list(cards) == [KEY, f"{KEY}-seed-1", f"{KEY}-seed-2"]
    ends = ("--threads 1", "--seed 1", "--seeds 3 --resume")
    assert all(made.endswith(end) for made, end in zip(cards.values(), ends, strict=True))


def test_fewer_epochs_are_refused_before_the_data_are_read(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(words(data, tmp_path, "--epochs 2")) == 0
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(
            "resnet_viewer.core.data.named_data.load", lambda *_: pytest.fail("pictures were read first")
        )
        assert main(words(data, tmp_path, "--epochs 1", "--resume")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "in 2 epochs" in line
    assert main(words(data, tmp_path, "--steps 1", "--resume")) == 2
    assert "in 2 epochs" in capsys.readouterr().err


@pytest.mark.parametrize("length", ["--epochs 2", "--steps 4"])
def test_a_run_of_other_settings_without_a_checkpoint_is_refused_before_the_data_are_read(
    length: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(words(data, tmp_path, length)) == 0
    (tmp_path / KEY / "checkpoint.pt").unlink()
    capsys.readouterr()
    monkeypatch.setattr(
        "resnet_viewer.core.data.named_data.load", lambda *_: pytest.fail("pictures were read first")
    )
    assert main(words(data, tmp_path, length, "--resume", "--momentum", "0.5")) == 2
    assert "other settings (momentum)" in capsys.readouterr().err
    (tmp_path / KEY / "run.json").write_text("{")
    assert main(words(data, tmp_path, length, "--resume")) == 2
    assert "run.json" in capsys.readouterr().err


def test_shortcuts_that_are_set_after_the_last_step_are_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(data, tmp_path, "--epochs 1")) == 0
    steps = len((tmp_path / KEY / "steps.csv").read_text().splitlines()) - 1
    late = f"{steps}=0"
    capsys.readouterr()
    assert main(words(data, tmp_path / "out", "--epochs 1", "--shortcuts", late)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"The shortcuts of ResNet-8 cannot be set at step {steps}: its {steps} steps go from 0 to {steps - 1}."
    )
    assert not (tmp_path / "out").exists()
    assert main(words(data, tmp_path, "--epochs 2", "--resume", "--shortcuts", late)) == 0, "it is longer now"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_other_pictures_are_refused_and_a_run_that_is_done_stays_as_it_is(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = partial(words, data, out)
    assert main(command("--epochs 1")) == 0
    before = files(out)
    assert main(command("--epochs 1", "--resume")) == 0
    assert files(out) == before, "nothing is measured or written again"
    capsys.readouterr()
    for path in (data / "test" / "dark").iterdir():
        (data / "test" / "bright" / path.name).replace(path)
    for path in (data / "test" / "dark").iterdir():
        (data / "test" / "bright" / path.name).write_bytes(path.read_bytes())
    for length in ("--epochs 1", "--epochs 2"):
        assert main(command(length, "--resume")) == 1
        lines = capsys.readouterr().err.splitlines()
        (line,) = [line for line in lines if line.startswith(KEY)]
        assert "other pictures" in line
        assert not [line for line in lines if line.startswith(("Trained", "Drawing"))], "nothing was"
        assert files(out) == before


def test_fewer_test_pictures_are_other_pictures_also_where_nobody_wrote_down_which(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(words(data, out, "--epochs 1")) == 0
    without_digest(out / KEY)
    assert main(words(data, out, "--epochs 1", "--resume")) == 0, "as it was before there was such a thing"
    assert main(words(data, out, "--epochs 2", "--resume")) == 0
    assert "was not written down: it goes on with these." in capsys.readouterr().err
    assert read_run(out / KEY).data_digest
    without_digest(out / KEY)
    before = files(out)
    (data / "test" / "dark" / "0.png").unlink()
    assert main(words(data, out, "--epochs 3", "--resume")) == 1
    assert "other pictures" in capsys.readouterr().err
    assert files(out) == before


def without_digest(folder: Path) -> None:
    """As an older version has left it."""
    found = checkpoints.read(folder / "checkpoint.pt")
    bare = replace(found.run, data_digest="", threads=0)
    checkpoints.write(folder / "checkpoint.pt", replace(found, run=bare))
    write_spec(folder, replace(read_run(folder), data_digest="", threads=0))


def test_what_no_flag_says_is_as_it_was(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "train",
        "--data",
        str(data),
        "--network",
        KEY,
        "--out",
        str(tmp_path / "out"),
        "--device",
        "cpu",
    ]
    own = ["--batch", "16", "--rate", "0.02", "--record-every", "2", "--threads", "1", "--augment", "crop"]
    assert main([*given, *own, "--epochs", "1"]) == 0
    assert main([*given, "--epochs", "2", "--resume"]) == 0
    run = read_run(tmp_path / "out" / KEY)
    assert (run.recipe.name, run.recipe.batch, run.record_every, run.augment) == (
        "quick, changed",
        16,
        2,
        "crop",
    )
    assert (run.length, run.threads) == (2, 1)
    capsys.readouterr()
    assert main([*given, "--epochs", "2", "--resume", "--batch", "8", "--augment", "none"]) == 2
    assert "other settings (batch, augment)" in capsys.readouterr().err
