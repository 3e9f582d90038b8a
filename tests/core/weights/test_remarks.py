"""The sentence about a weight file: what is taken, what else fits, what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.fitting import Finding, sentence

PAIR = (spec("cifar-resnet-20"), spec("cifar-plain-20"))
GATED = (spec("cifar-resnet-20-highway"), spec("cifar-resnet-20-gated"))
BODY = (spec("resnet50", classes=0),)
OWN = replace(spec("resnet50"), name="resnet50_channels32-64-128-256", widths=(32, 64, 128, 256))


@pytest.mark.parametrize(
    ("finding", "chosen", "said"),
    [
        (Finding("w", PAIR[:1]), "cifar-resnet-20", ""),
        (
            Finding("w", PAIR),
            "cifar-resnet-20",
            "w fits ResNet-20 and Plain-20 alike, because option A shortcuts have no weights; it is taken for "
            "ResNet-20, the residual one of the paper's own form.",
        ),
        (Finding("w", PAIR, wanted="cifar-plain-20", card="cifar-resnet-20"), "cifar-plain-20", ""),
        (
            Finding("w", PAIR, remembered="cifar-plain-20"),
            "cifar-plain-20",
            "w is taken for Plain-20, as you chose before.",
        ),
        (Finding("w", PAIR, card="cifar-plain-20"), "cifar-plain-20", ""),
        (
            Finding("w", PAIR[:1], card="resnet50"),
            "cifar-resnet-20",
            "w says that it is resnet50, which its weights do not fit; it is taken for ResNet-20.",
        ),
        (
            Finding("w", GATED),
            "cifar-resnet-20-highway",
            "w fits ResNet-20 (highway) and ResNet-20 (shortcut gating) alike, because both have the same gate layers; "
            "it is taken for ResNet-20 (highway).",
        ),
        (
            Finding("w", (OWN,)),
            "resnet50_channels32-64-128-256",
            "w is taken for ResNet-50 with 3-4-6-3 blocks of 32-64-128-256 channels.",
        ),
        (
            Finding("resnetblur50_84f4748f.pth", (spec("resnet50"),)),
            "resnet50",
            "resnetblur50_84f4748f.pth is named resnetblur50, but anti-aliasing leaves no weights: it is opened as "
            "ResNet-50 without it, and puts out something else.",
        ),
        (Finding("resnet50_a1h.pth", (spec("resnet50"),)), "resnet50", ""),
        (Finding("w", BODY), "resnet50", "w holds no classifier, so it is opened as ResNet-50 (no classifier)."),
        (
            Finding("w", BODY, left_out=("backbone.fpn", "roi_heads", "rpn")),
            "resnet50",
            "w is a detector, of which only the backbone is opened, as ResNet-50 (no classifier): backbone.fpn, "
            "roi_heads and rpn are left out.",
        ),
    ],
)  # fmt: skip
def test_one_sentence_says_what_was_chosen(finding: Finding, chosen: str, said: str) -> None:
    assert finding.chosen.name == chosen
    assert sentence(finding) == said
