"""The networks as the network dialog lists them. Imports no torch, so it may be called on the window's thread."""

from __future__ import annotations

import re

from resnet_viewer import paths
from resnet_viewer.core.weights import catalog
from resnet_viewer.core.weights.build_options import built
from resnet_viewer.core.weights.catalog import ENDINGS
from resnet_viewer.core.weights.published import FILES, torch_cache
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.network_entries import (
    EndingChoice,
    EndingGroup,
    NetworkEntry,
    Networks,
    WeightsChoice,
)
from resnet_viewer.records.weights import WeightsRef

_GROUPS = {
    "shortcut": "Shortcuts",
    "strides_first": "Stride",
    "merge": "Merge",
    "order": "Order",
    "is_normalised": "Normalisation",
    "initialisation": "Initialisation",
}
"""What an ending changes, by the field that it sets. `block` is not among them: it decides on the depth."""
_NUMBERS = {"gate_bias": "first bias of the gates", "deviation": "standard deviation"}


def networks() -> Networks:
    """For the window."""
    return Networks(entries, built)


def entries() -> tuple[NetworkEntry, ...]:
    """Every network of the catalog with its weights, as they are on the disk now."""
    return tuple(entry_of(name) for name in (*catalog.names(), *catalog.variants()))


def entry_of(name: str) -> NetworkEntry:
    """One network; `name` may have endings."""
    known = "|".join(ending for ending in ENDINGS if ENDINGS[ending].fields.keys() <= _GROUPS.keys())
    found = re.fullmatch(rf"(.+?)((?:-(?:{known})(?:=[-0-9.]+)?)*)", name)
    assert found is not None
    base, preset = found[1], tuple(part for part in re.findall(r"-[a-z]+(?:=[-0-9.]+)?", found[2]))
    usual = catalog.spec(base)
    return NetworkEntry(catalog.spec(name), base, preset, _weights(name), _groups(usual))


def _weights(name: str) -> tuple[WeightsChoice, ...]:
    found = []
    if paths.bundled_weights(name).is_file():
        found.append(WeightsChoice(WeightsRef("bundled", name), "bundled"))
    cache = torch_cache()
    for file in FILES.get(name, ()):
        is_here = (cache / file.file).is_file()
        where = "on disk" if is_here else f"download, {file.megabytes} MB"
        ref = WeightsRef("torchvision", file.member)
        found.append(WeightsChoice(ref, where, is_here))
    return tuple(found)


def _groups(spec: NetworkSpec) -> tuple[EndingGroup, ...]:
    groups: dict[str, list[EndingChoice]] = {}
    for name, ending in ENDINGS.items():
        field = next(iter(ending.fields))  # what an ending is named after comes first
        is_usual = all(getattr(spec, key) == value for key, value in ending.fields.items())
        if field in _GROUPS and ending.fits(spec) and not is_usual:
            number = _NUMBERS[ending.number] if ending.number else ""
            usual = getattr(spec, ending.number) if ending.number else 0.0
            words = ending.words.partition("; =")[0]
            groups.setdefault(field, []).append(EndingChoice(f"-{name}", words, number, usual))
    return tuple(EndingGroup(_GROUPS[field], tuple(choices)) for field, choices in groups.items())
