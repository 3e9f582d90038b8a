"""The studies there are, in the order of their list."""

from __future__ import annotations

from resnet_viewer.records.checking import ArgumentError, listed
from resnet_viewer.records.studies import (
    aids,
    blocks,
    landscape,
    merges,
    paths,
    propagation,
    refinement,
    responses,
    shattering,
    strength,
    subnetworks,
    trust,
)
from resnet_viewer.records.study import StudyInfo

STUDIES: tuple[StudyInfo, ...] = (
    blocks.INFO,
    paths.INFO,
    strength.INFO,
    subnetworks.INFO,
    responses.INFO,
    shattering.INFO,
    propagation.INFO,
    refinement.INFO,
    landscape.INFO,
    trust.INFO,
    merges.INFO,
    aids.INFO,
)
_BY_NAME = {study.name: study for study in STUDIES}


def trains(name: str) -> bool:
    """Whether the study of that name, where there is one, trains its own networks."""
    return (found := _BY_NAME.get(name)) is not None and found.trains


def study_of(name: str) -> StudyInfo:
    """The entry of that name.

    Raises:
        ArgumentError: there is none.
    """
    if (found := _BY_NAME.get(name)) is None:
        raise ArgumentError("study", listed(_BY_NAME), name)
    return found
