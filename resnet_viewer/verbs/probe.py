"""`resnet-viewer probe`: one reading of one picture, as files, without a window."""

from __future__ import annotations

import argparse
import platform
import shlex
from dataclasses import replace
from pathlib import Path

import torch

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.opening import Opening
from resnet_viewer.figures import probe_files
from resnet_viewer.media import pictures
from resnet_viewer.media.files import write_whole
from resnet_viewer.records import notation
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import blueprint
from resnet_viewer.records.probe import NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.session import Setup
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.verbs import arguments as shared


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("picture", type=Path, metavar="PICTURE")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="made if it is not there")
    shared.add_network(parser)
    shared.add_wiring(parser)
    parser.add_argument(
        "--target", metavar="INDEX|NAME", help="class asked about (default: the reference's highest)"
    )
    parser.add_argument(
        "--gradient", default="score", choices=("score", "loss"), help="whose gradient norms are taken"
    )
    parser.add_argument(
        "--layer", nargs="+", action="extend", default=[], metavar="NAME", help="whose feature maps are drawn"
    )


def run(arguments: argparse.Namespace) -> int:
    """Probe the picture now and at its reference (everything open), and write every file.

    Raises:
        UserError: an argument, a file or the output folder does not fit; nothing is written then, unless the folder
            itself fails half-way.
    """
    picture = pictures.read(arguments.picture)
    opening = shared.opened(arguments)
    gates = shared.wiring(arguments, opening)
    probe_files.require_layers(blueprint(opening.spec, opening.preprocessing.crop), tuple(arguments.layer))
    target = None
    if arguments.target is not None:
        target = notation.target(arguments.target, opening.class_names, opening.spec.classes)
    state = NetworkState(opening.spec, opening.preprocessing, gates)
    setup = Setup(state, picture, target, arguments.gradient, opening.class_names)
    reference, now = readings(setup, device=arguments.device)
    folder: Path = arguments.out
    made = probe_files.files(
        now,
        reference,
        class_names=opening.class_names,
        layers=tuple(arguments.layer),
        environment=environment(opening),
    )
    for name, content in made:
        _folder((folder / name).parent)
        write_whole(folder / name, content)
    return 0


def readings(setup: Setup, *, device: str = "auto") -> tuple[ProbeResult, ProbeResult]:
    """The complete readings of the setup's reference (everything open) and of the setup itself.

    Raises:
        UserError: the device is not there or the weights cannot be read.
    """
    engine = ProbeEngine(device=device)
    open_state = replace(setup.state, wiring=Wiring.all_open(setup.wiring.block_count))
    wished = setup.question(open_state)
    if wished is None:
        raise ValueError("a probe needs a picture")
    reference = _complete(engine, replace(wished, state=open_state))
    now = reference if setup.state == open_state else _complete(engine, wished)
    engine.close()
    return reference, now


def environment(opening: Opening) -> dict[str, object]:
    """What else must be known to repeat a probe: the command, versions, what was assumed."""
    return {
        "command": shlex.join(["resnet-viewer", *shared.command_line()]),
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "threads": torch.get_num_threads(),
        "notes": opening.sentences,
    }


def _complete(engine: ProbeEngine, request: ProbeRequest) -> ProbeResult:
    *_, result = engine.answer(request)
    return result


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made ({error.strerror}); name another folder with --out."
        ) from error
