"""`study` lists what there is, measures, resumes, writes its files, and refuses in one sentence."""

from __future__ import annotations

import argparse
import csv
import json
import re
import shlex
import signal
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.studies import running
from resnet_viewer.core.studies.files import Measured, read_study
from resnet_viewer.records.studies.landscape import LandscapeOptions
from resnet_viewer.records.study import StudyOrder
from resnet_viewer.records.study_command import TAKEN, command_of
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.verbs.arguments import Parser, own_input, parsed
from resnet_viewer.verbs.option_flags import options_of
from tests.core.studies import trial

pytestmark = pytest.mark.usefixtures("trial_study")
STUDY = ("study", "trial", "--network", "cifar-resnet-20", "--device", "cpu", "--sample", "5")


def test_the_list_has_a_line_a_study(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "trial  " in " ".join(lines)
    assert all(line.endswith("?") for line in lines)


def test_it_writes_what_it_measured_and_prints_what_that_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main([*STUDY, "--out", str(out), "--which", "every second", "--trial-strength", "0.25"]) == 0
    printed = capsys.readouterr()
    assert re.search(r"^Trial: 5 points, about \d+ s\.$", printed.err, re.MULTILINE), "before the first point"
    said = printed.out.splitlines()
    assert said[0].startswith("Trial: 5 points on 5 pictures in ")
    assert "kept activations saved" in said[0]
    assert said[1].endswith(" disagreement with the intact network.")
    files = {path.name for path in out.iterdir()}
    assert files == {
        "study.json", "points.jsonl", "points.csv", "trial.svg", "trial.pdf", "trial.png",
    }  # fmt: skip
    table = [line for line in (out / "points.csv").read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(table))
    assert [row["block"] for row in rows] == ["9", "7", "5", "3", "1"]
    told = json.loads((out / "study.json").read_text())
    assert told["options"]["strength"] == 0.25
    assert told["command"] == shlex.join(
        ["resnet-viewer", *STUDY, "--out", "out", "--which", "every second", "--trial-strength", "0.25"]
    )
    assert told["found"]["conclusion"] == said[1:]


def test_a_signal_keeps_what_is_done_and_resume_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    whole = running.measured

    def interrupted(*given: object) -> Iterator[Measured | None]:
        done = 0
        for found in whole(*given):  # type: ignore[arg-type]
            yield found
            done += found is not None
            if done == 3:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running, "measured", interrupted)
    assert main([*STUDY, "--out", str(out)]) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Stopped: 3 of 9 points are measured and kept in ")
    assert last.endswith("; --resume goes on with them.")
    assert len(read_study(out).rows) == 3
    assert not (out / "points.csv").exists()
    monkeypatch.setattr(running, "measured", whole)
    assert main([*STUDY, "--out", str(out)]) == 2
    assert "already holds a study (study.json): add --resume" in capsys.readouterr().err
    assert main([*STUDY, "--out", str(out), "--resume"]) == 0
    assert "Trial: 6 points, about " in capsys.readouterr().err, "of those that are missing"
    assert read_study(out).is_complete
    assert (out / "points.csv").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["study"], "Say which study: `resnet-viewer study --list` lists what there is."),
        (["study", "trail", "--out", "o"], "Argument STUDY: must be "),
        ([*STUDY], "The following arguments are required: --out"),
        (
            [*STUDY, "--out", "o", "--repeats", "many"],
            "Argument --repeats: must be a whole number, not 'many'",
        ),
        ([*STUDY, "--out", "o", "--repeats", "0"], "repeats must be a whole number from 1 to 1000, not 0."),
        ([*STUDY, "--out", "o", "--trial-strength", "2"], "strength must be a number from 0 to 1, not 2.0."),
        (
            [*STUDY, "--out", "o", "--which", "none"],
            "Argument --which: must be all or every second, not 'none'",
        ),
        ([*STUDY, "--out", "o", "--data", "nowhere"], "nowhere is not a folder"),
        ([*STUDY, "--out", "o", "--sample", "0"], "Argument --sample: must lie between 1 and"),
        ([*STUDY, "--out", "o", "--network", "cifar-resnet-164"], "has more than 50 blocks."),
        ([*STUDY, "--out", "o", "--cut", "99"], "There is no block 99"),
        (["study", "idle", "--out", "o", "--data", "crops"], "Unrecognized arguments: --data crops"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(words)
    except SystemExit as ended:
        status = ended.code  # type: ignore[assignment]
    said = capsys.readouterr()
    assert status == 2
    assert sentence in said.err
    assert said.out == ""
    assert not (tmp_path / "o").exists()


def test_no_option_has_a_flag_that_every_study_has() -> None:
    parser = Parser()
    from resnet_viewer.verbs import arguments

    arguments._study(parser)
    (studies,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    alike = set.intersection(*({*one._option_string_actions} for one in studies.choices.values()))
    own = {"trial-strength", "repeats", "which", "reversed", "no-reversed", "data", "sample", "sample-seed"}
    assert {flag[2:] for flag in studies.choices["trial"]._option_string_actions} == TAKEN | {""} | own
    assert {flag[2:] for flag in alike} <= TAKEN | {""} | own


def test_the_command_of_a_study_orders_it_again(tmp_path: Path) -> None:
    order = trial.order_in(tmp_path / "out", strength=0.5, repeats=3, which="every second", is_reversed=False)
    order = replace(order, test_set=replace(order.test_set, sample=None, seed=7))  # type: ignore[type-var]
    words = shlex.split(command_of(order))
    assert words[:3] == ["resnet-viewer", "study", "trial"]
    arguments = parsed(words[1:])
    assert options_of(arguments, trial.TrialOptions) == order.options
    assert (arguments.data, arguments.sample, arguments.sample_seed) == ("crops", None, 7)
    assert arguments.network == "cifar-resnet-20"


def test_a_folder_is_given_by_its_path_or_as_none(tmp_path: Path) -> None:
    words = ["study", "landscape", "--out", "out"]
    given = parsed([*words, "--run", "runs/one", "--places", "9"])
    options = options_of(given, LandscapeOptions)
    assert options == LandscapeOptions(places="9", run=str(Path.cwd() / "runs" / "one"))
    assert options_of(parsed([*words, "--run", "none"]), LandscapeOptions) == LandscapeOptions()
    order = replace(trial.order_in(tmp_path / "out"), study="landscape", options=options)
    again = shlex.split(command_of(order))
    assert again[again.index("--run") + 1] == options.run
    assert options_of(parsed(again[1:]), LandscapeOptions) == options


def test_what_no_command_says_has_none(tmp_path: Path) -> None:
    order = trial.order_in(tmp_path / "out")
    weakened = replace(order.state, wiring=order.state.wiring.with_branches([2], 0.5))
    assert command_of(replace(order, state=weakened)) == ""
    assert command_of(replace(order, test_set=TestSet("run", tmp_path))) == ""


def test_the_command_says_how_pictures_are_prepared_where_that_is_not_usual(tmp_path: Path) -> None:
    order = trial.order_in(tmp_path / "out")
    assert "--mean" not in command_of(order)
    own = replace(order.state.preprocessing, mean=(0.5, 0.25, 0.0), std=(1.0, 0.5, 1.0), resize=40)
    words = shlex.split(command_of(replace(order, state=replace(order.state, preprocessing=own))))
    asked = own_input(parsed(words[1:]))
    assert (asked.mean, asked.std, asked.resize, asked.crop) == (own.mean, own.std, 40, None)


@pytest.mark.parametrize(
    ("words", "address"), [(["--ray"], "local"), (["--ray", "10.0.0.7:6379"], "10.0.0.7:6379")]
)
def test_ray_is_asked_at_its_address_for_the_points_that_are_missing(
    words: list[str], address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def on_ray(where: str) -> running.Elsewhere:
        def measured(order: StudyOrder, names: Sequence[str]) -> Generator[Measured | None]:
            asked.extend([where, order.device, list(names)])
            yield from running.Studies().part(order, names)

        return measured

    monkeypatch.setattr("resnet_viewer.core.studies.cluster.on_ray", on_ray)
    plain = [word for word in STUDY if word not in ("--device", "cpu")]
    assert main([*plain, "--out", str(tmp_path / "out"), "--which", "every second", *words]) == 0
    assert asked == [address, "", [f"block {n}, 0" for n in (9, 7, 5, 3, 1)]]
    assert read_study(tmp_path / "out").is_complete
