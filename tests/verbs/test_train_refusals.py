"""What `train` refuses, it refuses in one sentence, and leaves no empty folders of runs behind."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import read_run
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.recipe import RECIPES, WARM_UP_STEPS, Recipe
from resnet_viewer.verbs.arguments import parsed
from resnet_viewer.verbs.train import networks, recipe


def words(data: Path | str, out: Path, *more: str) -> list[str]:
    flags = ["--network", "cifar-resnet-8", "--device", "cpu", "--threads", "1"]
    length = [] if "--epochs" in more else ["--steps", "1"]
    return ["train", "--data", str(data), "--out", str(out), *flags, *length, *more]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--depth", "8", "--kind="), "There is no kind ''"),
        (("--depth", "8", "--kind", "plain,"), "There is no kind ''"),
        (("--seed", "4294967295", "--seeds", "2"), "There is no seed above 4294967295"),
        (("--init", "normal=0"), "There is no initialisation 'normal=0'"),
        (("--init", "normal=."), "There is no initialisation 'normal=.'"),
        (("--init", "normal=-1e-2"), "There is no initialisation 'normal=-1e-2'"),
        (("--init", "normal=inf"), "There is no initialisation 'normal=inf'"),
        (("--init", "xavier=1"), "There is no initialisation 'xavier=1'"),
        (("--kind", "plain"), "--kind is of the networks that --depth makes"),
        pytest.param(
            ("--depth", "9" * 5000),
            "cifar-plain-9999999999999999999999999999 is too deep",
            id="thousands of digits",
        ),
        (("--depth", "8,8"), "cifar-resnet-8 is named twice"),
        (("--depth", "8, 8", "--kind", "plain"), "cifar-plain-8 is named twice"),
        (("--depth", "8", "--kind", "residual"), "cifar-resnet-8 is named twice"),
        (("--shortcuts", "5=0", "--shortcuts", "5=1"), "--shortcuts names step 5 twice"),
        (
            ("--shortcuts", "2..10=1..0", "--shortcuts", "1..3=0..1"),
            "--shortcuts has two schedules, 2..10=1..0 and 1",
        ),
        (
            ("--epochs", "2", "--shortcuts", "2..10=1..0"),
            "The shortcuts of ResNet-8 are to change after epoch 2, and its last epoch is 2: let",
        ),
        (
            ("--shortcuts", "1..10=1..0"),
            "The shortcuts of ResNet-8 are to change after epoch 1, and its last epoch is 1: let",
        ),
        (
            ("--epochs", "9", "--survival", "0.5", "--shortcuts", "1..2=1..0"),
            "The shortcuts' schedule cannot cut them: with stochastic depth a block",
        ),
        (
            ("--survival", "0.5", "--shortcuts", "3=0"),
            "The shortcuts of ResNet-8 cannot be cut: with stochastic depth a block",
        ),
        (("--optimizer", "adam", "--momentum", "0.5"), "Adam has no such momentum"),
        (("--recipe", "adam", "--momentum", "0.5"), "Adam has no such momentum"),
        (
            ("--recipe", "paper", "--schedule", "constant", "--warm-up", "0.5"),
            "A constant rate has no warm-up",
        ),
        (("--augment", "crop+flip"), "A mirrored digit is none"),
        (("--network", "resnet18"), "ResNet-18 is made for pictures of 224 pixels"),
        (("--network", "vgg16"), "VGG-16 is made for pictures of 224 pixels"),
        (("--data", "digit"), "There is no folder digit; did you mean digits?"),
        (("--log-dir", "/dev/null/logs"), "/dev/null is a file, not a folder"),
    ],
)
def test_what_cannot_be_trained_is_said_and_leaves_nothing(
    flags: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words("digits", tmp_path / "out", *flags)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(sentence)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--rate=fast", "Argument --rate: must be a number, not 'fast'"),
        ("--batch=1.5", "Argument --batch: must be a whole number, not '1.5'"),
        ("--momentum=1", "Argument --momentum: must be 0 or above, and below 1"),
        ("--weight-decay=-1", "Argument --weight-decay: must be 0 or above"),
        ("--threads=2000000", "Argument --threads: must lie between 1 and 1024"),
        ("--seeds=1000000", "Argument --seeds: must lie between 1 and 1000"),
    ],
)
def test_a_number_that_makes_no_sense_is_said_in_plain_words(
    flag: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words("digits", tmp_path / "out", flag))
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"{sentence};")


def test_data_that_cannot_be_read_leave_no_empty_folder(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(tmp_path / "nowhere", tmp_path / "out")) == 2
    for path in (data / "train" / "dark").iterdir():
        path.write_bytes(b"no picture")
    (tmp_path / "old").mkdir()
    assert main(words(data, tmp_path / "out")) == main(words(data, tmp_path / "old")) == 2
    assert "one in ten" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "old").iterdir()) == [], "a folder that was there before stays, as it was"


@pytest.mark.parametrize("init", ["normal=0.05", "normal=5e-2", "normal=.050"])
@pytest.mark.parametrize("name", ["cifar-resnet-8", "cifar-resnet-8-normal=5e-2"])
def test_two_spellings_of_a_number_make_one_run(init: str, name: str) -> None:
    arguments = parsed(words("digits", Path("out"), "--network", name, "--init", init))
    assert [spec.name for spec in networks(arguments)] == ["cifar-resnet-8-normal=0.05"]


def test_another_schedule_comes_with_its_own_warm_up() -> None:
    def warm_up(*flags: str) -> float:
        arguments = parsed(words("digits", Path("out"), *flags))
        return recipe(networks(arguments)[0], arguments).warm_up

    assert warm_up("--schedule", "steps") == 0.0, (
        "a fifth of the run at a tenth of the rate is no such schedule"
    )
    assert warm_up("--recipe", "adam", "--schedule", "steps") == 0.0
    assert warm_up("--recipe", "paper", "--schedule", "one-cycle") == 0.2
    assert warm_up("--schedule", "steps", "--warm-up", "0.1") == 0.1
    deep = parsed(
        [
            "train",
            "--data",
            "digits",
            "--out",
            "out",
            "--epochs",
            "1",
            "--depth",
            "110",
            "--schedule",
            "steps",
        ]
    )
    assert recipe(networks(deep)[0], deep).warm_up_steps == WARM_UP_STEPS


def test_data_called_by_a_dot_have_their_folders_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data)
    assert main(words(".", tmp_path / "out", "--batch", "16")) == 0
    assert read_run(tmp_path / "out" / "cifar-resnet-8").data == "data"


def test_ctrl_c_ends_the_reading_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert threading.current_thread() is threading.main_thread()

    def read(*_: object) -> Iterator[Progress]:
        yield Progress(0, 2)
        signal.raise_signal(signal.SIGINT)
        yield Progress(1, 2)
        pytest.fail("it read on")

    monkeypatch.setattr(Lab, "read", read)
    assert main(words("digits", tmp_path / "out")) == 130
    assert capsys.readouterr().err.strip().endswith("Stopped.")
    assert not (tmp_path / "out").exists()


def test_a_changed_recipe_says_so_and_takes_what_is_usual_with_its_optimizer() -> None:
    def made(*flags: str) -> Recipe:
        arguments = parsed(words("digits", Path("out"), *flags))
        return recipe(networks(arguments)[0], arguments)

    assert made() == made("--rate", "0.05", "--recipe", "quick") == RECIPES["quick"]
    changed = made("--optimizer", "adam")
    assert (changed.name, changed.rate) == ("quick, changed", RECIPES["adam"].rate)
    assert made("--recipe", "adam", "--optimizer", "sgd").rate == RECIPES["quick"].rate
    assert made("--optimizer", "adam", "--rate", "0.01").rate == 0.01
    assert made("--momentum", "0").words.startswith("SGD without momentum, rate")
    assert made("--recipe", "paper", "--batch", "64").name == "paper, changed"
    deep = parsed(
        ["train", "--data", "digits", "--out", "o", "--steps", "1", "--depth", "110", "--recipe", "paper"]
    )
    assert recipe(networks(deep)[0], deep).name == "paper", "the warm-up of deep networks is the paper's own"


def test_depths_may_have_blanks_as_in_the_window() -> None:
    arguments = parsed(["train", "--data", "digits", "--out", "o", "--steps", "1", "--depth", "8, 14"])
    assert [spec.name for spec in networks(arguments)] == [
        f"cifar-{kind}-{depth}" for depth in (8, 14) for kind in ("plain", "resnet")
    ]
