"""`resnet-viewer evaluate`: the error of a network over an image folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from resnet_viewer.core.devices import choose_device
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.picture_folders import DatasetError, labelled_files
from resnet_viewer.core.preprocessing import prepare
from resnet_viewer.core.weights import resolve
from resnet_viewer.media.pictures import PictureError, read
from resnet_viewer.records import captions
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.verbs import chosen

BATCH = 64
"""Pictures that go through the network together."""


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the error in percent; progress goes to stderr.

    Raises:
        UserError: the folder, the network or an argument does not fit.
    """
    folders, files = labelled_files(arguments.folder)
    if arguments.limit is not None:
        files = spread(files, arguments.limit)
    opening = chosen.opened(arguments)
    gates = chosen.wiring(arguments, opening)
    classes = class_indices(folders, opening.class_names, opening.spec.classes)
    if folders[0] not in opening.class_names:
        print(
            f"The subfolders are not named after classes: in sorted order they are taken for classes 0 to "
            f"{len(folders) - 1}.",
            file=sys.stderr,
        )
    device = choose_device(arguments.device)
    network = build(opening.spec, resolve(opening.spec)).to(device)
    network.set_wiring(gates)
    wrong = seen = 0
    with tqdm(total=len(files), unit="picture", file=sys.stderr, disable=None) as bar:
        for predicted, labels in predictions(network, files, opening.preprocessing, device):
            wrong += sum(ours != classes[label] for ours, label in zip(predicted, labels, strict=True))
            seen += len(labels)
            bar.update(min(BATCH, len(files) - bar.n))
            bar.set_postfix_str(f"error {100 * wrong / max(1, seen):.2f} %", refresh=False)
    if seen < len(files):
        print(
            f"{len(files) - seen} of {len(files)} pictures could not be read and were left out.",
            file=sys.stderr,
        )
    if not seen:
        raise DatasetError(f"No picture in {arguments.folder} could be read; give a folder of pictures.")
    error = 100 * wrong / seen
    if arguments.json:
        print(json.dumps({"error": error, "pictures": seen}))
    else:
        untrained = ", untrained" if opening.spec.weights.is_untrained else ""
        print(
            f"{opening.spec.title}{untrained}, {captions.wiring_words(opening.spec, gates)}: "
            f"{error:.2f} % of {seen} pictures wrong"
        )
    return 0


def predictions(
    network: Network, files: Sequence[tuple[Path, int]], preprocessing: Preprocessing, device: str
) -> Iterator[tuple[list[int], list[int]]]:
    """For each batch the predicted classes and the labels. A picture that cannot be read is named and left out."""
    for start in range(0, len(files), BATCH):
        inputs, labels = [], []
        for path, label in files[start : start + BATCH]:
            try:
                inputs.append(prepare(read(path), preprocessing))
            except PictureError as error:
                tqdm.write(str(error), file=sys.stderr)
                continue
            labels.append(label)
        predicted: list[int] = []
        if inputs:
            with torch.inference_mode():
                predicted = network(torch.cat(inputs).to(device)).argmax(1).tolist()
        yield predicted, labels


def class_indices(folders: Sequence[str], class_names: Sequence[str], classes: int) -> list[int]:
    """The class of each subfolder: by name where all of them are class names, else in sorted order.

    Raises:
        DatasetError: only some of the subfolders are class names, or there are more of them than classes.
    """
    known = [name for name in folders if name in class_names]
    if len(known) == len(folders):
        return [class_names.index(name) for name in folders]
    if known:
        other = next(name for name in folders if name not in class_names)
        raise DatasetError(
            f"The subfolder {other} is not one of the network's class names; rename it or give --classes."
        )
    if len(folders) > classes:
        raise DatasetError(
            f"The folder has {len(folders)} subfolders, the network only {classes} classes; name the subfolders after "
            "the classes, or leave some out."
        )
    return list(range(len(folders)))


def spread(files: list[tuple[Path, int]], limit: int) -> list[tuple[Path, int]]:
    """`limit` of the files at even distances, so that every class has its share.

    Raises:
        DatasetError: the limit is not positive.
    """
    if limit < 1:
        raise DatasetError(f"--limit must be at least 1, not {limit}.")
    if limit >= len(files):
        return files
    return [files[index * len(files) // limit] for index in range(limit)]
