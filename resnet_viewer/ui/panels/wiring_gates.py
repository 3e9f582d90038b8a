"""How far the gate layers of gated shortcuts are open, as the wiring strip shows and says it."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.probe import ProbeResult


@dataclass(frozen=True)
class Openings:
    """One opening a block, from 0 to 1; None where there is no gate layer or it was not computed.

    `reference` is empty where its network has other blocks. `is_stale` says that now's belong to an older wish.
    """

    now: tuple[float | None, ...] = ()
    reference: tuple[float | None, ...] = ()
    is_stale: bool = False

    def of(self, block: int) -> float | None:
        """Now's opening of block `block`, from 1."""
        return self.now[block - 1] if block <= len(self.now) else None

    def words(self, block: int) -> tuple[str, ...]:
        """ "gate open 12.3 %" and "reference 45.6 %", as far as they are known."""
        theirs = self.reference[block - 1] if block <= len(self.reference) else None
        ours = self.of(block)
        if ours is None and theirs is None:
            return ()
        first = "gate not computed" if ours is None else f"gate open {opening_text(ours)}"
        return (first,) if theirs is None else (first, f"reference {opening_text(theirs)}")


UNKNOWN = Openings()


def opening_text(opening: float) -> str:
    """ "12.3 %", "0.00456 %", "> 99.9 %" """
    return "> 99.9 %" if 0.999 < opening < 1 else f"{100 * opening:.3g} %"


def openings(now: ProbeResult | None, reference: ProbeResult | None, *, is_stale: bool) -> Openings:
    """The openings of two readings; `UNKNOWN` where no block has a gate layer, so that nothing is painted for it."""
    ours, theirs = _of(now), _of(reference)
    if now is not None and reference is not None:
        is_alike = [block.name for block in now.blocks] == [block.name for block in reference.blocks]
        theirs = theirs if is_alike else ()
    return Openings(ours, theirs, is_stale) if ours or theirs else UNKNOWN


def _of(result: ProbeResult | None) -> tuple[float | None, ...]:
    found = () if result is None else tuple(block.opening for block in result.blocks)
    return found if any(opening is not None for opening in found) else ()
