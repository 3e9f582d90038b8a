"""Residual and plain networks after He et al. 2015 and 2016: ImageNet's and CIFAR's, in every order and merge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from resnet_viewer.records.blueprint import BlockSpec, Blueprint, ShortcutForm, StageSpec
from resnet_viewer.records.layers import (
    ChannelPadding,
    Dropout,
    GlobalPooling,
    LayerKind,
    LayerSpec,
    Normalisation,
    Pooling,
    ReLU,
    Scalar,
    Scaling,
    Shape,
    Step,
    Steps,
    conv,
    linear,
)
from resnet_viewer.records.network import NetworkSpec


def head(spec: NetworkSpec, shape: Shape, ending: Steps = ()) -> Steps:
    """`ending`, global average pooling and one linear layer `fc`; without classes the pooling that is asked for."""
    if spec.has_classifier:
        bias: Steps = (Scalar("bias2", "bias"),) if spec.initialisation == "fixup" else ()
        return (*ending, *pooled("average"), *bias, linear("fc", shape[0], spec.classes))
    if spec.top_pooling == "none":
        return ending
    return (*ending, *pooled(spec.top_pooling))


def pooled(kind: Literal["average", "maximum"]) -> Steps:
    """One number for each channel."""
    return GlobalPooling("avgpool" if kind == "average" else "globalmaxpool", kind), "flatten"


def has_biases(spec: NetworkSpec) -> bool:
    """Whether convolutions have a bias for each channel: where there are neither normalisation nor scalar biases."""
    return not spec.is_normalised and spec.initialisation != "fixup"


EXPANSION = 4
"""How many times its width a bottleneck's output has in channels."""
GROWTH = 12
"""Channels that a block adds by concatenation: the growth rate k of Huang et al. 2017 for CIFAR."""

_GATED = ("highway", "shortcut gating")
_PRE_ACTIVATED = ("relu-only pre-activation", "full pre-activation")


def residual(spec: NetworkSpec, size: int) -> Blueprint:
    """The layout for square pictures of `size` pixels.

    In a network whose blocks begin with their activation, the stem has its own, so that the first block begins with
    its first convolution, and a last activation follows the last block (He et al. 2016, section 3.2 and appendix).
    """
    stem_steps, shape = _stem(spec, size)
    stem_shape = shape
    stages: list[StageSpec] = []
    number = 0
    for stage, (count, width) in enumerate(zip(spec.stages, spec.widths, strict=True)):
        blocks: list[BlockSpec] = []
        for index in range(count):
            number += 1
            stride = 2 if stage > 0 and index == 0 else 1
            block = _Plan(spec, f"layer{stage + 1}.{index}", number, width, stride, shape).block(stage, index)
            blocks.append(block)
            shape = block.output_shape
        stages.append(StageSpec(stage + 2, tuple(blocks), shape))
    ending: Steps = ()
    if spec.order in _PRE_ACTIVATED:
        whole = spec.order == "full pre-activation" and spec.is_normalised
        relu = ReLU("last_relu")
        ending = (Normalisation("bn", shape[0]), relu) if whole else (relu,)
        if spec.initialisation == "fixup":
            ending = (Scalar("last_bias", "bias"), relu)
    return Blueprint(
        spec, (spec.channels, size, size), stem_steps, stem_shape, tuple(stages), head(spec, shape, ending)
    )


def _stem(spec: NetworkSpec, size: int) -> tuple[Steps, Shape]:
    """A 7×7 convolution and maximum pooling for ImageNet, a 3×3 convolution for CIFAR; or 3×3 convolutions instead,
    the first with stride 2, each with its normalisation and ReLU (He et al. 2019, ResNet-C). Their names are timm's.
    """
    shape = (spec.channels, size, size)
    bias = has_biases(spec)
    steps: Steps = ()
    if spec.stem_widths:
        for index, outputs in enumerate(spec.stem_widths):
            layer = conv(f"conv1.{3 * index}", shape, outputs, 3, 1 if index else 2, has_bias=bias)
            is_last = index == len(spec.stem_widths) - 1
            norm = Normalisation("bn1" if is_last else f"conv1.{3 * index + 1}", outputs)
            relu = ReLU("relu" if is_last else f"conv1.{3 * index + 2}")
            steps = (*steps, layer, *((norm, relu) if spec.is_normalised else (relu,)))
            shape = layer.output_shape
    else:
        is_imagenet = spec.family == "imagenet"
        outputs, kernel, stride = (64, 7, 2) if is_imagenet else (spec.widths[0], 3, 1)
        layer = conv("conv1", shape, outputs, kernel, stride, has_bias=bias)
        relu = ReLU("relu")
        steps = (layer, Normalisation("bn1", outputs), relu) if spec.is_normalised else (layer, relu)
        if spec.initialisation == "fixup":
            steps = (layer, Scalar("bias1", "bias"), relu)
    width, side, _ = layer.output_shape
    if spec.family == "imagenet":
        pooling = Pooling("maxpool", "maximum", 3, 2, (1, 1))
        side = pooling.output_side(side)
        steps = (*steps, pooling)
    return steps, (width, side, side)


@dataclass(frozen=True)
class _Plan:
    """What one block is laid out from."""

    spec: NetworkSpec
    name: str
    number: int
    width: int
    stride: int
    shape: Shape
    """Of its input."""

    @property
    def outputs(self) -> int:
        """Channels of the residual branch's output."""
        if self.spec.merge == "concatenation":
            return GROWTH
        return self.width * (EXPANSION if self.spec.block == "bottleneck" else 1)

    @property
    def changes_shape(self) -> bool:
        return self.stride != 1 or self.outputs != self.shape[0]

    def block(self, stage: int, index: int) -> BlockSpec:
        convolutions = tuple(self._convolutions())
        steps, after = self._ordered(convolutions)
        form = self._form()
        side = convolutions[-1].output_shape[1]
        channels = self.outputs + (self.shape[0] if self.spec.merge == "concatenation" else 0)
        before: Steps = ()
        carries = self.spec.order == "full pre-activation" and form == "projection" and self.number > 1
        if carries:  # its normalisation and ReLU come before both paths
            count = next(place for place, step in enumerate(steps, 1) if isinstance(step, ReLU))
            before, steps = steps[:count], steps[count:]
        if self.spec.initialisation == "fixup" and form == "projection" and not carries:
            before, steps, carries = (
                steps[:1],
                steps[1:],
                True,
            )  # the projection has the first bias in common with it
        if self.spec.merge == "scaling":
            steps = (*steps, Scaling(f"{self.name}.scale_branch", 0.5))
        return BlockSpec(
            self.number,
            stage + 2,
            index + 1,
            self.name,
            form,
            self.shape,
            (channels, side, side),
            steps,
            before,
            tuple(self._carry(form)),
            after,
            "addition" if form == "none" else self.spec.merge,
            self._gate() if self.spec.merge in _GATED and form != "none" else None,
            carries,
        )

    def _form(self) -> ShortcutForm:
        shortcut = self.spec.shortcut
        if self.spec.merge == "concatenation" and shortcut != "none":
            return "identity" if self.stride == 1 else "padding"
        if shortcut == "projection everywhere":
            return "projection"
        return shortcut if shortcut == "none" or self.changes_shape else "identity"

    def _carry(self, form: ShortcutForm) -> Iterator[Step]:
        if form == "padding":
            added = 0 if self.spec.merge == "concatenation" else self.outputs - self.shape[0]
            yield ChannelPadding(added, self.stride)
        elif form == "projection":
            has_norm = self.spec.is_normalised and self.spec.order != "full pre-activation"
            channels, side, _ = self.shape
            stride, place = self.stride, 0
            if self.spec.pools_projections:
                if stride > 1:
                    pooling = Pooling(f"{self.name}.downsample.0", "average", stride, stride, keeps_rest=True)
                    side = pooling.output_side(side)
                    yield pooling
                stride, place = 1, 1
            yield self._conv(
                f"downsample.{place}",
                (channels, side, side),
                self.outputs,
                1,
                stride,
                kind="projection",
                has_bias=not has_norm and self.spec.initialisation != "fixup",
            )
            if has_norm:
                yield Normalisation(f"{self.name}.downsample.{place + 1}", self.outputs)
        if self.spec.merge == "scaling" and form != "none":
            yield Scaling(f"{self.name}.scale_shortcut", 0.5)
        if self.spec.merge == "dropout" and form != "none":
            yield Dropout(f"{self.name}.dropout")

    def _gate(self) -> LayerSpec:
        return self._conv("gate", self.shape, self.outputs, 1, self.stride, kind="gate", has_bias=True)

    def _convolutions(self) -> Iterator[LayerSpec]:
        bias = has_biases(self.spec)
        if self.spec.block == "basic":
            first = self._conv("conv1", self.shape, self.width, 3, self.stride, has_bias=bias)
            yield first
            yield self._conv("conv2", first.output_shape, self.outputs, 3, has_bias=bias)
            return
        inner = self.width * self.spec.widening
        at_first, later = (self.stride, 1) if self.spec.strides_first else (1, self.stride)
        first = self._conv("conv1", self.shape, inner, 1, at_first, has_bias=bias)
        yield first
        second = self._conv(
            "conv2", first.output_shape, inner, 3, later, groups=self.spec.groups, has_bias=bias
        )
        yield second
        yield self._conv("conv3", second.output_shape, self.outputs, 1, has_bias=bias)

    def _conv(
        self,
        part: str,
        shape: Shape,
        outputs: int,
        kernel: int,
        stride: int = 1,
        *,
        kind: LayerKind = "conv",
        groups: int = 1,
        has_bias: bool = False,
    ) -> LayerSpec:
        return conv(
            f"{self.name}.{part}",
            shape,
            outputs,
            kernel,
            stride,
            kind=kind,
            block=self.number,
            groups=groups,
            has_bias=has_bias,
        )

    def _ordered(self, convolutions: tuple[LayerSpec, ...]) -> tuple[Steps, Steps]:
        """The residual branch and what follows the addition: He et al. 2016, Table 2 and Figure 4.

        With SkipInit a multiplier ends the branch; with Fixup one of another start, and scalar biases stand before
        every convolution and ReLU of the branch, and before that which ends the block. Their names are its authors'.
        """
        branch, after = self._usual(convolutions)
        match self.spec.initialisation:
            case "skipinit":
                return (*branch, Scalar(f"{self.name}.scale", "multiplier", 0.0)), after
            case "fixup":
                return tuple(self._shifted(branch, is_followed=bool(after))), after
        return branch, after

    def _shifted(self, branch: Steps, *, is_followed: bool) -> Iterator[Step]:
        """With a bias before each of these steps, which are convolutions and ReLUs; a and b of those of one number."""
        letters = {str(index): "a" for index in range(1, 4)}

        def bias(number: str) -> Scalar:
            letter, letters[number] = letters[number], "b"
            return Scalar(f"{self.name}.bias{number}{letter}", "bias")

        number = "1"
        for step in branch:
            assert isinstance(step, LayerSpec | ReLU)
            number = step.name[-1]
            yield bias(number)
            yield step
        yield Scalar(f"{self.name}.scale", "multiplier", 1.0)
        if is_followed:
            yield bias(number)

    def _usual(self, convolutions: tuple[LayerSpec, ...]) -> tuple[Steps, Steps]:
        order = self.spec.order
        steps: list[Step] = []
        last = len(convolutions)
        for index, layer in enumerate(convolutions, 1):
            inputs = self.shape[0] if index == 1 else convolutions[index - 2].output_shape[0]
            opens = index > 1 or (order in _PRE_ACTIVATED and self.number > 1)
            if order == "full pre-activation":
                steps += [*self._norm(index, inputs), self._relu(index), layer] if opens else [layer]
            else:
                steps += [self._relu(index if order in _PRE_ACTIVATED else index - 1)] if opens else []
                steps += [layer]
                if order != "bn after addition" or index < last:
                    steps += self._norm(index, layer.output_shape[0])
        match order:
            case "original":
                return tuple(steps), (self._relu(),)
            case "bn after addition":
                return tuple(steps), (*self._norm(last, convolutions[-1].output_shape[0]), self._relu())
            case "relu before addition":
                return (*steps, self._relu(last)), ()
        return tuple(steps), ()

    def _relu(self, index: int | None = None) -> ReLU:
        """The one that belongs to a convolution, or the one that ends the block."""
        return ReLU(f"{self.name}.relu{'' if index is None else index}")

    def _norm(self, index: int, channels: int) -> Steps:
        return (Normalisation(f"{self.name}.bn{index}", channels),) if self.spec.is_normalised else ()
