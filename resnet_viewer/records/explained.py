"""The words on the screen, each in two sentences: what stands behind the "?" of a panel, and in the Help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Word = Literal[
    "shortcut", "residual branch", "block", "stage", "plain network", "stochastic depth", "feature map", "dead channel",
    "gradient norm",
    "score", "loss", "Grad-CAM", "attribution method", "scale", "reference", "test set", "error meter",
    "ablation and lesion",
    "study",
]  # fmt: skip
Drawing = Literal["", "block", "cut", "plain", "maps", "norms", "loss", "overlay", "scales", "meter"]
"""What is drawn beside a word; nothing for ""."""


@dataclass(frozen=True)
class Explanation:
    """Two sentences, and what is drawn beside them."""

    first: str
    second: str
    drawing: Drawing = ""

    @property
    def sentences(self) -> str:
        """Both."""
        return f"{self.first} {self.second}"


WORDS: dict[Word, Explanation] = {
    "shortcut": Explanation(
        "The orange path around the convolutions of a block: it carries the block's input on, nearly always "
        "unchanged, and "
        "adds it to what they put out.",
        "Gradients run back along it as well, so a cut takes a direct way both from what the layers before it "
        "found and from "
        "what they would learn.",
        "block",
    ),
    "residual branch": Explanation(
        "The blue path through the convolutions of a block.",
        "It computes what is added to the block's input, so a network without one of its branches still passes "
        "everything "
        "else on.",
        "cut",
    ),
    "block": Explanation(
        "A shortcut and a residual branch, added: output = shortcut(input) + branch(input).",
        "Blocks are numbered from 1 at the picture to the last one before the classifier.",
        "block",
    ),
    "stage": Explanation(
        "A run of blocks whose outputs have one size, such as conv3_x with 32 channels of 16×16 values.",
        "From one stage to the next the maps get half as wide and high, and twice as many.",
    ),
    "plain network": Explanation(
        "A network that was built and trained without shortcuts.",
        "A trained residual network whose shortcuts are cut is none: its weights never learned to do without them, but "
        "where a schedule weakened them while it trained.",
        "plain",
    ),
    "stochastic depth": Explanation(
        "Training in which chance decides, in each step anew, which residual branches are computed; the other blocks' "
        "shortcuts carry on alone (Huang et al. 2016).",
        "In evaluation all branches are computed, each multiplied by how likely it was.",
    ),
    "feature map": Explanation(
        "One channel of what a layer or block puts out, drawn as a picture: bright where it found what it looks for.",
        "Each of its values looks at a part of the picture, which is the larger the deeper the layer lies.",
        "maps",
    ),
    "dead channel": Explanation(
        "A feature map that is zero everywhere for this picture; it is crossed out.",
        "It adds nothing to the answer, and no gradient runs back through it.",
        "maps",
    ),
    "gradient norm": Explanation(
        "How strongly the score would answer if the weights of a layer were moved a little: the length of the score's "
        "gradient for them.",
        "The plot is logarithmic, so equal steps are equal factors; where the curve falls towards the first "
        "layers, these "
        "would hardly learn.",
        "norms",
    ),
    "score": Explanation(
        "The number that the network gives to a class before it is turned into a probability.",
        "Its gradient does not fade when the network is sure, so scores can be compared between states.",
    ),
    "loss": Explanation(
        "The cross-entropy of a class, −log of its probability: what training makes small.",
        "Where the probability is nearly 1 the loss is flat and its gradient next to nothing, whatever the "
        "shortcuts do.",
        "loss",
    ),
    "Grad-CAM": Explanation(
        "A map of where a block's output raises the score of the target class, laid over the picture: the "
        "brighter, the "
        "more.",
        "It weighs each feature map by its mean gradient, adds them up and keeps what is above zero (Selvaraju et al. "
        "2017).",
        "overlay",
    ),
    "attribution method": Explanation(
        "A way to say what of the picture speaks for the target; Grad-CAM is one of many, and they often disagree.",
        "A map that has both signs is shown in colours that diverge from zero: red speaks for the target, blue against "
        "it.",
    ),
    "scale": Explanation(
        "Which value has which colour.",
        "On a shared scale one colour is one value everywhere, so maps can be compared; each on its own scale "
        "shows weak "
        "maps as clearly as strong ones.",
        "scales",
    ),
    "reference": Explanation(
        "The state that now is compared with, in grey: everything open, or what you pinned with “Set as reference”.",
        "Now is in red, so that grey and red side by side are before and after.",
    ),
    "test set": Explanation(
        "Many pictures that were not trained on, to measure the network with.",
        "One picture can turn by accident; a share of many hardly can.",
    ),
    "error meter": Explanation(
        "How many pictures of the test set get a wrong class now and in the reference; where the true classes are not "
        "known, how many get another class than in the reference.",
        "The bar around each share is its 95 % interval: where two of them overlap, the difference can be chance.",
        "meter",
    ),
    "ablation and lesion": Explanation(
        "Cutting a shortcut of a trained network is an ablation, dropping a residual branch a lesion; nothing is "
        "trained "
        "anew.",
        "Neither shows the degradation that He et al. (2015) found: that is of plain networks, trained without "
        "shortcuts "
        "from the start.",
        "cut",
    ),
    "study": Explanation(
        "One question about a network, answered by measuring it in many states, such as with each block's branch "
        "dropped in turn: each state is a point of the chart.",
        "It begins with the network, weights, wiring and test set of the Inspect tab, and says in the end whether what "
        "was measured agrees with the paper that asked the question first.",
    ),
}
assert tuple(WORDS) == get_args(Word)


def page() -> str:
    """The page of the Help, in Markdown."""
    parts = [f"## {word[:1].upper()}{word[1:]}\n\n{found.sentences}\n" for word, found in WORDS.items()]
    intro = (
        "What the words on the screen mean, two sentences each. The “?” beside a panel's title shows those of that "
        "panel."
    )
    return "\n".join((f"# Words on the screen\n\n{intro}\n", *parts))
