"""Every flag refuses what is empty or of no use in our words, before anything is opened or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viewer import app
from resnet_viewer.cli import main

PROBE = ["probe", "cat.png", "--out", "out"]
EVALUATE = ["evaluate", "pictures"]
TRAIN = ["train", "--data", "digits", "--epochs", "1", "--out", "out"]
STUDY = ["study", "paths", "--out", "out"]
EMPTY = {
    "probe": (
        PROBE,
        "--out --classes --weights --network --reference-network --reference-weights --target --layer --cut --drop "
        "--strength --leave-out --mean --std --device --seed --resize --crop --class-count --input-side "
        "--input-channels --pooling --gradient",
    ),
    "evaluate": (
        EVALUATE,
        "--classes --weights --network --cut --drop --strength --leave-out --sample --sample-seed --table --seed",
    ),
    "train": (
        TRAIN,
        "--out --data --log-dir --network --depth --init --ray --device --shortcuts --epochs --seeds --rate --recipe "
        "--augment --precision --optimizer --schedule --survival",
    ),
    "study": (
        STUDY,
        "--out --data --classes --weights --network --cut --drop --strength --leave-out --sample --sample-seed --seed "
        "--ray --threads --device --paths-seed --samples --gradient-of",
    ),
    "networks": (["networks"], "--figure --columns"),
}
WRONG = {
    "--sample x": (EVALUATE, "Argument --sample: must be a whole number, not 'x'"),
    "--sample 0": (EVALUATE, "Argument --sample: must lie between 1 and"),
    "--class-count x": (PROBE, "Argument --class-count: must be a whole number, not 'x'"),
    "--class-count 0": (PROBE, "Argument --class-count: must lie between 1 and 100000"),
    "--input-side 2.5": (PROBE, "Argument --input-side: must be a whole number, not '2.5'"),
    "--input-channels 2": (PROBE, "Argument --input-channels: must be 1 or 3, not '2'"),
    "--gradient Score": (PROBE, "Argument --gradient: must be score or loss, not 'Score'"),
    "--pooling x": (PROBE, "Argument --pooling: must be none, average or maximum, not 'x'"),
    "--recipe x": (TRAIN, "Argument --recipe: must be quick, paper or adam, not 'x'"),
    "--precision x": (TRAIN, "Argument --precision: must be float32 or bfloat16, not 'x'"),
    "--rate x": (TRAIN, "Argument --rate: must be a number, not 'x'"),
    "--rate nan": (TRAIN, "Argument --rate: must be above 0"),
    "--seed x": (PROBE, "Argument --seed: must be a whole number, not 'x'"),
    "--shortcuts 1=2": (TRAIN, "Argument --shortcuts: must be a step and a strength, not '1=2'"),
    "--shortcuts -1=0": (TRAIN, "Argument --shortcuts: "),
    "--shortcuts 10..2=1..0": (
        TRAIN,
        "Argument --shortcuts: must be a later epoch behind an earlier one and two",
    ),
    "--shortcuts 2..10=1": (
        TRAIN,
        "Argument --shortcuts: must be two epochs and the strengths at their ends, as in 2",
    ),
    "--survival 0": (TRAIN, "Argument --survival: must be above 0, and 1 at most"),
    "--survival 1.5": (TRAIN, "Argument --survival: must be above 0, and 1 at most"),
    "--survival nan": (TRAIN, "Argument --survival: must be "),
    "--survival half": (TRAIN, "Argument --survival: must be a number, not 'half'"),
    f"--seed {'9' * 5000}": (PROBE, "Argument --seed: must be a whole number, not '999"),
    "--sample few": (STUDY, "Argument --sample: must be a whole number, not 'few'"),
    "--samples x": (STUDY, "Argument --samples: must be a whole number, not 'x'"),
    "--gradient-of area": (STUDY, "Argument --gradient-of: must be score or loss, not 'area'"),
    "--unknown": (PROBE, "Unrecognized arguments: --unknown"),
}


def refusal(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert len(line) < 400
    assert "invalid" not in line
    return line


@pytest.mark.parametrize(
    ("verb", "flag"), [(verb, flag) for verb, (_, flags) in EMPTY.items() for flag in flags.split()]
)
def test_what_is_empty_is_refused_and_nothing_is_written(
    verb: str, flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for empty in ("", " "):
        assert refusal([*EMPTY[verb][0], flag, empty], capsys).startswith(f"Argument {flag}: must ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["probe", "", "--out", "out"], ["evaluate", ""], ["networks", ""], [""]])
def test_an_empty_picture_folder_or_name_is_none(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(words, capsys).startswith("Argument ")


@pytest.mark.parametrize(
    "words", [["--screenshot", ""], ["--weights", ""], ["--classes", ""], ["--network", ""]]
)
def test_the_windows_flags_refuse_it_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"Argument {words[0]}: must ")


@pytest.mark.parametrize("flag", [pytest.param(flag, id=flag[:30]) for flag in WRONG])
def test_what_is_no_number_or_choice_is_said_in_our_words(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, sentence = WRONG[flag]
    assert refusal([*words, *flag.split()], capsys).startswith(sentence)


def test_the_help_lists_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["probe"], ["evaluate"], ["train"], ["networks"], []):
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        assert "Exit status: 0 done; 1 a run failed" in " ".join(capsys.readouterr().out.split())
