"""A relief as a surface that can be turned: pyqtgraph's OpenGL items in a context of our own, drawn into an image.

The window stays without OpenGL: where there is none, or its driver gives up, one sentence says why and nothing else
changes. All surfaces share one context, because pyqtgraph keeps its shader programs for the whole process.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMatrix4x4,
    QMouseEvent,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QVector3D,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.chart import Floats
from resnet_viewer.charts.study_relief import END_WORD, HIGH, START_WORD, WHITE, ReliefChart, scale_ticks
from resnet_viewer.charts.study_relief import Surface as Mesh
from resnet_viewer.records.errors import UserError
from resnet_viewer.ui.widgets.plot import takes_key
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

HELP = "drag or arrow keys: turn · wheel or + and −: nearer, farther · Home: as at first"
MISSING = 'A surface needs PyOpenGL, which is not installed: pip install "resnet-viewer[gl]".'
_NO_OPENGL = "OpenGL {} does not work here, so there is no surface; the contours show the same numbers."
_VIEW, _RAISED = (35.0, 40.0, 2.9), 0.07
"""Degrees around and up, and the distance from the middle, in which a surface is seen at first."""
_NEAREST, _FARTHEST = 1.2, 8.0
_TURN, _KEY_TURN, _KEY_ZOOM = 0.5, 5.0, 1.15
"""Degrees for a pixel and for a key, and how much nearer a key comes."""
_OPENING = 30.0
"""Degrees that are seen from bottom to top."""
_FINER = 2
"""So many times as wide and high it is drawn before it is shrunk, for smooth edges; not while it is turned, so that
software, too, draws as fast as a hand moves."""
_REST = 200
"""Milliseconds after which nobody turns it any more."""
_LIFT, _PATH_LIFT = 0.002, 0.006
"""How far lines, and the path, stand over the surface."""
_LINE_WIDTH, _PATH_WIDTH = 1.2, 2.6
"""Pixels."""
_LONGEST = 0.47
"""Of the width that an axis's name takes at most."""
_GAP, _WORDS_AWAY = 4.0, 14.0
"""Pixels from an axis to its numbers, and to its name besides."""
_KEYS = frozenset(
    {
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
        Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_Home,
    }
)  # fmt: skip
_TURNS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class NoSurfaceError(UserError):
    """Why there is no surface, in one sentence."""


class _OpenGL:
    """The one context that all surfaces are drawn in, with pyqtgraph's items.

    Raises:
        NoSurfaceError: PyOpenGL is not installed, or there is no context.
    """

    def __init__(self) -> None:
        try:
            import OpenGL  # noqa: F401  # alone: what it loads depends on the context
        except ImportError as error:
            raise NoSurfaceError(MISSING) from error
        self.context = QOpenGLContext()
        if not self.context.create():
            raise NoSurfaceError(_NO_OPENGL.format("(no context)"))
        self.place = QOffscreenSurface()
        self.place.setFormat(self.context.format())
        self.place.create()
        if not self.enter():
            raise NoSurfaceError(_NO_OPENGL.format("(its context cannot be used)"))
        try:
            version = self.context.format().version()
            if version < (2, 1):
                raise NoSurfaceError(_NO_OPENGL.format(f"{version[0]}.{version[1]} (2.1 is needed)"))
            if sys.platform.startswith("linux"):
                os.environ.setdefault("PYOPENGL_PLATFORM", "egl" if _is_egl() else "glx")
            from pyqtgraph.opengl import GLLinePlotItem, GLMeshItem, MeshData
            from PySide6 import QtOpenGL
        except ImportError as error:
            raise NoSurfaceError(_NO_OPENGL.format(f"({error})")) from error
        finally:
            self.leave()
        self.mesh, self.data, self.line, self._buffers = GLMeshItem, MeshData, GLLinePlotItem, QtOpenGL

    def buffer(self, size: QSize) -> Any:
        """What is drawn into, with a depth."""
        looks = self._buffers.QOpenGLFramebufferObjectFormat()
        looks.setAttachment(self._buffers.QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
        return self._buffers.QOpenGLFramebufferObject(size, looks)

    def enter(self) -> bool:
        """Draw with this context from now on, if that is possible."""
        return bool(self.context.makeCurrent(self.place))

    def leave(self) -> None:
        """No longer."""
        self.context.doneCurrent()


def _is_egl() -> bool:
    """Whether Qt made the present context with EGL, where PyOpenGL would guess by the environment alone."""
    try:
        current = ctypes.CDLL("libEGL.so.1").eglGetCurrentContext
    except (OSError, AttributeError):
        return False
    current.restype = ctypes.c_void_p
    return bool(current())


_kept: list[_OpenGL] = []
"""The context, once there is one."""


def _opengl() -> _OpenGL:
    if not _kept:
        _kept.append(_OpenGL())
        atexit.register(_kept.clear)  # while Qt is still there
    return _kept[0]


class Surface(QWidget):
    """One relief from where the user stands."""

    lost = Signal(str)
    """It cannot be drawn any more, and why."""

    def __init__(self, chart: ReliefChart, parent: QWidget | None = None) -> None:
        """Draw it once, in small.

        Raises:
            NoSurfaceError: that does not work.
        """
        super().__init__(parent)
        self._opengl = _opengl()
        self._items: list[tuple[Any, float]] = []
        """With the widths of lines in pixels."""
        self._buffers: dict[int, Any] = {}
        """What is drawn into, by how much finer it is."""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._repaint)
        self._image = QImage()
        self._is_stale = True
        self._press = QPointF()
        self.around, self.up, self.distance = _VIEW
        self.is_in_scroll = False
        """The wheel alone scrolls what it stands in; with Ctrl it zooms."""
        self.chart = chart
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(HELP)
        self.resize(64, 64)
        self.show_chart(chart)
        self.image()

    def show_chart(self, chart: ReliefChart) -> None:
        """Another relief, seen from the same place."""
        self.chart = chart
        self.setAccessibleName(f"{chart.matrix.panel.title}, as a surface")
        self.setAccessibleDescription(f"{chart.matrix.scale.words}; {HELP}")
        self.release()

    def release(self) -> None:
        """Give the graphics card back what it holds; the next picture takes it again."""
        if self._opengl.enter():
            for item, _ in self._items:
                item._setView(None)
            self._items.clear()
            self._buffers.clear()
            self._opengl.leave()
        self._repaint()

    # what pyqtgraph's items ask of their view

    def currentModelView(self) -> QMatrix4x4:
        """From the surface's cube to what the eye sees."""
        seen = QMatrix4x4()
        seen.translate(0.0, _RAISED, -self._far)
        seen.rotate(self.up - 90.0, 1.0, 0.0, 0.0)
        seen.rotate(-self.around - 90.0, 0.0, 0.0, 1.0)
        return seen

    def currentProjection(self) -> QMatrix4x4:
        """From there to the picture."""
        flat = QMatrix4x4()
        flat.perspective(_OPENING, self.width() / max(self.height(), 1), 0.1, 30.0)
        return flat

    @property
    def _far(self) -> float:
        """Farther away in a place that is narrow, so that all of it is seen."""
        return self.distance * max(1.0, 1.35 * self.height() / max(self.width(), 1))

    def pixels(self, points: Floats) -> Floats:
        """Where points (n, 3) of the cube lie in the widget, (n, 2)."""
        seen = self.currentProjection() * self.currentModelView()
        found = [seen.map(QVector3D(*point)) for point in points.tolist()]
        flat = np.array([(point.x(), point.y()) for point in found]).reshape(-1, 2)
        placed: Floats = (flat * (0.5, -0.5) + 0.5) * (self.width(), self.height())
        return placed

    # drawing

    def image(self) -> QImage:
        """What is seen, without words, drawn anew where something changed.

        Raises:
            NoSurfaceError: OpenGL does not work any more.
        """
        ratio = self.devicePixelRatioF()
        size = QSize(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))
        if not self._is_stale and self._image.size() == size:
            return self._image
        if not self._opengl.enter():
            raise NoSurfaceError(_NO_OPENGL.format("(its context was lost)"))
        try:
            self._image = self._drawn(size)
        except Exception as error:  # whatever a driver, or PyOpenGL for it, may raise
            raise NoSurfaceError(_NO_OPENGL.format(f"({type(error).__name__}: {error})")) from error
        finally:
            self._opengl.leave()
        self._image.setDevicePixelRatio(ratio)
        self._is_stale = False
        return self._image

    def _drawn(self, size: QSize) -> QImage:
        from OpenGL import GL

        finer = 1 if self._rest.isActive() else _FINER
        whole, buffer = size * finer, self._buffers.get(finer)
        if buffer is None or buffer.size() != whole:
            buffer = self._buffers[finer] = self._opengl.buffer(whole)
        if not self._items:
            self._make_items()
        if not buffer.bind():
            raise RuntimeError("there is no memory for a picture of that size")
        try:
            ground = QColor(theme_of(self).panel)
            GL.glViewport(0, 0, whole.width(), whole.height())
            GL.glClearColor(ground.redF(), ground.greenF(), ground.blueF(), 1.0)
            GL.glDepthMask(True)
            GL.glClear(GL.GL_COLOR_BUFFER_BIT | GL.GL_DEPTH_BUFFER_BIT)
            for item, wide in self._items:
                item.width = finer * wide  # a mesh has none
                item.paint()
        finally:
            buffer.release()
        image: QImage = buffer.toImage()
        if finer == 1:
            return image
        return image.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )

    def _make_items(self) -> None:
        """The mesh, pushed back a little so that lines on it are seen; then the lines, and the path over them."""
        from OpenGL import GL

        mesh, theme = self.chart.surface, theme_of(self)
        behind = {
            GL.GL_DEPTH_TEST: True,
            GL.GL_BLEND: False,
            GL.GL_CULL_FACE: False,
            GL.GL_POLYGON_OFFSET_FILL: True,
            "glPolygonOffset": (2.0, 2.0),
        }
        made = [(self._lines(_floor(mesh), QColor(theme.faint).getRgbF()), 1.0)]
        if len(mesh.faces):
            data = self._opengl.data(
                vertexes=mesh.vertices.astype(np.float32),
                faces=mesh.faces.astype(np.uint32),
                vertexColors=mesh.colours.astype(np.float32),
            )
            item = self._opengl.mesh(meshdata=data, smooth=True, computeNormals=False, glOptions=behind)
            made.append((item, 0.0))
        if len(mesh.lines):
            lifted = mesh.lines + np.array([0.0, 0.0, _LIFT])
            made.append((self._lines(lifted, mesh.line_colours), _LINE_WIDTH))
        if len(mesh.path) > 1:
            lifted = np.repeat(mesh.path + np.array([0.0, 0.0, _PATH_LIFT]), 2, axis=0)[1:-1]
            made.append((self._lines(lifted, QColor(self.chart.path_colour).getRgbF()), _PATH_WIDTH))
        for item, _ in made:
            item._setView(self)  # what GLViewWidget.addItem does
        self._items = made

    def _lines(self, points: Floats, colour: Any) -> Any:
        """Pieces of lines, an end after the other; OpenGL's own smoothing would fade each piece at its ends."""
        return self._opengl.line(
            pos=points, color=colour, mode="lines", antialias=False, glOptions="translucent"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        try:
            image = self.image()
        except NoSurfaceError as error:
            self.lost.emit(str(error))
            return
        with QPainter(self) as painter:
            painter.drawImage(QPointF(0.0, 0.0), image)
            self.paint_words(painter)

    def picture(self) -> QImage:
        """All of it with its words, as it is seen, for a file."""
        return self.grab().toImage()

    def paint_words(self, painter: QPainter) -> None:
        """Names and ends of the axes on the near edges of the floor, heights beside the edge at the left."""
        theme, mesh, panel = theme_of(self), self.chart.surface, self.chart.matrix.panel
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.muted))
        (left, right), (bottom, top) = self.chart.ends
        wide, deep = _half_sides(mesh)
        towards = np.radians(self.around)
        near_x = wide if np.cos(towards) > 0 else -wide
        near_y = deep if np.sin(towards) > 0 else -deep
        floor = -HIGH / 2
        middle = self.pixels(np.array([[0.0, 0.0, floor]]))[0]
        words, numbers = _Words(painter, self.size()), []
        for start, end, first, last, title in (
            ((-wide, near_y), (wide, near_y), left, right, panel.x.title),
            ((near_x, -deep), (near_x, deep), bottom, top, panel.y.title),
        ):
            ends = self.pixels(np.array([(*start, floor), (*end, floor)]))
            centre = ends.mean(axis=0)
            away = (centre - middle) / max(float(np.hypot(*(centre - middle))), 1e-9)
            words.write(centre + _WORDS_AWAY * away, title, away)
            for share, value in ((0.06, first), (0.94, last)):
                at = ends[0] + share * (ends[1] - ends[0])
                numbers.append((at, f"{value:.3g}".replace("-", "−", 1), away))
        corners = np.array([(x, y, z) for x in (-wide, wide) for y in (-deep, deep) for z in (floor, -floor)])
        edges = self.pixels(corners).reshape(4, 2, 2)
        edge = edges[edges[:, :, 0].sum(axis=1).argmin()]
        line = QFontMetricsF(self.font()).height()
        painter.drawLine(QPointF(*edge[0].tolist()), QPointF(*edge[1].tolist()))
        for tick in scale_ticks(self.chart.matrix, float(np.hypot(*(edge[1] - edge[0]))), 1.25 * line):
            at = edge[0] + tick.place * (edge[1] - edge[0])
            painter.drawLine(QPointF(*at.tolist()), QPointF(at[0] - 4.0, at[1]))
            words.write(at - (4.0, 0.0), tick.text, np.array([-1.0, 0.0]))
        words.write(edge[1] - (0.0, 0.6 * line), panel.unit, np.array([0.0, -1.0]))
        for number in numbers:
            words.write(*number)
        if len(mesh.path) > 1:
            for text, point in zip((START_WORD, END_WORD), self.pixels(mesh.path[[0, -1]]), strict=True):
                _write_over(painter, point - (0.0, 0.9 * line), text)

    # hands

    def turn(self, around: float, up: float) -> None:
        """By so many degrees."""
        self.around = (self.around + around) % 360.0
        self.up = min(max(self.up + up, 0.0), 90.0)
        self._move()

    def zoom(self, factor: float) -> None:
        """So many times as far away."""
        self.distance = min(max(self.distance * factor, _NEAREST), _FARTHEST)
        self._move()

    def go_home(self) -> None:
        """As it was seen at first."""
        self.around, self.up, self.distance = _VIEW
        self._repaint()

    def _move(self) -> None:
        self._rest.start()
        self._repaint()

    @Slot()
    def _repaint(self) -> None:
        self._is_stale = True
        self.update()

    def event(self, event: QEvent) -> bool:
        return takes_key(event, _KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _TURNS:
            around, up = _TURNS[key]
            self.turn(_KEY_TURN * around, _KEY_TURN * up)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1 / _KEY_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(_KEY_ZOOM)
        elif key == Qt.Key.Key_Home:
            self.go_home()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            by = event.position() - self._press
            self._press = event.position()
            self.turn(-_TURN * by.x(), _TURN * by.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.go_home()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.is_in_scroll and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self.zoom(0.999 ** event.angleDelta().y())
        event.accept()

    def hideEvent(self, event: QHideEvent) -> None:
        self.release()
        super().hideEvent(event)

    def minimumSizeHint(self) -> QSize:
        line = QFontMetricsF(self.font()).height()
        return QSize(140, round(7 * line))

    def apply_theme(self, theme: Theme) -> None:
        """The ground and the frame are the theme's."""
        self.release()


def _half_sides(mesh: Mesh) -> tuple[float, float]:
    wide, deep = np.abs(mesh.vertices[:, :2]).max(axis=0).tolist()
    return wide, deep


def _floor(mesh: Mesh) -> Floats:
    """The edges of the floor of the box that the surface lies in, an end after the other, (8, 3)."""
    corners = np.array([[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1]], np.float64)
    ends: Floats = corners[[0, 1, 1, 2, 2, 3, 3, 0]] * (*_half_sides(mesh), HIGH / 2)
    return ends


class _Words:
    """Words around a drawing, none over another: what comes later and finds its place taken is left out."""

    def __init__(self, painter: QPainter, room: QSize) -> None:
        self._painter, self._room = painter, room
        self._taken: list[QRectF] = []

    def write(self, at: Floats, text: str, away: Floats) -> None:
        """Beside a point, on the side of a direction; inside what is painted on, and cut where it is too long."""
        metrics, room = self._painter.fontMetrics(), self._room
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(_LONGEST * room.width()))
        wide, high = metrics.horizontalAdvance(text), metrics.height()
        half = np.array([wide, high]) / 2
        x, y = at + away * (_GAP + np.abs(away) @ half) - half
        left = min(max(float(x), 1.0), max(room.width() - wide - 1.0, 1.0))
        top = min(max(float(y), 0.0), float(max(room.height() - high, 0)))
        place = QRectF(left, top, wide + 2, high)
        if text and not any(place.intersects(other) for other in self._taken):
            self._taken.append(place)
            self._painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def _write_over(painter: QPainter, at: Floats, text: str) -> None:
    """Dark words with white around them, over the colours of numbers."""
    path = QPainterPath()
    path.addText(
        float(at[0]) - painter.fontMetrics().horizontalAdvance(text) / 2, float(at[1]), painter.font(), text
    )
    painter.strokePath(path, QPen(QColor(WHITE), 3.0))
    painter.fillPath(path, QColor(DARK.window))
