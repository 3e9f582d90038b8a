"""The store: one funnel, undo with names, a view that is not undone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.session import Session
from resnet_viewer.ui.inspect.store import Store
from tests import fabricated


class Ear(QObject):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.changes: list[tuple[Session, Session]] = []
        store.changed.connect(self.hear)

    @Slot(object, object)
    def hear(self, old: Session, new: Session) -> None:
        self.changes.append((old, new))


@pytest.fixture
def store(qtbot: QtBot) -> Store:
    return Store(Session(fabricated.setup()))


def cut(session: Session, *blocks: int) -> Session:
    return session.with_setup(session.setup.with_wiring(session.setup.wiring.with_shortcuts(blocks, 0.0)))


def test_an_edit_tells_old_and_new_and_can_be_undone(store: Store) -> None:
    ear, intact = Ear(store), store.session
    broken = cut(intact, 3)
    store.edit(broken, "cut the shortcut of block 3")
    assert store.undo_label == "cut the shortcut of block 3"
    store.undo()
    assert ear.changes == [(intact, broken), (broken, intact)]
    assert store.redo_label == "cut the shortcut of block 3"
    store.redo()
    assert store.session == broken


def test_an_edit_that_changes_nothing_is_no_step(store: Store) -> None:
    ear = Ear(store)
    store.edit(cut(store.session), "nothing")
    assert store.undo_label is None
    assert ear.changes == []


def test_how_it_is_looked_at_survives_an_undo(store: Store) -> None:
    store.edit(cut(store.session, 1), "cut")
    store.look(replace(store.session.view, layer="layer1.0"))
    store.undo()
    assert store.session.view.layer == "layer1.0"
    assert store.session.setup.wiring.is_open


def test_undoing_a_change_of_network_brings_its_own_view_back(store: Store) -> None:
    store.look(replace(store.session.view, layer="layer3.2"))
    store.edit(store.session.with_setup(fabricated.setup(spec("resnet18"))), "network")
    assert store.session.view.layer == "layer4.1"
    store.undo()
    assert store.session.view.layer == "layer3.2"


def test_pictures_in_the_history_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    nbytes = store.session.setup.picture.pixels.nbytes  # type: ignore[union-attr]
    monkeypatch.setattr(store._history, "_max_bytes", 5 * nbytes)
    for seed in range(1, 60):
        shown = fabricated.picture(seed=seed)
        store.edit(store.session.with_setup(replace(store.session.setup, picture=shown)), "open")
    assert store._history.nbytes <= 5 * nbytes
    assert len(store._history) == 4


def test_nothing_changes_once_it_is_closed(store: Store) -> None:
    store.edit(cut(store.session, 1), "cut")
    ear = Ear(store)
    store.close()
    store.edit(cut(store.session, 2), "cut")
    store.undo()
    store.look(replace(store.session.view, layer="layer1.0"))
    store.begin(store.session, Session(fabricated.setup()))
    assert ear.changes == []
