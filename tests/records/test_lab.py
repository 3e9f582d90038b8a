"""Reports in pieces: nothing is lost or changed, and no piece is long."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.lab import Advanced, Began, RunEnded, in_pieces
from resnet_viewer.records.training import EpochReport, GradientRecord, RunReport, RunSpec, StepReport

RUN = RunSpec(spec("cifar-plain-20"), "digits", 300)
STEPS = tuple(StepReport(at // 4, at % 4, 4, 2.0, 60.0, None, 1.0 + at, 50.0, 0.1) for at in range(1203))
RECORDS = tuple(GradientRecord(at, (1.0 * at,), (0.5,), ()) for at in range(0, 1203, 10))
EPOCHS = (EpochReport(0, 0.1, 2.0, 80.0, 70.0, 1.0),)


def test_what_an_earlier_run_did_comes_piece_by_piece() -> None:
    began = Began("a", RUN, 4, STEPS, RECORDS, EPOCHS)
    first, *pieces = in_pieces(began)
    assert first == replace(began, steps=(), gradients=())
    advanced = [piece for piece in pieces if isinstance(piece, Advanced)]
    assert len(advanced) == len(pieces)
    assert tuple(step for piece in advanced for step in piece.steps) == STEPS
    assert tuple(record for piece in advanced for record in piece.gradients) == RECORDS
    assert all(piece.gradients[-1].step <= piece.steps[-1].at for piece in advanced)
    assert max(len(piece.steps) for piece in advanced) <= 500
    assert np.isnan([piece.pictures_per_second for piece in advanced]).all()


def test_what_was_reported_is_not_sent_again_at_the_end() -> None:
    report = RunReport(RUN, EPOCHS, 1.0, 2.0, ("a",), RECORDS, STEPS, "stopped")
    (ended,) = in_pieces(RunEnded("a", report))
    assert ended == RunEnded("a", replace(report, gradients=(), steps=()))


def test_everything_else_is_left_alone() -> None:
    told = Advanced("a", STEPS[:3], RECORDS[:1], 7.0)
    assert list(in_pieces(told)) == [told]
