"""`resnet-viewer probe`: one reading of a picture, or of several together, as files, without a window."""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import torch

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.weights.sources import is_file_name
from resnet_viewer.figures import probe_files
from resnet_viewer.media import pictures
from resnet_viewer.media.files import make_folder, write_whole
from resnet_viewer.records import notation
from resnet_viewer.records.batch import MOST_PICTURES, batch_problem
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import USUAL
from resnet_viewer.records.predictions import not_finite_words
from resnet_viewer.records.probe import NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.requests import OpenedNetwork
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.story_words import joined
from resnet_viewer.verbs import chosen, methods
from resnet_viewer.verbs.arguments import build_options, command_line


def run(arguments: argparse.Namespace) -> int:
    """Probe the pictures now and at the reference (everything open), and write every file.

    Raises:
        UserError: an argument, a file or the output folder does not fit; nothing is written then, unless the folder
            itself fails half-way.
    """
    if len(arguments.pictures) > MOST_PICTURES:
        raise UserError(
            f"{len(arguments.pictures)} pictures are too many to be probed together: give at most {MOST_PICTURES}, or "
            "probe them one by one."
        )
    batch = [pictures.read(path, wants_twelve_bits=arguments.twelve_bits) for path in arguments.pictures]
    for picture in batch:
        if picture.remark:
            print(f"{picture.remark} --twelve-bits reads it as 12.", file=sys.stderr)
    opened = chosen.opened(arguments, build_options(arguments))
    gates = chosen.wiring(arguments, opened)
    plan = blueprint(opened.spec, opened.preprocessing.crop)
    layers = tuple(arguments.layer) or ("stem", plan.blocks[-1].name)
    probe_files.require_layers(plan, layers)
    if len(batch) > 1 and (problem := batch_problem(len(batch), plan)):
        raise UserError(problem)
    asked = methods.asked(arguments)
    target = None
    if arguments.target is not None:
        target = notation.target(arguments.target, opened.class_names, opened.spec)
    state = NetworkState(opened.spec, opened.preprocessing, gates, opened.class_names)
    first, *others = batch
    setup = Setup(state, first, target, arguments.gradient, opened.class_names, tuple(others))
    methods.require(asked, setup, arguments.method_block)
    reference, now = readings(setup, _pinned(arguments, opened.spec.name), device=arguments.device)
    for said in dict.fromkeys(filter(None, map(not_finite_words, (now, reference)))):
        print(said, file=sys.stderr)
    known = environment(opened, command=command_line(arguments))
    if arguments.second_opinion:
        known["second_opinion"] = _second_opinion(now, device=arguments.device)
    found = methods.found(asked, now, reference, block=arguments.method_block, device=arguments.device)
    if found:
        known["methods"] = methods.told(found)
    folder: Path = arguments.out
    made = probe_files.files(
        now,
        reference,
        class_names=opened.class_names,
        layers=layers,
        environment=known,
    )
    for name, content in chain(made, methods.files(found, class_names=opened.class_names)):
        make_folder((folder / name).parent)
        write_whole(folder / name, content)
    return 0


def _pinned(arguments: argparse.Namespace, network: str) -> NetworkState | None:
    """The reference that `--reference-network` and `--reference-weights` name; None without them.

    Shortcuts are open as far as the weights tell. A weight file without a name tells its network, other weights without
    one are of the `network` that is compared; a name without weights takes its usual ones.
    """
    name, weights = arguments.reference_network, arguments.reference_weights
    if name is None and weights is None:
        return None
    options = USUAL
    if name is None and not is_file_name(weights):
        name, options = network, build_options(arguments)
    opened = chosen.opened_by_name(name, weights, seed=arguments.seed, options=options)
    chosen.say(opened)
    return opened.state


def readings(
    setup: Setup, pinned: NetworkState | None = None, *, device: str = "auto"
) -> tuple[ProbeResult, ProbeResult]:
    """The complete readings of the reference (`pinned`, else the setup's network with everything open) and of the
    setup itself.

    Raises:
        UserError: the device is not there or the weights cannot be read.
    """
    session = Session(setup, pinned)
    wished, compared = session.now_question(), session.reference_question()
    if wished is None or compared is None:
        raise ValueError("a probe needs a picture")
    engine = ProbeEngine(device=device)
    try:
        reference = _complete(engine, compared)
        now = reference if wished == compared else _complete(engine, wished)
    finally:
        engine.close()
    return reference, now


def _second_opinion(now: ProbeResult, *, device: str) -> dict[str, object]:
    """What captum says of Grad-CAM, for `probe.json`; in a sentence on stderr too."""
    engine = ProbeEngine(device=device)
    try:
        differences = engine.second_opinion(now)
    finally:
        engine.close()
    if differences:
        which = f"block{'s' * (len(differences) > 1)} {joined([str(number) for number in differences])}"
        print(
            f"captum's Grad-CAM of {which} differs from ours by at most {max(differences.values()):.1g} of its highest "
            "value.",
            file=sys.stderr,
        )
    else:
        print("No block has a Grad-CAM to ask captum about.", file=sys.stderr)
    return {"by": f"captum {version('captum')}, LayerGradCam", "grad_cam": differences}


def environment(opened: OpenedNetwork, *, command: str) -> dict[str, object]:
    """What else must be known to repeat a probe: the command, versions, what was assumed."""
    return {
        "command": command,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "threads": torch.get_num_threads(),
        "notes": opened.sentences,
    }


def _complete(engine: ProbeEngine, request: ProbeRequest) -> ProbeResult:
    *_, result = engine.answer(request)
    return result
