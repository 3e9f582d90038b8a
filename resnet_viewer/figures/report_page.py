"""A report as one HTML page that needs nothing else: figures as SVG inside it, no script, no address but citations'.

Every word comes into it through `element`, which escapes it; what is markup already is `Markup`, made here alone. The
page is also well-formed XML. Each figure is there twice, wide and narrow, and the page shows the one that can be read
on the screen at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from xml.etree import ElementTree

from matplotlib.figure import Figure

from resnet_viewer import paths
from resnet_viewer.figures import export, report
from resnet_viewer.figures.report import Chapter
from resnet_viewer.records.captions import plain
from resnet_viewer.records.report import Report

WIDE, NARROW = 7.6, 3.7
"""Inches: a text's width, and that of a telephone, where it is as many CSS pixels times 96."""
_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONTS = re.compile(r"'DejaVu Sans'")
_EMPTY = frozenset({"meta", "hr"})
# what a page may load: nothing
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

for _prefix, _space in (("", _SVG), ("xlink", "http://www.w3.org/1999/xlink")):
    ElementTree.register_namespace(_prefix, _space)


class Markup(str):
    """Text that is HTML already."""


def element(name: str, /, *content: str, **attributes: str) -> Markup:
    """An element; what is no Markup in it, and every attribute, is escaped. An attribute "class_" is called "class".

    Example:
        >>> element("p", "1 < 2", class_="note")
        '<p class="note">1 &lt; 2</p>'
    """
    told = "".join(
        f' {key.strip("_").replace("_", "-")}="{_safe(value)}"' for key, value in attributes.items()
    )
    if name in _EMPTY:
        return Markup(f"<{name}{told}/>")
    inside = "".join(part if isinstance(part, Markup) else _safe(part) for part in content)
    return Markup(f"<{name}{told}>{inside}</{name}>")


def _safe(text: str) -> str:
    """Escaped, line by line without what HTML refuses."""
    return escape("\n".join(map(plain, str(text).split("\n"))), quote=True)


def joined(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("".join(parts))


def inline(svg: bytes, prefix: str, words: str) -> Markup:
    """An SVG file as an element of a page, which says what it shows. Its ids begin with `prefix`, so that those of
    several figures do not meet; what nothing refers to has none.
    """
    root = ElementTree.fromstring(svg)
    for part in list(root.iter()):
        for child in list(part):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}title", f"{{{_SVG}}}style"):
                part.remove(child)
    for part in list(root.iter(f"{{{_SVG}}}defs")):
        if not len(part):
            part.clear()
    wanted = set(_referred(root))
    for part in root.iter():
        if (own := part.get("id")) is not None:
            del part.attrib["id"]
            if own in wanted:
                part.set("id", f"{prefix}-{own}")
        for key, value in part.attrib.items():
            if key in (_LINK, "href") and value.startswith("#"):
                part.set(key, f"#{prefix}-{value[1:]}")
            elif "url(#" in value:
                part.set(key, _REFERENCE.sub(rf"url(#{prefix}-\1)", value))
            elif key == "style":  # Verdana is the same design, where DejaVu is not installed
                part.set(key, _FONTS.sub("'DejaVu Sans', Verdana", value))
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-label", plain(words))
    return Markup(ElementTree.tostring(root, encoding="unicode").strip())


def _referred(root: ElementTree.Element) -> Iterator[str]:
    for part in root.iter():
        for key, value in part.attrib.items():
            if key in (_LINK, "href") and value.startswith("#"):
                yield value[1:]
            yield from _REFERENCE.findall(value)


def chapter(told: Chapter) -> Markup:
    """The section of a study, with its figures."""
    figures = joined(
        _drawn(told.figure(width), f"{told.info.name}-{size}", size, told.alternative)
        for size, width in (("wide", WIDE), ("narrow", NARROW))
    )
    return _chapter(told, figures)


def page(found: Report, chapters: Sequence[Markup]) -> str:
    """The whole page, with what `chapter` made of its results."""
    state = found.order.state
    strips = joined(
        _drawn(report.strip_figure(state, width)[0], f"strip-{size}", size, report.strip_alternative(state))
        for size, width in (("wide", WIDE), ("narrow", NARROW))
    )
    title = report.title(found)
    sections = [
        *((("missing", "Not in this report", _missing(found)),) if found.left_out else ()),
        ("citations", "Citations", _citations(found)),
        ("making", "How it was made", _making(found)),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="generator", content=dict(found.versions).get(report.PROGRAM, report.PROGRAM)),
        element("title", title),
        element("style", Markup(_style())),
    )
    made = f"{report.day(found)} · {report.versions(found)}"
    main = element(
        "main",
        _section("network", "The network", _network(found, strips)),
        *chapters,
        *(_section(key, name, content) for key, name, content in sections),
    )
    top = element("header", element("h1", title), element("p", made, class_="muted"))
    body = element("body", element("div", top, _contents(found, sections), main, class_="sheet"))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _style() -> str:
    """Free of what would end its element."""
    text = paths.asset("report.css").read_text(encoding="utf-8")
    assert not {"<", "&"} & {*text}
    return text


def _drawn(figure: Figure | None, prefix: str, size: str, words: str) -> Markup:
    if figure is None:
        return Markup()
    svg = export.render(figure, "svg", metadata={}, dpi=150.0)
    return element("div", inline(svg, prefix, words), class_=f"paper {size}")


def _section(key: str, title: str, content: Markup) -> Markup:
    return element("section", element("h2", title), content, id=key)


def _contents(found: Report, sections: list[tuple[str, str, Markup]]) -> Markup:
    entries = [
        ("network", "The network"),
        *((chapter.info.name, chapter.info.title) for chapter in report.chapters(found)),
        *((key, name) for key, name, _ in sections),
    ]
    told = (element("li", element("a", words, href=f"#{key}")) for key, words in entries)
    return element("nav", element("h2", "Contents"), element("ol", *told), aria_label="Contents")


def _network(found: Report, strips: Markup) -> Markup:
    told = (joined((element("dt", name), element("dd", words))) for name, words in report.facts(found))
    header, rows = report.layers(found)
    table = element(
        "table",
        element("thead", element("tr", *(element("th", name, scope="col") for name in header))),
        element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows)),
    )
    return joined(
        (
            element("figure", strips, element("figcaption", report.strip_alternative(found.order.state))),
            element("dl", *told),
            _short(found),
            element(
                "details",
                element("summary", f"All {len(rows)} layers with weights"),
                element("div", table, class_="scrolls", tabindex="0", role="region", aria_label="Layers"),
            ),
        )
    )


def _short(found: Report) -> Markup:
    """The first that each study found."""
    rows = [
        element(
            "li",
            element("a", chapter.info.title, href=f"#{chapter.info.name}"),
            ": ",
            chapter.found[0] if chapter.found else "nothing yet.",
        )
        for chapter in report.chapters(found)
    ]
    if not rows:
        return element("p", "No study found anything.")
    return joined((element("h3", "In short"), element("ul", *rows)))


def _chapter(chapter: Chapter, figures: Markup) -> Markup:
    info, papers = chapter.info, chapter.info.papers
    measured = [element("p", words) for words in chapter.measured]
    content = [
        element("p", info.question, class_="question"),
        *((element("p", info.explains),) if info.explains else ()),
        element("figure", figures, element("figcaption", *measured)) if figures else joined(measured),
        element("h3", "What was found"),
        element("ul", *(element("li", words) for words in chapter.found)),
        element("h3", "Where it comes from"),
        element("ul", *(element("li", f"{paper.cited}.") for paper in papers))
        if papers
        else element("p", "Ours."),
        element("h3", "How to make it"),
    ]
    if chapter.command:
        content.append(_code(chapter.command, "Command"))
    else:
        content.append(element("p", "No command says it: start it from the window, where it was made."))
    return _section(info.name, info.title, joined(content))


def _code(text: str, name: str) -> Markup:
    """One click takes all of it, ready to be copied."""
    return element("pre", element("code", text), tabindex="0", role="region", aria_label=name)


def _missing(found: Report) -> Markup:
    return element(
        "ul", *(element("li", element("b", title), f": {why}") for title, why in report.reasons(found))
    )


def _citations(found: Report) -> Markup:
    entries = report.bibtex(found)
    told = element("ol", *(element("li", f"{words}.") for words, _ in entries))
    return joined((told, _code("\n\n".join(entry for _, entry in entries), "BibTeX")))


def _making(found: Report) -> Markup:
    said = [element("p", f"Made on {report.day(found)} with {report.versions(found)}.")]
    if found.order.command:
        said += [element("p", "All of it again:"), _code(found.order.command, "Command")]
    return joined(said)
