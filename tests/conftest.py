"""What holds for every test: a home of its own, fixed seeds, few threads, and no warning that goes unread.

Qt is not imported here: where there is none, or with `-p no:pytest-qt`, the tests of the window are skipped and
all others run.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Read when torch is imported. Of several processes side by side each has a processor of its own.
os.environ.setdefault("OMP_NUM_THREADS", "1" if "PYTEST_XDIST_WORKER" in os.environ else "2")

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

_TESTS = Path(__file__).parent
_PATIENCE = 120_000
"""Milliseconds."""
_OPTIONS_OF_QT = ("qt_api", "qt_log_level_fail", "qt_log_ignore")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Keep pytest-qt's options in the configuration valid when it is switched off."""
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in _OPTIONS_OF_QT:
            parser.addini(name, "belongs to pytest-qt", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Settings that processes begun by tests inherit.

    Without a display of any kind, Qt draws into memory; pytest-xvfb has begun a display where it can. Where Python is
    told to keep no bytecode, every process would compile torch anew, for some seven seconds: pytest's cache keeps it.
    A wait for what a window shall do ends when it does; pytest-qt's five seconds are too few for a loaded machine.
    """
    if config.pluginmanager.hasplugin("pytest-qt"):
        from pytestqt.qtbot import QtBot

        for wait in (
            QtBot.waitUntil,
            QtBot.waitSignal,
            QtBot.waitSignals,
            QtBot.waitActive,
            QtBot.waitExposed,
        ):
            wait.__kwdefaults__["timeout"] = _PATIENCE
    if sys.dont_write_bytecode and config.pluginmanager.hasplugin("cacheprovider"):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = str(config.cache.mkdir("bytecode"))
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    displays = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform == "linux" and not any(map(os.environ.get, displays)) and shutil.which("Xvfb") is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker ends long after the others, and may take longer."""
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.timeout(1800))


class _Windowless(pytest.Module):
    """A module of tests that need a window where there is none."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        pytest.skip("needs PySide6 and pytest-qt", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Skip the tests of the window, unread, where there can be none."""
    place = module_path.relative_to(_TESTS).parts
    needs_window = place[0] == "ui" or place[0].startswith("test_app")
    if needs_window and not (
        parent.config.pluginmanager.hasplugin("pytest-qt") and importlib.util.find_spec("PySide6")
    ):
        return _Windowless.from_parent(parent, path=module_path)
    return None


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, logs and caches, torch's included, are never the user's: neither written nor read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_VIEWER_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        yield


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    """The same random numbers in every run."""
    random.seed(0)
    np.random.seed(0)
    if seed_torch := getattr(sys.modules.get("torch"), "manual_seed", None):
        seed_torch(0)


@pytest.fixture(autouse=True)
def _no_log_above_info(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test that logs a warning or an error, unless it takes `caplog` and so reads the records itself.

    Pillow's own records about damaged files are left out: it raises an error beside each. So is what Qt's offscreen
    platform says that it cannot do.
    """
    yield
    if "caplog" in inspect.signature(request.function).parameters:
        return
    unread = [
        f"{record.name}: {record.getMessage()}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno > logging.INFO
        and not record.name.startswith("PIL.")
        and not record.getMessage().startswith("Qt: This plugin does not support ")
    ]
    if unread:
        pytest.fail("logged above info; mend it, or take caplog and check the record: " + "; ".join(unread))


@pytest.fixture(autouse=True)
def _no_window_of_an_earlier_test() -> Iterator[None]:
    """Closed widgets go at once: until an event loop runs they would be styled and laid out with those of the next
    test. So does the style, which makes every widget slower to build, and the size of the letters.
    """
    widgets = sys.modules.get("PySide6.QtWidgets")
    letters = widgets.QApplication.font() if widgets and widgets.QApplication.instance() else None
    yield
    if widgets := sys.modules.get("PySide6.QtWidgets"):
        core = sys.modules["PySide6.QtCore"]
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        application = widgets.QApplication.instance()
        if application and application.styleSheet():
            application.setStyleSheet("")
        if application and letters is not None and application.font() != letters:
            application.setFont(letters)


@pytest.fixture
def trial_study() -> Iterator[None]:
    """The small study for tests is one of the list's while this test runs."""
    from tests.core.studies import trial

    trial.register()
    yield
    trial.unregister()
