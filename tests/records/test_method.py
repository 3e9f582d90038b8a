"""What can be asked of attribution methods, what it costs, and what is refused before anything starts."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records import method
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.method import (
    METHODS,
    Cost,
    ExplainRequest,
    GradientShapOptions,
    GuidedGradCamOptions,
    HiResCamOptions,
    IntegratedGradientsOptions,
    MethodName,
    NoiseTunnelOptions,
    OcclusionOptions,
    SaliencyOptions,
    cost_of,
    is_signed,
    method_of,
    passes_of,
    window_of,
)
from resnet_viewer.records.probe import ProbeRequest
from resnet_viewer.records.study import Option, option_of
from tests.fabricated import setup


def question(network: str = "cifar-resnet-20") -> ProbeRequest:
    wish = setup(spec(network))
    return wish.question(wish.state)


def test_every_name_has_its_entry_and_every_option_its_words() -> None:
    names = {name for part in get_args(MethodName) for name in (get_args(part) or (part,))}
    assert names == {info.name for info in METHODS}
    for info in METHODS:
        assert info.explains.endswith(".")
        for field in fields(info.options):
            assert isinstance(option_of(field), Option)


@pytest.mark.parametrize("info", METHODS, ids=lambda info: info.name)
def test_a_question_is_one_value_however_it_is_asked(info: method.MethodInfo) -> None:
    asked = question()
    plain = ExplainRequest.of(asked, info.name)
    said = ExplainRequest.of(replace(asked, gradient_of="loss"), info.name, info.options(), block=plain.block)
    assert plain == said
    assert hash(plain) == hash(said)
    assert (plain.block is not None) == info.needs_block
    assert passes_of(plain) == cost_of(plain).forward >= 1


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(ArgumentError, match="integrated_gradients"):
        method_of("integrated-gradient")
    with pytest.raises(ArgumentError, match="'grad_cam', "):
        method_of("horse")


def test_what_does_not_belong_together_is_refused() -> None:
    asked = question()
    with pytest.raises(ArgumentError, match="options must be a OcclusionOptions"):
        ExplainRequest(asked, "occlusion", SaliencyOptions())
    with pytest.raises(ArgumentError, match="block must be left out for Saliency"):
        ExplainRequest(asked, "saliency", SaliencyOptions(), 3)
    with pytest.raises(ArgumentError, match="block must be one from 1 to 9"):
        ExplainRequest.of(asked, "layer_cam", block=10)
    with pytest.raises(ArgumentError, match="over must be left out"):
        ExplainRequest(asked, "saliency", SaliencyOptions(), None, SaliencyOptions())
    with pytest.raises(ArgumentError, match="n_steps must be a whole number from 2 to 1000"):
        IntegratedGradientsOptions(n_steps=0)


def test_a_noise_tunnel_has_the_options_and_the_block_of_what_it_goes_over() -> None:
    asked = question()
    tunnel = ExplainRequest.of(asked, "noise_tunnel", NoiseTunnelOptions(over="guided_grad_cam"))
    assert tunnel.block == 9
    assert tunnel.over == GuidedGradCamOptions()
    over = IntegratedGradientsOptions(n_steps=7)
    options = NoiseTunnelOptions(over="integrated_gradients", nt_samples=3)
    tunnel = ExplainRequest.of(asked, "noise_tunnel", options, over=over)
    assert cost_of(tunnel) == Cost(27, 21)
    with pytest.raises(ArgumentError, match="over must be a SaliencyOptions"):
        ExplainRequest.of(asked, "noise_tunnel", over=over)


@pytest.mark.parametrize(
    ("name", "options", "cost"),
    [
        ("grad_cam", None, "1 forward and 1 backward pass"),
        ("integrated_gradients", None, "52 forward and 50 backward passes"),
        ("occlusion", OcclusionOptions(16, 16), "5 forward passes"),
        ("occlusion", OcclusionOptions(32), "2 forward passes"),
        ("gradient_shap", GradientShapOptions(n_samples=2), "6 forward and 2 backward passes"),
        ("kernel_shap", None, "25 forward passes"),
        ("lrp", None, "2 forward and 1 backward pass"),
    ],
)
def test_the_cost_is_told_before_it_is_paid(name: str, options: method.Options | None, cost: str) -> None:
    assert cost_of(ExplainRequest.of(question(), name, options)).words == cost


def test_a_window_is_no_larger_than_the_input_and_no_stride_leaves_a_gap() -> None:
    assert window_of(OcclusionOptions(), 32) == (4, 2)
    assert window_of(OcclusionOptions(100, 50), 32) == (32, 32)
    assert window_of(OcclusionOptions(4, 9), 32) == (4, 4)
    assert window_of(OcclusionOptions(), 1) == (1, 1)


def test_a_map_is_signed_where_negative_values_mean_something() -> None:
    assert not is_signed("saliency", SaliencyOptions())
    assert is_signed("saliency", SaliencyOptions(abs=False))
    assert is_signed("hires_cam", HiResCamOptions())
    assert not is_signed("hires_cam", HiResCamOptions(relu_attributions=True))
    assert is_signed("noise_tunnel", NoiseTunnelOptions(), SaliencyOptions(abs=False))
    squares = NoiseTunnelOptions(over="integrated_gradients", nt_type="smoothgrad_sq")
    assert not is_signed("noise_tunnel", squares)
    assert "largest" in ExplainRequest.of(question(), "saliency").reduction
    assert "largest" in ExplainRequest.of(question(), "noise_tunnel").reduction
    assert "sum" in ExplainRequest.of(question(), "noise_tunnel", squares).reduction
    assert ExplainRequest.of(question(), "grad_cam").reduction == "at the block's output"


@pytest.mark.parametrize("name", ["deep_lift", "lrp"])
def test_a_gated_block_is_refused_where_there_is_no_rule_for_it(name: str) -> None:
    highway = ExplainRequest.of(question("cifar-resnet-20-highway"), name)
    assert "no rule" in method.refusal(highway)
    tunnel = NoiseTunnelOptions(over=name)  # type: ignore[arg-type]
    assert method.refusal(ExplainRequest.of(question("cifar-resnet-20-highway"), "noise_tunnel", tunnel))
    assert not method.refusal(ExplainRequest.of(question(), name))


def test_what_is_not_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "find_spec", lambda module: None)
    assert "extra “explain”" in method.missing_extra("lime")
    assert not method.missing_extra("occlusion")
