"""Runs studies: from an order to its results, and what an order would cost.

The order of events: everything that can be refused without the network is refused; the folder is taken; network and
pictures are read, or the data of a study that trains; the points are planned; those that are missing in the folder are
measured, each kept there as soon as it is there. Closing it at any yield puts everything back; what was measured stays.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from typing import NamedTuple, Protocol

import torch

from resnet_viewer.core.data.test_sets import Drawn, Prepared, draw, prepared
from resnet_viewer.core.engine import require_channels
from resnet_viewer.core.lab.device_habits import choose_device
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.meter import TOLD_EVERY, Clock, View, told
from resnet_viewer.core.network import Network, build, wired
from resnet_viewer.core.studies.bench import Bench, StudyPlan, kept_bytes_now, plan_of
from resnet_viewer.core.studies.files import (
    STUDY,
    Digests,
    Measured,
    StudyFolder,
    Underway,
    read_study,
    row_of,
    with_points,
)
from resnet_viewer.core.studies.training import TrainingStudy, first_state, without_folder
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.study import Basis, Estimate, StudyInfo, StudyOrder, StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.test_set import SetSide, TestSet

PIXELS_BYTES = 1 << 30
"""Of pictures that were read and cut: a study goes through all of them many times."""

Elsewhere = Callable[[StudyOrder, Sequence[str]], Generator[Measured | Underway | None]]
"""Measures the points of these names somewhere else; yields None now and then."""


class _Begun(Protocol):
    """What there is before the first point: a network on its bench, or runs to train."""

    @property
    def basis(self) -> Basis: ...

    @property
    def points(self) -> Mapping[str, float]:
        """What each costs in passes, by their names, in the order of the plan."""
        ...

    @property
    def digests(self) -> Digests: ...

    def measured(self, names: Sequence[str]) -> Generator[Measured | Underway | None]:
        """The points of these names, each as soon as it is measured; None after every step on the way."""
        ...

    def seconds(self, names: Sequence[str]) -> Generator[None, None, float]:
        """How long that would take now."""
        ...


class _OnBench(NamedTuple):
    """A network and its pictures, with the points that are measured of them."""

    bench: Bench
    plan: StudyPlan
    basis: Basis

    @property
    def points(self) -> Mapping[str, float]:
        return {point.name: point.passes for point in self.plan.points}

    @property
    def digests(self) -> Digests:
        return Digests(_digest(self.bench.network), self.bench.digest)

    def measured(self, names: Sequence[str]) -> Generator[Measured | Underway | None]:
        yield from measured(self.bench, self.plan, names)

    def seconds(self, names: Sequence[str]) -> Generator[None, None, float]:
        each = yield from self.bench.seconds_a_pass()
        return each * sum(map(self.points.__getitem__, names))


def require(order: StudyOrder) -> StudyInfo:
    """The entry of the study, where what is ordered can be studied so, as far as that is known without reading.

    Raises:
        UserError: there is no such study, or the network, the options or the test set are not for it.
    """
    info, state = study_of(order.study), order.state
    if type(order.options) is not info.options:
        raise ArgumentError("options", f"the {info.options.__name__} of this study", order.options)
    if info.trains:
        state = first_state(order.study, order.options)
    require_channels(state)
    if reason := info.refusal(state, blueprint(state.network, state.preprocessing.crop), order.options):
        raise UserError(reason)
    if info.needs == "test set" and order.test_set is None:
        raise UserError(f"The study {info.name} needs pictures: choose a test set.")
    return info


class Studies:
    """Runs one study after the other; network and pictures of the last stay, so that what was estimated begins at once.

    A `network` that is given is studied as it is in place of the one that an order describes. For one thread alone.

    Example:
        >>> *_, found = Studies().answer(order)  # doctest: +SKIP
        >>> found.is_complete  # doctest: +SKIP
        True
    """

    def __init__(
        self,
        network: Network | None = None,
        *,
        command: str = "",
        kept_bytes: int | None = None,
        told_every: float = TOLD_EVERY,
    ) -> None:
        self._given, self._command = network, command
        self._kept_bytes, self._told_every = kept_bytes, told_every
        self._live: tuple[NetworkSpec, Network] | None = None
        self._pictures: tuple[tuple[TestSet, Preprocessing], tuple[Drawn, Prepared]] | None = None
        self._lab: Lab | None = None

    def answer(
        self, order: StudyOrder, *, elsewhere: Elsewhere | None = None
    ) -> Generator[Progress | StudyResult | None]:
        """Yield Progress while pictures are read, then the result so far: before the first point, after points, ten a
        second at most, and at the end; None after every other step, a few milliseconds apart.

        Raises:
            UserError: it cannot be studied so, pictures or weights cannot be read, or the folder cannot be written in
                or holds something else.
        """
        require(order)
        order = _complete(order)
        with StudyFolder.taken(order) as folder, _threads(order.threads):
            begun = yield from self._begun(order)
            planned = begun.points
            result = StudyResult(order, begun.basis, len(planned))
            kept = folder.begin(result, planned, begun.digests, command=self._command)
            found = {each.name: each for each in kept}
            names = [name for name in planned if name not in found]
            yield (result := with_points(result, found.values()))
            clock = Clock(self._told_every)
            work = begun.measured(names) if elsewhere is None else elsewhere(order, names)
            with closing(work):
                for each in work:
                    if isinstance(each, Measured) and each.name not in found:
                        folder.add(each)
                        found[each.name] = each
                    if each is not None and clock.has_struck():
                        yield _told(result, found.values(), each)
                    else:
                        yield None
            result = with_points(result, found.values())
            folder.end(result)
            if names:
                yield result

    def alone(self, order: StudyOrder) -> Generator[Progress | StudyResult | None]:
        """The same without a folder: nothing is kept."""
        require(order)
        trains = study_of(order.study).trains
        with without_folder(order) if trains else nullcontext(order) as order, _threads(order.threads):
            order = _complete(order)
            begun = yield from self._begun(order)
            result = StudyResult(order, begun.basis, len(begun.points))
            yield result
            found: list[Measured] = []
            clock = Clock(self._told_every)
            for each in begun.measured(list(begun.points)):
                if isinstance(each, Measured):
                    found.append(each)
                if each is not None:
                    yield _told(result, found, each) if clock.has_struck() else None
            yield with_points(result, found)

    def part(self, order: StudyOrder, names: Sequence[str]) -> Generator[Measured | None]:
        """Measure some of the order's points, without its folder; raises as `answer`."""
        require(order)
        with _threads(order.threads):
            begun = yield from told(self._begun(order), lambda _: None)
            for each in begun.measured(names):
                assert not isinstance(each, Underway), "runs are trained by a lab of their own"
                yield each

    def estimate(self, order: StudyOrder) -> Generator[Progress | Estimate | None]:
        """What an order would cost, by the time of a batch now; raises as `answer`, but for what a folder holds that
        is not to be resumed.
        """
        require(order)
        is_begun = order.is_resumed and (order.folder / STUDY).exists()
        found = {str(row["point"]) for row in read_study(order.folder).rows} if is_begun else set()
        with _threads(order.threads):
            begun = yield from self._begun(order, is_asked=True)
            missing = [name for name in begun.points if name not in found]
            seconds = yield from begun.seconds(missing)
        yield Estimate(order, len(missing), sum(map(begun.points.__getitem__, missing)), seconds)

    def side(self, order: StudyOrder) -> Generator[Progress | None, None, SetSide | None]:
        """What the order's network as it begins takes its pictures for; None where their true classes are not known.

        Raises:
            UserError: as `answer`, but for what a folder holds.
        """
        require(order)
        with _threads(order.threads):
            bench, basis = yield from self._bench(order)
            return (yield from bench.side(order.state.wiring)) if basis.has_labels else None

    def _begun(
        self, order: StudyOrder, *, is_asked: bool = False
    ) -> Generator[Progress | None, None, _Begun]:
        """`is_asked`: nothing is downloaded only to say what it would cost."""
        if not study_of(order.study).trains:
            return (yield from self._on_bench(order))
        if self._lab is None:
            self._lab = Lab(command=self._command)
        made = TrainingStudy(order, self._lab)
        if is_asked:
            made.require_here()
        yield from made.read()
        return made

    def _on_bench(self, order: StudyOrder) -> Generator[Progress | None, None, _Begun]:
        bench, basis = yield from self._bench(order)
        with wired(bench.network, order.state.wiring):
            plan = plan_of(order.study)(bench, order.options)
        yield None
        return _OnBench(bench, plan, basis)

    def _bench(self, order: StudyOrder) -> Generator[Progress | None, None, tuple[Bench, Basis]]:
        info, device = study_of(order.study), choose_device(order.device or "auto")
        network = self._network(order.state.network).to(device)
        yield None
        view, basis = None, Basis(device=device)
        if info.needs == "test set":
            assert order.test_set is not None, "what is required"
            drawn, found = yield from self._read(order.test_set, order.state.preprocessing)
            view = View.of(drawn, found, order.state)
            remark = view.pictures.remark
            basis = Basis(len(view.pixels), drawn.total, view.pictures.labels is not None, remark, device)
        kept = kept_bytes_now() if self._kept_bytes is None else self._kept_bytes
        return Bench(network, order.state, device=device, view=view, kept_bytes=kept), basis

    def _network(self, spec: NetworkSpec) -> Network:
        if self._given is not None:
            return self._given
        if self._live is None or self._live[0] != spec:
            self._live = None  # before another one takes memory
            self._live = spec, build(spec, resolve(spec))
        return self._live[1]

    def _read(
        self, test_set: TestSet, preprocessing: Preprocessing
    ) -> Generator[Progress | None, None, tuple[Drawn, Prepared]]:
        key = test_set, preprocessing
        if self._pictures is None or self._pictures[0] != key:
            self._pictures = None
            clock = Clock(self._told_every)
            drawn = yield from told(draw(test_set), lambda _: None)
            _require_room(len(drawn), preprocessing)

            def word(done: int) -> Progress | None:
                return Progress(done, len(drawn)) if clock.has_struck() else None

            (found,) = yield from told(prepared(drawn, (preprocessing,), has_thumbnails=False), word)
            self._pictures = key, (drawn, found)
        return self._pictures[1]


def _complete(order: StudyOrder) -> StudyOrder:
    """Of a study that trains, with what its network is; it takes no pictures."""
    if not study_of(order.study).trains:
        return order
    return replace(order, state=first_state(order.study, order.options), test_set=None)


def _told(result: StudyResult, found: Iterable[Measured], news: Measured | Underway) -> StudyResult:
    """The result so far."""
    underway = news.points if isinstance(news, Underway) else 0.0
    return replace(with_points(result, found), underway=underway)


def measured(bench: Bench, plan: StudyPlan, names: Sequence[str]) -> Generator[Measured | None]:
    """The points of these names, each as soon as it is measured; None after every step on the way."""
    wanted = set(names)
    for place, point in enumerate(plan.points):
        if point.name not in wanted:
            continue
        begun, passes, saved = time.perf_counter(), bench.passes, bench.saved
        row = row_of(point.name, (yield from point.measure()))
        seconds = time.perf_counter() - begun
        yield Measured(row, place, seconds, bench.passes - passes, bench.saved - saved)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """torch takes so many threads inside the with-block; 0: as many as before."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _require_room(count: int, preprocessing: Preprocessing) -> None:
    each = preprocessing.crop**2 * len(preprocessing.mean)
    if count * each > PIXELS_BYTES:
        raise UserError(
            f"{thousands(count)} pictures of {preprocessing.crop} pixels a side are more than a study keeps "
            f"({PIXELS_BYTES // 2**20} MB): take a sample of {thousands(PIXELS_BYTES // each)} at most."
        )


def _digest(network: Network) -> str:
    """SHA-256 of all numbers of a network, with their names."""
    found = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        found.update(name.encode())
        found.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
