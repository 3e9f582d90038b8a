"""The options that a network is built with, as a form that fits the network of the list."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QSpinBox,
    QWidget,
)

from resnet_viewer.records.network import BuildOptions, NetworkSpec
from resnet_viewer.records.network_entries import (
    UNTRAINED,
    EndingChoice,
    EndingGroup,
    NetworkEntry,
    WeightsChoice,
)
from resnet_viewer.ui.widgets.form import allow, choices, on_change, put
from resnet_viewer.ui.widgets.labels import tooltip_text

POOLINGS = {"average": "average", "maximum": "maximum", "none": "none: the maps themselves"}
USUAL_ENDING = "as usual"


class BuildForm(QWidget):
    """Weights, endings, classes, side, channels, classifier and seed. `changed` follows every change of the user."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: NetworkEntry | None = None
        self.endings: list[_EndingField] = []
        self.weights = _narrow(QComboBox(), 18)
        self.classes = QSpinBox(minimum=1, maximum=100_000)
        self.side = QSpinBox(minimum=1, maximum=4096, suffix=" pixels")
        self.channels = choices({3: "3 (colour)", 1: "1 (grey)"})
        self.classifier = QCheckBox("Classifier")
        self.pooling = choices(POOLINGS)
        self.seed = QSpinBox(minimum=0, maximum=2**31 - 1)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields = {
            "&Weights": self.weights, "Input &side": self.side, "Input c&hannels": self.channels,
            "": self.classifier, "&Classes": self.classes, "&Pooling": self.pooling, "S&eed": self.seed,
        }  # fmt: skip
        for label, field in fields.items():
            self._form.addRow(label, field)
        self._usual_rows = self._form.rowCount()
        on_change(fields.values(), self._follow)

    def show_entry(self, entry: NetworkEntry) -> None:
        """The options of this network, all as usual."""
        self._entry = entry
        self.blockSignals(True)
        spec = entry.spec
        self.side.setValue(spec.input_size)
        put(self.channels, spec.channels)
        self.classifier.setChecked(True)
        self.classes.setValue(spec.classes)
        self.pooling.setCurrentIndex(0)
        while self._form.rowCount() > self._usual_rows:
            self._form.removeRow(self._usual_rows)
        self.endings = []
        for group in entry.groups:
            field = _EndingField(group, entry.preset)
            field.changed.connect(self._follow)
            self.endings.append(field)
            self._form.addRow(group.title, field)
        self._list_weights()
        self.blockSignals(False)
        self._follow()

    def show_present(self, spec: NetworkSpec) -> None:
        """The options that this network, the entry's, was built with.

        Its weights too where they are the entry's; for a file's, and for none, the entry's best stay chosen.
        """
        self.blockSignals(True)
        self.side.setValue(spec.input_size)
        put(self.channels, spec.channels)
        self.classifier.setChecked(spec.has_classifier)
        if spec.has_classifier:
            self.classes.setValue(spec.classes)
        else:
            put(self.pooling, spec.top_pooling)
        self.seed.setValue(spec.seed)
        for index in range(self.weights.count()):
            choice = self.weights.itemData(index)
            if choice != UNTRAINED and choice.ref == spec.weights:
                self.weights.setCurrentIndex(index)
        self.blockSignals(False)
        self._follow()

    @property
    def name(self) -> str:
        """The network's name with the endings that are chosen."""
        assert self._entry is not None
        return self._entry.base + "".join(field.ending for field in self.endings)

    @property
    def options(self) -> BuildOptions:
        """What differs from the usual; what is as usual is None."""
        assert self._entry is not None
        spec, has_classifier = self._entry.spec, self.classifier.isChecked()
        classes, side, channels = self.classes.value(), self.side.value(), self.channels.currentData()
        return BuildOptions(
            classes if has_classifier and classes != spec.classes else None,
            side if side != spec.input_size else None,
            channels if channels != spec.channels else None,
            has_classifier,
            None if has_classifier else self.pooling.currentData(),
        )

    @property
    def chosen_weights(self) -> WeightsChoice:
        """One of the entry's, or none."""
        found = self.weights.currentData()
        return found if isinstance(found, WeightsChoice) else UNTRAINED

    @Slot()
    def _follow(self) -> None:
        if self.signalsBlocked():
            return
        self._list_weights()
        self.classes.setEnabled(self.classifier.isChecked())
        allow(self.pooling, "A classifier takes the average." if self.classifier.isChecked() else "")
        is_drawn = self.chosen_weights.ref.source == "none"
        allow(self.seed, "" if is_drawn else "Trained weights are not drawn from a seed.")
        self.changed.emit()

    def _list_weights(self) -> None:
        """The entry's own where its name stands, and always none."""
        assert self._entry is not None
        own = self._entry.weights if self.name == self._entry.spec.name else ()
        wanted = (*own, UNTRAINED)
        listed = tuple(self.weights.itemData(index) for index in range(self.weights.count()))
        if listed == wanted:
            return
        with QSignalBlocker(self.weights):
            self.weights.clear()
            for choice in wanted:
                self.weights.addItem(choice.words, choice)
            put(self.weights, next((choice for choice in wanted if choice.is_here), wanted[0]))


class _EndingField(QWidget):
    """One group of endings, and the number behind the chosen one where it takes one."""

    changed = Signal()

    def __init__(self, group: EndingGroup, preset: tuple[str, ...]) -> None:
        super().__init__()
        self.box = _narrow(choices({None: USUAL_ENDING} | {one: one.words for one in group.choices}), 8)
        self.box.setAccessibleName(group.title)
        self.number = QDoubleSpinBox(decimals=2, minimum=-100.0, maximum=100.0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.number)
        values = {ending: value for ending, _, value in (part.partition("=") for part in preset)}
        chosen = next((one for one in group.choices if one.ending in values), None)
        put(self.box, chosen)
        self._show_choice()
        if chosen is not None and (value := values[chosen.ending]):
            self.number.setValue(float(value))
        self.box.currentIndexChanged.connect(self._follow)
        self.number.valueChanged.connect(self.changed)

    @property
    def ending(self) -> str:
        """As a name has it; empty for the usual."""
        choice = self.box.currentData()
        if not isinstance(choice, EndingChoice):
            return ""
        is_usual = not choice.number or self.number.value() == choice.usual
        return choice.ending if is_usual else f"{choice.ending}={self.number.value():g}"

    @Slot()
    def _follow(self) -> None:
        with QSignalBlocker(self.number):
            self._show_choice()
        self.changed.emit()

    def _show_choice(self) -> None:
        """Its tooltip, and its number with the usual value where it takes one."""
        choice = self.box.currentData()
        has_number = isinstance(choice, EndingChoice) and bool(choice.number)
        self.number.setVisible(has_number)
        if isinstance(choice, EndingChoice):
            self.box.setToolTip(tooltip_text(choice.words))
            self.number.setToolTip(choice.number)
            self.number.setAccessibleName(choice.number)
            self.number.setSingleStep(1.0 if abs(choice.usual) >= 1 else 0.01)
            self.number.setValue(choice.usual)


def _narrow(box: QComboBox, letters: int) -> QComboBox:
    """As wide as so many letters, however long its choices are."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(letters)
    return box
