"""Forms: what cannot be taken is said, fields say what they were given, and numbers are as people write them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtGui import QValidator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import UserError
from resnet_viewer.ui.widgets.form import OK, Form, Number, allow, choices, on_change


@dataclass(frozen=True)
class Bread:
    name: str = "rye"
    flour: str | None = None
    is_sour: bool = True
    grams: int = 750
    share: float = 0.25
    loaves: int = 2


class BreadForm(Form[Bread]):
    def __init__(self) -> None:
        super().__init__("Bread")
        self.add_fields(
            {
                "name": ("&Name", QLineEdit()),
                "flour": ("&Flour", choices({"whole": "whole grain", None: "as usual"})),
                "is_sour": ("", QCheckBox("sour")),
                "grams": ("&Grams, baked", QSpinBox(minimum=1, maximum=5000)),
                "share": ("&Share", QDoubleSpinBox(decimals=2)),
                "loaves": ("&Loaves", Number(1, 10, decimals=0)),
            }
        )

    @property
    def answer(self) -> Bread:
        if not self.values["name"]:
            raise UserError("The bread has no name; give it one.")
        return self.record(Bread)


@pytest.fixture
def form(qtbot: QtBot) -> BreadForm:
    made = BreadForm()
    qtbot.addWidget(made)
    made.fill(Bread())
    return made


@pytest.mark.parametrize("bread", [Bread(), Bread("oat", "whole", False, 500, 0.5, 7)])
def test_fields_say_what_they_were_given(form: BreadForm, bread: Bread) -> None:
    form.fill(Bread("wheat", "whole"))
    form.fill(bread)
    assert form.answer == bread
    assert isinstance(form.answer.loaves, int)
    assert form.words_of(form.fields["grams"]) == "Grams, baked"


def test_what_cannot_be_taken_is_said_and_the_form_stays(form: BreadForm) -> None:
    form.show()
    form.fields["name"].setText("  ")
    form.buttons.button(OK).click()
    assert form.sentence == "The bread has no name; give it one."
    assert form.isVisible()
    form.fields["name"].setText(" oat ")
    form.buttons.button(OK).click()
    assert form.result() == 1
    assert form.answer.name == "oat"


def test_a_long_sentence_has_room_and_leaves_the_width_that_the_user_gave(
    form: BreadForm, qtbot: QtBot
) -> None:
    form.show()
    form.resize(form.width() + 100, form.height())
    width, fields = form.width(), {name: field.height() for name, field in form.fields.items()}
    form.say("The bread has no name, and nobody buys what has none; give it one. " * 9)
    label = form.sentence_label
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert form.width() == width
    assert {name: field.height() for name, field in form.fields.items()} == fields


def test_every_kind_of_field_tells_its_changes(form: BreadForm) -> None:
    told: list[Bread] = []
    on_change(form.fields.values(), lambda: told.append(form.answer))
    form.fill(Bread("oat", "whole", False, 500, 0.5, 7))
    assert len(told) == len(form.fields)
    assert told[-1] == form.answer


def test_a_disabled_field_says_why_and_an_enabled_one_what_it_takes(form: BreadForm) -> None:
    field = form.fields["grams"]
    allow(field, "<b>Too</b> hot", "1 to 5000")
    assert (field.isEnabled(), field.toolTip()) == (False, "<qt>&lt;b&gt;Too&lt;/b&gt; hot</qt>")
    allow(field, "", "1 to 5000.")
    assert (field.isEnabled(), "1 to 5000." in field.toolTip()) == (True, True)


@pytest.mark.parametrize(
    ("typed", "value"), [("7", 7), ("1e1", 1), ("5.5", 1), ("", 1), ("99", 1), ("by the oven", 0)]
)
def test_a_number_without_decimals_is_whole(qtbot: QtBot, typed: str, value: int) -> None:
    number = Number(0, 50, decimals=0)
    number.setSpecialValueText("by the oven")
    qtbot.addWidget(number)
    number.setValue(1)
    state, *_ = number.validate(typed, 0)
    assert (state == QValidator.State.Acceptable) == (value != 1)
    number.lineEdit().setText(typed)
    QTest.keyClick(number, "\r")
    assert number.value() == value


def test_a_large_whole_number_has_every_digit(qtbot: QtBot) -> None:
    number = Number(0, 2**31 - 1, decimals=0)
    qtbot.addWidget(number)
    number.setValue(2**31 - 1)
    assert number.text() == "2147483647"
