"""The command line that repeats a study."""

from __future__ import annotations

import dataclasses
import shlex

from resnet_viewer.records.study import StudyOrder
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.test_set import USUAL_SAMPLE
from resnet_viewer.records.wiring import number_ranges, strengths


def command_of(order: StudyOrder) -> str:
    """ "resnet-viewer study blocks --network cifar-resnet-56 --data crops --out blocks"; options that have their
    defaults are left out.
    """
    state = order.state
    words = ["resnet-viewer", "study", order.study, "--network", state.network.name]
    weights = state.network.weights
    if weights.source == "none":
        words += ["--weights", "none", "--seed", str(state.network.seed)]
    elif weights.source != "bundled":
        words += ["--weights", weights.name]
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
    usual = study_of(order.study).options()
    for field in dataclasses.fields(order.options):
        value = getattr(order.options, field.name)
        if value != getattr(usual, field.name):
            words += [f"--{field.name.replace('_', '-')}", str(value)]
    return shlex.join([*words, "--out", order.folder.name or order.study])
