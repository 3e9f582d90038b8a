"""The Python face gives the same numbers as the probe verb and leaves the model alone."""

import doctest
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import resnet_viewer
from resnet_viewer.core.weights import published
from resnet_viewer.core.weights.opened import FIRST_NETWORK
from resnet_viewer.core.weights.weight_files import save_safetensors
from resnet_viewer.paths import asset
from resnet_viewer.records.errors import UserError
from tests.fabricated import picture


def test_probe_cuts_and_leaves_the_model_as_it_was() -> None:
    model = resnet_viewer.load("cifar-resnet-14", "none")
    before = model.network.wiring
    intact = resnet_viewer.probe(picture(), model)
    severed = resnet_viewer.probe(picture(), model, cut="all", target=intact.target)
    again = resnet_viewer.probe(np.array(picture().pixels), model)
    assert severed.layers[0].gradient_norm != intact.layers[0].gradient_norm
    np.testing.assert_array_equal(again.logits, intact.logits)
    assert model.network.wiring == before
    assert not any(module._forward_hooks for module in model.network.modules())
    assert all(parameter.grad is None for parameter in model.network.parameters())


def test_shortcuts_are_as_the_model_has_them_unless_it_is_said(tmp_path: Path) -> None:
    network = resnet_viewer.build("cifar-resnet-8")
    path = tmp_path / "w.safetensors"
    told = {"network": "cifar-resnet-8", "shortcut_strength": "0.0"}
    save_safetensors(path, network.state_dict(), metadata=told)
    model = resnet_viewer.load(weights=path)
    assert model.network.wiring.cut == (1, 2, 3)
    assert any("all shortcuts cut" in note for note in model.notes)
    usual, cut, whole, weak = (
        resnet_viewer.probe(picture(), model, **words).request.state.wiring
        for words in ({}, {"cut": "all"}, {"cut": "none"}, {"strength": "2=0.5"})
    )
    assert usual == cut
    assert whole.is_open
    assert weak.shortcuts == (1.0, 0.5, 1.0)
    model.network.set_wiring(whole.with_branches([2], 0.0))
    assert resnet_viewer.probe(picture(), model).request.state.wiring.dropped == (2,)
    assert resnet_viewer.probe(picture(), model, drop="none").request.state.wiring.is_open


def test_probe_sees_changed_weights() -> None:
    model = resnet_viewer.load("cifar-resnet-8", "none")
    before = resnet_viewer.probe(picture(), model)
    with torch.no_grad():
        model.network.fc.bias.add_(torch.arange(10.0))
    after = resnet_viewer.probe(picture(), model)
    np.testing.assert_allclose(after.logits - before.logits, [np.arange(10.0)], atol=1e-5)


def test_a_target_by_name_needs_to_be_a_class() -> None:
    model = resnet_viewer.load("cifar-resnet-8", "none")
    assert resnet_viewer.probe(picture(), model, target="horse").target == 7
    with pytest.raises(UserError, match="unicorn"):
        resnet_viewer.probe(picture(), model, target="unicorn")


def test_build_draws_from_the_seed() -> None:
    first, second, other = (resnet_viewer.build("cifar-plain-8", seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.conv1.weight, second.conv1.weight)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)
    assert first.spec == replace(second.spec)


def test_the_first_network_is_one_of_the_catalog() -> None:
    assert resnet_viewer.build(FIRST_NETWORK).spec.block_count == 27
    with pytest.raises(AttributeError):
        resnet_viewer.nonsense  # noqa: B018


def test_build_takes_the_options_of_a_network() -> None:
    network = resnet_viewer.build("cifar-resnet-8", classes=4, input_size=16, channels=1)
    assert network(torch.zeros(1, 1, 16, 16)).shape == (1, 4)
    features = resnet_viewer.build("cifar-resnet-8", include_top=False, pooling="none")
    assert features(torch.zeros(1, 3, 32, 32)).shape == (1, 64, 8, 8)
    with pytest.raises(UserError, match="classifier"):
        resnet_viewer.build("cifar-resnet-8", pooling="none")


def test_a_network_without_weights_is_loaded_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "cached", lambda spec: ())
    for load in (lambda: resnet_viewer.load("resnet18"), lambda: resnet_viewer.probe(picture(), "resnet18")):
        with pytest.warns(resnet_viewer.UntrainedWarning) as caught:
            load()
        (warned,) = caught
        sentence = str(warned.message)
        assert sentence.startswith("ResNet-18 is untrained")
        assert 'weights="none"' in sentence
        assert "--network resnet18 --weights IMAGENET1K_V1" in sentence
    assert warned.category is resnet_viewer.UntrainedWarning
    with pytest.warns(resnet_viewer.UntrainedWarning, match="ResNet-8 is untrained") as caught:
        resnet_viewer.load("cifar-resnet-8")
    assert "torchvision" not in str(caught[0].message)
    assert caught[0].filename == __file__


def test_weights_that_are_named_or_bundled_warn_of_nothing() -> None:
    assert resnet_viewer.load("cifar-resnet-8", "none").notes  # a warning fails the test
    assert not resnet_viewer.load("cifar-resnet-20").network.spec.weights.is_untrained


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    for kind in range(10):
        (tmp_path / "set" / f"kind {kind}").mkdir(parents=True)
        for number in range(3):
            pixels = np.random.default_rng(10 * kind + number).integers(0, 256, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / f"kind {kind}" / f"{number}.png")
    return tmp_path / "set"


def test_evaluate_agrees_with_probe_on_every_picture_and_leaves_the_model_as_it_was(shades: Path) -> None:
    model = resnet_viewer.load("cifar-resnet-8", "none")
    model.network.set_wiring(model.network.wiring.with_branches([2], 0.5))
    before = model.network.wiring
    found = resnet_viewer.evaluate(model, shades, cut="3")
    rows = found.table()
    assert len(rows) == 30
    for row in rows:
        reading = resnet_viewer.probe(row["path"], model, cut="3")
        assert row["predicted"] == model.class_names[int(reading.logits.argmax())]
        assert row["probability"] == pytest.approx(float(reading.probabilities.max()), rel=1e-5)
    assert found.error == pytest.approx(100 * sum(row["predicted"] != row["true"] for row in rows) / 30)
    low, high = found.interval
    assert 0 <= low < found.error < high <= 100
    assert repr(found) == f"<{found.sentence}>"
    assert "ResNet-8, untrained, 1 of 3 shortcuts cut (3)" in repr(found)
    assert len(repr(found)) < 200
    assert model.network.wiring == before
    assert not any("forward" in vars(module) for module in model.network.modules())
    assert not torch.is_inference_mode_enabled()


def test_evaluate_takes_all_pictures_or_a_sample_drawn_by_its_seed(shades: Path) -> None:
    model = resnet_viewer.load("cifar-resnet-8", "none")
    drawn = [resnet_viewer.evaluate(model, shades, sample=5, sample_seed=seed).table() for seed in (0, 0, 7)]
    assert [len(rows) for rows in drawn] == [5, 5, 5]
    assert drawn[0] == drawn[1] != drawn[2]


def test_evaluate_refuses_a_folder_without_classes(shades: Path) -> None:
    model = resnet_viewer.load("cifar-resnet-8", "none")
    with pytest.raises(UserError, match="no pictures in subfolders"):
        resnet_viewer.evaluate(model, shades / "kind 1")


def test_several_pictures_are_read_together() -> None:
    model = resnet_viewer.load("cifar-resnet-20")
    pictures = [asset("pictures", "cat.jpg"), picture(seed=3), picture(seed=4).pixels]
    result = resnet_viewer.probe(pictures, model, cut="3")
    assert (result.batch_size, result.logits.shape, len(result.targets)) == (3, (3, 10), 3)
    assert [shown.picture.name for shown in result.each()] == ["cat.jpg", "invented.png", "array"]
    alone = resnet_viewer.probe(pictures[0], model, cut="3")
    first = result.alone(0)
    assert first.target == alone.target
    assert np.allclose(first.blocks[-1].cam, alone.blocks[-1].cam, rtol=1e-3, atol=1e-6)
    assert resnet_viewer.probe(pictures[:1], model, cut="3").batch_size == 1


def test_a_reading_says_in_a_line_what_it_is_of() -> None:
    result = resnet_viewer.probe([picture(seed=3), picture(seed=4).pixels], "cifar-resnet-20", cut="3")
    assert repr(result) == "<ResNet-20, 1 of 9 shortcuts cut (3): reading of invented.png, array>"
    assert repr(result.each()[1]) == "<ResNet-20, 1 of 9 shortcuts cut (3): reading of array>"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [([], "picture must be a picture or a list of pictures"), ([3], "picture must be a file's name"),
     ([picture()] * 17, "17 pictures are too many at once")],
)  # fmt: skip
def test_no_picture_and_too_many_are_refused(given: list[Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        resnet_viewer.probe(given, resnet_viewer.load("cifar-resnet-20"))


@pytest.mark.usefixtures("trial_study")
def test_a_study_reads_the_model_as_it_is_and_leaves_it_so(tmp_path: Path) -> None:
    model = resnet_viewer.load("cifar-resnet-20")
    model.network.train()
    model.network.set_wiring(model.network.wiring.with_shortcuts([2], 0.5))
    before = model.network.wiring
    found = resnet_viewer.study("trial", model, sample=10, strength=0.25, which="every second")
    assert found.result.order.state.wiring == before
    assert [row["block"] for row in found.rows] == [9, 7, 5, 3, 1]
    assert found.table() == [dict(row) for row in found.rows]
    assert found.conclusion[0].endswith("disagreement with the intact network.")
    assert repr(found).startswith("<Trial, ResNet-20: 5 points on 10 pictures. Block ")
    assert model.network.wiring == before
    assert model.network.training
    assert all(module.training for module in model.network.modules())
    with torch.no_grad():
        model.network.fc.weight.zero_()
    changed = resnet_viewer.study("trial", model, sample=10, strength=0.25, which="every second")
    assert [row["error"] for row in changed.rows] == [0.0] * 5, (
        "the network as it is, which now sees one class"
    )

    kept = resnet_viewer.study("trial", model, sample=10, folder=tmp_path / "out", repeats=2)
    with pytest.raises(UserError, match="already holds a study"):
        resnet_viewer.study("trial", model, sample=10, folder=tmp_path / "out", repeats=2)
    again = resnet_viewer.study("trial", model, sample=10, folder=tmp_path / "out", repeats=2, resume=True)
    assert again.rows == kept.rows


@pytest.mark.usefixtures("trial_study")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "trail"}, "study must be "),
        ({"name": 3}, "name must be a study's name"),
        ({"repaets": 2}, "an option must be 'strength', 'repeats', 'which' or 'is_reversed', not 'repaets'"),
        ({"repeats": 0}, "repeats must be a whole number from 1 to 1000, not 0"),
        ({"repeats": "2"}, "repeats must be a whole number, not '2'"),
        ({"data": "nowhere"}, "nowhere is not a folder"),
        ({"data": None}, "data must be the name of a folder of pictures, 'crops', 'digits' or 'cifar10'"),
        ({"sample": 0}, "sample must be a whole number from 1 to"),
        ({"folder": 7}, "folder must be the name of a folder"),
        ({"device": "gpu"}, "no gpu device"),
        ({"model": 7}, "model must be a network's name"),
    ],
)
def test_a_study_that_cannot_be_is_one_sentence(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as refused:
        resnet_viewer.study(**{"name": "trial", "model": "cifar-resnet-20", **wrong})
    assert words in str(refused.value)


@pytest.mark.usefixtures("trial_study")
def test_a_study_of_a_network_that_cannot_be_read_is_one_sentence() -> None:
    model = resnet_viewer.load("cifar-resnet-20")
    model.network.half()
    with pytest.raises(UserError):
        resnet_viewer.study("trial", model, sample=5)


def test_the_example_of_study_holds() -> None:
    from resnet_viewer import notebook

    (example,) = doctest.DocTestFinder().find(notebook.study, "study", globs=vars(notebook).copy())
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_example_of_explain_holds() -> None:
    from resnet_viewer import notebook

    names = vars(notebook) | {"asset": asset}
    (example,) = doctest.DocTestFinder().find(notebook.explain, "explain", globs=names)
    assert doctest.DocTestRunner().run(example).failed == 0


class _Other(torch.nn.Module):
    """A block of somebody else's, with the same layers."""

    def __init__(self, block: torch.nn.Module) -> None:
        super().__init__()
        for name, child in block.named_children():
            self.add_module(name, child)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))))


def test_explain_sees_the_network_as_it_was_changed_and_leaves_it_so() -> None:
    model = resnet_viewer.load("cifar-resnet-8", "none")
    before = resnet_viewer.explain(model, picture(), "saliency", target=3)
    with torch.no_grad():
        model.network.fc.weight.mul_(2)
    after = resnet_viewer.explain(model, picture(), "saliency", target=3)
    np.testing.assert_allclose(after.map, 2 * before.map, rtol=1e-4)
    assert all(parameter.grad is None for parameter in model.network.parameters())
    model.network.layer1[0] = _Other(model.network.layer1[0])
    with pytest.raises(UserError, match="replaced by a _Other, whose additions"):
        resnet_viewer.explain(model, picture(), "lrp", target=3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"method": "salience"}, "saliency (the nearest)"),
        ({"method": 3}, "method must be a method's name"),
        ({"method": "occlusion", "stride": 3}, "strides (the nearest)"),
        ({"method": "grad_cam", "n_steps": 3}, "left out"),
        ({"method": "occlusion", "strides": "3"}, "strides must be a whole number"),
        ({"method": "layer_cam", "block": 10}, "block must be one from 1 to 9"),
        ({"picture": [picture(), picture()]}, "picture must be"),
    ],
)
def test_explain_says_in_a_sentence_what_does_not_fit(words: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as refused:
        resnet_viewer.explain(**{"model": "cifar-resnet-20", "picture": picture(), **words})
    assert said in str(refused.value)


@pytest.mark.heavy
def test_a_study_that_trains_takes_no_model_and_keeps_its_runs_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="data must be 'digits' or 'cifar10'"):
        resnet_viewer.study("aids", data="crops2")
    found = resnet_viewer.study(
        "aids", "no such network", data="digits", depths="8", epochs=4, seeds=1, folder=tmp_path / "out"
    )
    assert [row["aid"] for row in found.rows] == ["plain", "residual", "highway", "stochastic", "weakened"]
    assert (tmp_path / "out" / "runs" / "plain-8-seed-0" / "weights.safetensors").exists()
    assert found.conclusion[0].startswith("With 8 layers, after four epochs on Digits, errors are: ")
