"""The filters of the selected convolution, beside its maps: the network's weights as pictures."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from resnet_viewer.charts.filters import FiltersChart
from resnet_viewer.charts.tiles import even_grid
from resnet_viewer.records.session import View
from resnet_viewer.ui.inspect.mosaic import MosaicPane
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, choice_box, part_wordings
from resnet_viewer.ui.widgets.labels import muted
from resnet_viewer.ui.widgets.pixels import Tiles, image_of_rgb
from resnet_viewer.ui.widgets.theme import DARK

SCALES = ("layer", "one scale"), ("each", "each its own")


class FilterPane(MosaicPane):
    """A tile for each filter or kernel, in colour where the filters look at colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chart: FiltersChart | None = None
        self.setAccessibleName("Filters")

    def set_chart(self, chart: FiltersChart | None) -> None:
        """Replace what is shown."""
        self._chart = chart
        self.set_mosaic(None if chart is None else chart.mosaic)
        if chart is not None and chart.rgb is not None:
            count, height, width, _ = chart.rgb.shape
            self.tiles = Tiles(image_of_rgb(chart.rgb.reshape(-1, width, 3)), width, height, count)
        self._fit()
        self.update()

    def _fit(self) -> None:
        chart = self._chart
        if chart is None or chart.columns is None:
            super()._fit()
            return
        count, height, width = chart.mosaic.maps.places.shape
        rows = count // chart.columns
        room = self.width() - 4, self.height() - 4
        self.grid = even_grid(chart.columns, rows, width, height, *room)
        self._make_sheet()

    def _make_sheet(self) -> None:
        super()._make_sheet()
        if self._chart is not None and self._chart.rgb is not None:
            self._sheet = None  # which has one value for each pixel


class FiltersView(QWidget):
    """All signals but `hovered` are wishes: `filter_chosen` for the kernels of one, `view_changed` for another way of
    looking.
    """

    filter_chosen = Signal(int)
    view_changed = Signal(View)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._chart: FiltersChart | None = None
        self.pane = FilterPane()
        self.words = muted(ShorteningLabel(lambda text: part_wordings(text, ", ")))
        self.scale = choice_box(
            "Scale of the filters", SCALES, "One scale for the whole layer, or one for each filter"
        )
        self.page = QSpinBox()
        self.page.setAccessibleName("Page of the filters")
        self.page.setToolTip("The strongest filters stand on the first page")
        self.page.setPrefix("page ")
        self.page.setKeyboardTracking(False)
        self.legend = ColourBar()
        foot = QHBoxLayout()
        foot.setSpacing(DARK.gap)
        for part in (self.scale, self.page):
            foot.addWidget(part)
        foot.addStretch(1)
        foot.addWidget(self.legend)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2)
        lines.addWidget(self.pane, 1)
        lines.addWidget(self.words)
        lines.addSpacing(4)
        lines.addLayout(foot)
        self.scale.activated.connect(self._choose_scale)
        self.page.valueChanged.connect(self._turn)
        self.pane.channel_clicked.connect(self.filter_chosen)
        self.pane.channel_hovered.connect(self._tell)
        self.pane.left.connect(self._tell_nothing)

    def show_chart(self, chart: FiltersChart | None, view: View, message: str) -> None:
        """Show a page of filters, or a message in its place; emits nothing."""
        self._view = view
        self.pane.set_message(message)
        if chart is not self._chart:
            self._chart = chart
            self.pane.set_chart(chart)
        self.words.setText("" if chart is None else chart.words)
        self.words.setToolTip(self.words.text())
        self.scale.setCurrentIndex(self.scale.findData(view.filters_scale))
        with QSignalBlocker(self.page):
            self.page.setRange(1, 1 if chart is None else chart.pages)
            self.page.setSuffix("" if chart is None else f" of {chart.pages}")
            self.page.setValue(1 if chart is None else chart.page + 1)
        self.page.setVisible(chart is not None and chart.pages > 1)
        if chart is not None:
            self.legend.show_scale(chart.scale)

    @Slot(int)
    def _choose_scale(self, place: int) -> None:
        self.view_changed.emit(replace(self._view, filters_scale=self.scale.itemData(place)))

    @Slot(int)
    def _turn(self, page: int) -> None:
        self.view_changed.emit(replace(self._view, filters_page=page - 1))

    @Slot(int, int, int)
    def _tell(self, _filter: int, y: int, x: int) -> None:
        place = self.pane.place
        if self._chart is not None and place is not None:
            self.hovered.emit(f"{self._chart.value_words(place, y, x)} · click: its kernels · wheel: zoom")

    @Slot()
    def _tell_nothing(self) -> None:
        self.hovered.emit("")
