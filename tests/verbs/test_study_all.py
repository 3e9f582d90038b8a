"""`study all` makes a report of every study that applies, resumes it, and refuses in one sentence."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.studies import running
from resnet_viewer.core.studies.files import Measured, read_study
from tests.core.studies import trial

pytestmark = pytest.mark.usefixtures("trial_study")
NETWORK = ("--network", "cifar-resnet-20", "--device", "cpu", "--threads", "1")
ALL = ("study", "all", *NETWORK, "--sample", "5", "--only", "trial,idle")


def test_it_makes_each_study_and_one_page_and_one_pdf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main([*ALL, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert re.search(
        r"^Report of ResNet-20: 2 studies, 18 points, about \d+ s \(trial \d+ s, idle \d+ s\)\.$",
        said.err,
        re.MULTILINE,
    )
    assert re.search(r"^Trial: 9 points in \d+ s; about \d+ s left\.$", said.err, re.MULTILINE)
    assert "Without" not in said.err, "nobody is told of what was not wished for"
    assert said.out.splitlines()[-1] == f"The report is {out / 'report.html'} and {out / 'report.pdf'}."
    assert {path.name for path in out.iterdir()} == {"trial", "idle", "report.html", "report.pdf"}
    for name in ("trial", "idle"):
        files = {path.name for path in (out / name).iterdir()}
        assert {
            "study.json",
            "points.jsonl",
            "points.csv",
            f"{name}.svg",
            f"{name}.pdf",
            f"{name}.png",
        } <= files
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "resnet-viewer study all --network cifar-resnet-20" in page
    assert str(tmp_path) not in page, "folders of this machine are nobody's business"


def test_a_signal_keeps_what_is_done_and_resume_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    whole = running.measured
    done: list[str] = []

    def interrupted(*given: object) -> Iterator[Measured | None]:
        for found in whole(*given):  # type: ignore[arg-type]
            yield found
            done.extend([found.name] if found is not None else [])
            if len(done) == 11:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running, "measured", interrupted)
    assert main([*ALL, "--out", str(out)]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"Stopped: 1 of 2 studies are measured, and every point is kept in {out}; --resume goes on with them."
    )
    assert len(read_study(out / "idle").rows) == 2
    assert not (out / "report.html").exists()
    done.clear()
    assert main([*ALL, "--out", str(out)]) == 2
    assert "trial already holds a study (study.json): add --resume" in capsys.readouterr().err
    assert main([*ALL, "--out", str(out), "--resume"]) == 0
    assert "2 studies, 7 points" in capsys.readouterr().err, "of those that are missing"
    assert len(done) == 7
    assert (out / "report.html").exists()


def test_what_one_study_left_there_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = ["study", "trial", *NETWORK, "--sample", "5", "--repeats", "2", "--out", str(tmp_path / "trial")]
    assert main(one) == 0
    assert main([*ALL, "--out", str(tmp_path), "--resume"]) == 0
    assert "2 studies, 9 points" in capsys.readouterr().err
    assert "Repeats 2" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "trial" / "study.json").read_text())["options"]["repeats"] == 2


def test_a_study_that_fails_is_named_and_the_status_says_so(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(sys.modules["resnet_viewer.core.studies.idle"], "plan", broken)
    monkeypatch.setattr("resnet_viewer.verbs.study_all._told_costs", lambda *_: {})
    assert main([*ALL, "--out", str(tmp_path / "out")]) == 1
    caplog.clear()
    assert "Trial: Something went wrong inside (RuntimeError: no such thing)." in capsys.readouterr().err
    assert (tmp_path / "out" / "report.pdf").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--only", "trail"], "study must be "),
        (
            ["--without", "trial,idle"],
            "There is no study to report of ResNet-20: all studies: It was not wished for.",
        ),
        (["--only", ""], "Argument --only: must not be empty"),
        (["--data", "nowhere", "--only", "trial"], "nowhere is not a folder"),
        (["--repeats", "3"], "Unrecognized arguments: --repeats 3"),
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
        status = main([*ALL, "--out", "o", *words])
    except SystemExit as ended:
        status = ended.code  # type: ignore[assignment]
    said = capsys.readouterr()
    assert sentence in said.err
    assert status == 2
    assert said.out == ""
    assert not (tmp_path / "o" / "trial").exists()


def test_another_network_in_a_folder_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, _ = running.Studies().answer(
        trial.order_in(tmp_path / "idle", study="idle", test_set=None, network="cifar-resnet-56")
    )
    assert main([*ALL, "--out", str(tmp_path), "--resume"]) == 2
    assert "holds another study: it is of ResNet-56" in capsys.readouterr().err
    assert not (tmp_path / "trial").exists()
