"""`resnet-viewer probe --method`: what attribution methods make of each picture, as files beside the reading's."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

from tqdm import tqdm

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.methods.explained import explained
from resnet_viewer.figures import batch, method
from resnet_viewer.figures.export import KINDS, csv_bytes, render
from resnet_viewer.figures.state import describe
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.comparing import block_beside
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.method import (
    ExplainRequest,
    Explanation,
    MethodName,
    cost_of,
    method_of,
    option_names,
    options_of,
    passes_of,
    refusal,
)
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.study import Options


@dataclass(frozen=True)
class Asked:
    """A method with its options."""

    name: MethodName
    options: Options
    over: Options | None


@dataclass(frozen=True, eq=False)
class Pair:
    """What a method found of one picture."""

    folder: str
    reading: ProbeResult
    reference_reading: ProbeResult
    now: Explanation
    reference: Explanation | None


def asked(arguments: argparse.Namespace) -> tuple[Asked, ...]:
    """The methods that `--method` names, with what `--method-option` says of them.

    Raises:
        UserError: there is no such method or option, or a value does not fit.
    """
    names = [method_of(name.replace("-", "_")).name for name in dict.fromkeys(arguments.method)]
    given: dict[str, dict[str, object]] = {name: {} for name in names}
    for words in sorted(arguments.method_option, key=_is_of_the_tunnel, reverse=True):
        key, is_said, value = words.partition("=")
        if not is_said:
            raise UserError(f"--method-option takes KEY=VALUE, such as n_steps=100, not {words}.")
        owner, is_one, key = key.rpartition(".")
        owner = owner.replace("-", "_")
        if is_one and owner not in given:
            raise UserError(f"--method-option {words} is of a method that --method does not name.")
        known = {name: option_names(name, given[name].get("over")) for name in names}
        owners = [owner] if is_one else [name for name in names if key in known[name]]
        if not owners:
            choices = sorted(set().union(*known.values()))
            wanted = f"one of {', '.join(choices)}" if choices else "left out: these methods have no options"
            raise ArgumentError("--method-option", wanted, key)
        for name in owners:
            given[name][key] = _value(value)
    return tuple(Asked(name, *options_of(name, given[name])) for name in names)


def _is_of_the_tunnel(words: str) -> bool:
    """Says what a noise tunnel goes over, on which the others depend."""
    return words.partition("=")[0].rpartition(".")[2] == "over"


def _value(text: str) -> object:
    """A number, yes or no, or a word."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower(), text)


def require(wanted: Sequence[Asked], setup: Setup, block: int | None) -> None:
    """Nothing where every method applies.

    Raises:
        UserError: one does not; nothing was computed then.
    """
    if not wanted:
        return
    question = Session(setup).now_question()
    assert question is not None
    for each in wanted:
        if said := refusal(ExplainRequest.of(question, each.name, each.options, block=block, over=each.over)):
            raise UserError(said)


def found(
    wanted: Sequence[Asked], now: ProbeResult, reference: ProbeResult, *, block: int | None, device: str
) -> tuple[Pair, ...]:
    """Every method's answers for every picture, now and in the reference; tells the passes and the delta on stderr.

    Raises:
        UserError: a method does not apply after all.
    """
    if not wanted:
        return ()
    pairs: list[Pair] = []
    engine = ProbeEngine(device=device)
    try:
        for shown, beside in batch.pairs(now, reference):
            assert beside is not None
            folder = "methods" if now.batch_size == 1 else f"methods/picture_{shown.place + 1}"
            for each in wanted:
                ours = ExplainRequest.about(shown, each.name, each.options, block=block, over=each.over)
                theirs = _beside(ours, beside, each)
                answer = _complete(engine, ours)
                other = answer if theirs == ours else None if theirs is None else _complete(engine, theirs)
                pairs.append(Pair(folder, shown, beside, answer, other))
    finally:
        engine.close()
    return tuple(pairs)


def _beside(ours: ExplainRequest, reference: ProbeResult, asked: Asked) -> ExplainRequest | None:
    """The same of the reference, at the block beside it where that is another network; None where it does not apply."""
    block = ours.block
    if block is not None and reference.request.state.network != ours.state.network:
        block = block_beside(
            block, of=len(ours.plan.blocks), among=reference.request.state.network.block_count
        )
    theirs = ExplainRequest.about(reference, asked.name, asked.options, block=block, over=asked.over)
    return None if refusal(theirs) else theirs


def _complete(engine: ProbeEngine, request: ExplainRequest) -> Explanation:
    answer = None
    with tqdm(
        total=passes_of(request), desc=f"{request.title}, {cost_of(request).words}", leave=False, file=sys.stderr,
        disable=None, unit="pass",
    ) as bar:  # fmt: skip
        for answer in explained(engine, request):
            if answer is not None:
                bar.update(answer.passes_done - bar.n)
    assert answer is not None
    return answer


def told(pairs: Sequence[Pair]) -> list[dict[str, object]]:
    """What `probe.json` says of them."""
    return [
        {
            "picture": pair.reading.picture.name,
            "method": pair.now.request.method,
            "by": _by(pair.now.request),
            "options": asdict(pair.now.request.options),
            "over_options": None if pair.now.request.over is None else asdict(pair.now.request.over),
            "block": pair.now.request.block,
            "now": _numbers(pair.now),
            "reference": None if pair.reference is None else _numbers(pair.reference),
        }
        for pair in pairs
    ]


def _by(request: ExplainRequest) -> str:
    """Whose definition of the method is followed."""
    return (
        f"captum {version('captum')}, {request.info.captum}" if request.info.captum else "the paper's formula"
    )


def _numbers(answer: Explanation) -> dict[str, object]:
    cost = cost_of(answer.request)
    return {
        "forward_passes": cost.forward,
        "backward_passes": cost.backward,
        "seconds": answer.seconds,
        "convergence_delta": answer.delta,
        "score": answer.score,
        "baseline_score": answer.baseline_score,
        "largest": answer.largest,
        "note": answer.note,
    }


def files(pairs: Sequence[Pair], *, class_names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Each method's figure and table: path below the output folder, and content."""
    for pair in pairs:
        state: Mapping[str, str] = describe(pair.reading, pair.reference_reading, class_names=class_names)
        metadata = dict(state) | dict(method.described(pair.now, pair.reference, class_names))
        path = f"{pair.folder}/{pair.now.request.method}"
        header, rows = method.table(pair.now, pair.reference)
        yield f"{path}.csv", csv_bytes(header, rows, metadata=metadata)
        drawn = method.figure(pair.now, pair.reference, class_names=class_names)
        for kind in KINDS:
            yield f"{path}.{kind}", render(drawn, kind, metadata=metadata)
