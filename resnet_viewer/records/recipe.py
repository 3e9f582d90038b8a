"""How a network is trained, whatever it is and whatever it is trained on."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from resnet_viewer.records.checking import ArgumentError, require_number, require_ranges, require_types
from resnet_viewer.records.errors import UserError

Optimizer = Literal["sgd", "adam"]
Schedule = Literal["one cycle", "steps", "constant"]

_LARGEST = 2**31 - 1
_NUMBER = r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
_NOTATION = re.compile(rf"{_NUMBER}\.\.{_NUMBER}={_NUMBER}\.\.{_NUMBER}")

_LONGEST = 200
"""Letters of what may be a schedule."""


@dataclass(frozen=True)
class ShortcutSchedule:
    """How far every shortcut is open: by `first` up to the end of epoch `begin`, by `last` from the end of epoch `end`
    on, and linearly between them, another strength at every step.

    A strength is from 0, cut, to 1, whole. Epochs need not be whole ones; 0 is the beginning of the run.

    Raises:
        ArgumentError: a strength is none, both are one, or the epochs do not follow each other.

    Example:
        >>> ShortcutSchedule.written("2..10=1..0").strength(steps=66, steps_per_epoch=11)
        0.5
    """

    begin: float
    end: float
    first: float = 1.0
    last: float = 0.0

    def __post_init__(self) -> None:
        require_types(self)
        require_number("begin", self.begin, lambda epoch: epoch >= 0, "an epoch, a number of 0 or above")
        require_number(
            "end", self.end, lambda epoch: self.begin < epoch <= _LARGEST, f"an epoch after {self.begin:g}"
        )
        for name in ("first", "last"):
            require_number(name, getattr(self, name), lambda share: 0 <= share <= 1, "a number from 0 to 1")
        require_number(
            "last", self.last, lambda share: share != self.first, f"another strength than {self.first:g}"
        )

    @staticmethod
    def written(text: str) -> ShortcutSchedule:
        """What `2..10=1..0` means: from 1 at the end of epoch 2 to 0 at the end of epoch 10.

        Raises:
            ArgumentError: it means nothing.
        """
        found = _NOTATION.fullmatch("".join(text.split())) if len(text) <= _LONGEST else None
        if found is None:
            raise ArgumentError(
                "The shortcuts' schedule",
                "two epochs and the strengths at their ends, as in 2..10=1..0",
                text,
            )
        try:
            return ShortcutSchedule(*map(float, found.groups()))
        except ArgumentError as error:
            raise ArgumentError(
                "The shortcuts' schedule",
                "a later epoch behind an earlier one and two strengths from 0 to 1 that differ, as in 2..10=1..0",
                text,
            ) from error

    @property
    def notation(self) -> str:
        """The text that means it: "2..10=1..0"."""
        return "{}..{}={}..{}".format(*map(_exact, (self.begin, self.end, self.first, self.last)))

    @property
    def words(self) -> str:
        """ "shortcuts weakened from 1 to 0 between epochs 2 and 10", or "opened"."""
        verb = "weakened" if self.last < self.first else "opened"
        return f"shortcuts {verb} from {self.first:g} to {self.last:g} between epochs {self.begin:g} and {self.end:g}"

    def strength(self, steps: int, steps_per_epoch: int) -> float:
        """How far the shortcuts are open in the last of so many `steps`, counted over the whole run."""
        share = (steps / steps_per_epoch - self.begin) / (self.end - self.begin)
        if share <= 0:
            return self.first
        return self.last if share >= 1 else self.first + share * (self.last - self.first)


def _exact(number: float) -> str:
    """With as many digits as there are."""
    return repr(number).removesuffix(".0")


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

    `survival` is how likely the residual branch of the last block is computed in a step (stochastic depth: Huang et al.
    2016, `records.stochastic_depth`); 1 computes all. `shortcuts` opens and closes every shortcut as the run goes on.
    A network without shortcuts has neither: `for_plain`.

    Raises:
        ArgumentError: a field is of another type, none of its choices, or out of its range.
        UserError: shortcuts are to be cut where branches need them that are not computed.
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
    survival: float = 1.0
    shortcuts: ShortcutSchedule | None = None

    def __post_init__(self) -> None:
        require_types(self)
        require_number("rate", self.rate, lambda rate: rate > 0, "a number above 0")
        require_number("momentum", self.momentum, lambda share: 0 <= share < 1, "a number from 0 to below 1")
        require_number("weight_decay", self.weight_decay, lambda decay: decay >= 0, "a number of 0 or above")
        require_number("warm_up", self.warm_up, lambda share: 0 <= share <= 1, "a number from 0 to 1")
        require_number(
            "survival", self.survival, lambda share: 0 < share <= 1, "a number above 0, and 1 at most"
        )
        require_ranges(self, batch=(1, _LARGEST), warm_up_steps=(0, _LARGEST))
        if (
            self.survival < 1
            and self.shortcuts is not None
            and 0 in (self.shortcuts.first, self.shortcuts.last)
        ):
            raise UserError(f"The shortcuts' schedule cannot cut them: {NEEDS_SHORTCUTS}")

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
        parts = [how, f"rate {self.rate:g}", fall, f"batch {self.batch}", decay, *self.depth_words]
        return ", ".join(parts)

    @property
    def depth_words(self) -> tuple[str, ...]:
        """What is said of survival and of the shortcuts' schedule, where there are such."""
        survival = f"stochastic depth, survival {self.survival:g}" if self.survival < 1 else ""
        return tuple(filter(None, (survival, self.shortcuts.words if self.shortcuts else "")))

    @property
    def in_use(self) -> dict[str, Any]:
        """Every field that does something, without the name: Adam has no momentum, a constant rate no warm-up."""
        fields = asdict(self)
        idle = ["name"]
        if self.optimizer == "adam" or not self.momentum:
            idle += ["momentum", "nesterov"] if self.optimizer == "adam" else ["nesterov"]
        if self.schedule != "steps":
            idle += ["warm_up_steps"] if self.schedule == "one cycle" else ["warm_up", "warm_up_steps"]
        idle += ["survival"] * (self.survival == 1) + ["shortcuts"] * (self.shortcuts is None)
        return {name: value for name, value in fields.items() if name not in idle}

    @property
    def named(self) -> Recipe:
        """The same; one with a built-in name that is not that recipe is called "quick, changed"."""
        known = RECIPES.get(self.name)
        if known is None or self.in_use in (known.in_use, warmed(known).in_use):
            return self
        return replace(self, name=f"{self.name}{CHANGED}")

    @property
    def for_plain(self) -> Recipe:
        """The same for a network without shortcuts: nothing in it is about them, or could be done without them."""
        made = replace(self, survival=1.0, shortcuts=None)
        usual = made.name.removesuffix(CHANGED)
        return (
            made
            if made == self or replace(made, name=usual).named.name != usual
            else replace(made, name=usual)
        )


NEEDS_SHORTCUTS = (
    "with stochastic depth a block whose shortcut is cut and whose residual branch is not computed would put out "
    "nothing. Weaken the shortcuts to a strength above 0, or take a survival of 1."
)
CHANGED = ", changed"
"""Behind the name of a built-in recipe that is not as it was built."""
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
