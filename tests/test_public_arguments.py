"""Whatever is handed to the Python face: a number for what it asks for, or one sentence that names the argument."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import resnet_viewer
from resnet_viewer.core import network as networks
from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.probing import Probe
from resnet_viewer.core.weights import catalog
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import CIFAR10_PREPROCESSING
from resnet_viewer.records.probe import NetworkState, ProbeRequest
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.training import Extension, Intervention, RunSpec
from resnet_viewer.records.wiring import Wiring
from tests.fabricated import picture

NAME = "cifar-resnet-8"
HUGE = 10**5000
NAN, INF = float("nan"), float("inf")
NO_TEXT = [None, True, 0, 2.5, b"resnet18", [], {}, object(), "", "\0"]
NO_PATH = [True, 3, 2.5, b"file", [], ["cat", "dog"], "", "  ", "a\0b"]
NO_WHOLE = [True, False, "3", 2.0, 2.5, NAN, -1, HUGE, -HUGE, [], (), np.array([1, 2]), np.bool_(True)]
NO_CHOICE = [None, True, 1, "", "Score", "SCORE", " score", "anything", [], ("score",), b"score", np.array(1)]
NO_NUMBERS = [
    0.5, "0.5,0.5,0.5", (), [], (0.5,), (0.5,) * 2, (0.5,) * 4, (NAN,) * 3, (INF,) * 3, ("0.5",) * 3, (True,) * 3,
    (1e39,) * 3, (HUGE,) * 3, [[0.5] * 3], np.eye(3), None, {1, 2, 3}, (None,) * 3,
]  # fmt: skip
NO_DEVICE = [None, True, 0, "", "CPU", "cuda:99", "gpu", [], torch.device("meta")]
NO_BLOCKS = [
    True, 3, 2.5, [3], (1, 2), "x", "0", "4", "-1", "1-", "3-1", "1,,2", "1;2", "all,none", "1.5", "٣", "1" * 5000,
    "ALL", b"all", " ",
]  # fmt: skip
NO_STRENGTH = [
    None, True, 0.5, "0.5", "4=0.5", "0=0.5", "2=1.5", "2=-0.1", "2=nan", "2=inf", "2", "2=", "=1", "2=x", "x=1",
    "2=0.5=1", "2=0.5,2=0.7", {2: 0.5}, np.array([1, 2]), "1" * 5000 + "=1", "٢=0.5",
]  # fmt: skip
NO_TARGET = [
    True, 2.5, -1, 10, NAN, HUGE, "", " ", "unicorn", "-1", "10", "block:", "block:0", "block:4", "block:1:16",
    "block:1:1:1", "block:x", [3], (3,), b"cat", np.array([3]), BlockTarget(0), BlockTarget(4), BlockTarget(1, 16),
    BlockTarget(1, -1), BlockTarget(HUGE),
]  # fmt: skip
NO_PICTURE = [
    None, True, 3, 2.5, b"picture", [], "", "no such file.png", "a\0b", Path("no such file.png"), "x" * 300,
    np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((1, 8, 8, 3), np.uint8),
    np.zeros((8, 8, 3)), np.full((8, 8, 3), NAN), np.zeros((8, 8, 3), np.int64), np.zeros((0, 8, 3), np.uint8),
    np.zeros((8, 0, 3), np.uint8), np.array(None), np.full((8, 8, 3), "x"), np.array([]),
    Picture("no pixels", "", None), Picture("floats", "", np.zeros((8, 8, 3))), torch.zeros(8, 8, 3),
]  # fmt: skip
NO_MODEL = [
    None,
    True,
    3,
    b"resnet18",
    [],
    "",
    "resnet-fifty",
    "cifar-resnet-9",
    torch.nn.Linear(1, 1),
    object(),
]


@pytest.fixture(scope="module")
def model() -> resnet_viewer.Model:
    return resnet_viewer.load(NAME, "none")


def refused(called: Callable[[], object], *names: str) -> str:
    """The one sentence in which a call is refused, which has one of these words in it."""
    with pytest.raises(UserError) as caught:
        called()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert sentence.endswith(".")
    assert any(name.lower() in sentence.lower() for name in names), f"{sentence!r} names none of {names}"
    return sentence


def rows(table: Mapping[str, tuple[list[Any], tuple[str, ...]]]) -> list[Any]:
    """A parameter set for each bad value of each argument, with the words of which its sentence has one."""
    return [
        pytest.param(name, value, (name, *words), id=f"{name}-{index}")
        for name, (values, words) in table.items()
        for index, value in enumerate(values)
    ]


def pairs(table: Mapping[str, list[Any]]) -> list[Any]:
    """A parameter set for each bad value of each field."""
    return [
        pytest.param(name, value, id=f"{name}-{index}")
        for name, values in table.items()
        for index, value in enumerate(values)
    ]


def each(*values: object) -> list[Any]:
    """A parameter set for each, called by its place: pytest cannot write numbers of thousands of digits."""
    return [pytest.param(value, id=str(index)) for index, value in enumerate(values)]


BUILD = {
    "name": ([*NO_TEXT, "resnet-fifty", "cifar-resnet-9", "cifar-resnet-" + "8" * 5000], ("network",)),
    "seed": ([None, *NO_WHOLE, 2**32], ()),
    "classes": ([0, *NO_WHOLE, 10**9], ()),
    "input_size": ([0, *NO_WHOLE, 10**9, 7], ("pixels a side",)),
    "channels": ([0, 2, 4, *NO_WHOLE], ()),
    "include_top": ([None, 0, 1, "", "no", 0.0, []], ()),
    "pooling": ([*(value for value in NO_CHOICE if value is not None), "average"], ()),
}


@pytest.mark.parametrize(("name", "value", "words"), rows(BUILD))
def test_build_refuses(name: str, value: object, words: tuple[str, ...]) -> None:
    refused(lambda: resnet_viewer.build(**({"name": NAME} | {name: value})), *words)


LOAD = {
    "network": ([value for value in NO_TEXT if value is not None], ()),
    "weights": ([*NO_PATH, "no such file.pth", "IMAGENET1K_V9"], ("no such file",)),
    "mean": (NO_NUMBERS, ()),
    "std": ([*NO_NUMBERS, (0.0,) * 3, (1.0, 1.0, -1.0)], ()),
    "resize": ([0, *NO_WHOLE, 10**9], ()),
    "crop": ([0, *NO_WHOLE, 10**9, 33], ()),
    "classes": ([*NO_PATH, "no such file.txt"], ("no such file",)),
}


@pytest.mark.parametrize(("name", "value", "words"), rows(LOAD))
def test_load_refuses(name: str, value: object, words: tuple[str, ...]) -> None:
    usual = {"network": NAME, "weights": "none"}
    if name in ("mean", "std"):
        usual |= {"mean": (0.5,) * 3, "std": (0.5,) * 3}  # type: ignore[dict-item]
    refused(lambda: resnet_viewer.load(**(usual | {name: value})), *words)  # type: ignore[arg-type]


PROBE = {
    "picture": (NO_PICTURE, ("pixels", "no file", "system says", "cannot be read")),
    "model": (NO_MODEL, ("network",)),
    "cut": (NO_BLOCKS, ("block",)),
    "drop": (NO_BLOCKS, ("block",)),
    "strength": (NO_STRENGTH, ("block",)),
    "target": (NO_TARGET, ("class", "block", "channel")),
    "gradient_of": (NO_CHOICE, ()),
    "device": (NO_DEVICE, ()),
}


@pytest.mark.parametrize(("name", "value", "words"), rows(PROBE))
def test_probe_refuses(name: str, value: object, words: tuple[str, ...], model: resnet_viewer.Model) -> None:
    usual = {"picture": picture(), "model": model}
    before = model.network.wiring
    refused(lambda: resnet_viewer.probe(**(usual | {name: value})), *words)  # type: ignore[arg-type]
    assert model.network.wiring == before
    assert not any("forward" in vars(module) for module in model.network.modules())


EVALUATE = {
    "model": (NO_MODEL, ("network",)),
    "folder": ([None, *NO_PATH, "no such folder"], ("no such folder",)),
    "cut": (NO_BLOCKS, ("block",)),
    "drop": (NO_BLOCKS, ("block",)),
    "strength": (NO_STRENGTH, ("block",)),
    "sample": ([0, *NO_WHOLE, 10**8], ()),
    "sample_seed": ([None, *NO_WHOLE, 2**32], ()),
    "device": (NO_DEVICE, ()),
}


@pytest.mark.parametrize(("name", "value", "words"), rows(EVALUATE))
def test_evaluate_refuses(
    name: str, value: object, words: tuple[str, ...], model: resnet_viewer.Model, tmp_path: Path
) -> None:
    arguments = {"model": model, "folder": tmp_path, name: value}
    refused(lambda: resnet_viewer.evaluate(**arguments), *words)  # type: ignore[arg-type]


def test_what_numpy_and_torch_count_is_as_good_as_an_int(model: resnet_viewer.Model) -> None:
    network = resnet_viewer.build(NAME, seed=np.int64(1), classes=np.int32(4), input_size=torch.tensor(16))
    assert network(torch.zeros(1, 3, 16, 16)).shape == (1, 4)
    assert resnet_viewer.load(NAME, "none", mean=np.zeros(3), std=[1, 1, 1]).preprocessing.std == (1.0,) * 3
    assert resnet_viewer.probe(picture(), model, target=np.int64(3)).target == 3
    assert resnet_viewer.probe(picture(), model, device=torch.device("cpu")).device == "cpu"


MODEL = {
    "network": [None, "resnet18", torch.nn.Linear(1, 1)],
    "preprocessing": [
        None,
        "usual",
        replace(CIFAR10_PREPROCESSING, std=(0.0,) * 3),
        replace(CIFAR10_PREPROCESSING, std=(NAN,) * 3),
        replace(CIFAR10_PREPROCESSING, mean=(0.5,), std=(0.5,)),
        replace(CIFAR10_PREPROCESSING, crop=0),
        replace(CIFAR10_PREPROCESSING, interpolation="nearest"),
    ],
    "class_names": [None, "cat", ["cat"], ("cat", "dog"), tuple(range(10))],
}


@pytest.mark.parametrize(("name", "value"), pairs(MODEL))
def test_a_model_of_parts_that_do_not_fit_is_refused(
    name: str, value: Any, model: resnet_viewer.Model
) -> None:
    words = (name, "std", "channels", "crop", "interpolation")
    refused(lambda: replace(model, **{name: value}), *words)


def request(**changed: Any) -> ProbeRequest:
    spec = catalog.spec(NAME)
    state = NetworkState(spec, CIFAR10_PREPROCESSING, Wiring.all_open(spec.block_count))
    fields = {"state": state, "picture": picture(), "target": 0, "gradient_of": "score"}
    return ProbeRequest(**(fields | changed))


@pytest.mark.parametrize("value", NO_CHOICE)
def test_there_are_two_gradients(value: Any, model: resnet_viewer.Model) -> None:
    sentence = refused(lambda: request(gradient_of=value), "gradient_of")
    assert "'score' or 'loss'" in sentence
    with Probe(model.network) as probe:
        seen = probe.look(torch.zeros(1, 3, 32, 32))
        refused(lambda: probe.read(seen, [3], value), "gradient_of")


@pytest.mark.parametrize(
    "value", [3, None, [], [1, 2], [2.5], ["3"], [True], [10], [-1], BlockTarget(4), BlockTarget(1, 16)]
)
def test_a_probe_reads_no_other_targets(value: Any, model: resnet_viewer.Model) -> None:
    with Probe(model.network) as probe:
        seen = probe.look(torch.zeros(1, 3, 32, 32))
        refused(lambda: probe.read(seen, value), "target", "block", "channel")


def test_a_mean_has_no_loss(model: resnet_viewer.Model) -> None:
    with Probe(model.network) as probe:
        seen = probe.look(torch.zeros(1, 3, 32, 32))
        refused(lambda: probe.read(seen, BlockTarget(1), "loss"), "loss")


@pytest.mark.parametrize("value", NO_DEVICE)
def test_an_engine_needs_a_device(value: Any) -> None:
    refused(lambda: ProbeEngine(device=value), "device")


def test_an_engine_answers_what_fits_together() -> None:
    engine = ProbeEngine(device="cpu")
    state = request().state
    for other, word in (
        (replace(state, wiring=Wiring.all_open(4)), "wiring"),
        (replace(state, preprocessing=replace(CIFAR10_PREPROCESSING, mean=(0.5,), std=(0.5,))), "channels"),
        (replace(state, network=replace(state.network, channels=1)), "channels"),
    ):
        refused(lambda other=other: list(engine.answer(request(state=other))), word)  # type: ignore[misc]
    for target in (10, -1, BlockTarget(4)):
        refused(lambda target=target: list(engine.answer(request(target=target))), "class", "block")  # type: ignore[misc]


REQUEST = {
    "target": [True, 2.5, "cat", None, np.int64(3), [3]],
    "state": [None, catalog.spec(NAME)],
    "picture": [None, "cat.jpg", np.zeros((8, 8, 3), np.uint8)],
}


@pytest.mark.parametrize(("name", "value"), pairs(REQUEST))
def test_no_question_is_made_of(name: str, value: Any) -> None:
    refused(lambda: request(**{name: value}), name)


SPEC = {
    "family": NO_CHOICE, "block": NO_CHOICE, "shortcut": NO_CHOICE, "order": NO_CHOICE, "merge": NO_CHOICE,
    "initialisation": NO_CHOICE, "top_pooling": NO_CHOICE, "seed": [None, *NO_WHOLE, 2**32], "classes": NO_WHOLE,
    "input_size": [0, *NO_WHOLE], "channels": [0, *NO_WHOLE], "stages": [None, 3, "333", [1, 1, 1], (1.5,), ("1",)],
    "gate_bias": [None, "x", True, NAN, INF, HUGE], "deviation": [None, "x", True, 0.0, -1.0, NAN, INF, HUGE],
    "is_normalised": [None, 1, "no"], "weights": [None, "none"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), pairs(SPEC))
def test_no_spec_is_made_of(name: str, value: Any) -> None:
    refused(lambda: replace(catalog.spec(NAME), **{name: value}), name)


@pytest.mark.parametrize("value", [None, NAME, 3, {}])
def test_a_network_is_built_from_a_spec(value: Any) -> None:
    refused(lambda: networks.build(value), "spec")


RECIPE = {
    "name": [None, 3], "optimizer": NO_CHOICE, "schedule": [*NO_CHOICE, "one-cycle"],
    "rate": [None, "0.1", True, 0, -0.1, NAN, INF, HUGE], "batch": [None, 0, *NO_WHOLE],
    "momentum": [None, "0.9", True, 1, 1.5, -0.1, NAN, INF], "nesterov": [None, 1, "yes"],
    "weight_decay": [None, "0", True, -1e-9, NAN, INF, HUGE], "decays_all": [None, 0, "no"],
    "warm_up": [None, "0", True, -0.1, 1.1, NAN, INF], "warm_up_steps": [None, *NO_WHOLE],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), pairs(RECIPE))
def test_no_recipe_is_made_of(name: str, value: Any) -> None:
    refused(lambda: replace(RECIPES["quick"], **{name: value}), name)


RUN = {
    "epochs": [None, *NO_WHOLE], "record_every": [None, *NO_WHOLE], "threads": [None, *NO_WHOLE],
    "augment": NO_CHOICE, "precision": [*NO_CHOICE, "float16"], "network": [None, NAME], "recipe": [None, "quick"],
    "mean": [None, 0.5, (NAN,) * 3, ("x",) * 3, [0.5] * 3], "std": [None, 0.5, (0.0,) * 3, (NAN,) * 3, (0.5,)],
    "interventions": [None, [], (1,)], "extensions": [None, [], (1,)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), pairs(RUN))
def test_no_run_is_made_of(name: str, value: Any) -> None:
    refused(lambda: replace(RunSpec(catalog.spec(NAME), "digits", 3), **{name: value}), name)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Intervention(-1, 0.0),
        lambda: Intervention(1, 1.5),
        lambda: Intervention(1, NAN),
        lambda: Intervention(1.5, 0.0),  # type: ignore[arg-type]
        lambda: Intervention(True, 0.0),
        lambda: Extension(-1, 3),
        lambda: Extension(1, 0),
        lambda: Extension(1, 2.5),  # type: ignore[arg-type]
    ],
)
def test_nothing_is_done_to_a_run_at_no_step(made: Callable[[], object]) -> None:
    refused(made, "step", "strength", "epochs")


@pytest.mark.parametrize("strength", each(None, "0.5", True, -0.1, 1.1, NAN, INF, HUGE, [0.5], (0.5,)))
def test_a_gate_takes_no_other_strength(strength: Any, model: resnet_viewer.Model) -> None:
    wiring = model.network.wiring
    refused(lambda: wiring.with_shortcuts([1], strength), "strength")
    refused(lambda: wiring.with_branches([1], strength), "strength")
    refused(lambda: Wiring((strength,), (1.0,)), "strength")


@pytest.mark.parametrize(
    "blocks", each(None, 3, "3", "12", [0], [4], [-1], [1.5], ["1"], [True], [None], [HUGE])
)
def test_a_wiring_has_no_other_blocks(blocks: Any, model: resnet_viewer.Model) -> None:
    wiring = model.network.wiring
    refused(lambda: wiring.with_shortcuts(blocks, 0.0), "block")
    refused(lambda: wiring.with_branches(blocks, 0.0), "block")


@pytest.mark.parametrize("wiring", [None, 1.0, (1.0, 1.0, 1.0), "all", Wiring.all_open(4)])
def test_a_network_takes_its_own_wiring(wiring: Any, model: resnet_viewer.Model) -> None:
    refused(lambda: model.network.set_wiring(wiring), "wiring")


def test_every_literal_of_a_spec_is_tried() -> None:
    literals = {name for name, kind in NetworkSpec.__annotations__.items() if kind in (
        "Family", "BlockKind", "ShortcutKind", "BlockOrder", "Merge", "Initialisation", "TopPooling"
    )}  # fmt: skip
    assert literals <= set(SPEC)
