"""Every network to search, filter and compare, and the options that one of them is built with."""

from __future__ import annotations

from collections import Counter
from html import escape

from PySide6.QtCore import QModelIndex, QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.network_entries import NetworkChoice, NetworkEntry, Networks
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui.inspect.build_form import BuildForm
from resnet_viewer.ui.widgets.form import CANCEL, OK, choices
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.widgets.table_model import (
    Cell,
    RowFilter,
    Table,
    TableModel,
    fit_columns,
    search_field,
    sorted_by_header,
)

HEADER = ("Name", "Depth", "Parameters", "MACs", "Weights", "Blocks", "Data", "Title")
ALL = "All families"
MACS_RULE = (
    "MACs are multiply-accumulates for one picture: one for each product of a weight with an input value; "
    "normalisation, activation, pooling and additions are not counted."
)


class NetworkDialog(QDialog):
    """Begins with the options of the network on the screen. OK is disabled while the options do not go together, and
    the reason stands above it.
    """

    def __init__(
        self,
        networks: Networks,
        present: NetworkSpec | None = None,
        parent: QWidget | None = None,
        *,
        verb: str = "Open",
    ) -> None:
        super().__init__(parent)
        self._verb = verb
        self.setWindowTitle("Networks")
        room = parent.size() if parent is not None else QSize(1240, 760)
        self.resize(min(1290, room.width() - 40), min(700, room.height() - 60))
        self._build = networks.build
        self._entries = networks.entries()
        self.choice: NetworkChoice | None = None
        self.search = search_field("Search networks", "Search: name, depth, data, weights …")
        families = {entry.spec.family_words: entry.spec.family_words for entry in self._entries}
        self.family = choices({None: ALL, **families})
        self.family.setAccessibleName("Family")
        self._model = TableModel(HEADER, [_row(entry) for entry in self._entries])
        self.rows = RowFilter(self._model)
        self.table = sorted_by_header(Table(self.rows, "Networks"))
        self.form = BuildForm()
        self.facts = QLabel(
            textFormat=Qt.TextFormat.RichText,
            wordWrap=True,
            textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse,
            alignment=Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft,
        )
        self.problem, self.count = plain_label(), plain_label()
        self.problem.setWordWrap(True)
        self.buttons = QDialogButtonBox(OK | CANCEL)
        self.ok = self.buttons.button(OK)
        self._lay_out()
        self.search.textChanged.connect(self._filter)
        self.family.currentIndexChanged.connect(self._filter)
        self.table.selectionModel().currentRowChanged.connect(self._show_entry)
        self.table.doubleClicked.connect(self._open)
        self.form.changed.connect(self._show_choice)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._filter()
        self.select(present.name if present else "")
        if present is not None and self.entry is not None and self.entry.spec.name == present.name:
            self.form.show_present(present)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(self.search, 1)
        bar.addWidget(self.family)
        left, right = QWidget(), QWidget()
        left_layout, right_layout = QVBoxLayout(left), QVBoxLayout(right)
        left_layout.setContentsMargins(0, 0, 0, 0)
        left_layout.addLayout(bar)
        left_layout.addWidget(self.table, 1)
        left_layout.addWidget(self.count)
        right_layout.setContentsMargins(4, 0, 4, 0)
        right_layout.addWidget(self.facts)
        right_layout.addWidget(self.form)
        right_layout.addStretch(1)
        area = QScrollArea()
        area.setWidget(right)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(350)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(area)
        split.setStretchFactor(0, 1)
        split.setSizes([910, 360])
        foot = QHBoxLayout()
        foot.addWidget(self.problem, 1)
        foot.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addLayout(foot)
        fit_columns(self.table, stretched=len(HEADER) - 1)

    def select(self, name: str) -> None:
        """Select the network of that name, or the first that is shown."""
        names = [entry.spec.name for entry in self._entries]
        place = self._model.index(names.index(name), 0) if name in names else QModelIndex()
        shown = self.rows.mapFromSource(place)
        self.table.setCurrentIndex(shown if shown.isValid() else self.rows.index(0, 0))
        self.table.scrollTo(self.table.currentIndex())

    @property
    def entry(self) -> NetworkEntry | None:
        """The one that is selected."""
        index = self.rows.mapToSource(self.table.currentIndex())
        return self._entries[index.row()] if index.isValid() else None

    @Slot()
    def _filter(self) -> None:
        family = self.family.currentData()
        kept = {n for n, entry in enumerate(self._entries) if family in (None, entry.spec.family_words)}
        self.rows.search(self.search.text(), kept)
        if not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.rows.index(0, 0))
        count = self.rows.rowCount()
        self.count.setText(
            f"{count} of {len(self._entries)} networks; other depths 6n + 2 open by name on the command line."
        )
        self._show_entry()

    @Slot()
    def _show_entry(self) -> None:
        if (entry := self.entry) is not None:
            self.form.show_entry(entry)
        else:
            self._show_choice()
        self.form.setEnabled(entry is not None)

    @Slot()
    def _show_choice(self) -> None:
        self.choice, reason = None, ""
        if self.entry is None:
            reason = "No network has all these words; search for others."
        else:
            weights = self.form.chosen_weights
            try:
                spec = self._build(self.form.name, self.form.options, weights.ref, self.form.seed.value())
            except UserError as refusal:
                reason = str(refusal)
            else:
                self.choice = NetworkChoice(spec, not weights.is_here)
                self.facts.setText(facts(spec, weights.words))
        self.problem.setText(reason)
        self.ok.setEnabled(self.choice is not None)
        needs_download = self.choice is not None and self.choice.needs_download
        self.ok.setText(f"Download and {self._verb.lower()}" if needs_download else self._verb)

    @Slot()
    def _open(self) -> None:
        if self.choice is not None:
            self.accept()


def facts(spec: NetworkSpec, weights: str) -> str:
    """What a network is, from its blueprint, as rich text."""
    plan = blueprint(spec)
    stages = " · ".join(f"conv{stage.number}_x {len(stage.blocks)}" for stage in plan.stages)
    forms = Counter(block.shortcut for block in plan.blocks)
    shortcuts = (
        " · ".join(f"{count} {form}" for form, count in forms.items()) if spec.has_shortcuts else "none"
    )
    deep = len(plan.stem_layers)
    rows = (
        ("Name", spec.name),
        ("Depth", f"{spec.depth} layers, {spec.block_count} blocks"),
        *([("Stem", f"{deep} layers, counted as one")] if deep > 1 else ()),
        ("Stages", stages),
        ("Shortcuts", shortcuts),
        ("Input", "×".join(map(str, plan.input_shape))),
        ("Output", f"{spec.classes} classes" if spec.has_classifier else "no classifier"),
        ("Parameters", thousands(plan.parameters)),
        ("MACs", thousands(plan.macs)),
        ("Weights", weights),
    )
    cells = "".join(
        f"<tr><td style='padding-right: 12px'>{escape(name)}</td><td>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<h3>{escape(spec.title)}</h3><table>{cells}</table><p>{escape(MACS_RULE)}</p>"


def _row(entry: NetworkEntry) -> tuple[Cell, ...]:
    spec, plan = entry.spec, blueprint(entry.spec)
    return (
        Cell(spec.name),
        Cell(str(spec.depth), spec.depth),
        Cell(f"{thousands(plan.parameters / 1e6, 2)} M", plan.parameters),
        Cell(f"{thousands(plan.macs / 1e9, 2)} G", plan.macs),
        Cell(entry.weights_words),
        Cell(str(spec.block_count), spec.block_count),
        Cell(spec.data),
        Cell(spec.title),
    )
