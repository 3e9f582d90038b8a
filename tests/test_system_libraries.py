"""Missing system libraries are named before Qt needs them, with the packages that docs and `.ci/run` name."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from resnet_viewer.system_libraries import QT, X11, libraries_problem

ROOT = Path(__file__).parent.parent
NOWHERE = {"libresnet-viewer-nowhere.so.7": "libnowhere7"}
ELSEWHERE = {"libresnet-viewer-elsewhere.so.1": "libelsewhere1"}


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def test_what_is_missing_is_named_with_the_packages_to_install() -> None:
    sentence = libraries_problem({}, qt=NOWHERE, x11=ELSEWHERE)
    assert sentence is not None
    assert "libresnet-viewer-nowhere.so.7 and libresnet-viewer-elsewhere.so.1" in sentence
    assert "apt-get install libnowhere7 libelsewhere1" in sentence
    assert "probe" in sentence
    assert sentence.count(". ") == 0, "one sentence"


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert libraries_problem({}, qt={}, x11={}) is None
    assert libraries_problem({}, qt={"libc.so.6": "libc6"}, x11={}) is None


@pytest.mark.parametrize(
    ("environment", "is_x11"),
    [
        ({}, True),
        ({"DISPLAY": ":0"}, True),
        ({"QT_QPA_PLATFORM": "xcb"}, True),
        ({"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, False),
        ({"QT_QPA_PLATFORM": "wayland", "DISPLAY": ":0"}, False),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, False),
        ({"XDG_SESSION_TYPE": "wayland"}, False),
    ],
)
def test_libraries_of_x11_are_needed_on_an_x_server_alone(environment: dict[str, str], is_x11: bool) -> None:
    assert (libraries_problem(environment, qt={}, x11=ELSEWHERE) is not None) == is_x11
    assert libraries_problem(environment, qt=NOWHERE, x11={}) is not None


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_bring_their_own(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert libraries_problem({}, qt=NOWHERE, x11=ELSEWHERE) is None


def test_the_installation_page_and_the_checks_name_the_same_packages() -> None:
    packages = [*QT.values(), *X11.values()]
    page = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    line = re.search(r"apt-get install ((?:[\w.+-]+[ \\\n]+)+)", page)
    assert line is not None
    assert line[1].replace("\\", " ").split() == packages
    checks = (ROOT / ".ci" / "run").read_text()
    for name, group in (("qt_libraries", QT), ("x11_libraries", X11)):
        found = re.search(rf"^{name}=\((.*?)\)", checks, re.MULTILINE | re.DOTALL)
        assert found is not None
        assert found[1].split() == list(group.values())
