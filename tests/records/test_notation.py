"""Block lists, strengths and triples, written well and badly."""

from dataclasses import replace

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records import notation


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("all", (1, 2, 3, 4, 5)),
        ("none", ()),
        ("", ()),
        ("3", (3,)),
        ("3,1", (1, 3)),
        ("2-4,4,5", (2, 3, 4, 5)),
    ],
)
def test_block_lists(text: str, found: tuple[int, ...]) -> None:
    assert notation.blocks(text, 5) == found


@pytest.mark.parametrize("text", ["0", "6", "4-2", "2-9", "a", "1,,2", "-3", "1-", "1.5", "³"])
def test_a_bad_block_list_is_one_sentence(text: str) -> None:
    with pytest.raises(notation.UserError, match="block") as refusal:
        notation.blocks(text, 5)
    assert "\n" not in str(refusal.value)


def test_strengths() -> None:
    assert notation.strengths("4=0.5,1=0", 5) == {4: 0.5, 1: 0.0}


@pytest.mark.parametrize("text", ["4", "4=2", "4=nan", "9=0.5", "x=1", "4=-0.1"])
def test_a_bad_strength_is_refused(text: str) -> None:
    with pytest.raises(notation.UserError):
        notation.strengths(text, 5)


def test_a_wiring_is_what_its_arguments_say() -> None:
    wiring = notation.wiring(spec("cifar-resnet-20"), cut="1,3-4", drop="2", strength="9=0.25")
    assert wiring.cut == (1, 3, 4)
    assert wiring.dropped == (2,)
    assert wiring.weakened == {9: 0.25}


def test_a_plain_network_has_no_shortcut_to_cut() -> None:
    with pytest.raises(notation.UserError, match="plain network"):
        notation.wiring(spec("cifar-plain-20"), cut="3")
    assert notation.wiring(spec("cifar-plain-20"), cut="none", drop="2").dropped == (2,)


def test_blocks_without_a_shortcut_are_left_out_where_shapes_allow() -> None:
    plain = spec("cifar-plain-20")
    assert notation.wiring(plain, leave_out="3,5-6", drop="1").left_out == (3, 5, 6)
    with pytest.raises(notation.UserError, match="Block 4 · conv3_x 1 makes maps of 32×16×16 of 16×32×32"):
        notation.wiring(plain, leave_out="3-5")
    with pytest.raises(notation.UserError, match="Block 3 · conv2_x 3 has a shortcut"):
        notation.wiring(spec("cifar-resnet-20"), leave_out="3")
    with pytest.raises(notation.UserError, match="Block 3 is left out, with all that is in it"):
        notation.wiring(plain, leave_out="3", drop="3")
    with pytest.raises(notation.UserError, match="There is no block 10"):
        notation.wiring(plain, leave_out="10")


def test_triples() -> None:
    assert notation.channels("0.5, 0.25,0") == (0.5, 0.25, 0.0)
    assert notation.channels("0.5") == (0.5,)


@pytest.mark.parametrize("text", ["", "a,b,c", "1,2", "nan,0,0", "inf,1,1"])
def test_a_bad_triple_is_refused(text: str) -> None:
    with pytest.raises(notation.UserError):
        notation.channels(text)


def test_a_standard_deviation_is_positive() -> None:
    with pytest.raises(notation.UserError, match="positive"):
        notation.channels("0.2,0,0.2", positive=True)


def test_a_target_is_an_index_or_a_name() -> None:
    names = ("tabby cat", "tiger cat", "golden retriever")
    assert notation.target("1", names, replace(spec("resnet18"), classes=3)) == 1
    assert notation.target("tabby cat", names, replace(spec("resnet18"), classes=3)) == 0
    assert notation.target("retriever", names, replace(spec("resnet18"), classes=3)) == 2
    assert notation.target("7", (), spec("cifar-resnet-8")) == 7
    for wrong in ("cat", "3", "-1", "dog"):
        with pytest.raises(notation.UserError, match="no class"):
            notation.target(wrong, names, replace(spec("resnet18"), classes=3))
