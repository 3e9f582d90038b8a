"""The papers that studies and methods come from, and how they are cited: in words, and as BibTeX.

Of each there is one constant here; `VEIT_2016.at("Figure 6")` is a part of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Paper(NamedTuple):
    """A paper, and what of it is meant."""

    authors: str
    """ "Veit, Wilber and Belongie"."""
    year: int
    title: str
    where: str = ""
    """ "NeurIPS", a name that `VENUES` knows; "CVPR 2016" where it appeared in another year."""
    figures: str = ""
    """ "Figures 3 to 5"."""
    names: str = ""
    """All authors as BibTeX has them: "Veit, Andreas and Wilber, Michael and Belongie, Serge"."""
    arxiv: str = ""
    """Its number on arXiv: "1605.06431"; "" where it is not there."""
    details: tuple[tuple[str, str], ...] = ()
    """What else BibTeX says of it: (("volume", "30"), …)."""

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

    @property
    def key(self) -> str:
        """ "veit2016residual": the first author, the year, and the title's first word that says something."""
        author = _letters(self.names.partition(",")[0] or self.authors.partition(" ")[0])
        told = (_letters(word) for word in self.title.split())
        word = next((word for word in told if word and word not in _SMALL), "")
        return f"{author}{self.year}{word}"

    @property
    def bibtex(self) -> str:
        """Its entry in a BibTeX file, a field a line, with nothing outside ASCII."""
        venue, _, year = self.where.rpartition(" ") if self.where[-4:].isdigit() else (self.where, "", "")
        kind, field = "misc", ""
        if venue in JOURNALS:
            kind, field = "article", "journal"
        elif venue and venue != ARXIV:
            kind, field = "inproceedings", "booktitle"
        fields = {
            "author": self.names or self.authors,
            "title": f"{{{self.title}}}",  # whose capitals stay
            field: VENUES.get(venue, venue),
            "year": year or str(self.year),
            **dict(self.details),
        }
        if self.arxiv:
            fields |= {
                "eprint": self.arxiv,
                "archivePrefix": "arXiv",
                "url": f"https://arxiv.org/abs/{self.arxiv}",
            }
        return _entry(kind, self.key, {name: text for name, text in fields.items() if name})


ARXIV = "arXiv"
JOURNALS = {"IEEE TIP": "IEEE Transactions on Image Processing", "PLOS ONE": "PLOS ONE"}
VENUES = {
    **JOURNALS,
    "BMVC": "Proceedings of the British Machine Vision Conference",
    "CVPR": "Proceedings of the IEEE Conference on Computer Vision and Pattern Recognition",
    "ECCV": "Proceedings of the European Conference on Computer Vision",
    "ICCV": "Proceedings of the IEEE International Conference on Computer Vision",
    "ICLR": "International Conference on Learning Representations",
    "ICLR workshop": "Workshop of the International Conference on Learning Representations",
    "ICML": "Proceedings of the International Conference on Machine Learning",
    "ICML workshop": "Workshop of the International Conference on Machine Learning",
    "KDD": "Proceedings of the ACM SIGKDD International Conference on Knowledge Discovery and Data Mining",
    "NeurIPS": "Advances in Neural Information Processing Systems",
    "WACV": "Proceedings of the IEEE Winter Conference on Applications of Computer Vision",
}
_SMALL = frozenset(
    {"a", "an", "the", "on", "of", "in", "use", "how", "why", "what", "is", "are", "do", "does", "not"}
)
_SPECIAL = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
_LETTERS = {
    "ł": r"{\l}", "Ł": r"{\L}", "ø": r"{\o}", "Ø": r"{\O}", "ß": r"{\ss}", "æ": r"{\ae}", "ı": r"{\i}",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "×": r"$\times$",
}  # fmt: skip
_MARKS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u ", "\u0307": ".",
    "\u0308": '"', "\u030a": "r ", "\u030b": "H ", "\u030c": "v ", "\u0327": "c ", "\u0328": "k ",
}  # fmt: skip
"""What LaTeX calls an accent."""


def _letters(text: str) -> str:
    """The letters and digits of it, small and without accents, as a key has them."""
    spelt = "".join(_LETTERS.get(character, character) for character in unicodedata.normalize("NFD", text))
    return re.sub("[^a-z0-9]", "", spelt.lower())


def latex(text: str) -> str:
    r"""Text as LaTeX takes it, in ASCII: "Viégas & co" is "Vi{\'e}gas \& co". Braces stay; what has no name is "?".

    Example:
        >>> latex("Jastrzębski")
        'Jastrz{\\k e}bski'
    """
    made: list[str] = []
    for character in unicodedata.normalize("NFD", text.translate(_SPECIAL)):
        if character in _MARKS and made:
            made[-1] = f"{{\\{_MARKS[character]}{made[-1]}}}"
        elif character.isascii():
            made.append(character)
        else:
            made.append(_LETTERS.get(character, "?"))
    return "".join(made)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """Addresses stay as they are."""
    width = max(map(len, fields))
    lines = (
        f"  {name:{width}} = {{{text if name == 'url' else latex(text)}}}," for name, text in fields.items()
    )
    return "\n".join((f"@{kind}{{{key},", *lines, "}"))


def own_bibtex(version: str) -> str:
    """How this program is cited, in that version: "0.1.0", or "" where it is not known."""
    fields = {
        "author": "{The ResNet Viewer authors}",
        "title": "{ResNet Viewer: see what residual connections do}",
        "year": str(_OWN_YEAR),
        "note": f"Computer program{f', version {version}' if version else ''}",
    }
    return _entry("misc", f"resnetviewer{_OWN_YEAR}", fields)


_OWN_YEAR = 2026


def bibliography(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Each paper once and as a whole, in the order of their first mention."""
    return tuple(dict.fromkeys(paper.at("") for paper in papers))


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
SRIVASTAVA_2015 = Paper(
    "Srivastava, Greff and Schmidhuber",
    2015,
    "Training Very Deep Networks",
    "NeurIPS",
    names="Srivastava, Rupesh Kumar and Greff, Klaus and Schmidhuber, Jürgen",
    arxiv="1507.06228",
)
HUANG_2016 = Paper(
    "Huang, Sun, Liu, Sedra and Weinberger",
    2016,
    "Deep Networks with Stochastic Depth",
    "ECCV",
    names="Huang, Gao and Sun, Yu and Liu, Zhuang and Sedra, Daniel and Weinberger, Kilian",
    arxiv="1603.09382",
)
VEIT_2016 = Paper(
    "Veit, Wilber and Belongie",
    2016,
    "Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
    "NeurIPS",
    names="Veit, Andreas and Wilber, Michael and Belongie, Serge",
    arxiv="1605.06431",
)
ADEBAYO_2018 = Paper(
    "Adebayo et al.",
    2018,
    "Sanity Checks for Saliency Maps",
    "NeurIPS",
    names="Adebayo, Julius and Gilmer, Justin and Muelly, Michael and Goodfellow, Ian and Hardt, Moritz and Kim, Been",
    arxiv="1810.03292",
)
PETSIUK_2018 = Paper(
    "Petsiuk, Das and Saenko",
    2018,
    "RISE: Randomized Input Sampling for Explanation of Black-box Models",
    "BMVC",
    names="Petsiuk, Vitali and Das, Abir and Saenko, Kate",
    arxiv="1806.07421",
)
YEH_2019 = Paper(
    "Yeh et al.",
    2019,
    "On the (In)fidelity and Sensitivity of Explanations",
    "NeurIPS",
    names="Yeh, Chih-Kuan and Hsieh, Cheng-Yu and Suggala, Arun Sai and Inouye, David I. and Ravikumar, Pradeep",
    arxiv="1901.09392",
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
GREFF_2017 = Paper(
    "Greff, Srivastava and Schmidhuber",
    2017,
    "Highway and Residual Networks learn Unrolled Iterative Estimation",
    "ICLR",
    names="Greff, Klaus and Srivastava, Rupesh K. and Schmidhuber, Jürgen",
    arxiv="1612.07771",
)
JASTRZEBSKI_2018 = Paper(
    "Jastrzębski and others",
    2018,
    "Residual Connections Encourage Iterative Inference",
    "ICLR",
    names="Jastrzębski, Stanisław and Arpit, Devansh and Ballas, Nicolas and Verma, Vikas and Che, Tong and "
    "Bengio, Yoshua",
    arxiv="1710.04773",
)
SIMONYAN_2014 = Paper(
    "Simonyan, Vedaldi and Zisserman",
    2014,
    "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps",
    "ICLR workshop",
    names="Simonyan, Karen and Vedaldi, Andrea and Zisserman, Andrew",
    arxiv="1312.6034",
)
ZEILER_2014 = Paper(
    "Zeiler and Fergus",
    2014,
    "Visualizing and Understanding Convolutional Networks",
    "ECCV",
    names="Zeiler, Matthew D. and Fergus, Rob",
    arxiv="1311.2901",
)
SPRINGENBERG_2015 = Paper(
    "Springenberg et al.",
    2015,
    "Striving for Simplicity: The All Convolutional Net",
    "ICLR workshop",
    names="Springenberg, Jost Tobias and Dosovitskiy, Alexey and Brox, Thomas and Riedmiller, Martin",
    arxiv="1412.6806",
)
BACH_2015 = Paper(
    "Bach et al.",
    2015,
    "On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation",
    "PLOS ONE",
    names="Bach, Sebastian and Binder, Alexander and Montavon, Grégoire and Klauschen, Frederick and "
    "Müller, Klaus-Robert and Samek, Wojciech",
    details=(("volume", "10"), ("number", "7"), ("pages", "e0130140")),
)
RIBEIRO_2016 = Paper(
    "Ribeiro, Singh and Guestrin",
    2016,
    "“Why Should I Trust You?”: Explaining the Predictions of Any Classifier",
    "KDD",
    names="Ribeiro, Marco Tulio and Singh, Sameer and Guestrin, Carlos",
    arxiv="1602.04938",
)
SHRIKUMAR_2016 = Paper(
    "Shrikumar et al.",
    2016,
    "Not Just a Black Box: Learning Important Features Through Propagating Activation Differences",
    ARXIV,
    names="Shrikumar, Avanti and Greenside, Peyton and Shcherbina, Anna and Kundaje, Anshul",
    arxiv="1605.01713",
)
SHRIKUMAR_2017 = Paper(
    "Shrikumar, Greenside and Kundaje",
    2017,
    "Learning Important Features Through Propagating Activation Differences",
    "ICML",
    names="Shrikumar, Avanti and Greenside, Peyton and Kundaje, Anshul",
    arxiv="1704.02685",
)
SELVARAJU_2017 = Paper(
    "Selvaraju et al.",
    2017,
    "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization",
    "ICCV",
    names="Selvaraju, Ramprasaath R. and Cogswell, Michael and Das, Abhishek and Vedantam, Ramakrishna and "
    "Parikh, Devi and Batra, Dhruv",
    arxiv="1610.02391",
)
SUNDARARAJAN_2017 = Paper(
    "Sundararajan, Taly and Yan",
    2017,
    "Axiomatic Attribution for Deep Networks",
    "ICML",
    names="Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi",
    arxiv="1703.01365",
)
SMILKOV_2017 = Paper(
    "Smilkov et al.",
    2017,
    "SmoothGrad: removing noise by adding noise",
    ARXIV,
    names="Smilkov, Daniel and Thorat, Nikhil and Kim, Been and Viégas, Fernanda and Wattenberg, Martin",
    arxiv="1706.03825",
)
LUNDBERG_2017 = Paper(
    "Lundberg and Lee",
    2017,
    "A Unified Approach to Interpreting Model Predictions",
    "NeurIPS",
    names="Lundberg, Scott M. and Lee, Su-In",
    arxiv="1705.07874",
)
CHATTOPADHAY_2018 = Paper(
    "Chattopadhay et al.",
    2018,
    "Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks",
    "WACV",
    names="Chattopadhay, Aditya and Sarkar, Anirban and Howlader, Prantik and Balasubramanian, Vineeth N.",
    arxiv="1710.11063",
)
LI_2018 = Paper(
    "Li, Xu, Taylor, Studer and Goldstein",
    2018,
    "Visualizing the Loss Landscape of Neural Nets",
    "NeurIPS",
    names="Li, Hao and Xu, Zheng and Taylor, Gavin and Studer, Christoph and Goldstein, Tom",
    arxiv="1712.09913",
)
DRAELOS_2020 = Paper(
    "Draelos and Carin",
    2020,
    "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
    ARXIV,
    names="Draelos, Rachel Lea and Carin, Lawrence",
    arxiv="2011.08891",
)
KOKHLIKYAN_2020 = Paper(
    "Kokhlikyan et al.",
    2020,
    "Captum: A unified and generic model interpretability library for PyTorch",
    ARXIV,
    names="Kokhlikyan, Narine and Miglani, Vivek and Martin, Miguel and Wang, Edward and Alsallakh, Bilal and "
    "Reynolds, Jonathan and Melnikov, Alexander and Kliushkina, Natalia and Araya, Carlos and Yan, Siqi and "
    "Reblitz-Richardson, Orion",
    arxiv="2009.07896",
)
JIANG_2021 = Paper(
    "Jiang et al.",
    2021,
    "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization",
    "IEEE TIP",
    names="Jiang, Peng-Tao and Zhang, Chang-Bin and Hou, Qibin and Cheng, Ming-Ming and Wei, Yunchao",
    details=(("volume", "30"), ("pages", "5875--5888")),
)
YANG_2017 = Paper(
    "Yang and Schoenholz",
    2017,
    "Mean Field Residual Networks: On the Edge of Chaos",
    "NeurIPS",
    names="Yang, Greg and Schoenholz, Samuel S.",
    arxiv="1712.08969",
)
ZHANG_2019 = Paper(
    "Zhang, Dauphin and Ma",
    2019,
    "Fixup Initialization: Residual Learning Without Normalization",
    "ICLR",
    names="Zhang, Hongyi and Dauphin, Yann N. and Ma, Tengyu",
    arxiv="1901.09321",
)
DE_2020 = Paper(
    "De and Smith",
    2020,
    "Batch Normalization Biases Residual Blocks Towards the Identity Function in Deep Networks",
    "NeurIPS",
    names="De, Soham and Smith, Samuel L.",
    arxiv="2002.10444",
)
BROCK_2021 = Paper(
    "Brock, De and Smith",
    2021,
    "Characterizing signal propagation to close the performance gap in unnormalized ResNets",
    "ICLR",
    names="Brock, Andrew and De, Soham and Smith, Samuel L.",
    arxiv="2101.08692",
)
