"""The status bar: device and time of the probe, the network's facts, what is under the pointer, the picture."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QTimer, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QStatusBar, QWidget

from resnet_viewer.records.captions import plain
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui.inspect.readings import placeholder
from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.fitting import ReadoutLabel
from resnet_viewer.ui.widgets.labels import plain_label, tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, Theme

BUSY_AFTER_MS = 150
"""Shorter work shows no sign: a flicker with every toggle tells nothing."""
SAID_FOR_MS = 6000
_LEAST_HOVER = 46
"""Letters' widths that what is under the pointer keeps: a short name and two numbers."""


class BusyDot(QWidget):
    """A small disc while something is computed. Its place is kept when it is not lit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(14, 14)
        self._colour = QColor(DARK.shortcut)
        self.is_lit = False

    def light(self, is_lit: bool) -> None:
        """Show or hide the disc."""
        self.is_lit = is_lit
        self.setToolTip("working…" if is_lit else "")
        self.setAccessibleName("working" if is_lit else "idle")
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._colour = QColor(theme.shortcut)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.is_lit:
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(self._colour)
                painter.setBrush(self._colour)
                painter.drawEllipse(3, 3, 8, 8)


@dataclass
class _Facts:
    """What a page says; pairs are the whole and a short form."""

    probe: str = ""
    network: tuple[str, str] = ("", "")
    network_tip: str = ""
    picture: tuple[str, str] = ("", "")
    picture_tip: str = ""


class StatusBar(QStatusBar):
    """Facts, left to right. The text under the pointer takes the room that is left."""

    def __init__(self, threads: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setMinimumWidth(1)  # what does not fit is shortened, and never widens the window
        self._threads = threads
        self.dot = BusyDot()
        self._probe = plain_label("starting…")
        self._network = plain_label()
        self._hover = ReadoutLabel()
        self._picture = plain_label()
        self.setContentsMargins(10, 0, 10, 0)
        self.addWidget(self.dot)
        self.addWidget(self._probe)
        self.addWidget(self._network)
        self.addWidget(self._hover, 1)
        self.addPermanentWidget(self._picture)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(BUSY_AFTER_MS)
        self._delay.timeout.connect(self._light)
        self._pages = [_Facts("starting…"), _Facts(f"training: {threads}" if threads else "")]
        self._place = 0
        self._said = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SAID_FOR_MS)
        self._rest.timeout.connect(self._forget_said)
        self.apply_theme(DARK)

    def texts(self) -> tuple[str, str, str, str]:
        """Probe, network, pointer and picture, as shown."""
        return self._probe.text(), self._network.text(), self._hover.text(), self._picture.text()

    def show_page(self, place: int) -> None:
        """The facts of the page in view; what was pointed at or done on another one is none of them."""
        if place != self._place:
            self._rest.stop()
            self._said = ""
            self.show_hover("")
        self._place = place
        self._fit()

    @Slot(str)
    def show_training_device(self, device: str) -> None:
        """Where the runs train, or would."""
        self._pages[1].probe = " · ".join(fact for fact in (f"training: {device}", self._threads) if fact)
        if self._place == 1:
            self._fit()

    def render_lab(self, scene: LabScene) -> None:
        """Show the facts of the runs."""
        facts = self._pages[1]
        done = sum(log.state == "done" for log in scene.logs)
        words = f"{done} of {len(scene.logs)} runs done" if scene.logs and not scene.is_being_read else ""
        facts.network, facts.network_tip = (words, words), words
        facts.picture, facts.picture_tip = ("", ""), ""
        if scene.data is not None:
            count, (_, _, height, width) = scene.data.count, scene.data.test_pictures.shape
            tested = thousands(len(scene.data.test_labels))
            whole = f"{scene.data_name}: {thousands(count)} pictures and {tested} to test, {width}×{height}"
            facts.picture, facts.picture_tip = (whole, scene.data_name), whole
        if self._place == 1:
            self._fit()

    def render_scene(self, scene: Scene) -> None:
        """Show the facts of what is on screen."""
        facts = self._pages[0]
        if scene.now is not None and scene.now.is_complete:
            device = f"{scene.now.device} · {self._threads}" if self._threads else scene.now.device
            waiting = " · updating…" if scene.is_stale else ""
            facts.probe = f"{device}    forward + backward {_duration(scene.now.seconds)}{waiting}"
        else:  # a time measured on another network must not stand beside this one's name
            facts.probe = placeholder(scene)
        plan = scene.blueprint
        weights = plain(plan.spec.weights.title)
        name = f"{plan.spec.title} · {weights}"
        if scene.is_starting and plan.spec.weights.source == "none":
            name = plan.spec.title
        size = f"{thousands(plan.parameters)} parameters · {_macs(plan.macs)}"
        facts.network = f"{shortened(name)} · {size}", shortened(name, 24)
        facts.network_tip = f"{name} · {size}"
        picture = scene.session.setup.picture
        if picture is not None:
            told = [fact for fact in (f"{picture.width}×{picture.height}", plain(picture.facts)) if fact]
            facts.picture = (
                " · ".join((shortened(plain(picture.name)), *told)),
                shortened(plain(picture.name), 16),
            )
            facts.picture_tip = " · ".join((plain(picture.name), *told))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_place"):
            QTimer.singleShot(0, self, self._fit)  # when the children have the font too

    @Slot()
    def _fit(self) -> None:
        """The whole facts where they fit, else names alone; the tooltips have the whole."""
        facts = self._pages[self._place]
        self._probe.setText(facts.probe)
        self._network.setText(f"   {facts.network[0]}")
        self._picture.setText(facts.picture[0])
        self._network.setToolTip(tooltip_text(facts.network_tip))
        self._picture.setToolTip(tooltip_text(facts.picture_tip))
        parts = (self.dot, self._probe, self._network, self._picture)
        least = _LEAST_HOVER * self.fontMetrics().averageCharWidth()
        if sum(part.sizeHint().width() for part in parts) + least > self.width():
            self._network.setText(f"   {facts.network[1]}")
            self._picture.setText(facts.picture[1])

    @Slot(str)
    def show_hover(self, text: str) -> None:
        """What is under the pointer; an empty text clears it."""
        self._hover.setText(text or self._said)
        self._hover.setToolTip(tooltip_text(text or self._said))

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Something that has just been done; stays for a moment, also where the pointer leaves something."""
        self._said = sentence
        self._rest.start()
        self.show_hover("")

    @Slot()
    def _forget_said(self) -> None:
        said, self._said = self._said, ""
        if self._hover.text() == said:
            self.show_hover("")

    @Slot(bool)
    def show_busy(self, is_busy: bool) -> None:
        """Light the disc when the work takes longer than a moment."""
        if is_busy:
            if not self.dot.is_lit and not self._delay.isActive():
                self._delay.start()
        else:
            self._delay.stop()
            self.dot.light(False)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for label in (self._probe, self._network, self._picture):
            colour_text(label, theme.muted)
        colour_text(self._hover, theme.text)
        self.dot.apply_theme(theme)

    @Slot()
    def _light(self) -> None:
        self.dot.light(True)


def shortened(name: str, most: int = 40) -> str:
    """A name of at most `most` characters; a longer one keeps its beginning and its end.

    Example:
        >>> shortened("a_very_long_name.pth", 12)
        'a_ver…me.pth'
    """
    if len(name) <= most:
        return name
    head = (most - 1) // 2
    return f"{name[:head]}…{name[-(most - 1 - head) :]}"


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _macs(number: int) -> str:
    return f"{number / 1e9:.2f} GMACs" if number >= 1e9 else f"{number / 1e6:.0f} MMACs"
