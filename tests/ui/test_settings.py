"""Whatever stands in the settings file, or in its place, the window starts; what does not fit is the default."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.records.figure_list import FIGURE_DPI, FIGURE_INCHES, FigureChoice, figures_of
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_plan import Course, RunPlan, plan_json, plan_of
from resnet_viewer.ui.export_dialog import ExportDialog
from resnet_viewer.ui.settings import FONT_SIZES, MOST_BYTES, Settings, path_of
from resnet_viewer.ui.train.plan import SavedRecipes
from resnet_viewer.ui.train.run_folders import Earlier, Folders, folders_of
from tests.ui.windows import TRAIN, Desk, inspect_page, train_page

KEYS = (
    "appearance/theme", "appearance/font_size", "letters/inspect",
    "window/geometry", "window/inspect_columns", "window/inspect_rows", "window/train_columns", "window/train_rows",
    "window/train_top", "window/train_left", "window/train_right",
    "recent/pictures", "recent/weights",
    "training/plan", "training/recipes", "training/folder", "training/earlier", "training/folders",
    "training/asks_to_close", "export/inspect", "export/train",
)  # fmt: skip
NONSENSE = {
    "a large number": "999999999999",
    "a larger number": "9" * 5000,
    "a negative number": "-1",
    "not a number": "nan",
    "infinite": "1e400",
    "five not-a-numbers": "nan nan nan nan nan",
    "five large numbers": "9999999999 9999999999 9999999999 9999999999 0",
    "two negative numbers": "-5 -5",
    "zeros": "0 0 0 0 0",
    "brackets": "[" * 20_000,
    "closed brackets": "[" * 900 + "]" * 900,
    "an object": '"{}"',
    "a deep object": '"' + '{\\"recipe\\": ' * 900 + "1" + "}" * 900 + '"',
    "null": "null",
    "numbers": '"[1, 2]"',
    "a list": "a, b, c",
    "no text": "@ByteArray(\\xff\\xfe\\0)",
    "a cut-off value": "@Variant(\\0\\0\\0\\x1a\\xff\\xff\\xff\\xff)",
    "an unknown value": "@Variant(\\0\\0\\0\\x87)",
    "a shape": "@Rect(1 2 3 4)",
    "nothing valid": "@Invalid()",
    "null characters": "\\x0\\x1\\x0",
    "half a character": "\\xd800",
    "a figure of no size": '"{\\"figure\\": \\"gradcam\\", \\"width\\": null, \\"height\\": 1e308}"',
    "a figure of all dots": '"{\\"figure\\": \\"curves\\", \\"dpi\\": 1000000}"',
    "strings": '"[\\"\\\\u0000\\", \\"\\\\ud800\\", \\"/dev/zero\\", \\"' + "x" * 5000 + '\\"]"',
    "starts": '"[{\\"folder\\": \\"\\\\u0000\\", \\"data\\": \\"\\", \\"networks\\": []}]"',
    "folders": '"{\\"runs\\": \\"\\\\u0000\\", \\"logs\\": \\"' + "y" * 5000 + '\\"}"',
    "a long plan": '"{\\"data\\": \\"' + "d" * 90_000 + '\\", \\"depths\\": \\"' + "9" * 90_000 + '\\"}"',
    "an endless plan": '"{\\"course\\": {\\"epochs\\": 1e400, \\"recipe\\": {\\"name\\": \\"\\", \\"rate\\": NaN}}}"',
}
"""What follows a key in the file, escaped as Qt escapes."""
SEEN = (
    "zeros",
    "two negative numbers",
    "five large numbers",
    "a deep object",
    "a cut-off value",
    "nothing valid",
)
"""Those that reach the window: the first two are numbers that may stand there, the others of every kind of default."""
_NO_VALUE = ("@Invalid()", "\\xd800")
"""As if the key were not there."""


def written(folder: Path, lines: dict[str, str]) -> Path:
    """A settings file with these values."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "settings.ini"
    groups: dict[str, list[str]] = {}
    for key, value in lines.items():
        group, name = key.split("/")
        groups.setdefault(group, []).append(f"{name}={value}")
    path.write_text("".join(f"[{group}]\n" + "\n".join(rows) + "\n" for group, rows in groups.items()))
    return path


def all_read(settings: Settings) -> tuple[object, ...]:
    """Everything that there is to read, through whatever reads it in the window."""
    return (
        settings.theme(),
        settings.font_size(),
        settings.shape("geometry", 5),
        *(settings.shape(key.removeprefix("window/"), 2) for key in KEYS if key.startswith("window/")),
        settings.recent("pictures"),
        settings.recent("weights"),
        settings.training("plan", plan_of, RunPlan()),
        SavedRecipes(settings).all(),
        Earlier(settings)._starts(),
        settings.training("folder", path_of, None),
        settings.training("folders", folders_of, Folders()),
        settings.asks_to_close(),
        settings.panels_with_large_letters("inspect"),
        settings.export("inspect", FigureChoice()),
        settings.export("train", FigureChoice("curves")),
    )


@pytest.mark.parametrize("key", KEYS)
def test_what_does_not_fit_is_the_default(key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, value in NONSENSE.items():
        written(tmp_path / name, {key: value})
        settings = Settings(tmp_path / name)
        found = all_read(settings)
        theme, points, place, *shares = found[:-11]
        pictures, weights, _plan, recipes, _starts, _folder, _folders, asks, letters, one, other = found[-11:]
        assert theme in ("system", "light", "dark"), name
        assert points in (0, *FONT_SIZES), name
        assert letters is None or all(isinstance(panel, str) for panel in letters), name
        assert place is None or place == (0, 0, 0, 0, 0), name
        assert all(share in (None, (-5, -5)) for share in shares), name
        assert (pictures, weights, recipes, asks) == ((), (), {}, True), name
        assert one == FigureChoice(), name
        assert other == FigureChoice("curves"), name
        told = len(caplog.records)
        assert all_read(settings) == found, name
        assert len(caplog.records) == told, "a word for each value, once"
    assert caplog.records


@pytest.mark.parametrize("name", SEEN)
def test_the_window_starts_whatever_its_settings_hold(
    name: str,
    qtbot: QtBot,
    qapp: QApplication,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    usual = QFontInfo(qapp.font()).pointSize()
    value = NONSENSE[name]
    written(tmp_path / "settings", dict.fromkeys(KEYS, value))
    desk = Desk(qtbot, qapp, tmp_path)
    try:
        desk.window.show()
        desk.window.show_page(TRAIN)
        room = desk.window.screen().availableGeometry()
        assert desk.window.width() <= max(room.width(), desk.window.minimumWidth())
        assert QFontInfo(qapp.font()).pointSize() == usual
        for splitter in (
            inspect_page(desk.window).panels.splitters | train_page(desk.window).panels.splitters
        ).values():
            assert min(splitter.sizes()) > 0 or not splitter.isVisible()
    finally:
        desk.close()
    assert caplog.records or value in _NO_VALUE


def test_one_wrong_value_leaves_the_others_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    written(tmp_path, {"appearance/theme": "light", "appearance/font_size": "999999999999"})
    settings = Settings(tmp_path)
    assert (settings.theme(), settings.font_size(), settings.font_size()) == ("light", 0, 0)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "appearance/font_size" in record.getMessage()
    assert "999999999999" in record.getMessage()


def test_what_was_set_is_read_again_and_every_key_is_known(tmp_path: Path) -> None:
    picture = tmp_path / "a picture.png"
    picture.write_bytes(b"")
    settings = Settings(tmp_path)
    settings.set_theme("light")
    settings.set_font_size(16)
    for key in (key for key in KEYS if key.startswith("window/")):
        settings.set_shape(key.removeprefix("window/"), (1, 2))
    settings.set_shape("geometry", (-10, 20, 900, 700, 1))
    settings.add_recent("pictures", picture)
    settings.add_recent("weights", picture)
    settings.set_training("plan", plan_json(RunPlan(depths="8")))
    SavedRecipes(settings).save(Course(replace(RECIPES["quick"], name="mine"), epochs=3))
    settings.set_training("folder", str(tmp_path))
    settings.set_training("folders", json.dumps(asdict(Folders(runs="/somewhere"))))
    Earlier(settings).note(tmp_path, "digits", ())
    settings.set_asks_to_close(False)
    settings.set_panels_with_large_letters("inspect", ("picture", "wiring"))
    settings.set_export("inspect", FigureChoice("gradcam", "png", 8, 6, 300))
    settings.set_export("train", FigureChoice("loss", width=FIGURE_INCHES[0], dpi=FIGURE_DPI[1]))
    settings.save()
    again = Settings(tmp_path)
    assert again.theme() == "light"
    assert again.font_size() == 16
    assert again.shape("geometry", 5) == (-10, 20, 900, 700, 1)
    assert again.shape("inspect_rows", 2) == (1, 2)
    assert again.panels_with_large_letters("inspect") == ("picture", "wiring")
    assert again.recent("pictures") == again.recent("weights") == (picture,)
    assert again.training("plan", plan_of, RunPlan()).depths == "8"
    assert SavedRecipes(again).all()["mine"].epochs == 3
    assert not again.asks_to_close()
    assert again.export("inspect", FigureChoice()) == FigureChoice("gradcam", "png", 8, 6, 300)
    assert again.export("train", FigureChoice("curves")).dpi == FIGURE_DPI[1]
    kept = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    assert sorted(kept.allKeys()) == sorted(KEYS), (
        "a new key belongs into KEYS, where nonsense is tried on it"
    )


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _large(path: Path) -> None:
    path.write_bytes(b"[appearance]\ntheme=light\n" + b";" * MOST_BYTES)


def _circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
@pytest.mark.parametrize("name", ["settings.ini", "settings.ini.lock"])
@pytest.mark.parametrize("stands", [_pipe, Path.mkdir, _large, _circle])
def test_what_is_no_file_is_no_settings_file(
    name: str, stands: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stands(tmp_path / name)
    settings = Settings(tmp_path)
    assert settings.theme() == "system"
    settings.set_theme("dark")
    settings.save()
    assert settings.theme() == "dark", "as long as the program runs"
    [record] = caplog.records
    assert "not kept" in record.getMessage()
    assert name in record.getMessage()
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing is left beside it"


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 40, b"[" * 20_000, b"[appearance\n]theme\n=dark", b"\0" * 5000]
)
def test_a_file_of_nonsense_is_no_hindrance(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "settings.ini").write_bytes(content)
    settings = Settings(tmp_path)
    assert all_read(settings) == all_read(Settings(None))
    settings.set_theme("light")
    settings.save()
    assert Settings(tmp_path).theme() == "light"


def test_a_file_where_the_folder_would_be_is_no_hindrance(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "settings").write_text("")
    settings = Settings(tmp_path / "settings")
    settings.set_theme("light")
    settings.save()
    assert settings.theme() == "light"


def test_settings_without_a_folder_last_as_long_as_the_program() -> None:
    settings = Settings(None)
    settings.set_theme("light")
    assert settings.theme() == "light"
    assert Settings(None).theme() == "system"


def test_the_export_dialog_offers_what_is_kept(qtbot: QtBot, tmp_path: Path) -> None:
    for inches, dpi in zip(FIGURE_INCHES, FIGURE_DPI, strict=True):
        choice = FigureChoice("gradient_norms", "png", inches, inches, dpi)
        dialog = ExportDialog(choice, figures=figures_of("inspect"))
        qtbot.addWidget(dialog)
        assert dialog.answer == choice
        settings = Settings(tmp_path)
        settings.set_export("inspect", dialog.answer)
        assert settings.export("inspect", FigureChoice()) == choice
