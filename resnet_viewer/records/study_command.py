"""The command line of a study: the flags of its options, and the command that repeats it."""

from __future__ import annotations

import dataclasses
import shlex

from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import StudyOrder
from resnet_viewer.records.study_list import study_of, trains
from resnet_viewer.records.test_set import USUAL_SAMPLE
from resnet_viewer.records.wiring import number_ranges, strengths

TAKEN = frozenset(
    {
        *("help", "out", "resume", "threads", "ray", "data", "sample", "sample-seed"),
        *("network", "weights", "seed", "mean", "std", "resize", "crop", "classes", "device"),
        *("cut", "drop", "strength", "leave-out"),
    }
)
"""Flags that every study has."""
TAKEN_TRAINING = frozenset({"help", "out", "resume", "threads", "ray", "device"})
"""Flags that every study has which trains."""


def flag_of(study: str, field: str) -> str:
    """The flag of one of its options' fields; the study's name stands before it where every study has such a flag.

    Example:
        >>> flag_of("paths", "is_logarithmic"), flag_of("paths", "seed")
        ('--logarithmic', '--paths-seed')
    """
    name = field.removeprefix("is_").removeprefix("has_").replace("_", "-")
    return f"--{study}-{name}" if name in (TAKEN_TRAINING if trains(study) else TAKEN) else f"--{name}"


def _preprocessing(state: NetworkState) -> list[str]:
    """What of it is not usual for the network."""
    own, usual = state.preprocessing, usual_preprocessing(state.network)
    words = []
    if (own.mean, own.std) != (usual.mean, usual.std):
        for flag, channels in (("--mean", own.mean), ("--std", own.std)):
            words += [flag, ",".join(map(repr, channels))]
    sides = (("--resize", own.resize, usual.resize), ("--crop", own.crop, usual.crop))
    for flag, side, usual_side in sides:
        words += [flag, str(side)] if side != usual_side else []
    return words


def command_of(order: StudyOrder) -> str:
    """ "resnet-viewer study blocks --network cifar-resnet-56 --data crops --out blocks"; options that have their
    defaults are left out. "" where no command says it: with branches partly open, or on a training run's test pictures.
    """
    state = order.state
    if trains(order.study):
        return shlex.join(["resnet-viewer", "study", order.study, *_option_words(order), *_out(order)])
    if state.wiring.weakened_branches or (order.test_set is not None and order.test_set.kind == "run"):
        return ""
    words = ["resnet-viewer", "study", order.study, "--network", state.network.name]
    weights = state.network.weights
    if weights.source == "none":
        words += ["--weights", "none", "--seed", str(state.network.seed)]
    elif weights.source != "bundled":
        words += ["--weights", weights.name]
    words += _preprocessing(state)
    wiring = state.wiring
    if state.network.has_shortcuts and wiring.cut:
        words += ["--cut", number_ranges(wiring.cut)]
    if wiring.dropped:
        words += ["--drop", number_ranges(wiring.dropped)]
    if wiring.weakened:
        words += ["--strength", strengths(wiring.weakened)]
    if wiring.left_out:
        words += ["--leave-out", number_ranges(wiring.left_out)]
    test_set = order.test_set
    if test_set is not None:
        words += ["--data", test_set.kind if test_set.folder is None else str(test_set.folder)]
        if test_set.sample != USUAL_SAMPLE:
            words += ["--sample", "all" if test_set.sample is None else str(test_set.sample)]
        if test_set.seed:
            words += ["--sample-seed", str(test_set.seed)]
    return shlex.join([*words, *_option_words(order), *_out(order)])


def _out(order: StudyOrder) -> tuple[str, str]:
    return "--out", order.folder.name or order.study


def _option_words(order: StudyOrder) -> list[str]:
    """Those that are not as by default."""
    words, usual = [], study_of(order.study).options()
    for field in dataclasses.fields(order.options):
        value, flag = getattr(order.options, field.name), flag_of(order.study, field.name)
        if value == getattr(usual, field.name):
            continue
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag[2:]}")
        else:
            words += [flag, "none" if value is None else str(value)]
    return words
