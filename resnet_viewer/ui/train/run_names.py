"""A run's name where there is little room: its kind and depth stay, and which seed it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from resnet_viewer.records.run_log import RunLog


def shortest(log: RunLog) -> str:
    """What is always left: "Plain-56", "ResNet-8… s2"."""
    head, middle, tail = _parts(log)
    return f"{head}{'…' if middle else ''}{tail}"


def fitting(log: RunLog, metrics: QFontMetrics, room: int) -> str:
    """As much of the name as has room: first "seed" is a letter, then what stands in the middle is cut off."""
    head, middle, tail = _parts(log)
    for name in (log.title, f"{head}{middle}{tail}"):
        if metrics.horizontalAdvance(name) <= room:
            return name
    left = room - metrics.horizontalAdvance(head + tail)
    cut = metrics.elidedText(middle, Qt.TextElideMode.ElideRight, left) if middle else ""
    return f"{head}{cut}{tail}" if cut else shortest(log)


def _parts(log: RunLog) -> tuple[str, str, str]:
    """ "ResNet-8", " (no BN) adam", " s2"; the parts that it lacks are empty."""
    head = log.run.network.title.partition(" (")[0]
    tail = f" s{log.run.network.seed}" if log.has_siblings else ""
    return head, log.group_title.removeprefix(head), tail


class NameDelegate(QStyledItemDelegate):
    """Draws names so, in a column whose `UserRole` is the run."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        log = index.data(Qt.ItemDataRole.UserRole)
        widget = option.widget
        if not isinstance(log, RunLog) or widget is None:
            return
        style = widget.style()
        words = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, widget)
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, widget) + 1
        option.text = fitting(log, option.fontMetrics, words.width() - 2 * margin)
        option.textElideMode = Qt.TextElideMode.ElideRight
