"""TensorBoard's event files, read back by TensorBoard's own reader."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from resnet_viewer.core.lab.event_logs import EventLog, EventLogs
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.media.files import WriteError
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.lab import Advanced, Began, EpochEnded, Intervened, Order
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.recipe import RECIPES, ShortcutSchedule
from resnet_viewer.records.training import (
    NOT_COMPUTED,
    EpochReport,
    Extension,
    GradientRecord,
    Intervention,
    RunSpec,
    StepReport,
)

RUN = RunSpec(spec("cifar-resnet-8"), "digits", 2)
KIND = NAMED["digits"]
DIGITS_RUN = RunSpec(
    replace(spec("cifar-resnet-8"), channels=1, input_size=8),
    "digits",
    2,
    RECIPES["quick"],
    KIND.mean,
    KIND.std,
    augment="none",
)
LAYERS = [layer.name for layer in blueprint(RUN.network).layers]
BLOCKS = len(blueprint(RUN.network).blocks)


@pytest.fixture(autouse=True)
def _quiet_reader() -> Iterator[None]:
    """TensorBoard's reader warns of what it was told to forget."""
    reader = logging.getLogger("tensorboard")
    before = reader.level
    reader.setLevel(logging.ERROR)
    yield
    reader.setLevel(before)


def step(at: int) -> StepReport:
    return StepReport(
        at // 5, at % 5, 5, 9.0, 9.0, None, batch_loss=2.0 - at / 10, batch_error=90.0 - at, rate=0.1
    )


def record(at: int) -> GradientRecord:
    return GradientRecord(
        at,
        tuple(1.0 + n for n in range(len(LAYERS))),
        (float("nan"), *(0.5,) * (len(LAYERS) - 1)),
        (0.25,) * BLOCKS,
    )


def read(folder: Path) -> EventAccumulator:
    reader = EventAccumulator(str(folder), {event_accumulator.SCALARS: 0, event_accumulator.TENSORS: 0})
    reader.Reload()
    return reader


def values(reader: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    return [(event.step, pytest.approx(event.value)) for event in reader.Scalars(tag)]


def texts(reader: EventAccumulator, tag: str) -> list[tuple[int, str]]:
    return [(event.step, event.tensor_proto.string_val[0].decode()) for event in reader.Tensors(tag)]


def advanced(upto: range) -> Advanced:
    return Advanced("a", tuple(map(step, upto)), tuple(record(at) for at in upto if at % 5 == 0), 100.0)


def test_tensorboard_reads_everything(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "a")
    log.take(Began("a", RUN, 5))
    log.take(advanced(range(6)))
    log.take(EpochEnded("a", EpochReport(0, 0.1, 1.5, 60.0, 50.0, 1.0), None, None))  # type: ignore[arg-type]
    log.take(Intervened("a", RUN, Intervention(6, 0.0)))
    log.take(Intervened("a", replace(RUN, extensions=(Extension(6, 4),)), None))
    reader = read(tmp_path / "a")  # while it is open: whoever looks on sees all that was reported
    assert values(reader, "batch/loss") == [(at, 2.0 - at / 10) for at in range(6)]
    assert values(reader, "batch/error") == [(at, 90.0 - at) for at in range(6)]
    assert values(reader, "batch/rate")[0] == (0, 0.1)
    assert values(reader, "epoch/test error") == [(4, 50.0)]
    assert values(reader, "epoch/running training error") == [(4, 60.0)]
    for number, name in enumerate(LAYERS):
        assert values(reader, f"gradient norm/{name}") == [(0, 1.0 + number), (5, 1.0 + number)]
    assert values(reader, f"update ratio/{LAYERS[1]}") == [(0, 0.5), (5, 0.5)]
    assert f"update ratio/{LAYERS[0]}" not in reader.Tags()["scalars"], "what is no number is left out"
    assert values(reader, f"dead channels/block {BLOCKS:03d}") == [(0, 0.25), (5, 0.25)]
    assert texts(reader, "interventions") == [(6, "every shortcut open by 0")]
    assert [words for _, words in texts(reader, "run")] == [
        "ResNet-8, seed 0, digits, 2 epochs; " + RECIPES["quick"].words,
        "made 4 epochs long",
    ]
    log.close()


def test_tensorboard_has_the_strength_that_a_schedule_gives_and_no_norms_that_there_are_not(
    tmp_path: Path,
) -> None:
    run = replace(
        RUN, recipe=replace(RECIPES["quick"], survival=0.5, shortcuts=ShortcutSchedule(0.2, 0.6, 1, 0.5))
    )
    log = EventLog(tmp_path)
    log.take(Began("a", run, 5))
    told = advanced(range(4))
    missing = replace(told.gradients[0], norms=(NOT_COMPUTED, *told.gradients[0].norms[1:]))
    log.take(replace(told, gradients=(missing,)))
    log.take(Intervened("a", replace(run, interventions=(Intervention(4, 0.25),)), Intervention(4, 0.25)))
    log.take(advanced(range(4, 5)))
    log.close()
    reader = read(tmp_path)
    strengths = [strength for _, strength in values(reader, "batch/shortcut strength")]
    assert strengths == pytest.approx([1.0, 0.75, 0.5, 0.5, 0.25])
    assert f"gradient norm/{LAYERS[0]}" not in reader.Tags()["scalars"]
    assert values(reader, f"gradient norm/{LAYERS[1]}") == [(0, 2.0)]
    assert "stochastic depth, survival 0.5, shortcuts weakened from 1 to 0.5" in texts(reader, "run")[0][1]


def test_a_resumed_run_is_there_once_and_from_its_beginning(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.take(Began("a", RUN, 5))
    log.take(advanced(range(8)))
    log.take(EpochEnded("a", EpochReport(0, 0.1, 1.5, 60.0, 50.0, 1.0), None, None))  # type: ignore[arg-type]
    log.close()
    onlooker = read(tmp_path)
    kept = advanced(range(5))  # killed: what came after its last checkpoint is done again
    epochs = (EpochReport(0, 0.1, 1.5, 60.0, 50.0, 1.0),)
    again = EventLog(tmp_path)
    changed = replace(RUN, interventions=(Intervention(3, 0.5),)).extended(5, 1)
    again.take(Began("a", changed, 5, kept.steps, kept.gradients, epochs))
    again.take(advanced(range(5, 10)))
    again.close()
    onlooker.Reload()
    for reader in (read(tmp_path), onlooker):
        assert values(reader, "batch/loss") == [(at, 2.0 - at / 10) for at in range(10)]
        assert [at for at, _ in values(reader, "gradient norm/conv1")] == [0, 5]
        assert values(reader, "epoch/test error") == [(4, 50.0)]
        assert texts(reader, "interventions") == [(3, "every shortcut open by 0.5")]
        assert texts(reader, "run")[-1] == (5, "made 3 epochs long")


def test_a_lab_writes_the_log_of_every_run_and_goes_on_with_it(tmp_path: Path) -> None:
    runs = tuple((name, replace(DIGITS_RUN, network=replace(DIGITS_RUN.network, seed=seed)))
                 for seed, name in enumerate("ab"))  # fmt: skip
    order = Order(runs, "digits", tmp_path / "out", log_dir=tmp_path / "logs")
    seen = drained_until_epoch(Lab(), order)
    assert seen
    list(Lab().answer(replace(order, is_resumed=True)))
    for name, run in runs:
        reader = read(tmp_path / "logs" / name)
        steps = [event.step for event in reader.Scalars("batch/loss")]
        assert steps == list(range(len(steps)))
        assert len(steps) == run.epochs * (1438 // run.recipe.batch)
        assert len(reader.Scalars("epoch/test error")) == run.epochs
        assert reader.Scalars("batch/loss")[-1].value < reader.Scalars("batch/loss")[0].value


def drained_until_epoch(lab: Lab, order: Order) -> bool:
    """Work until an epoch has ended, and leave it there."""
    work: Iterable[object] = lab.answer(order)
    for report in work:
        if isinstance(report, EpochEnded):
            work.close()  # type: ignore[attr-defined]
            return True
    return False


def test_a_log_that_cannot_be_written_does_not_end_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a").write_text("a file in the way")
    with pytest.raises(WriteError, match="not a folder"):
        EventLog(tmp_path / "a").take(Began("a", RUN, 5))
    logs = EventLogs(tmp_path)
    logs.take(Began("a", RUN, 5))
    logs.take(advanced(range(3)))
    logs.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"], "said once"


def test_tensorflow_is_not_imported_where_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("raise SystemExit('tensorflow was imported')")
    program = (
        "import sys; from pathlib import Path; from resnet_viewer.core.weights.catalog import spec\n"
        "from resnet_viewer.core.lab.event_logs import EventLog; from resnet_viewer.records.lab import Began\n"
        "from resnet_viewer.records.training import RunSpec\n"
        "log = EventLog(Path(sys.argv[1])); log.take(Began('a', RunSpec(spec('cifar-resnet-8'), 'digits', 2), 5))\n"
        "log.close(); print('tensorflow' in sys.modules)"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "log")],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert run.stdout.strip() == "False", run.stderr
