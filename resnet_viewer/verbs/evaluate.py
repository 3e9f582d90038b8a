"""`resnet-viewer evaluate`: the error of a network over an image folder, and what it takes each picture for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Generator

from tqdm import tqdm

from resnet_viewer.core.lab.device_habits import choose_device
from resnet_viewer.core.meter import Evaluation, Seen, evaluated
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.media.files import require_writable, write_whole
from resnet_viewer.records.csv_text import csv_text
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.verbs import chosen


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the error in percent; progress goes to stderr.

    Raises:
        UserError: the folder, the network or an argument does not fit, or the table cannot be written.
    """
    if arguments.table is not None:
        require_writable(arguments.table)
    test_set = TestSet("folder", arguments.folder, arguments.sample, arguments.sample_seed)
    opened = chosen.opened(arguments)
    state = NetworkState(
        opened.spec, opened.preprocessing, chosen.wiring(arguments, opened), opened.class_names
    )
    device = choose_device(arguments.device)
    network = build(opened.spec, resolve(opened.spec)).to(device)
    network.set_wiring(state.wiring)
    found = _followed(
        evaluated(lambda _: network, state, test_set, device=device, wants_twelve_bits=arguments.twelve_bits)
    )
    pictures = found.reading.pictures
    for remark in (found.taken.remark, pictures.remark):
        if remark:
            print(remark, file=sys.stderr)
    if found.in_question:
        print(
            f"{found.in_question} of the pictures have 16 bits a pixel, use no more than 12 of them and are dark: "
            "--twelve-bits reads them as 12.",
            file=sys.stderr,
        )
    if lost := found.not_finite:
        print(
            f"For {lost} of {len(pictures)} pictures the logits are not finite: they have no highest class, and count "
            "as wrong.",
            file=sys.stderr,
        )
    if arguments.table is not None:
        rows = found.table()
        write_whole(arguments.table, csv_text([*rows[0]], (tuple(row.values()) for row in rows)).encode())
    drawn = len(pictures) + len(pictures.left_out)
    if arguments.json:
        print(
            json.dumps(
                {
                    "error": found.error,
                    "interval": found.interval,
                    "mean_probability_of_true": found.mean_right,
                    "pictures": len(pictures),
                    "of": pictures.total,
                    "sample_seed": arguments.sample_seed if drawn < pictures.total else None,
                    "left_out": len(pictures.left_out),
                    "not_finite": lost,
                    "classes_by": found.taken.taken_by,
                    "classes": dict(zip(found.taken.folders, found.taken.classes, strict=True)),
                }
            )
        )
    else:
        sample = ""
        if drawn < pictures.total:
            sample = f"A sample of {thousands(pictures.total)}, drawn with seed {arguments.sample_seed}"
        said = [found.sentence, sample, found.taken.remark, pictures.remark]
        print(". ".join(part.rstrip(".") for part in said if part))
    return 0


def _followed(work: Generator[Seen, None, Evaluation]) -> Evaluation:
    """Drive it with a progress bar."""
    with tqdm(unit="picture", file=sys.stderr, disable=None) as bar:
        while True:
            try:
                seen = next(work)
            except StopIteration as end:
                found: Evaluation = end.value
                return found
            bar.total = seen.total
            bar.update(seen.pictures + seen.left_out - bar.n)
            bar.set_postfix_str(f"error {100 * seen.wrong / max(1, seen.pictures):.2f} %", refresh=False)
