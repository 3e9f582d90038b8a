"""Which networks are trained: depths, plain and residual, how they are built, and any others by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QWidget

from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.ui.widgets.form import OK, Form, choices, on_change, put, value_of

_INITIALISATIONS = {
    "": "He et al. 2015",
    "-xavier": "Xavier",
    "-normal": "normal, of a fixed deviation",
    "-skipinit": "SkipInit, without BN",
    "-fixup": "Fixup, without BN",
}
_UNNORMALISED = ("-skipinit", "-fixup")
"""Those of residual networks that have no batch normalisation; their plain twins are without it too."""
_SHORTCUTS = {
    "": "A: padded with zeros (the paper's on CIFAR)",
    "-b": "B: projections where the shape changes",
    "-c": "C: projections everywhere",
}
_NOBN = "-nobn"


class NetworksDialog(Form[RunPlan]):
    """While it does not name networks that can be built, it says why and cannot be taken."""

    def __init__(
        self, plan: RunPlan, refusal: Callable[[RunPlan], str], parent: QWidget | None = None
    ) -> None:
        super().__init__("Networks to train", parent)
        self._start, self._refusal = plan, refusal
        self.depths = QLineEdit(placeholderText="20, 56")
        self.plain, self.residual = QCheckBox("plain"), QCheckBox("residual")
        self.unnormalised = QCheckBox("without batch normalisation")
        self.initialisation, self.shortcut = choices(_INITIALISATIONS), choices(_SHORTCUTS)
        self.deviation = QDoubleSpinBox(decimals=4, minimum=0.0001, maximum=1.0, singleStep=0.01, value=0.01)
        self.networks = QLineEdit(placeholderText="cifar-resnet-44-preact, teaching-mnist")
        self.networks.setMinimumWidth(320)
        kinds, drawn = QHBoxLayout(), QHBoxLayout()
        for box in (self.plain, self.residual):
            kinds.addWidget(box)
        kinds.addStretch(1)
        drawn.addWidget(self.initialisation, 1)
        drawn.addWidget(self.deviation)
        self.rows.addRow("&Depths, with commas", self.depths)
        self.rows.addRow("Kinds", kinds)
        self.rows.addRow("", self.unnormalised)
        self.rows.addRow("Initialisation", drawn)
        self.rows.addRow("&Shortcut option", self.shortcut)
        self.rows.addRow("&More networks by name", self.networks)
        self.fields = {
            "depths": self.depths, "is_plain": self.plain, "is_residual": self.residual, "networks": self.networks
        }  # fmt: skip
        self.fill(plan)
        self._show_endings(plan.endings)
        others = self.unnormalised, self.initialisation, self.shortcut, self.deviation
        on_change((*self.fields.values(), *others), self._follow)
        self._follow()

    def _show_endings(self, endings: tuple[str, ...]) -> None:
        self.unnormalised.setChecked(_NOBN in endings)
        for ending in endings:
            name, _, value = ending.partition("=")
            for choice in (self.initialisation, self.shortcut):
                if choice.findData(name) > 0:
                    put(choice, name)
            if value:
                self.deviation.setValue(float(value))

    @property
    def answer(self) -> RunPlan:
        drawn = value_of(self.initialisation)
        if drawn == "-normal":
            drawn = f"-normal={self.deviation.value():g}"
        is_bare = self.unnormalised.isChecked() and drawn not in _UNNORMALISED
        normalised = _NOBN if is_bare else ""
        endings = tuple(part for part in (value_of(self.shortcut), normalised, drawn) if part)
        return replace(self._start, endings=endings, **self.values)

    @Slot()
    def _follow(self) -> None:
        self.deviation.setEnabled(value_of(self.initialisation) == "-normal")
        self.unnormalised.setEnabled(value_of(self.initialisation) not in _UNNORMALISED)
        self.shortcut.setEnabled(self.residual.isChecked())
        self.say(self._refusal(self.answer))
        self.buttons.button(OK).setEnabled(not self.sentence)
