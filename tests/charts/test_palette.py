"""The words beside a strip of colours."""

from __future__ import annotations

from resnet_viewer.charts.palette import scale_to


def test_the_scale_says_its_ends_and_where_zero_lies() -> None:
    assert scale_to(1.23456, "gray").ticks == ((0.0, "0"), (1.0, "1.235"))
    assert scale_to(4.0, "gray", is_signed=True).ticks == ((0.0, "−4"), (0.5, "0"), (1.0, "4"))
    assert scale_to(None, "gray", meaning="each on its own").words == (
        "gray from 0 to own max.; each on its own"
    )
    nothing = scale_to(0.0, "gray", is_signed=True)
    assert (nothing.ticks, nothing.words) == (((0.5, "0"),), ""), "there is no largest value"
