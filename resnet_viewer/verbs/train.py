"""`resnet-viewer train`: train networks on a folder of pictures, headless, resumable."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viewer.core import catalog
from resnet_viewer.media.files import make_folder
from resnet_viewer.records.data import NAMED, DataKind
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.recipe import recipe_for
from resnet_viewer.records.training import EpochReport, RunReport, RunSpec, StepReport
from resnet_viewer.verbs.arguments import command_line
from resnet_viewer.verbs.train_files import write_figures, write_run

if TYPE_CHECKING:
    from resnet_viewer.core.datasets import Data
    from resnet_viewer.core.training import Trained

FILES = ("checkpoint.pt", "log.csv", "gradients.csv", "weights.safetensors", "card.json")
"""What a run leaves in its folder."""


def run(arguments: argparse.Namespace) -> int:
    """Train every named network, with every seed, in turn.

    Raises:
        UserError: a name, a folder or an earlier run does not fit.
    """
    specs = [catalog.spec(name) for name in _names(arguments)]
    kind = NAMED.get(arguments.data)
    if other := next(
        (spec for spec in specs if kind is None and spec.input_size != specs[0].input_size), None
    ):
        raise UserError(
            f"{specs[0].name} and {other.name} take pictures of different sizes; train them one after the other."
        )
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    wanted = [replace(spec, seed=seed) for spec in specs for seed in seeds]
    folders = [arguments.out / (s.name if len(seeds) == 1 else f"{s.name}-seed-{s.seed}") for s in wanted]
    for folder in folders:
        _prepare(folder, resume=arguments.resume)

    import torch

    from resnet_viewer.core.datasets import class_names_of
    from resnet_viewer.core.devices import choose_device
    from resnet_viewer.core.training import require_resumable

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = choose_device(arguments.device)
    commit = _commit()
    classes = kind.classes if kind is not None else len(class_names_of(Path(arguments.data)))
    plans = [_plan(replace(spec, classes=classes), kind, arguments) for spec in wanted]
    for plan, folder in zip(plans, folders, strict=True):
        require_resumable(folder / "checkpoint.pt", plan)
    data = _decoded(arguments.data, specs[0].input_size)
    reports = []
    for plan, folder in zip(plans, folders, strict=True):
        trained = _train(plan, data, folder, device)
        write_run(trained, folder, commit=commit, command=command_line(arguments))
        reports.append(trained.report)
        print(
            f"{folder.name}: training error {trained.report.train_error:.2f} %, "
            f"test error {trained.report.test_error:.2f} %, in {folder}"
        )
    write_figures(reports, arguments.out, command=command_line(arguments))
    if len(reports) > 1:
        print("\n".join(("", *table(reports))))
    return 0


def table(reports: Sequence[RunReport]) -> Iterator[str]:
    """A line a network: training and test error in percent, over several seeds their mean and standard deviation.

    The deviation is the sample's, with n − 1.
    """
    yield f"{'network':<28} {'seeds':>5} {'training error':>17} {'test error':>17}"
    by_name: dict[str, list[RunReport]] = {}
    for report in reports:
        by_name.setdefault(report.spec.network.name, []).append(report)
    for name, alike in by_name.items():
        train, test = (
            _spread([getattr(report, which) for report in alike]) for which in ("train_error", "test_error")
        )
        yield f"{name:<28} {len(alike):>5} {train:>17} {test:>17}"


def _spread(values: Sequence[float]) -> str:
    mean = statistics.fmean(values)
    return f"{mean:.2f} %" if len(values) < 2 else f"{mean:.2f} ± {statistics.stdev(values):.2f} %"


def _names(arguments: argparse.Namespace) -> list[str]:
    """The networks of `--network`, and those that `--depth` and `--kind` make.

    Raises:
        UserError: there are none, or the depths are badly written.
    """
    names = list(arguments.network)
    if arguments.depth is not None:
        depths = arguments.depth.split(",")
        if not all(depth.isascii() and depth.isdecimal() for depth in depths):
            raise UserError(f"{arguments.depth!r} is not a list of depths; write them as 20,56.")
        kinds = {"plain": "plain", "residual": "resnet"}
        chosen = arguments.kind.split(",")
        if unknown := next((kind for kind in chosen if kind not in kinds), None):
            raise UserError(
                f"There is no kind {unknown!r}; write plain, residual, or both as plain,residual."
            )
        names += [f"cifar-{kinds[kind]}-{depth}" for depth in depths for kind in chosen]
    if not names:
        raise UserError("Say which networks: --network NAME …, or --depth 20,56 with --kind plain,residual.")
    return list(dict.fromkeys(names))


def _plan(spec: NetworkSpec, kind: DataKind | None, arguments: argparse.Namespace) -> RunSpec:
    recipe = recipe_for(arguments.recipe, spec.depth)
    recipe = replace(recipe, batch=arguments.batch or recipe.batch, rate=arguments.rate or recipe.rate)
    data = Path(arguments.data).name
    if kind is None:
        return RunSpec(spec, data, arguments.epochs, recipe)
    fitted = replace(spec, input_size=kind.side, channels=kind.channels)
    return RunSpec(fitted, data, arguments.epochs, recipe, kind.mean, kind.std, kind.is_augmented)


def _train(plan: RunSpec, data: Data, folder: Path, device: str) -> Trained:
    from tqdm import tqdm

    from resnet_viewer.core.training import Trained, train

    with tqdm(total=None, unit="step", desc=plan.network.name, mininterval=1.0, file=sys.stderr) as bar:
        for report in train(plan, data, checkpoint=folder / "checkpoint.pt", device=device):
            match report:
                case StepReport():
                    bar.total = plan.epochs * report.steps
                    bar.n = report.epoch * report.steps + report.step + 1
                    bar.set_postfix_str(f"loss {report.loss:.3f}, error {report.error:.1f} %", refresh=False)
                    bar.update(0)
                case EpochReport():
                    bar.write(
                        f"{plan.network.name} epoch {report.epoch + 1}/{plan.epochs}: training error "
                        f"{report.train_error:.2f} %, test error {report.test_error:.2f} %, {report.seconds:.0f} s",
                        file=sys.stderr,
                    )
                case Trained():
                    return report
    raise AssertionError("a run ends with what it trained")


def _commit() -> str | None:
    """The checkout's commit, or None for an installed package."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _prepare(folder: Path, *, resume: bool) -> None:
    make_folder(folder)
    found = [name for name in FILES if (folder / name).exists()]
    if found and not resume:
        raise UserError(
            f"{folder} already holds a run ({found[0]}); add --resume to continue it, or name another --out."
        )


def _decoded(name: str, size: int) -> Data:
    from tqdm import tqdm

    from resnet_viewer.core.datasets import Data, load
    from resnet_viewer.core.named_data import load_named

    if name in NAMED:
        return load_named(name)
    with tqdm(total=None, unit="picture", desc="reading", leave=False, delay=0.5, file=sys.stderr) as bar:
        for found in load(Path(name), size):
            if isinstance(found, Data):
                return found
            if isinstance(found, Progress):
                bar.total = found.total
                bar.n = found.done
                bar.update(0)
    raise AssertionError("loading ends with the data")
