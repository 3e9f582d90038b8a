"""The small dialogs: which file, where to, the shortcut sheet, about. Each returns plain data."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.ui.commands import Command, menus_of
from resnet_viewer.ui.incoming import WEIGHT_SUFFIXES
from resnet_viewer.ui.widgets.theme import DARK
from resnet_viewer.versions import version_of

CITATION = (
    "He, K., Zhang, X., Ren, S., Sun, J.: Deep Residual Learning for Image Recognition. "
    "arXiv:1512.03385 (2015), CVPR 2016."
)
MOUSE_AND_KEYS = (
    ("click an arc", "cut or restore that shortcut"),
    ("drag over arcs", "cut or restore a range"),
    ("click a box", "show that layer's feature maps"),
    ("drop a folder with Shift", "measure the error on its pictures"),
    ("wheel, drag", "zoom and pan the wiring and the plots"),
    ("click a curve's plot", "pin the time in Train; a second click or Esc releases it"),
    ("left, right", "in the wiring select the next part, in Train move the pinned time"),
    ("return", "in the wiring cut or restore the selected arc"),
)


class OpenPictures:
    """Which pictures to open."""

    @classmethod
    def ask(cls, folder: Path | None, parent: QWidget | None) -> tuple[Path, ...]:
        """The chosen files; none where the user leaves."""
        from resnet_viewer.media.pictures import extensions  # Pillow asks all its plugins: not at start-up

        patterns = " ".join(f"*{end}" for end in extensions())
        names, _ = QFileDialog.getOpenFileNames(
            parent, "Open pictures", str(folder or ""), f"Pictures ({patterns});;All files (*)"
        )
        return tuple(map(Path, names))


class OpenWeights:
    """Which weight file to open."""

    @classmethod
    def ask(cls, folder: Path | None, parent: QWidget | None) -> Path | None:
        """The chosen file, or None."""
        patterns = " ".join(f"*{end}" for end in WEIGHT_SUFFIXES)
        name, _ = QFileDialog.getOpenFileName(
            parent, "Open weights", str(folder or ""), f"Weights ({patterns});;All files (*)"
        )
        return Path(name) if name else None


class SaveAs:
    """Where to write a file; the dialog asks before it lets an existing one be replaced."""

    @classmethod
    def ask(cls, title: str, suggestion: Path, parent: QWidget | None) -> Path | None:
        """The chosen path, or None."""
        suffix = suggestion.suffix
        name, _ = QFileDialog.getSaveFileName(
            parent, title, str(suggestion), f"{suffix.removeprefix('.').upper()} (*{suffix});;All files (*)"
        )
        return Path(name) if name else None


class MayClose:
    """Whether to close the window while something is at work."""

    @classmethod
    def ask(cls, sentence: str, parent: QWidget | None) -> tuple[bool, bool]:
        """Whether to close, and whether to be asked another time."""
        box = QMessageBox(QMessageBox.Icon.Question, "Close ResNet Viewer?", sentence, parent=parent)
        box.setTextFormat(Qt.TextFormat.PlainText)
        close = box.addButton("Close", QMessageBox.ButtonRole.AcceptRole)
        leave = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(close)
        box.setEscapeButton(leave)
        again = QCheckBox("Do not ask again")
        box.setCheckBox(again)
        box.exec()
        is_taken = box.clickedButton() is close
        box.deleteLater()
        return is_taken, not again.isChecked()


class MayRemove:
    """Whether to delete files."""

    @classmethod
    def ask(cls, title: str, sentence: str, parent: QWidget | None) -> bool:
        """Whether the user wants it."""
        box = QMessageBox(QMessageBox.Icon.Question, title, sentence, parent=parent)
        box.setTextFormat(Qt.TextFormat.PlainText)
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        leave = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(leave)
        box.setEscapeButton(leave)
        box.exec()
        is_taken = box.clickedButton() is remove
        box.deleteLater()
        return is_taken


class ShortcutSheet(QDialog):
    """Every command with its keys."""

    def __init__(self, table: Iterable[Command], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self._label = QLabel(shortcut_sheet(tuple(table)))
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._label.setMargin(DARK.padding)
        self._label.ensurePolished()
        whole = self._label.sizeHint()
        self._label.setWordWrap(True)  # for a screen that is narrower than that
        self._area = QScrollArea()
        self._area.setWidget(self._label)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.addWidget(self._area)
        margins = layout.contentsMargins()
        frame = 2 * self._area.frameWidth()
        across = margins.left() + margins.right() + frame + self._area.verticalScrollBar().sizeHint().width()
        down = margins.top() + margins.bottom() + frame
        room = self.screen().availableSize()
        self.resize((whole + QSize(across, down)).boundedTo(QSize(room.width(), room.height() * 9 // 10)))


def shortcut_sheet(table: tuple[Command, ...]) -> str:
    """The sheet as rich text: one table, so that its columns stand below each other."""
    parts: list[str] = []
    for menu in menus_of(table):
        rows = [(command.keys_text, command.plain_text) for command in table if command.menu == menu]
        parts.append(_section(menu, [row for row in rows if row[0]]))
    parts.append(_section("Mouse", list(MOUSE_AND_KEYS)))
    return f"<table cellpadding='3'>{''.join(parts)}</table>"


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><b><nobr>{escape(keys)}</nobr></b></td><td>{escape(text.rstrip('…'))}</td></tr>"
        for keys, text in rows
    )
    return f"<tr><td colspan='2'><h3>{escape(title)}</h3></td></tr>{cells}"


class About(QDialog):
    """Versions, licences, the paper."""

    def __init__(self, info: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About ResNet Viewer")
        self._info = info
        text = (
            f"<h2>ResNet Viewer {escape(version_of('resnet-viewer'))}</h2>"
            "<p>See what residual connections do: feature maps, gradient norms and Grad-CAM<br>of a live "
            "network whose shortcuts you cut and restore.</p>"
            f"<p><b>If you use it in teaching or a paper, cite the networks' authors:</b><br>{escape(CITATION)}"
            "</p><p>MIT licence. Built on Qt for Python (LGPL), PyTorch (BSD), torchvision (BSD), pyqtgraph "
            "(MIT),<br>superqt (BSD), qtawesome (MIT), matplotlib (PSF-like), Pillow (MIT-CMU), numpy (BSD).</p>"
            f"<pre>{escape(info)}</pre>"
        )
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy versions", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addWidget(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._info)


def show_until_closed(dialog: QDialog) -> None:
    """And forget it then."""
    dialog.exec()
    dialog.deleteLater()


def ask_to_replace(path: Path, parent: QWidget | None) -> bool:
    """For a name that the save dialog has not asked about."""
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    box = QMessageBox(QMessageBox.Icon.Question, "Replace the file?", "", yes | no, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"{path.name} is there already. Replace it?")
    answer = box.exec()
    box.deleteLater()
    return answer == yes
