"""`resnet-viewer evaluate`: the error of a network over an image folder."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from resnet_viewer.core.data.picture_folders import LeftOut, labelled_files
from resnet_viewer.core.evaluating import folder_predictions, labelling
from resnet_viewer.core.lab.device_habits import choose_device
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records import captions
from resnet_viewer.verbs import chosen


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the error in percent; progress goes to stderr.

    Raises:
        UserError: the folder, the network or an argument does not fit.
    """
    folders, files = labelled_files(arguments.folder)
    if arguments.limit is not None:
        files = spread(files, arguments.limit)
    opened = chosen.opened(arguments)
    gates = chosen.wiring(arguments, opened)
    taken = labelling(folders, opened.class_names, opened.spec.classes)
    if taken.remark:
        print(taken.remark, file=sys.stderr)
    device = choose_device(arguments.device)
    network = build(opened.spec, resolve(opened.spec)).to(device)
    network.set_wiring(gates)
    left_out = LeftOut(arguments.folder, len(files))
    wrong = seen = in_question = lost = 0
    with tqdm(total=len(files), unit="picture", file=sys.stderr, disable=None) as bar:
        for predicted, labels, doubtful in folder_predictions(
            network,
            files,
            opened.preprocessing,
            device,
            left_out,
            wants_twelve_bits=arguments.twelve_bits,
        ):
            wrong += sum(ours != taken.classes[label] for ours, label in zip(predicted, labels, strict=True))
            lost += sum(ours == opened.spec.classes for ours in predicted)
            seen += len(labels)
            in_question += doubtful
            bar.update(seen + len(left_out) - bar.n)
            bar.set_postfix_str(f"error {100 * wrong / max(1, seen):.2f} %", refresh=False)
    if left_out:
        print(left_out.remark(), file=sys.stderr)
    if in_question:
        print(
            f"{in_question} of the pictures have 16 bits a pixel, use no more than 12 of them and are dark: "
            "--twelve-bits reads them as 12.",
            file=sys.stderr,
        )
    if lost:
        print(
            f"For {lost} of {seen} pictures the logits are not finite: they have no highest class, and count as wrong.",
            file=sys.stderr,
        )
    error = 100 * wrong / seen
    if arguments.json:
        named = dict(zip(taken.folders, taken.classes, strict=True))
        print(
            json.dumps(
                {
                    "error": error,
                    "pictures": seen,
                    "left_out": len(left_out),
                    "not_finite": lost,
                    "classes_by": taken.taken_by,
                    "classes": named,
                }
            )
        )
    else:
        said = [f"{error:.2f} % of {seen} pictures wrong", taken.remark, left_out.remark()]
        untrained = ", untrained" if opened.spec.weights.is_untrained else ""
        words = f"{opened.spec.title}{untrained}, {captions.wiring_words(opened.spec, gates)}: "
        print(words + ". ".join(part.rstrip(".") for part in said if part))
    return 0


def spread(files: list[tuple[Path, int]], limit: int) -> list[tuple[Path, int]]:
    """`limit` of the files, from 1 on, at even distances, so that every class has its share."""
    if limit >= len(files):
        return files
    return [files[index * len(files) // limit] for index in range(limit)]
