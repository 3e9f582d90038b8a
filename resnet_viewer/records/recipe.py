"""How a network is trained, whatever it is and whatever it is trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from resnet_viewer.records.checking import require_number, require_ranges, require_types

Optimizer = Literal["sgd", "adam"]
Schedule = Literal["one cycle", "steps", "constant"]

_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Recipe:
    """An optimizer and what its rate does over the steps of a run.

    "one cycle" (Smith & Topin 2017) rises linearly to `rate` over the first `warm_up` share of all steps and falls
    linearly to zero; "steps" divides the rate by 10 at half and at three quarters (He et al. 2015, section 4.2).
    SGD has `momentum`, Nesterov's with `nesterov`; Adam (Kingma & Ba 2015) has neither. `decays_all`: the weight decay
    is on biases and normalisations too, as in the paper, not on convolutions and linear layers alone.

    "steps" begins with a tenth of the rate: for the `warm_up` share of all steps, and for `warm_up_steps` steps, at
    most a tenth of all. He et al. do so until the training error is below 80 %, "about 400 iterations"; a number of
    steps is the same for every run, and known before it.

    Raises:
        ArgumentError: a field is of another type, none of its choices, or out of its range.
    """

    name: str
    optimizer: Optimizer = "sgd"
    schedule: Schedule = "one cycle"
    rate: float = 0.1
    batch: int = 128
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    decays_all: bool = False
    warm_up: float = 0.2
    warm_up_steps: int = 0

    def __post_init__(self) -> None:
        require_types(self)
        require_number("rate", self.rate, lambda rate: rate > 0, "a number above 0")
        require_number("momentum", self.momentum, lambda share: 0 <= share < 1, "a number from 0 to below 1")
        require_number("weight_decay", self.weight_decay, lambda decay: decay >= 0, "a number of 0 or above")
        require_number("warm_up", self.warm_up, lambda share: 0 <= share <= 1, "a number from 0 to 1")
        require_ranges(self, batch=(1, _LARGEST), warm_up_steps=(0, _LARGEST))

    def rate_at(self, step: int, steps: int) -> float:
        """Learning rate of step `step` (from 0) of `steps`."""
        match self.schedule:
            case "constant":
                return self.rate
            case "steps":
                falls = (step >= steps / 2) + (step >= 3 * steps / 4)
                is_warming = step < max(self.warm_up * steps, min(self.warm_up_steps, steps // 10))
                return self.rate * (0.1 if is_warming else 0.1**falls)
            case "one cycle":
                rise = max(1.0, self.warm_up * steps)
                return self.rate * min(1.0, (step + 1) / rise, (steps - step) / max(1.0, steps - rise))

    @property
    def words(self) -> str:
        """In one line: "SGD, momentum 0.9 (Nesterov), rate 0.1, one cycle, batch 128, weight decay
        0.0005, but not on biases and normalisations"."""
        if self.optimizer == "adam":
            how = "Adam"
        elif not self.momentum:
            how = "SGD without momentum"
        else:
            how = f"SGD, momentum {self.momentum:g}{' (Nesterov)' if self.nesterov else ''}"
        fall = {"one cycle": "one cycle", "steps": "÷10 at 50 % and 75 %", "constant": "constant"}[
            self.schedule
        ]
        if self.schedule == "steps" and self.warm_up_steps:
            fall += (
                f", {self.rate / 10:g} in the first {self.warm_up_steps} steps (a tenth of the run at most)"
            )
        elif self.schedule == "steps" and self.warm_up:
            fall += f", {self.rate / 10:g} in the first {100 * self.warm_up:g} % of the steps"
        decay = f"weight decay {self.weight_decay:g}"
        if self.weight_decay:
            decay += " on everything" if self.decays_all else ", but not on biases and normalisations"
        return f"{how}, rate {self.rate:g}, {fall}, batch {self.batch}, {decay}"

    @property
    def in_use(self) -> dict[str, Any]:
        """Every field that does something, without the name: Adam has no momentum, a constant rate no warm-up."""
        fields = asdict(self)
        idle = ["name"]
        if self.optimizer == "adam" or not self.momentum:
            idle += ["momentum", "nesterov"] if self.optimizer == "adam" else ["nesterov"]
        if self.schedule != "steps":
            idle += ["warm_up_steps"] if self.schedule == "one cycle" else ["warm_up", "warm_up_steps"]
        return {name: value for name, value in fields.items() if name not in idle}

    @property
    def named(self) -> Recipe:
        """The same; one with a built-in name that is not that recipe is called "quick, changed"."""
        known = RECIPES.get(self.name)
        if known is None or self.in_use in (known.in_use, warmed(known).in_use):
            return self
        return replace(self, name=f"{self.name}, changed")


RECIPES: dict[str, Recipe] = {
    "quick": Recipe("quick", rate=0.05),
    "paper": Recipe(
        "paper", schedule="steps", nesterov=False, weight_decay=1e-4, decays_all=True, warm_up=0.0
    ),
    "adam": Recipe("adam", optimizer="adam", schedule="constant", rate=1e-3, weight_decay=0.0),
}
"""By name: a short run on a laptop; He et al. 2015, section 4.2; what teaching examples in Keras use.

The quick one has half the paper's rate. A run on the digits is 132 steps long, and a ResNet-56 does not bear 0.1 so
soon: while the rate rises past 0.06 to 0.09 the steps of its classifier grow to half of its weights, and in some seeds
what was learned is lost. A warm-up of twice the length only puts that off.
"""

WARMED_DEPTH = 110
"""From this depth on the paper's recipe begins with a tenth of the rate (He et al. 2015, section 4.2)."""
WARM_UP_STEPS = 400
"""For how many steps: He et al. wait for a training error below 80 %, "about 400 iterations" of their 64 000."""


def warmed(recipe: Recipe) -> Recipe:
    """As the paper trains very deep networks, where the recipe is the paper's."""
    return replace(recipe, warm_up_steps=WARM_UP_STEPS) if recipe.name == "paper" else recipe


def recipe_for(name: str, depth: int) -> Recipe:
    """A recipe by name for a network of some depth.

    Raises:
        KeyError: there is no such recipe.
    """
    return warmed(RECIPES[name]) if depth >= WARMED_DEPTH else RECIPES[name]
