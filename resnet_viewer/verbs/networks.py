"""`resnet-viewer networks`: every network with its size and the weights there are for it."""

from __future__ import annotations

import argparse
import json

from resnet_viewer.core import catalog
from resnet_viewer.core.weights import available
from resnet_viewer.records.network import blueprint


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("--json", action="store_true", help="print a list of objects alone on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    found = listed()
    if arguments.json:
        print(json.dumps(found, indent=1))
        return 0
    print(f"{'name':<20} {'family':<9} {'depth':>5} {'parameters':>12} {'MMACs':>8}  weights")
    for entry in found:
        weights = ", ".join(entry["weights"]) or "–"  # type: ignore[arg-type]
        print(
            f"{entry['name']:<20} {entry['family']:<9} {entry['depth']:>5} {entry['parameters']:>12,} "
            f"{int(str(entry['macs'])) / 1e6:>8,.0f}  {weights}"
        )
    print("Any other depth of the form 6n + 2 can be named too: cifar-resnet-8, cifar-plain-164 …")
    return 0


def listed() -> list[dict[str, object]]:
    """What `--json` prints: name, family, depth, parameters, macs (one picture), weights (names for --weights)."""
    found: list[dict[str, object]] = []
    for name in catalog.names():
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
