"""XML files to elements, and elements to plain text by path: no DTD, no entity, no network (CONTRACT 6).

Some declare an encoding that they do not use (PacBio's UTF-16 on UTF-8 text), which no parser takes: so the text is
decoded here, and the declaration left away.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from seqmeta.imports.sources import Source, decode
from seqmeta.values import shorten

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_MOST_ATTRIBUTES = 500
"""How many attributes an element may have: reading them takes the square of their number."""

_OF_LIBXML = re.compile(r", use XML_PARSE_HUGE option|, line \d+, column \d+$")
"""What libxml2 says besides: the place, which stands before the sentence already, and advice to programmers."""

_FORBIDDEN = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def parse_xml(source: Source) -> Any:
    """Parse a file to its root element."""
    text = decode(source)
    found = _FORBIDDEN.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise source.fault("xml_syntax", "there is a document type declaration: instruments write none", line, column)
    # Blanked, not cut out, so that lines and columns stay those of the file.
    body = _DECLARATION.sub(lambda declared: re.sub(r"[^\n]", " ", declared[0]), text).encode()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        said = _OF_LIBXML.sub("", error.msg or "it is empty")
        message = f"the file is not well-formed XML: {said}"
        raise source.fault("xml_syntax", message, max(line, 1), max(column, 1)) from None
    crowded = next((of for of in root.iter(etree.Element) if len(of.attrib) > _MOST_ATTRIBUTES), None)
    if crowded is not None:
        message = f"{shorten(local_name(crowded))} has more than {_MOST_ATTRIBUTES} attributes: instruments write few"
        raise source.fault("out_of_range", message, crowded.sourceline or 1)
    return root


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(etree.QName(element).localname)


def children(element: Any, name: str | None = None) -> list[Any]:
    """List the child elements of a name, in the order of the file."""
    found = [child for child in element if isinstance(child.tag, str)]
    return found if name is None else [child for child in found if local_name(child) == name]


def descend(element: Any, name: str) -> Iterator[Any]:
    """Find all elements of a name at any depth, in the order of the file."""
    return (found for found in element.iter() if isinstance(found.tag, str) and local_name(found) == name)


def text_of(element: Any) -> str:
    """Return the text of an element in one line, without outer white space."""
    return " ".join((element.text or "").split())


def flatten(element: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """List the texts and attributes below an element by their dotted path; empty ones are left away."""
    for name, value in element.attrib.items():
        if not name.startswith("{") and value.strip():
            yield f"{path}@{name}".lstrip("."), " ".join(value.split())
    below = children(element)
    if not below and path and text_of(element):
        yield path, text_of(element)
    for child in below:
        yield from flatten(child, f"{path}.{local_name(child)}".lstrip("."))
