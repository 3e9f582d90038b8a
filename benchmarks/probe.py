"""What a probe costs beyond the bare passes, and what other libraries need for its Grad-CAMs.

`python -m benchmarks.probe`; the limit is 1.10, and 1.15 for
cifar-resnet-1202. Bare is one forward and one backward pass of the score through the
stock network: torchvision's, or for CIFAR networks one written here as people write it. The probe adds
all activations, the CAM of every block and every norm. captum and pytorch-grad-cam are asked for the same CAMs one
block after the other, torch-cam for all of them at once; each where it is installed (dependency group `bench`).
captum and torch-cam do not take the gradients of the weights.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.alternating import alternate, judged, parser, report
from benchmarks.bare import BareResNet
from resnet_viewer.core.engine import exact, softmax
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.probing import Probe, frozen
from resnet_viewer.core.weights.catalog import spec

LIMIT = 1.10
DEEPEST_LIMIT = 1.15
"""Of a network of a thousand layers and more."""
TARGET = 1
NETWORKS = ("resnet18", "resnet50", "cifar-resnet-56", "cifar-resnet-110", "cifar-resnet-1202")


def main() -> int:
    """Time every network; the exit status is 1 where the limit is broken."""
    options = parser(__doc__, networks=NETWORKS, rounds=20)
    options.add_argument("--others", type=int, default=3, help="rounds with the other libraries (0: none)")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    verdicts = {}
    for name in chosen.networks:
        network = build(spec(name))
        side = network.spec.input_size
        picture = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
        with Probe(build(spec(name))) as probe:
            tasks = {
                "bare": bare(network, picture),
                "our modules, no probe": passes(network, picture),
                "probe": reading(probe, picture),
            }
            limit = DEEPEST_LIMIT if network.spec.depth > 1000 else LIMIT
            verdict = judged(alternate(tasks, rounds=chosen.rounds), base="bare", ours="probe", limit=limit)
            verdicts[name] = verdict
            if chosen.others:
                others = dict(other_libraries(network, picture))
                times = alternate({"bare": tasks["bare"], **others}, rounds=chosen.others, warm_up=1)
                rows = verdict["rows"]
                assert isinstance(rows, dict)
                rows.update({other: times[other].row(times["bare"]) for other in others})
                verdict["notes"] = [
                    f"{library}: not installed"
                    for library, module in LIBRARIES.items()
                    if importlib.util.find_spec(module) is None
                ]
    return report(verdicts, as_json=chosen.json)


def bare(network: Network, picture: Tensor) -> Callable[[], object]:
    """The stock network's passes with this network's weights, to every parameter.

    By `torch.autograd.grad`, as the probe: `backward()` keeps its gradients until the next round, so that it finds its
    memory mapped, and is 5 to 10 % faster on a ResNet-50 for that reason alone.
    """
    from torchvision import models

    spec = network.spec
    stock: nn.Module = BareResNet(spec.depth) if spec.family == "cifar" else getattr(models, spec.name)()
    stock.eval().load_state_dict(network.state_dict())
    parameters = list(stock.parameters())
    return lambda: torch.autograd.grad(stock(picture)[0, TARGET], parameters)


def passes(network: Network, picture: Tensor) -> Callable[[], object]:
    """The bare passes through our own modules: what is left of the surplus is the probe's."""
    parameters = list(network.parameters())
    return lambda: torch.autograd.grad(network(picture)[0, TARGET], parameters)


def reading(probe: Probe, picture: Tensor) -> Callable[[], object]:
    """Everything that the engine does for an answer, but for preparing the picture."""

    def run() -> object:
        with exact():
            seen = probe.look(picture)
        probabilities = softmax(seen.logits)
        with exact():
            found = probe.read(seen, [TARGET])
        return frozen(seen.logits), probabilities, found, seen.activations()

    return run


LIBRARIES = {"captum": "captum", "pytorch-grad-cam": "pytorch_grad_cam", "torch-cam": "torchcam"}


def other_libraries(network: Network, picture: Tensor) -> Iterator[tuple[str, Callable[[], object]]]:
    """The installed libraries, each computing the Grad-CAM of every block."""
    if importlib.util.find_spec(LIBRARIES["captum"]):
        from captum.attr import LayerGradCam

        def of_block(block: nn.Module) -> Tensor:
            # detached: each hangs on the graph of a whole pass, and those of ResNet-1202's blocks would take 24 GB
            return LayerGradCam(network, block).attribute(picture, TARGET).detach()

        yield "captum, block by block", lambda: [of_block(block) for block in network.blocks]
    if importlib.util.find_spec(LIBRARIES["pytorch-grad-cam"]):
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        def one_block(block: torch.nn.Module) -> object:
            with GradCAM(model=network, target_layers=[block]) as cam:
                return cam(input_tensor=picture, targets=[ClassifierOutputTarget(TARGET)])

        yield "pytorch-grad-cam, block by block", lambda: [one_block(block) for block in network.blocks]
    if importlib.util.find_spec(LIBRARIES["torch-cam"]):
        from torchcam.methods import GradCAM as TorchCam

        layers = [block.spec.name for block in network.blocks]

        def all_blocks() -> object:
            with TorchCam(network, target_layer=layers) as cam:
                return cam(TARGET, network(picture.clone().requires_grad_()))

        yield "torch-cam, all at once", all_blocks


if __name__ == "__main__":
    sys.exit(main())
