"""Layers and blocks behind a record's numbers, by name where the network has as many."""

from __future__ import annotations

import math

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.ui.train.record_pixels import block_labels, layer_label, layers_of, share_text, told


def test_a_layer_is_told_by_its_number_and_in_inspects_words() -> None:
    network = spec("cifar-plain-20")
    count = len(blueprint(network).layers)
    assert layer_label(network, 0, count) == "layer 1, stem, conv1"
    assert layer_label(network, 3, count) == "layer 4, block 2, conv2_x 2, conv1"
    assert layer_label(network, count - 1, count) == f"layer {count}, classifier"
    assert block_labels(network, 9)[4] == "block 5 · conv3_x 2"


def test_a_record_of_another_length_has_numbers_alone() -> None:
    network = spec("cifar-plain-20")
    assert layer_label(network, 3, 7) == "layer 4"
    assert block_labels(network, 2) == ("block 1", "block 2")


def test_projections_stand_beside_the_curve() -> None:
    network = spec("resnet18")
    joined = layers_of(network, len(blueprint(network).layers)).is_joined
    assert joined.count(False) == 3


def test_words_for_the_status_line() -> None:
    words = told("Plain-56", "layer 4, block 2, conv2_x 2, conv1", 4.31, "0.02104")
    assert words == "Plain-56 · layer 4, block 2, conv2_x 2, conv1 · epoch 4.3 · 0.02104"
    assert share_text(0.125) == "12.5 % of the channels dead"
    assert share_text(math.nan) == "nan (not a number)"
