"""`resnet-viewer train`: train networks side by side, headless, resumable."""

from __future__ import annotations

import argparse
import math
import re
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.data.sources import fitted, named_kind
from resnet_viewer.core.weights import catalog
from resnet_viewer.core.weights.catalog import VALUE, written
from resnet_viewer.media.files import WriteError, empty_ones_removed, make_folder, write_whole
from resnet_viewer.records.data import NAMED, DataKind, augmentation
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.lab import Order, Stop, key_of
from resnet_viewer.records.network import LARGEST_SEED, NetworkSpec
from resnet_viewer.records.recipe import CHANGED, RECIPES, Optimizer, Recipe, ShortcutSchedule, recipe_for
from resnet_viewer.records.training import Intervention, RunReport, RunSpec, shortcut_refusal
from resnet_viewer.verbs.arguments import SCHEDULES, command_line
from resnet_viewer.verbs.stopping import stoppable
from resnet_viewer.verbs.train_screen import TrainScreen

_RATES: dict[Optimizer, float] = {"sgd": RECIPES["quick"].rate, "adam": RECIPES["adam"].rate}
"""What is usual with each optimizer."""


def networks(arguments: argparse.Namespace) -> list[NetworkSpec]:
    """The networks of `--network`, and those that `--depth` and `--kind` make, as `--init` and the others want them.

    Raises:
        UserError: there are none, a name is not known or comes twice, one is not for such data, or they take pictures
            of different sizes.
    """
    ending = _ending(arguments)
    specs = [catalog.spec(_with(name, ending)) for name in _names(arguments)]
    names = [spec.name for spec in specs]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UserError(f"{twice} is named twice: name every network once; --seeds trains it several times.")
    _, made = _shortcuts(arguments)
    steps = [intervention.step for intervention in made]
    if (step := next((step for step in steps if steps.count(step) > 1), None)) is not None:
        raise UserError(f"--shortcuts names step {step} twice: give one strength from it on.")
    for spec in specs:
        fitted(spec, named_kind(arguments.data))
    if arguments.data not in NAMED:
        other = next((spec for spec in specs if spec.input_size != specs[0].input_size), None)
        if other is not None:
            raise UserError(
                f"{specs[0].name} and {other.name} take pictures of different sizes; train them one after the other."
            )
    return specs


def _with_seeds(specs: list[NetworkSpec], arguments: argparse.Namespace) -> list[tuple[str, NetworkSpec]]:
    """A network for each seed, with the name of its folder."""
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    if seeds[-1] > LARGEST_SEED:
        raise UserError(
            f"There is no seed above {LARGEST_SEED}; begin with a lower --seed, or take fewer --seeds."
        )
    wanted = [replace(spec, seed=seed) for spec in specs for seed in seeds]
    return [(key_of(spec), spec) for spec in wanted]


def _plan(
    spec: NetworkSpec,
    arguments: argparse.Namespace,
    kind: DataKind,
    *,
    epochs: int,
    known: RunSpec | None = None,
) -> RunSpec:
    """The run of one network, built for such pictures. A plain one takes none of the `--shortcuts`.

    What no flag says is as in the `known` run, which it is to go on with.

    Raises:
        UserError: a flag does not fit.
    """
    _, made = _shortcuts(arguments)
    augment = augmentation(arguments.augment, kind)
    return RunSpec(
        replace(spec, classes=kind.classes, input_size=kind.side, channels=kind.channels),
        _title(arguments.data),
        epochs,
        recipe(spec, arguments, known),
        kind.mean,
        kind.std,
        augment if known is None or arguments.augment else known.augment,
        record_every=arguments.record_every or (known.record_every if known else 0),
        interventions=made if spec.has_shortcuts else (),
        precision=arguments.precision or (known.precision if known else "float32"),
    )


def _shortcuts(
    arguments: argparse.Namespace,
) -> tuple[ShortcutSchedule | None, tuple[Intervention, ...]]:
    """What `--shortcuts` wants over epochs, and at steps, by step.

    Raises:
        UserError: it wants two schedules.
    """
    schedules = [made for made in arguments.shortcuts if isinstance(made, ShortcutSchedule)]
    if len(schedules) > 1:
        raise UserError(
            f"--shortcuts has two schedules, {schedules[0].notation} and {schedules[1].notation}: give one."
        )
    made = [made for made in arguments.shortcuts if isinstance(made, Intervention)]
    return next(iter(schedules), None), tuple(sorted(made, key=lambda intervention: intervention.step))


def _known_run(folder: Path, arguments: argparse.Namespace) -> RunSpec | None:
    """The run that is to go on in a folder, or None.

    Raises:
        UserError: its record cannot be read.
    """
    from resnet_viewer.core.lab.run_files import RUN, read_run

    return read_run(folder) if arguments.resume and (folder / RUN).exists() else None


def recipe(spec: NetworkSpec, arguments: argparse.Namespace, known: RunSpec | None = None) -> Recipe:
    """The named recipe, or the `known` run's where another is not named, with what the arguments want otherwise.

    Raises:
        UserError: a flag would do nothing.
    """
    if known is not None and arguments.recipe in (None, known.recipe.name.removesuffix(CHANGED)):
        made = known.recipe
    else:
        made = recipe_for(arguments.recipe or "quick", spec.depth)
    if arguments.optimizer not in (None, made.optimizer):
        made = replace(made, optimizer=arguments.optimizer, rate=_RATES[arguments.optimizer])
    if (schedule := SCHEDULES.get(arguments.schedule or "", made.schedule)) != made.schedule:
        # a share of one cycle's rise would be a fifth of the run at a tenth of the rate by the other schedule
        usual = recipe_for("paper" if schedule == "steps" else "quick", spec.depth)
        made = replace(made, schedule=schedule, warm_up=usual.warm_up, warm_up_steps=usual.warm_up_steps)
    if arguments.warm_up is not None:
        made = replace(made, warm_up_steps=0)
    own = ("batch", "rate", "momentum", "weight_decay", "warm_up", "survival")
    _require_used(arguments, made)
    wanted = {name: getattr(arguments, name) for name in own if getattr(arguments, name) is not None}
    over_epochs, _ = _shortcuts(arguments)
    made = replace(made, **wanted, shortcuts=over_epochs or made.shortcuts).named
    return made if spec.has_shortcuts else made.for_plain


def _require_used(arguments: argparse.Namespace, made: Recipe) -> None:
    """Nothing where every flag of the recipe does something."""
    if arguments.momentum is not None and made.optimizer == "adam":
        raise UserError("Adam has no such momentum: leave --momentum out, or add --optimizer sgd.")
    if arguments.warm_up is not None and made.schedule == "constant":
        raise UserError(
            "A constant rate has no warm-up: leave --warm-up out, or add --schedule one-cycle or steps."
        )


def _title(data: str) -> str:
    """A folder's own name, also where it was called "." or ".."."""
    path = Path(data)
    return path.resolve().name if path.name in ("", "..") else path.name


def _names(arguments: argparse.Namespace) -> list[str]:
    names = list(arguments.network)
    if arguments.depth is not None:
        depths = [depth.strip() for depth in arguments.depth.split(",")]
        if not all(depth.isascii() and depth.isdecimal() for depth in depths):
            raise UserError(f"{arguments.depth!r} is not a list of depths; write them as 20,56.")
        kinds = {"plain": "plain", "residual": "resnet"}
        chosen = [
            kind.strip()
            for kind in ("plain,residual" if arguments.kind is None else arguments.kind).split(",")
        ]
        unknown = next((kind for kind in chosen if kind not in kinds), None)
        if unknown is not None:
            raise UserError(
                f"There is no kind {unknown!r}; write plain, residual, or both as plain,residual."
            )
        names += [f"cifar-{kinds[kind]}-{depth.lstrip('0') or 0}" for depth in depths for kind in chosen]
    elif arguments.kind is not None:
        raise UserError(
            "--kind is of the networks that --depth makes: give --depth 20,56 too, or leave it out."
        )
    if not names:
        raise UserError("Say which networks: --network NAME …, or --depth 20,56 with --kind plain,residual.")
    return names


def _ending(arguments: argparse.Namespace) -> list[str]:
    """The endings of names that build such networks."""
    endings = ["nobn"] if arguments.no_normalisation else []
    if arguments.init and arguments.init != "he":
        endings.append(_drawn(arguments.init))
    return endings


def _drawn(text: str) -> str:
    """The ending for an initialisation."""
    name, has_number, number = text.partition("=")
    if text in ("xavier", "normal", "skipinit", "fixup"):
        return text
    try:
        deviation = float(number)
    except ValueError:
        deviation = 0.0
    if name != "normal" or not has_number or not re.fullmatch(VALUE, number) or not 0 < deviation < math.inf:
        raise UserError(
            f"There is no initialisation {text!r}; write he, xavier, normal, normal=0.01, skipinit or fixup."
        )
    return written(name, deviation)


def _with(name: str, endings: list[str]) -> str:
    """The network of that name with these endings, where it does not have them already."""
    spec = catalog.spec(name)
    if not spec.has_shortcuts:
        endings = [ending[1:] for ending in catalog.of_plain(f"-{ending}" for ending in endings)]
    return "-".join([spec.name, *(ending for ending in endings if ending not in spec.name.split("-"))])


def run(arguments: argparse.Namespace) -> int:
    """Train every named network, with every seed; 1 where one of them failed, 128 and its number after a signal.

    Raises:
        UserError: a name, a folder or an earlier run does not fit.
    """
    specs = networks(arguments)
    if not any(spec.has_shortcuts for spec in specs):
        _require_no_shortcuts(specs[0], arguments)
    keyed = _with_seeds(specs, arguments)

    from resnet_viewer.core.data.named_data import describe_data
    from resnet_viewer.core.lab.device_habits import choose_device

    # a cluster's machines have devices of their own
    device = (
        arguments.device.removeprefix("auto")
        if arguments.ray is not None
        else choose_device(arguments.device)
    )
    kind = describe_data(arguments.data, specs[0].input_size, channels=specs[0].channels)
    with empty_ones_removed([arguments.out, *(arguments.out / key for key, _ in keyed)]):
        for key, spec in keyed:
            _prepare(arguments.out / key, spec, arguments, kind)
        if arguments.log_dir is not None:
            make_folder(arguments.log_dir)
        return _train(arguments, keyed, kind, device)


def _require_no_shortcuts(spec: NetworkSpec, arguments: argparse.Namespace) -> None:
    """Nothing where no flag is about the shortcuts of networks none of which has any.

    Raises:
        UserError: one is.
    """
    schedule, made = _shortcuts(arguments)
    wanted = replace(RECIPES["quick"], survival=arguments.survival or 1.0, shortcuts=schedule)
    if why := shortcut_refusal(RunSpec(spec, arguments.data, 1, wanted, interventions=made)):
        raise UserError(why)


def _prepare(folder: Path, spec: NetworkSpec, arguments: argparse.Namespace, kind: DataKind) -> None:
    """Make the folder of a run; everything that can be refused before the data are read is refused here.

    Raises:
        UserError: the folder cannot be made, or the run that it holds is not to go on like this.
    """
    from resnet_viewer.core.lab.resuming import require_resumable
    from resnet_viewer.core.lab.run_files import RUN, prepare, read_run
    from resnet_viewer.core.lab.run_lock import require_free

    prepare(folder, is_resumed=arguments.resume)
    require_free(folder)
    # how many epochs some steps are is not known yet: as many as there were
    epochs = arguments.epochs or (read_run(folder).length if (folder / RUN).exists() else 0)
    known = _known_run(folder, arguments)
    plan = _plan(spec, arguments, kind, epochs=epochs, known=known)
    if epochs:
        if why := shortcut_refusal(plan):
            raise UserError(why)
        require_resumable(folder, plan)


def _train(
    arguments: argparse.Namespace, keyed: list[tuple[str, NetworkSpec]], kind: DataKind, device: str
) -> int:
    """Train the networks, whose folders are there, and draw what came of it; the exit status."""
    from resnet_viewer.core.lab.lab import Lab
    from resnet_viewer.core.lab.resuming import require_resumable
    from resnet_viewer.core.lab.run_checks import require_reached, require_shortcuts

    command, commit = command_line(arguments), _commit()
    lab = Lab(commit=commit, command=command)
    with closing(TrainScreen(arguments.out)) as screen, stoppable(lambda: lab.tell(Stop())) as stopping:
        pictures = 0
        if arguments.steps or arguments.shortcuts:
            for progress in lab.read(arguments.data, kind.side, kind.channels):
                screen.show(progress)
                if stopping:
                    screen.say("Stopped.")
                    return stopping.status
            pictures = len(lab.data.train)
        runs = []
        for key, spec in keyed:
            known = _known_run(arguments.out / key, arguments)
            steps = max(1, pictures // recipe(spec, arguments, known).batch)
            epochs = arguments.epochs or math.ceil(arguments.steps / steps)
            plan = _plan(spec, arguments, kind, epochs=epochs, known=known)
            if arguments.steps:
                require_resumable(arguments.out / key, plan)
            if arguments.shortcuts:
                require_shortcuts(plan)
                require_reached(plan, steps)
            runs.append((key, plan))
        order = Order(
            tuple(runs),
            arguments.data,
            arguments.out,
            device,
            arguments.threads or 0,
            arguments.log_dir,
            arguments.resume,
            side_by_side=1 if arguments.in_turn else 0,
        )
        if arguments.ray is not None:
            from resnet_viewer.core.lab.cluster import train_on_ray

            reports = train_on_ray(order, arguments.ray, commit=commit, command=command)
        else:
            reports = lab.answer(order)
        try:
            with closing(reports):  # type: ignore[type-var]
                for report in reports:
                    screen.show(report)
                    if stopping and (arguments.ray is not None or isinstance(report, Progress)):
                        break
        except KeyboardInterrupt:  # the second Ctrl+C; the runs are saved where they are
            if not stopping:
                raise
        if stopping:
            screen.say("Stopped; what was learned so far is in --out, and --resume goes on with it.")
            return stopping.status
    ended = [screen.reports[key] for key, _ in keyed if key in screen.reports]
    if len(ended) > 1:
        screen.tell("", *table(ended))
    if not ended:
        return 1 if screen.failed else 0
    screen.say(f"Trained in {screen.taken}.")
    screen.say("Drawing figures …")
    refused = _write_figures(screen, arguments.out, first_seed=arguments.seed, command=command)
    if refused:
        screen.say(refused)
    return 1 if screen.failed or refused else 0


def table(reports: Sequence[RunReport]) -> Iterator[str]:
    """A line a network: training and test error in percent, over several seeds their mean and standard deviation.

    The deviation is the sample's, with n − 1, which a last line says. Runs that diverged are counted behind the numbers
    of the others.
    """
    by_name: dict[str, list[RunReport]] = {}
    for report in reports:
        by_name.setdefault(report.spec.network.name, []).append(report)
    lines = [("network", "seeds", "training error", "test error", "")]
    for name, alike in by_name.items():
        whole = [report for report in alike if report.state == "done"]
        train, test = (
            _spread([getattr(report, which) for report in whole]) for which in ("train_error", "test_error")
        )
        lost = len(alike) - len(whole)
        lines.append((name, str(len(alike)), train, test, f"{lost} diverged" if lost else ""))
    first, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    for name, *numbers in lines:
        cells = (number.rjust(width) for number, width in zip(numbers, widths, strict=True))
        yield "  ".join((name.ljust(first), *cells)).rstrip()
    if any("±" in cell for line in lines for cell in line):
        yield "± is the sample standard deviation over the seeds, with n − 1."


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "–"
    mean = statistics.fmean(values)
    return f"{mean:.2f} %" if len(values) < 2 else f"{mean:.2f} ± {statistics.stdev(values):.2f} %"


def _write_figures(screen: TrainScreen, folder: Path, *, first_seed: int, command: str) -> str:
    """All figures of the runs together; test pictures and confusion of those with the first seed.

    Gives a sentence about those that could not be written, "" where all are there.
    """
    from resnet_viewer.figures.run_files import Answers, drawn

    test = None
    if (data := screen.data) is not None:
        firsts = {
            key: found
            for key, found in screen.predicted.items()
            if key in screen.reports and screen.reports[key].spec.network.seed == first_seed
        }
        test = Answers(data.test_pictures, data.test_labels, data.class_names, firsts)
    missing: list[str] = []
    refused = ""
    for name, content in drawn(screen.reports, test=test, command=command):
        try:
            write_whole(folder / name, content)
        except WriteError as error:
            missing.append(name)
            refused = refused or str(error)
    if len(missing) > 1:
        refused += f" Not written either: {', '.join(missing[1:])}."
    return refused


def _commit() -> str | None:
    """The checkout's commit, or None for an installed package, also where that lies in somebody else's checkout."""
    home = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(home), "rev-parse", "--show-toplevel", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    top, commit = found.splitlines()
    return commit if Path(top).resolve() == home else None
