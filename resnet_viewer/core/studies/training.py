"""Studies that train: their points are runs of the lab, each in a folder of its own, from which it goes on to the step.

The order of events: the runs are planned; the data are read; those whose points are missing are trained, one after the
other on each device; a run that has ended is a point. Closing it saves the runs at work where they are.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, cast

from resnet_viewer.core.data import sources
from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.data.named_data import cache_folder
from resnet_viewer.core.lab.device_habits import devices_for
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.training import Training
from resnet_viewer.core.meter import pass_cost
from resnet_viewer.core.studies.files import Digests, Measured, Underway, row_of
from resnet_viewer.records.data import data_title
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.lab import Advanced, Began, LabReport, Order, RunEnded, StateChanged
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import Basis, Options, Row, StudyOrder, Value
from resnet_viewer.records.training import RunReport, RunSpec
from resnet_viewer.records.wiring import Wiring

STEP_PASSES = 3
"""That a picture of a step costs: one forward, and one backward as much as two."""
_TIMED = 3
"""Steps of a network that an estimate takes the time of; the first one allocates."""
_LONGEST = 4.0
"""Seconds after which an estimate times no further network."""
Train = Callable[[Order], Iterator[Progress | LabReport]]
"""What trains an order's runs: a lab here, or on Ray."""


class PlannedRun(NamedTuple):
    """A run of a plan."""

    key: str
    """The name of its point, and of its folder."""
    run: RunSpec
    facts: Row
    """What its row says beside what was found."""


@dataclass(frozen=True)
class TrainingPlan:
    """The runs of a study, in the order in which they are trained; the same options give the same runs."""

    data: str
    """A name of `records.data.NAMED`."""
    runs: tuple[PlannedRun, ...]


def training_plan(study: str, options: Options) -> TrainingPlan:
    """The runs of the study of that name.

    Raises:
        UserError: there are none with these options.
    """
    made: Callable[[Options], TrainingPlan] = import_module(f"resnet_viewer.core.studies.{study}").runs
    return made(options)


def first_state(study: str, options: Options) -> NetworkState:
    """What an order of a study that trains says of its network: the first of its own, untrained.

    Raises:
        UserError: as `training_plan`.
    """
    spec = training_plan(study, options).runs[0].run.network
    return NetworkState(spec, usual_preprocessing(spec), Wiring.all_open(spec.block_count))


class TrainingStudy:
    """The runs of an order, and the data that they are trained on once those are read."""

    def __init__(self, order: StudyOrder, lab: Lab) -> None:
        self.order, self._lab = order, lab
        self.plan = training_plan(order.study, order.options)
        self._device = devices_for(order.device)[0]

    def read(self) -> Generator[Progress]:
        """Read the data; those that are not on this computer are downloaded.

        Raises:
            DatasetError: they cannot be.
        """
        network = self.plan.runs[0].run.network
        yield from self._lab.read(self.plan.data, network.input_size, network.channels)

    def require_here(self) -> None:
        """Nothing where the data are on this computer.

        Raises:
            UserError: they would be downloaded first.
        """
        name = self.plan.data
        if name != "digits" and sources.files_in(cache_folder(), name) is None:
            raise UserError(
                f"{data_title(name)} is not on this computer: it is downloaded when the study is started, and how long "
                "that trains is known afterwards."
            )

    @property
    def basis(self) -> Basis:
        """What the runs are tested on."""
        test = len(self._data.test)
        return Basis(test, test, True, self._data.remark, self._device)

    @property
    def digests(self) -> Digests:
        """Of the runs and of the data: what is resumed is these."""
        told = repr([(each.key, _unusual(each.run)) for each in self.plan.runs])
        return Digests("", self._data.digest, hashlib.sha256(told.encode()).hexdigest())

    @cached_property
    def points(self) -> Mapping[str, float]:
        """What each run costs in passes of its study's first network, by the names of the points."""
        return {each.key: self._passes(each.run) for each in self.plan.runs}

    def measured(self, names: Sequence[str]) -> Generator[Measured | Underway | None]:
        """Train the runs of these points; each is told as soon as it has ended, and how far those are that have not.

        Raises:
            UserError: one cannot be trained, or was changed since it began; all of them are saved.
        """
        yield from trained(self.order, names, self._lab.answer)

    def seconds(self, names: Sequence[str]) -> Generator[None, None, float]:
        """How long the runs of these points would train, by the time of a step of each network now, or of as many of
        them as that can be measured of in a few seconds. Yields after each step.
        """
        missing = [each.run for each in self.plan.runs if each.key in set(names)]
        paces: dict[NetworkSpec, float] = {}
        begun = time.perf_counter()
        for run in missing:
            alike = replace(run.network, seed=0)
            if alike in paces or (paces and time.perf_counter() - begun > _LONGEST):
                continue
            paces[alike] = yield from self._pace(run)
        usual = sum(paces.values()) / max(len(paces), 1)
        return sum(self._passes(run) * paces.get(replace(run.network, seed=0), usual) for run in missing)

    def _pace(self, run: RunSpec) -> Generator[None, None, float]:
        """Seconds a pass of the study's first network, by steps of this run's."""
        training = Training(run, self._data, device=self._device)
        times, passes = [], STEP_PASSES * training.batch * self._cost(run)
        with closing(cast("Generator[object]", training.work())) as work:
            for _ in range(min(_TIMED, training.steps_per_epoch * run.epochs)):
                before = time.perf_counter()
                next(work)
                times.append(time.perf_counter() - before)
                yield
        return min(times) / passes

    @property
    def _data(self) -> Data:
        return self._lab.data

    def _cost(self, run: RunSpec) -> float:
        """Of a pass, beside one of the study's first network."""
        return _cost_of(run.network) / _cost_of(self.plan.runs[0].run.network)

    def _passes(self, run: RunSpec) -> float:
        counts = self._data.counts
        steps = max(1, counts.train // run.recipe.batch)
        pictures = STEP_PASSES * min(run.recipe.batch, counts.train) * steps * run.epochs
        return self._cost(run) * (pictures + counts.test * run.epochs + counts.train)


def _unusual(value: object) -> object:
    """What of a frozen value is not as by default, so that a field which a later version adds changes nothing."""
    if isinstance(value, tuple):
        return tuple(map(_unusual, value))
    if not is_dataclass(value):
        return value
    found = [(field.name, field.default, getattr(value, field.name)) for field in fields(value)]
    return [(name, _unusual(own)) for name, usual, own in found if is_dataclass(own) or own != usual]


def _cost_of(network: NetworkSpec) -> float:
    return pass_cost(blueprint(network))


def trained(order: StudyOrder, names: Sequence[str], train: Train) -> Generator[Measured | Underway | None]:
    """Train the runs of these points of an order by `train`, from where their folders are. None between reports.

    Raises:
        UserError: one cannot be trained, or was changed since it began.
    """
    plan = training_plan(order.study, order.options)
    wanted = set(names)
    places = {each.key: place for place, each in enumerate(plan.runs)}
    chosen = {each.key: each for each in plan.runs if each.key in wanted}
    runs = tuple((each.key, each.run) for each in chosen.values())
    asked = Order(
        runs, plan.data, order.runs_folder, order.device, order.threads,
        is_resumed=True, side_by_side=1, keeps_states=False,
    )  # fmt: skip
    first = _cost_of(plan.runs[0].run.network)
    lengths: dict[str, int] = {}
    shares: dict[str, float] = {}
    with closing(cast("Generator[Progress | LabReport]", train(asked))) as work:
        for report in work:
            match report:
                case Began(key, run, steps_per_epoch, steps):
                    _require_as_planned(chosen[key], run, order.runs_folder / key)
                    lengths[key] = max(1, run.length * steps_per_epoch)
                    shares[key] = len(steps) / lengths[key]
                    yield Underway(sum(shares.values()))
                case Advanced(key, steps) if steps:
                    shares[key] = (steps[-1].at + 1) / lengths[key]
                    yield Underway(sum(shares.values()))
                case RunEnded(key, ended) if ended.state != "stopped":
                    shares.pop(key, None)
                    _require_as_planned(chosen[key], ended.spec, order.runs_folder / key)
                    row = row_of(key, _row(ended) | dict(chosen[key].facts))
                    passes = _passes_run(ended) * _cost_of(ended.spec.network) / first
                    yield Measured(row, places[key], _seconds(ended), passes, 0.0)
                case StateChanged(_, "failed", sentence):
                    raise UserError(sentence)
                case _:
                    yield None


def _require_as_planned(planned: PlannedRun, found: RunSpec, folder: Path) -> None:
    """Nothing where a run is the one that was planned, whatever its gradients were noted for.

    Raises:
        UserError: it was made longer, or its shortcuts were opened or closed, somewhere else.
    """
    alike = replace(found, mean=planned.run.mean, std=planned.run.std, record_every=planned.run.record_every)
    if alike != planned.run:
        raise UserError(
            f"The run in {folder} is not the one of this study any more, as it was changed since: remove its folder, "
            "and it is trained anew."
        )


def _row(report: RunReport) -> dict[str, Value]:
    """What is kept of a run that has ended; errors in percent, None where it diverged."""
    run, counts = report.spec, report.pictures
    return {
        "network": run.network.name,
        "seed": run.network.seed,
        "epochs": run.length,
        "error": report.test_error,
        "training_error": report.train_error,
        "state": report.state,
        "steps": len(report.steps),
        "pictures": 0 if counts is None else counts.train,
        "seconds": round(_seconds(report), 1),
    }


def _seconds(report: RunReport) -> float:
    return sum(epoch.seconds for epoch in report.epochs)


def _passes_run(report: RunReport) -> float:
    """Of its own network: of its steps, and of the pictures that were measured after epochs and at the end."""
    counts = report.pictures
    assert counts is not None, "a lab counts them"
    pictures = STEP_PASSES * min(report.spec.recipe.batch, counts.train) * len(report.steps)
    return float(pictures + counts.test * len(report.epochs) + counts.train * (report.state == "done"))


@contextmanager
def without_folder(order: StudyOrder) -> Iterator[StudyOrder]:
    """The order with a folder for its runs that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="resnet-viewer-", ignore_cleanup_errors=True) as folder:
        yield replace(order, folder=Path(folder))
