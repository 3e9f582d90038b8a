"""What training scripts put around a network's tensors comes off, and what lies beside it is found."""

from __future__ import annotations

import pytest
import torch

from resnet_viewer.core.weights.unwrapping import class_names, unwrapped
from resnet_viewer.records.errors import UserError

ONE = torch.ones(2)


def _names(*keys: str) -> set[str]:
    return set(unwrapped(dict.fromkeys(keys, ONE), "w.pth").tensors)


def test_wrappers_and_prefixes_come_off() -> None:
    inside = {"module._orig_mod.conv1.weight": ONE, "module.linear.bias": ONE, "note": "x"}
    content = {"epoch": 3, "model": {"state_dict": inside}, "optimizer": {"state": {}}}
    assert unwrapped(content, "w.pth").tensors == {"conv1.weight": ONE, "fc.bias": ONE}
    assert _names("backbone.layer1.0.conv1.weight", "fc.bias") == {"layer1.0.conv1.weight", "fc.bias"}


def test_only_the_bare_classifier_and_the_projections_are_renamed() -> None:
    assert _names("classifier.weight", "classifier.bias") == {"fc.weight", "fc.bias"}
    assert _names("last_linear.weight", "head.fc.bias") == {"fc.weight", "fc.bias"}
    assert _names("classifier.0.weight", "linear.0.bias") == {"classifier.0.weight", "linear.0.bias"}
    assert _names("layer2.0.shortcut.0.weight") == {"layer2.0.downsample.0.weight"}


def test_the_count_of_averaged_weights_is_none_of_the_networks() -> None:
    assert _names("n_averaged", "module.conv1.weight") == {"conv1.weight"}


def test_of_a_detector_the_body_is_taken_and_the_rest_named() -> None:
    keys = ("backbone.body.conv1.weight", "backbone.fpn.inner_blocks.0.0.weight", "rpn.head.conv.weight")
    found = unwrapped({"model": dict.fromkeys(keys, ONE)}, "w.pth")
    assert (found.shapes, found.left_out) == ({"conv1.weight": (2,)}, ("backbone.fpn", "rpn"))


@pytest.mark.parametrize("content", [{}, [], None, 3, {"epoch": 3}, {"state_dict": {}}, torch.ones(2)])
def test_a_file_without_tensors_is_refused(content: object) -> None:
    with pytest.raises(UserError, match=r"w\.pth holds no weights"):
        unwrapped(content, "w.pth")


def test_two_networks_in_one_dict_are_refused() -> None:
    with pytest.raises(UserError, match=r"holds fc\.bias twice"):
        unwrapped({"module.fc.bias": ONE, "fc.bias": ONE}, "w.pth")


@pytest.mark.parametrize(
    "beside",
    [
        {"classes": ["cat", "dog"]},
        {"class_names": ("cat", "dog")},
        {"class_to_idx": {"dog": 1, "cat": 0}},
        {"idx_to_class": {0: "cat", 1: "dog"}},
        {"meta": {"id2label": {"1": "dog", "0": "cat"}}},
    ],
)
def test_class_names_are_found_where_scripts_keep_them(beside: dict[str, object]) -> None:
    assert class_names({"state_dict": {}, **beside}) == ("cat", "dog")


@pytest.mark.parametrize(
    "beside",
    [{"classes": 10}, {"names": [1, 2]}, {"class_to_idx": {"cat": 0, "dog": 2}}, {"labels": ONE}, {}],
)
def test_what_are_no_class_names_is_passed_over(beside: dict[str, object]) -> None:
    assert class_names(beside) == ()
    assert class_names(3) == ()


@pytest.mark.parametrize("key", ["k" * 1_000_000, "conv1.\x1b[2Jweight", "conv1\nweight"])
def test_names_of_tensors_that_no_sentence_can_show_are_refused_without_them(key: str) -> None:
    with pytest.raises(UserError, match="holds a tensor whose name") as raised:
        unwrapped({key: torch.zeros(1)}, "net.pth")
    assert len(str(raised.value)) < 200
    assert str(raised.value).isprintable()
