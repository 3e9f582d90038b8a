"""The papers that studies and methods come from, and how they are cited."""

from __future__ import annotations

from typing import NamedTuple


class Paper(NamedTuple):
    """A paper, and what of it is meant."""

    authors: str
    """ "Veit, Wilber and Belongie"."""
    year: int
    title: str
    where: str = ""
    """ "NeurIPS"."""
    figures: str = ""
    """ "Figures 3 to 5"."""
    names: str = ""
    """All authors as BibTeX has them: "Veit, Andreas and Wilber, Michael and Belongie, Serge"."""
    arxiv: str = ""
    """Its number on arXiv: "1605.06431"."""

    @property
    def words(self) -> str:
        """ "Veit, Wilber and Belongie 2016, Figures 3 to 5"."""
        return ", ".join(filter(None, (f"{self.authors} {self.year}", self.figures)))

    @property
    def cited(self) -> str:
        """ "Veit, Wilber and Belongie 2016, Figures 3 to 5: Residual Networks Behave Like …, NeurIPS"."""
        return f"{self.words}: {self.title}{f', {self.where}' if self.where else ''}"

    def at(self, figures: str) -> Paper:
        """These figures or tables of it."""
        return self._replace(figures=figures)


HE_2015 = Paper(
    "He, Zhang, Ren and Sun",
    2015,
    "Deep Residual Learning for Image Recognition",
    "CVPR 2016",
    names="He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian",
    arxiv="1512.03385",
)
HE_2016 = Paper(
    "He, Zhang, Ren and Sun",
    2016,
    "Identity Mappings in Deep Residual Networks",
    "ECCV",
    names="He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian",
    arxiv="1603.05027",
)
VEIT_2016 = Paper(
    "Veit, Wilber and Belongie",
    2016,
    "Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
    "NeurIPS",
    names="Veit, Andreas and Wilber, Michael and Belongie, Serge",
    arxiv="1605.06431",
)
BALDUZZI_2017 = Paper(
    "Balduzzi and others",
    2017,
    "The Shattered Gradients Problem: If resnets are the answer, then what is the question?",
    "ICML",
    names="Balduzzi, David and Frean, Marcus and Leary, Lennox and Lewis, J. P. and Ma, Kurt Wan-Duo and "
    "McWilliams, Brian",
    arxiv="1702.08591",
)
