"""What the gates cost: our network's forward and backward pass against torchvision's, all gates open.

`python -m benchmarks.blocks`; the limit is 1.03. Both networks hold the same weights.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision import models

from benchmarks.alternating import alternate, judged, parser, report
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec

LIMIT = 1.03


def main() -> int:
    """Time every network; the exit status is 1 where the limit is broken."""
    options = parser(__doc__, networks=("resnet18", "resnet50"), rounds=30)
    options.add_argument("--size", type=int, default=224, help="side of the picture in pixels")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    picture = torch.randn(1, 3, chosen.size, chosen.size, generator=torch.Generator().manual_seed(0))
    verdicts = {}
    for name in chosen.networks:
        ours = build(spec(name))
        stock = getattr(models, name)(weights=None).eval()
        stock.load_state_dict(ours.state_dict())
        tasks = {"torchvision": passes(stock, picture), "ours": passes(ours, picture)}
        times = alternate(tasks, rounds=chosen.rounds)
        verdicts[name] = judged(times, base="torchvision", ours="ours", limit=LIMIT)
    return report(verdicts, as_json=chosen.json)


def passes(network: nn.Module, picture: Tensor) -> Callable[[], object]:
    """One forward and one backward pass of the first class's score to every parameter."""
    parameters = list(network.parameters())

    def run() -> object:
        return torch.autograd.grad(network(picture)[0, 0], parameters)

    return run


if __name__ == "__main__":
    sys.exit(main())
