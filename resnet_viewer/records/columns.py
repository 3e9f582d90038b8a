"""Long rows of reports kept as numbers in arrays; a report is made when it is asked for.

A run of 64 000 steps takes 4 MB as an array of steps, and 19 MB as objects; its gradient records 14 MB and 59 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self, TypeVar, overload

import numpy as np

from resnet_viewer.records.training import GradientRecord, StepReport

Values = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Report = TypeVar("Report", StepReport, GradientRecord)


class Rows:
    """Rows of numbers that are added one by one: memory grows by a quarter when it is full, so adding stays cheap."""

    def __init__(self, width: int, values: Values | None = None) -> None:
        self._memory: Values = np.empty((64, width)) if values is None else values
        self._count = 0 if values is None else len(values)

    def __len__(self) -> int:
        return self._count

    def append(self, row: Sequence[float]) -> None:
        """One more."""
        if self._count == len(self._memory) or not self._memory.flags.writeable:
            grown = np.empty((self._count + max(64, self._count // 4), self._memory.shape[1]))
            grown[: self._count] = self._memory[: self._count]
            self._memory = grown
        self._memory[self._count] = row
        self._count += 1

    def cut(self, count: int) -> None:
        """Keep the first `count` rows; views handed out before keep what they showed."""
        if count < self._count:
            self._memory, self._count = self._memory.copy(), count

    @property
    def values(self) -> Values:
        """The rows so far, (n, width): a view, not to be written to, which keeps its values and its length."""
        view = self._memory[: self._count]
        view.flags.writeable = False
        return view


class _Columns(Sequence[Report]):
    """What both kinds of reports have in common: how one becomes a row, and a row one again, is theirs."""

    def __init__(self, reports: Iterable[Report] = ()) -> None:
        self._rows = Rows(1)
        for report in reports:
            self.append(report)

    def append(self, report: Report) -> None:
        """One more, after the others."""
        raise NotImplementedError

    def _made(self, row: Sequence[float]) -> Report:
        raise NotImplementedError

    def frozen(self) -> Self:
        """The reports so far, whatever is appended to these later; nothing is copied."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._rows = Rows(0, self._rows.values)
        return made

    @property
    def values(self) -> Values:
        """The rows so far, a view that is not to be written to."""
        return self._rows.values

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Report: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Report, ...]: ...
    def __getitem__(self, place: int | slice) -> Report | tuple[Report, ...]:
        found = self._rows.values[place].tolist()
        if isinstance(place, slice):
            return tuple(map(self._made, found))
        return self._made(found)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # they grow


class StepColumns(_Columns[StepReport]):
    """Steps, without their gradient records. A row: epoch, step, steps, loss, error, those of the batch, rate."""

    @staticmethod
    def together(at: Values, numbers: Values, steps: int) -> StepColumns:
        """The steps `at`, from 0 over the whole run of `steps` an epoch, from their `numbers`."""
        made = StepColumns()
        epochs = at // steps, at % steps, np.full(len(at), steps)
        made._rows = Rows(0, np.column_stack([*epochs, numbers.reshape(-1, 5)]))
        return made

    @property
    def numbers(self) -> Values:
        """(n, 5): loss, error, those of the batch, rate."""
        return self.values[:, 3:]

    def append(self, report: StepReport) -> None:
        """One more, after the others."""
        if not len(self._rows):
            self._rows = Rows(8)
        self._rows.append(
            (
                report.epoch, report.step, report.steps, report.loss, report.error, report.batch_loss,
                report.batch_error, report.rate,
            )
        )  # fmt: skip

    def _made(self, row: Sequence[float]) -> StepReport:
        epoch, step, steps, loss, error, batch_loss, batch_error, rate = row
        return StepReport(int(epoch), int(step), int(steps), loss, error, None, batch_loss, batch_error, rate)


class GradientColumns(_Columns[GradientRecord]):
    """Gradient records of one network. A row: step, norms, updates, dead."""

    def __init__(self, reports: Iterable[GradientRecord] = ()) -> None:
        self._layers = 0
        super().__init__(reports)

    @staticmethod
    def together(
        at: Sequence[float] | Values, norms: Values, updates: Values, dead: Values
    ) -> GradientColumns:
        """Records of these steps, from their `parts`."""
        made = GradientColumns()
        if count := len(at):
            made._layers = norms.shape[1]
            parts = [part.reshape(count, -1) for part in (norms, updates, dead)]
            made._rows = Rows(0, np.column_stack([np.asarray(at, np.float64), *parts]))
        return made

    @property
    def parts(self) -> tuple[Values, Values, Values]:
        """(m, L) norms, (m, L) updates, (m, B) dead."""
        norms, updates = 1 + self._layers, 1 + 2 * self._layers
        return self.values[:, 1:norms], self.values[:, norms:updates], self.values[:, updates:]

    def append(self, report: GradientRecord) -> None:
        """One more, after the others."""
        row = (report.step, *report.norms, *report.updates, *report.dead)
        if not len(self._rows):
            self._layers, self._rows = len(report.norms), Rows(len(row))
        self._rows.append(row)

    def _made(self, row: Sequence[float]) -> GradientRecord:
        norms, updates = 1 + self._layers, 1 + 2 * self._layers
        return GradientRecord(
            int(row[0]), tuple(row[1:norms]), tuple(row[norms:updates]), tuple(row[updates:])
        )
