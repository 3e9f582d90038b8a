"""`train` leaves a run that the other verbs can use, refuses to overwrite one, and continues it."""

import json
import math
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from safetensors import safe_open

from resnet_viewer.cli import main
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import read_run
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.figures import run_files
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import Began, LabReport, Order
from resnet_viewer.records.recipe import ShortcutSchedule
from resnet_viewer.records.training import Intervention, RunReport, RunSpec
from resnet_viewer.verbs.train import table


@pytest.fixture
def figures() -> None:
    """The figures are drawn, in one of their kinds."""


@pytest.fixture(autouse=True)
def no_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take longer than the training: one test here asks for them, `tests/figures` draws them all."""
    is_drawn = "figures" in request.fixturenames
    replacing = partial(run_files.drawn, kinds=("svg",)) if is_drawn else lambda *_, **__: iter(())
    monkeypatch.setattr(run_files, "drawn", replacing)


def words(data: Path, out: Path, *more: str) -> list[str]:
    base = ["train", "--data", str(data), "--network", "cifar-resnet-8", "--epochs", "4", "--out", str(out)]
    return [*base, "--batch", "16", "--rate", "0.02", "--device", "cpu", "--threads", "1", *more]


def test_a_run_is_trained_written_and_evaluated(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert main(words(data, out)) == 0
    folder = out / "cifar-resnet-8"
    assert {path.name for path in folder.iterdir()} == {
        "run.json", "checkpoint.pt", "log.csv", "steps.csv", "gradient-records.csv", "report.json",
        "weights.safetensors", "card.json", "states",
    }  # fmt: skip
    card = json.loads((folder / "card.json").read_text())
    assert card["class_names"] == ["bright", "dark"]
    assert card["epochs"] == 4
    assert str(tmp_path) not in json.dumps(card)
    assert len((folder / "log.csv").read_text().splitlines()) == 5
    with safe_open(folder / "weights.safetensors", "pt") as file:
        assert json.loads(file.metadata()["classes"]) == ["bright", "dark"]
    capsys.readouterr()

    weights = str(folder / "weights.safetensors")
    assert main(["evaluate", str(data / "test"), "--weights", weights, "--json", "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"] == pytest.approx(card["test_error_percent"], abs=0.01)
    assert "assumed" not in captured.err  # the card tells the normalisation and the classes

    assert main(words(data, out)) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(words(data, out, "--resume")) == 0
    assert json.loads((folder / "card.json").read_text())["test_error_percent"] == card["test_error_percent"]
    monkeypatch.setattr(
        "resnet_viewer.core.data.named_data.load", lambda *_: pytest.fail("pictures were read first")
    )
    assert main([*words(data, out, "--resume"), "--rate", "0.5"]) == 2
    assert "other settings (rate)" in capsys.readouterr().err
    (folder / "checkpoint.pt").write_bytes(b"damaged")
    assert main(words(data, out, "--resume")) == 2
    assert "as a checkpoint" in capsys.readouterr().err


def test_a_missing_data_set_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(tmp_path / "nowhere", tmp_path / "out")) == 2
    assert "train/<class>/" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "fast"])
def test_a_rate_must_be_a_positive_number(
    rate: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words(data, tmp_path / "out", f"--rate={rate}"))
    assert ended.value.code == 2
    assert "--rate" in capsys.readouterr().err


def test_networks_for_pictures_of_different_sizes_are_trained_apart(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(data, tmp_path / "out", "--network", "cifar-resnet-8", "resnet18")) == 2
    assert "different sizes" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_depths_kinds_and_seeds_make_a_folder_each_and_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figures: None
) -> None:
    arguments = [
        "--depth",
        "8",
        "--kind",
        "plain,residual",
        "--seeds",
        "2",
        "--epochs",
        "1",
        "--device",
        "cpu",
        "--threads",
        "1",
    ]
    assert main(["train", "--data", "digits", "--out", str(tmp_path), "--recipe", "adam", *arguments]) == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        f"cifar-{kind}-8{seed}" for kind in ("plain", "resnet") for seed in ("", "-seed-1")
    ]
    card = json.loads((tmp_path / "cifar-plain-8-seed-1" / "card.json").read_text(encoding="utf-8"))
    assert (card["seed"], card["recipe"]["optimizer"], card["recipe"]["augmentation"]) == (1, "adam", "none")
    names = ["curves", "loss", "gradients", "by-depth"]
    names += [f"{what}-cifar-{kind}-8" for what in ("pictures", "confusion") for kind in ("plain", "resnet")]
    drawn = {f"{name}.{suffix}" for name in names for suffix in ("svg", "csv")}
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == drawn
    *table, note = capsys.readouterr().out.splitlines()[-4:]
    assert "n − 1" in note
    assert table[0].split()[:2] == ["network", "seeds"]
    assert [line.split()[:2] for line in table[1:]] == [["cifar-plain-8", "2"], ["cifar-resnet-8", "2"]]
    assert table[1].count("±") == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say which networks"),
        (["--depth", "20;56"], "is not a list of depths"),
        (["--depth", "20", "--kind", "plane"], "no kind 'plane'"),
        (["--depth", "21"], "6n . 2"),
    ],
)
def test_what_names_no_network_is_refused(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--data", "digits", "--epochs", "1", "--out", str(tmp_path), *arguments]) == 2
    assert re.search(sentence, capsys.readouterr().err)


def digits(out: Path, *more: str) -> list[str]:
    base = [
        "train",
        "--data",
        "digits",
        "--batch",
        "256",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--out",
        str(out),
    ]
    return [*base, *more]


def test_every_part_of_a_recipe_and_a_network_can_be_set(tmp_path: Path) -> None:
    flags = [
        "--depth",
        "8",
        "--kind",
        "residual",
        "--steps",
        "6",
        "--optimizer",
        "sgd",
        "--momentum",
        "0.5",
        "--weight-decay",
        "0.001",
    ]
    flags += [
        "--schedule",
        "steps",
        "--warm-up",
        "0.1",
        "--no-normalisation",
        "--init",
        "normal=0.05",
        "--rate",
        "0.01",
        "--record-every",
        "4",
    ]
    flags += ["--precision", "bfloat16", "--shortcuts", "7=1", "--shortcuts", "3=0.25"]
    assert main(digits(tmp_path, *flags)) == 0
    run = read_run(tmp_path / "cifar-resnet-8-nobn-normal=0.05")
    assert (run.epochs, run.record_every, run.precision) == (2, 4, "bfloat16"), (
        "6 steps of 5 an epoch are 2 epochs"
    )
    recipe = run.recipe
    assert (recipe.momentum, recipe.weight_decay, recipe.schedule, recipe.warm_up) == (
        0.5,
        0.001,
        "steps",
        0.1,
    )
    assert (run.network.is_normalised, run.network.initialisation, run.network.deviation) == (
        False,
        "normal",
        0.05,
    )
    assert run.interventions == (Intervention(3, 0.25), Intervention(7, 1.0))
    card = json.loads((tmp_path / run.network.name / "card.json").read_text())
    assert card["precision"] == "trained in bfloat16, measured and stored in float32"


def test_multipliers_are_trained_beside_a_plain_network_without_normalisation_and_opened_again(
    tmp_path: Path,
) -> None:
    flags = ("--depth", "8", "--init", "skipinit", "--steps", "6", "--rate", "0.05")
    assert main(digits(tmp_path, *flags)) == 0
    keys = sorted(path.parent.name for path in tmp_path.glob("*/run.json"))
    assert keys == ["cifar-plain-8-nobn", "cifar-resnet-8-skipinit"]
    file = tmp_path / "cifar-resnet-8-skipinit" / "weights.safetensors"
    found = open_network(weights_name=str(file))
    assert found.spec.name == "cifar-resnet-8-skipinit"
    network = build(found.spec, resolve(found.spec))
    assert all(
        abs(float(network.get_parameter(f"layer{stage}.0.scale.weight").detach())) > 0 for stage in (1, 2, 3)
    )


def test_shortcuts_are_set_where_there_are_some(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = ("--epochs", "1", "--shortcuts", "2=0")
    assert main(digits(tmp_path / "plain", "--depth", "8", "--kind", "plain", *cut)) == 2
    assert "Plain-8 has no shortcuts" in capsys.readouterr().err
    assert main(digits(tmp_path / "both", "--depth", "8", "--in-turn", *cut)) == 0
    runs = [read_run(tmp_path / "both" / name) for name in ("cifar-plain-8", "cifar-resnet-8")]
    assert [run.interventions for run in runs] == [(), (Intervention(2, 0.0),)]
    for wrong in ("2", "-1=0", "2=1.5", "2=cut"):
        with pytest.raises(SystemExit):
            main(digits(tmp_path / "no", "--depth", "8", "--epochs", "1", f"--shortcuts={wrong}"))
        assert "must be a step and a strength" in capsys.readouterr().err


def test_recipes_with_stochastic_depth_and_a_schedule_are_trained_resumed_and_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = ("--depth", "8", "--in-turn", "--epochs", "2", "--survival", "0.5")
    plain = ("--network", "cifar-plain-8", "--epochs", "2", "--survival", "0.5")
    assert main(digits(tmp_path / "plain", *plain)) == 2
    assert "Plain-8 has no shortcuts that carry on" in capsys.readouterr().err
    assert main(digits(tmp_path / "deep", *deep)) == 0
    runs = [read_run(tmp_path / "deep" / name) for name in ("cifar-plain-8", "cifar-resnet-8")]
    assert [run.recipe.survival for run in runs] == [1.0, 0.5]
    assert [run.recipe.name for run in runs] == ["quick, changed", "quick, changed"], "the batch is another"
    folder = tmp_path / "deep" / "cifar-resnet-8"
    card = json.loads((folder / "card.json").read_text())
    assert card["recipe"]["survival"] == 0.5
    records = (folder / "gradient-records.csv").read_text().splitlines()
    names, row = records[0].split(","), records[1].split(",")
    assert "" in row, "a branch that was not drawn has an empty cell"
    assert row[names.index("conv1")]
    assert main([*digits(tmp_path / "deep", "--resume", "--network", "cifar-resnet-8"), "--epochs", "3"]) == 0
    assert read_run(folder).recipe.survival == 0.5, "what no flag says is as it was"
    other = ("--network", "cifar-resnet-8", "--epochs", "3", "--resume", "--survival", "0.7")
    capsys.readouterr()
    assert main(digits(tmp_path / "deep", *other)) == 2
    assert "belongs to a run with other settings (survival)" in capsys.readouterr().err

    fading = ("--network", "cifar-resnet-8", "--epochs", "3", "--shortcuts", "1..2=1..0")
    assert main(digits(tmp_path / "fading", *fading)) == 0
    folder = tmp_path / "fading" / "cifar-resnet-8"
    assert read_run(folder).recipe.shortcuts == ShortcutSchedule(1, 2)
    rows = [line.split(",") for line in (folder / "steps.csv").read_text().splitlines()[1:]]
    assert [float(row[-1]) for row in rows] == pytest.approx([1] * 5 + [0.8, 0.6, 0.4, 0.2, 0] + [0] * 5)
    with safe_open(folder / "weights.safetensors", "pt") as file:
        assert (file.metadata()["shortcut_strength"], file.metadata()["survival"]) == ("0.0", "1.0")


def test_a_run_that_diverges_is_said_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wild = ("--depth", "8", "--epochs", "20", "--rate", "1e6", "--schedule", "constant")
    assert main(digits(tmp_path, *wild)) == 0
    said = capsys.readouterr()
    assert "cifar-plain-8: Plain-8 diverged at step" in said.err
    assert said.out.splitlines()[-1].split()[-2:] == ["1", "diverged"]


def test_a_cluster_is_given_the_order_and_its_reports_are_shown(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[object] = []

    def on_ray(
        order: Order, address: str, *, commit: str | None, command: str
    ) -> Iterator[Progress | LabReport]:
        given.extend((order.device, address, command))
        for report in Lab(commit=commit, command=command).answer(order):
            yield report
            if isinstance(report, Began):
                yield report

    monkeypatch.setattr("resnet_viewer.core.lab.cluster.train_on_ray", on_ray)
    out = tmp_path / "out"
    assert main([*words(data, out), "--device", "auto", "--ray", "10.0.0.1:6379"]) == 0
    assert given[:2] == ["", "10.0.0.1:6379"]
    assert (out / "cifar-resnet-8" / "weights.safetensors").exists()
    said = capsys.readouterr()
    assert "cifar-resnet-8: training error" in said.out
    assert "cifar-resnet-8: begun again after 0 steps" in said.err


def test_the_table_has_means_and_deviations_of_the_runs_that_are_done() -> None:
    def made(name: str, train: float, test: float, state: Literal["done", "diverged"] = "done") -> RunReport:
        return RunReport(RunSpec(spec(name), "digits", 1), (), train, test, (), state=state)

    runs = [made("cifar-plain-8", 1.0, 4.0), made("cifar-plain-8", 3.0, 8.0)]
    lost = made("cifar-plain-8", math.nan, math.nan, "diverged")
    (_, line, note) = table([*runs, lost])
    assert "sample standard deviation" in note
    assert line.split() == [
        "cifar-plain-8",
        "3",
        *["2.00", "±", "1.41", "%"],
        *["6.00", "±", "2.83", "%"],
        "1",
        "diverged",
    ]
    assert list(table([lost]))[1].split() == ["cifar-plain-8", "1", "–", "–", "1", "diverged"]
