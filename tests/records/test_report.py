"""Which studies a report is made of, and why it lacks others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.report import IS_LONG, NO_TEST_SET, NOT_WISHED, LeftOut, applying, orders
from resnet_viewer.records.study_list import STUDIES
from resnet_viewer.records.test_set import CROPS
from tests import fabricated

STATE = fabricated.setup().state
NAMES = [study.name for study in STUDIES]


def test_every_study_that_applies_is_made_in_the_order_of_the_list() -> None:
    found, others = applying(STATE, CROPS, has_long=True)
    assert [info.name for info in found] == [
        name for name in NAMES if name not in {each.study for each in others}
    ]
    assert len(found) + len(others) == len(STUDIES)


def test_what_does_not_apply_says_why() -> None:
    plain = fabricated.setup(fabricated.trained("cifar-plain-20")).state
    _, others = applying(plain, CROPS)
    reasons = {each.study: each.why for each in others}
    assert "no shortcuts" in reasons["strength"]


def test_long_studies_are_made_where_they_are_asked_for() -> None:
    studies = [replace(STUDIES[0], is_long=True), *STUDIES[1:2]]
    long, short = (study.name for study in studies)
    assert applying(STATE, CROPS, studies=studies)[1] == (LeftOut(long, IS_LONG),)
    assert not applying(STATE, CROPS, studies=studies, has_long=True)[1]
    found, others = applying(STATE, CROPS, studies=studies, only=[long])
    assert [info.name for info in found] == [long]
    assert others == (LeftOut(short, NOT_WISHED),)


def test_without_pictures_only_those_are_made_that_need_none() -> None:
    studies = [STUDIES[0], replace(STUDIES[1], needs="nothing")]
    found, others = applying(STATE, None, studies=studies)
    assert [info.name for info in found] == [studies[1].name]
    assert others == (LeftOut(studies[0].name, NO_TEST_SET),)


def test_names_that_there_are_not_are_refused_and_so_is_a_report_of_nothing() -> None:
    with pytest.raises(ArgumentError, match=r"study must be 'blocks'"):
        applying(STATE, CROPS, without=["block"])
    with pytest.raises(
        UserError, match=r"There is no study to report of ResNet-20: all studies: It was not wished"
    ):
        applying(STATE, CROPS, without=NAMES)


def test_each_study_has_a_folder_and_what_it_needs() -> None:
    studies = [STUDIES[0], replace(STUDIES[1], needs="nothing")]
    made = orders(studies, STATE, CROPS, Path("out"), {STUDIES[0].name: STUDIES[0].options()}, threads=1)
    assert [(order.folder, order.test_set) for order in made] == [
        (Path("out") / studies[0].name, CROPS),
        (Path("out") / studies[1].name, None),
    ]
