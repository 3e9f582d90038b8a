"""`resnet-viewer networks`: every network with its size and the weights there are for it."""

from __future__ import annotations

import argparse
import json
from typing import TypedDict

from resnet_viewer.core import catalog
from resnet_viewer.core.weights import available
from resnet_viewer.records.network import blueprint


class Entry(TypedDict):
    """A network as `--json` prints it; `macs` are for one picture, `weights` names for `--weights`."""

    name: str
    family: str
    depth: int
    parameters: int
    macs: int
    weights: list[str]


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    found = listed()
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
    print(
        "Endings: -a, -b, -c for the paper's shortcut options, -paper for its placement of a bottleneck's stride."
    )
    print("Any other depth of the form 6n + 2 can be named too: cifar-resnet-8, cifar-plain-164 …")
    return 0


def listed() -> list[Entry]:
    """Every network of the catalog, in its order."""
    found: list[Entry] = []
    for name in (*catalog.names(), *catalog.variants()):
        spec = catalog.spec(name)
        plan = blueprint(spec)
        found.append(
            {
                "name": name,
                "family": spec.family,
                "depth": spec.depth,
                "parameters": plan.parameters,
                "macs": plan.macs,
                "weights": [
                    ref.name if ref.source == "torchvision" else ref.source for ref in available(spec)
                ],
            }
        )
    return found
