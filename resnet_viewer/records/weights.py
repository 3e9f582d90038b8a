"""Where a network's weights come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

WeightsSource = Literal["none", "bundled", "torchvision", "file"]


@dataclass(frozen=True)
class TrainedHere:
    """What a weight file of the lab says of the run whose weights it holds.

    Example:
        >>> TrainedHere("Digits", "quick", epochs=12, done=6.5).moment
        'Digits, epoch 6.5 of 12'
    """

    data: str
    """The data's title, or the name of a folder."""
    recipe: str
    epochs: int
    """That the run had then, with every extension."""
    done: float
    """Epochs done, of which the last need not be whole."""
    seed: int = 0
    strength: float = 1.0
    """How far its shortcuts were open at the last step."""
    survival: float = 1.0
    """Of its last residual branch in a step: below 1 the weights have the factors of evaluation in them."""

    @property
    def moment(self) -> str:
        """On what and how long: "Digits, epoch 12 of 12"; with a seed or a recipe that is not the usual one."""
        epoch = f"epoch {round(self.done, 1):g} of {self.epochs}" if self.done else "before training"
        recipe = "" if self.recipe == "quick" else self.recipe
        seed = f"seed {self.seed}" if self.seed else ""
        return ", ".join(part for part in (self.data, recipe, epoch, seed) if part)

    @property
    def words(self) -> str:
        """How: "trained in this lab: quick, 12 epochs, seed 0"."""
        if not self.done:
            return f"untrained, drawn in this lab: seed {self.seed}"
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        cut = "" if self.strength == 1 else f", shortcuts open by {self.strength:g}"
        deep = "" if self.survival == 1 else f", stochastic depth with survival {self.survival:g}"
        return f"trained in this lab: {self.recipe}, {epochs}, seed {self.seed}{cut}{deep}"


@dataclass(frozen=True)
class WeightsRef:
    """Points at weights without holding them.

    `name` is the bundled network's name, torchvision's enum member (`IMAGENET1K_V2`) or a file's path as text;
    empty for "none", which means freshly initialised weights from the spec's seed. `digest` is the SHA-256 of
    the file, so that a file that changed on disk is another network. `trained` is what the file says of itself.
    """

    source: WeightsSource
    name: str = ""
    digest: str = ""
    trained: TrainedHere | None = field(default=None, compare=False)

    @property
    def is_untrained(self) -> bool:
        """Drawn at random, and known to be: what such a network finds in a picture means nothing."""
        return self.source == "none" or (self.trained is not None and not self.trained.done)

    @property
    def file_name(self) -> str:
        """Of a file, without the folder that it lies in."""
        return self.name.replace("\\", "/").rsplit("/", 1)[-1]

    @property
    def title(self) -> str:
        """How the screen and the exports name them: weights of the lab by their run's data and epoch."""
        match self.source:
            case "none":
                return "untrained"
            case "bundled":
                return "bundled"
            case "torchvision":
                return self.name
            case "file":
                return self.file_name if self.trained is None else self.trained.moment


NO_WEIGHTS = WeightsRef("none")
