"""`resnet-viewer networks`: every network with its size and the weights there are for it, one with its layers, or
several as a figure.
"""

from __future__ import annotations

import argparse
import json
from typing import TypedDict

from resnet_viewer.core.weights import catalog
from resnet_viewer.core.weights.sources import available
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_words import thousands


class Entry(TypedDict):
    """A network as `--json` prints it; `macs` are for one picture, `weights` names for `--weights`."""

    name: str
    family: str
    depth: int
    parameters: int
    macs: int
    weights: list[str]


_LAYER = (
    "name", "kind", "block", "weight_shape", "output_shape", "stride", "groups", "parameters", "macs",
)  # fmt: skip
"""What `--layers --json` prints of a weighted layer; shapes are (C, H, W), `macs` for one picture.

`parameters` are the layer's own; those of the batch normalisation behind it are not among them.
"""


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or draw networks as columns.

    Raises:
        UserError: there is no such network, layers are asked for without one, or the figure cannot be written.
    """
    if arguments.figure is not None:
        return _draw(arguments)
    if arguments.columns is not None:
        raise UserError("Columns are those of a figure: say where it goes with --figure FILE.svg.")
    if arguments.layers:
        if arguments.name is None:
            raise UserError("--layers lists the layers of one network; say which: networks NAME --layers.")
        return _print_layers(catalog.spec(arguments.name), as_json=arguments.json)
    names = (*catalog.names(), *catalog.variants()) if arguments.name is None else (arguments.name,)
    found = [_entry(catalog.spec(name)) for name in names]
    if arguments.json:
        print(json.dumps(found, indent=1))
        return 0
    print(f"{'name':<20} {'family':<9} {'depth':>5} {'parameters':>12} {'MMACs':>8}  weights")
    for entry in found:
        weights = ", ".join(entry["weights"]) or "–"
        print(
            f"{entry['name']:<20} {entry['family']:<9} {entry['depth']:>5} {entry['parameters']:>12,} "
            f"{entry['macs'] / 1e6:>8,.0f}  {weights}"
        )
    if arguments.name is None:
        print(
            "Endings: -a, -b, -c for the paper's shortcut options, -paper for its placement of a bottleneck's stride."
        )
        print(
            "A letter behind an ImageNet depth is timm's: c, d, e, s, t for stems of three 3×3 convolutions."
        )
        print("Any other depth of the form 6n + 2 can be named too: cifar-resnet-8, cifar-plain-164 …")
    return 0


def _draw(arguments: argparse.Namespace) -> int:
    """Write the architecture figure; without `--columns` of the network that is named, or of the paper's three."""
    from resnet_viewer.figures import architecture, export
    from resnet_viewer.media.files import write_whole

    kind = export.kind_of(arguments.figure)
    if arguments.layers or arguments.json:
        raise UserError(
            "A figure is drawn without --layers and --json; ask for the table in a second command."
        )
    if arguments.columns is not None and arguments.name is not None:
        raise UserError(f"Name {arguments.name} among the --columns, or leave them out.")
    text = arguments.columns or arguments.name or ",".join(architecture.DEFAULT_COLUMNS)
    plans = [blueprint(spec) for spec in catalog.listed(text, most=architecture.MOST_COLUMNS)]
    made = export.render(architecture.figure(plans), kind, metadata=architecture.described(plans))
    write_whole(arguments.figure, made)
    return 0


def _entry(spec: NetworkSpec) -> Entry:
    plan = blueprint(spec)
    return {
        "name": spec.name,
        "family": spec.family,
        "depth": spec.depth,
        "parameters": plan.parameters,
        "macs": plan.macs,
        "weights": [ref.name if ref.source == "torchvision" else ref.source for ref in available(spec)],
    }


def _print_layers(spec: NetworkSpec, *, as_json: bool) -> int:
    plan = blueprint(spec)
    if as_json:
        print(
            json.dumps([{part: getattr(layer, part) for part in _LAYER} for layer in plan.layers], indent=1)
        )
        return 0
    print(
        f"{'layer':<22} {'kind':<10} {'block':>5} {'weight':<16} {'output':<14} {'parameters':>12} {'MMACs':>8}"
    )
    for layer in plan.layers:
        print(
            f"{layer.name:<22} {layer.kind:<10} {layer.block or '–':>5} {_sized(layer.weight_shape):<16} "
            f"{_sized(layer.output_shape):<14} {thousands(layer.parameters):>12} {thousands(layer.macs / 1e6, 1):>8}"
        )
    scalars = f" and {thousands(plan.scalars)} multipliers and scalar biases" if plan.scalars else ""
    print(
        f"{spec.title}: {thousands(plan.parameters)} parameters, {thousands(plan.parameters_of_norms)} of "
        f"them in batch normalisations{scalars}; {thousands(plan.macs / 1e6)} million multiply-accumulates for a "
        f"picture of {_sized(plan.input_shape)}."
    )
    return 0


def _sized(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
