"""A network described without building it: which family, how deep, which blocks, which weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viewer.records.checking import require_number, require_ranges, require_types
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef

Family = Literal["imagenet", "cifar", "keras-v2", "vgg", "alexnet", "keras-teaching", "mnist-teaching"]
BlockKind = Literal["basic", "bottleneck"]
ShortcutKind = Literal["none", "identity", "padding", "projection", "projection everywhere"]
BlockOrder = Literal[
    "original", "bn after addition", "relu before addition", "relu-only pre-activation", "full pre-activation"
]
"""Where normalisation and ReLU stand in a block: He et al. 2016, Table 2."""
Merge = Literal["addition", "scaling", "highway", "shortcut gating", "dropout", "concatenation"]
"""How a block's two paths come together: He et al. 2016, Table 1, and the concatenation of Huang et al. 2017.

"scaling" halves both; "highway" is their exclusive gating, `y = g·F + (1−g)·x` (Srivastava et al. 2015);
"shortcut gating" is `y = F + (1−g)·x`; "dropout" drops half of the shortcut's values in training.
"""
Initialisation = Literal["he", "xavier", "normal", "skipinit", "fixup"]
"""He et al. 2015b, equation 10; Glorot & Bengio 2010, equation 16; a fixed standard deviation; or, in place of a
normalisation, SkipInit (De & Smith 2020) or Fixup (Zhang, Dauphin & Ma 2019), which give every branch a multiplier.
"""
TopPooling = Literal["average", "maximum", "none"]

OPTIONS: dict[ShortcutKind, str] = {"padding": "A", "projection": "B", "projection everywhere": "C"}
"""The letters of He et al. 2015, section 4.1, for the kinds of shortcuts."""
USUAL_GATE_BIAS = -6.0
"""With it He et al. 2016 trained their highway networks best."""
USUAL_DEVIATION = 0.01
LARGEST_SEED = 2**32 - 1
MOST_CLASSES = 100_000
_RANGES = {
    **dict.fromkeys(("seed", "depth", "classes"), (0, LARGEST_SEED)),
    **dict.fromkeys(("input_size", "channels", "widening", "groups"), (1, LARGEST_SEED)),
}

FORMS: dict[tuple[tuple[int, ...], bool], str] = {
    ((32, 32, 64), False): "c",
    ((32, 32, 64), True): "d",
    ((64, 64, 128), True): "e",
    ((64, 64, 128), False): "s",
    ((24, 32, 64), True): "t",
}
"""The letters of timm, of which C and D are He et al.'s (2019), for a stem of these widths and pooled projections."""

_DATA: dict[Family, str] = {
    "imagenet": "ImageNet",
    "cifar": "CIFAR-10",
    "keras-v2": "ImageNet",
    "vgg": "ImageNet",
    "alexnet": "ImageNet",
    "keras-teaching": "CIFAR-10",
    "mnist-teaching": "MNIST",
}
USUAL_CLASSES = {"ImageNet": 1000, "CIFAR-10": 10, "MNIST": 10}
_ORDERS: dict[BlockOrder, str] = {
    "original": "",
    "bn after addition": "BN after addition",
    "relu before addition": "ReLU before addition",
    "relu-only pre-activation": "ReLU-only pre-activation",
    "full pre-activation": "pre-activation",
}
_MERGES: dict[Merge, str] = {
    "addition": "",
    "scaling": "scaled",
    "highway": "highway",
    "shortcut gating": "shortcut gating",
    "dropout": "shortcut dropout",
    "concatenation": "concatenation",
}


@dataclass(frozen=True)
class NetworkSpec:
    """Everything that fixes a network and its weights; hashable, so it is the key of a network cache.

    `stages` holds the number of blocks of each stage, `widths` the channels of each stage's inner convolutions (a
    bottleneck's output has four times as many). A bottleneck's may be `widening` times as wide (Wide
    ResNet: Zagoruyko & Komodakis 2016) and its 3×3 split into `groups` (ResNeXt: Xie et al. 2017). `shortcut` is
    the kind used where the shape changes ("padding" is option A of He et al. 2015, "projection" option B, and
    "projection everywhere", option C, has one in the other blocks too); elsewhere a shortcut is the identity; "none"
    makes a network without shortcuts. `strides_first`: a bottleneck takes its stride in the first 1×1, as in the
    paper, and not in the 3×3, as in torchvision. `stem_widths` are the channels of a deep stem's 3×3 convolutions, none
    for the family's usual stem. `pools_projections`: where a projection has a stride, average pooling does it, and the
    1×1 follows (He et al. 2019, ResNet-D). `input_size` is the side of the square picture that it was made for.

    A network of 0 `classes` has no classifier: it ends with its maps, pooled as `top_pooling` says. `gate_bias` is
    what the gates of "highway" and "shortcut gating" start from; `deviation` is that of the "normal" initialisation.

    Raises:
        ArgumentError: a field is of another type, none of its choices, or no number for it.
    """

    name: str
    family: Family
    depth: int
    block: BlockKind
    shortcut: ShortcutKind
    stages: tuple[int, ...]
    widths: tuple[int, ...]
    classes: int
    input_size: int
    channels: int = 3
    widening: int = 1
    groups: int = 1
    strides_first: bool = False
    stem_widths: tuple[int, ...] = ()
    pools_projections: bool = False
    order: BlockOrder = "original"
    merge: Merge = "addition"
    gate_bias: float = USUAL_GATE_BIAS
    is_normalised: bool = True
    initialisation: Initialisation = "he"
    deviation: float = USUAL_DEVIATION
    top_pooling: TopPooling = "average"
    weights: WeightsRef = NO_WEIGHTS
    seed: int = 0

    def __post_init__(self) -> None:
        require_types(self)
        require_ranges(self, **_RANGES)
        require_number("gate_bias", self.gate_bias, lambda bias: True, "a finite number")
        require_number("deviation", self.deviation, lambda deviation: deviation > 0, "a number above 0")

    @property
    def has_shortcuts(self) -> bool:
        """False for a plain network."""
        return self.shortcut != "none"

    @property
    def has_multipliers(self) -> bool:
        """Each branch ends with one number that is learned; it, or the layer before it, is 0 before the first step."""
        return self.initialisation in ("skipinit", "fixup")

    @property
    def has_classifier(self) -> bool:
        """False for a network that ends with its features."""
        return self.classes > 0

    @property
    def block_count(self) -> int:
        """Number of blocks over all stages."""
        return sum(self.stages)

    @property
    def data(self) -> str:
        """The pictures that such networks are trained on."""
        return _DATA[self.family]

    @property
    def family_words(self) -> str:
        """Which networks it stands with: "ImageNet, residual", "CIFAR-10, plain"."""
        return f"{self.data}, {'residual' if self.has_shortcuts else 'plain'}"

    @property
    def form(self) -> str:
        """timm's letter for its stem and projections, "d" of "resnet50d"; empty where there is none."""
        return FORMS.get((self.stem_widths, self.pools_projections), "")

    @property
    def has_usual_classes(self) -> bool:
        """Whether it has as many classes as its data."""
        return self.classes == USUAL_CLASSES[self.data]

    @property
    def title(self) -> str:
        """The name as people write it: "ResNet-56", "Plain-34", "ResNeXt-50 32×4d", "ResNet-34 (C)"."""
        unusual = ", ".join(part for part in self._peculiarities() if part)
        return f"{self._family_title()} ({unusual})" if unusual else self._family_title()

    def _family_title(self) -> str:
        match self.family:
            case "vgg":
                return f"VGG-{self.depth}"
            case "alexnet":
                return "AlexNet"
            case "keras-v2":
                return f"ResNet-{self.depth}V2"
            case "keras-teaching":
                return "Keras teaching ResNet"
            case "mnist-teaching":
                return "MNIST teaching ResNet"
        depth = f"{self.depth}-{self.form.upper()}" if self.form else f"{self.depth}"
        if self.groups > 1:
            return f"ResNeXt-{depth} {self.groups}×{self.widths[0] * self.widening // self.groups}d"
        if self.widening > 1:
            return f"Wide ResNet-{depth}-{self.widening}"
        return f"{'ResNet' if self.has_shortcuts else 'Plain'}-{depth}"

    def _peculiarities(self) -> tuple[str, ...]:
        """What sets it apart from its family's usual network, in brackets behind its title."""
        if self.family == "vgg":
            return ("BN" if self.is_normalised else "",)
        if self.family not in ("cifar", "imagenet"):
            return (_MERGES[self.merge], "" if self.has_classifier else "no classifier")
        usual = "padding" if self.family == "cifar" and self.block == "basic" else "projection"
        option = OPTIONS.get(self.shortcut, "") if self.shortcut != usual else ""
        return (
            "bottleneck" if self.family == "cifar" and self.block == "bottleneck" else "",
            option,
            "stride in the 1×1" if self.strides_first else "",
            f"stem {'-'.join(map(str, self.stem_widths))}" if self.stem_widths and not self.form else "",
            "pooled projections" if self.pools_projections and not self.form else "",
            _MERGES[self.merge],
            _ORDERS[self.order],
            "" if self.is_normalised or self.has_multipliers else "no BN",
            initialisation_words(self.initialisation, self.deviation),
            "" if self.has_classifier else "no classifier",
        )


def initialisation_words(initialisation: Initialisation, deviation: float) -> str:
    """ "Xavier", "σ = 0.05", "SkipInit"; "" for the usual one."""
    words: dict[Initialisation, str] = {
        "he": "",
        "xavier": "Xavier",
        "normal": f"σ = {deviation:g}",
        "skipinit": "SkipInit",
        "fixup": "Fixup",
    }
    return words[initialisation]


def beginning(network: NetworkSpec) -> str:
    """What of it is zero before the first step of training, and meant to be, in a sentence; "" of most networks."""
    if not network.has_multipliers:
        return ""
    has = "what multiplies a branch has" if network.initialisation == "skipinit" else "the classifier has"
    return (
        "Before the first step its branches add exactly nothing, so that dropping one changes nothing, and inside them "
        f"gradients are zero: only {has} one, and the rest follows. That is how it is meant."
    )


@dataclass(frozen=True)
class BuildOptions:
    """None keeps what is usual. `pooling` is what a network without a classifier ends with.

    Raises:
        ArgumentError: one is of another type, or no such pooling.
    """

    classes: int | None = None
    input_size: int | None = None
    """Side of the square picture, in pixels."""
    channels: int | None = None
    has_classifier: bool = True
    pooling: TopPooling | None = None

    def __post_init__(self) -> None:
        require_types(self, has_classifier="include_top")


USUAL = BuildOptions()
