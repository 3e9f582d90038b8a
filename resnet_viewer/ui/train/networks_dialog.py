"""Which networks are trained: depths, plain and residual, how they are built, and any others by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.ui.widgets.labels import plain_label

_INITIALISATIONS = {"": "He et al. 2015", "-xavier": "Xavier", "-normal": "normal, of a fixed deviation"}
_SHORTCUTS = {
    "": "A: padded with zeros (the paper's on CIFAR)",
    "-b": "B: projections where the shape changes",
    "-c": "C: projections everywhere",
}
_NOBN = "-nobn"


class NetworksDialog(QDialog):
    """A form; while it does not name networks that can be built, it says why and cannot be taken."""

    def __init__(
        self, plan: RunPlan, refusal: Callable[[RunPlan], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Networks to train")
        self._start, self._refusal = plan, refusal
        self.depths = QLineEdit(plan.depths)
        self.depths.setPlaceholderText("20, 56")
        self.plain, self.residual = QCheckBox("plain"), QCheckBox("residual")
        self.plain.setChecked(plan.is_plain)
        self.residual.setChecked(plan.is_residual)
        self.unnormalised = QCheckBox("without batch normalisation")
        self.unnormalised.setChecked(_NOBN in plan.endings)
        self.initialisation, self.shortcut = _choices(_INITIALISATIONS), _choices(_SHORTCUTS)
        self.deviation = QDoubleSpinBox()
        self.deviation.setDecimals(4)
        self.deviation.setRange(0.0001, 1.0)
        self.deviation.setSingleStep(0.01)
        self.deviation.setValue(0.01)
        self._show_endings(plan.endings)
        self.networks = QLineEdit(plan.networks)
        self.networks.setPlaceholderText("cifar-resnet-44-preact, teaching-mnist")
        self.networks.setMinimumWidth(320)
        self._sentence = plain_label()
        self._sentence.setWordWrap(True)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        for field in (self.depths, self.networks):
            field.textChanged.connect(self._follow)
        for box in (self.plain, self.residual, self.unnormalised):
            box.toggled.connect(self._follow)
        for choice in (self.initialisation, self.shortcut):
            choice.currentIndexChanged.connect(self._follow)
        self.deviation.valueChanged.connect(self._follow)
        self._follow()

    def _lay_out(self) -> None:
        kinds, drawn = QHBoxLayout(), QHBoxLayout()
        for box in (self.plain, self.residual):
            kinds.addWidget(box)
        kinds.addStretch(1)
        drawn.addWidget(self.initialisation, 1)
        drawn.addWidget(self.deviation)
        form = QFormLayout()
        form.addRow("&Depths, with commas", self.depths)
        form.addRow("Kinds", kinds)
        form.addRow("", self.unnormalised)
        form.addRow("Initialisation", drawn)
        form.addRow("&Shortcut option", self.shortcut)
        form.addRow("&More networks by name", self.networks)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._sentence)
        layout.addWidget(self._buttons)

    def _show_endings(self, endings: tuple[str, ...]) -> None:
        for ending in endings:
            name, _, value = ending.partition("=")
            for choice in (self.initialisation, self.shortcut):
                if (place := choice.findData(name)) > 0:
                    choice.setCurrentIndex(place)
            if value:
                self.deviation.setValue(float(value))

    @property
    def plan(self) -> RunPlan:
        """What the fields say."""
        drawn = str(self.initialisation.currentData())
        if drawn == "-normal":
            drawn = f"-normal={self.deviation.value():g}"
        normalised = _NOBN if self.unnormalised.isChecked() else ""
        endings = tuple(part for part in (str(self.shortcut.currentData()), normalised, drawn) if part)
        return replace(
            self._start,
            depths=self.depths.text().strip(),
            is_plain=self.plain.isChecked(),
            is_residual=self.residual.isChecked(),
            endings=endings,
            networks=self.networks.text().strip(),
        )

    @property
    def sentence(self) -> str:
        """Why the fields cannot be taken; "" where they can."""
        return self._sentence.text()

    @Slot()
    def _follow(self) -> None:
        self.deviation.setEnabled(self.initialisation.currentData() == "-normal")
        self.shortcut.setEnabled(self.residual.isChecked())
        sentence = self._refusal(self.plan)
        self._sentence.setText(sentence)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not sentence)

    @classmethod
    def ask(cls, plan: RunPlan, refusal: Callable[[RunPlan], str], parent: QWidget | None) -> RunPlan | None:
        """The plan with other networks, or None where the user leaves."""
        dialog = cls(plan, refusal, parent)
        is_taken = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.plan if is_taken else None


def _choices(titles: dict[str, str]) -> QComboBox:
    box = QComboBox()
    for ending, title in titles.items():
        box.addItem(title, ending)
    return box
