"""Studies, in a process of its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from resnet_viewer.lab_process import BUSY
from resnet_viewer.records.report import EstimateReport, ReportOrder
from resnet_viewer.records.study import EstimateStudy, StudyOrder
from resnet_viewer.services.report import estimated, reported


class StudyService:
    """Runs studies, one at a time, in a process of its own, and says what they would cost."""

    def __init__(self) -> None:
        from resnet_viewer.core.studies.running import Studies

        self._studies = Studies()

    def answer(self, request: object) -> Generator[object]:
        """A StudyOrder: Progress while its pictures are read, then StudyResults, each all that was found so far, ten a
        second at most, the last one complete. An EstimateStudy: Progress, then an Estimate. A ReportOrder and an
        EstimateReport: as they say.

        Raises:
            UserError: what is asked for cannot be studied so.
        """
        work: Generator[object]
        match request:
            case StudyOrder():
                work = self._studies.answer(request)
            case EstimateStudy(order):
                work = self._studies.estimate(order)
            case ReportOrder():
                work = reported(request, self._studies)
            case EstimateReport(studies=studies):
                work = estimated(studies, self._studies)
            case _:
                raise TypeError(f"no study is a {type(request).__name__}")
        with closing(work):
            for found in work:
                yield BUSY if found is None else found

    def tell(self, message: object) -> None:
        """A study heeds nothing but its end."""
