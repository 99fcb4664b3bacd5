"""DocBook's tables: plain ones to rows of text, tables of functions to definitions."""

from __future__ import annotations

from bs4 import Tag

from corpora.model import Entry, Text
from ingest.parse.clean import fold
from ingest.parse.markup import Special, cells, classes, elements, prose, rows


def table_text(table: Tag, special: Special) -> str:
    """One line per row, cells apart by `` | ``. So are the paragraphs of one cell."""
    lines = (" | ".join(_cell(cell, special) for cell in cells(row)) for row in rows(table))
    return "\n".join(stripped for line in lines if (stripped := line.rstrip(" |")))


def is_function_table(table: Tag) -> bool:
    """Whether it lists functions: signature, description and example in a cell each."""
    return any(
        " func_table_entry " in classes(cell)
        for row in rows(table)
        for cell in cells(row)
        if cell.name == "td"
    )


def function_entries(table: Tag, special: Special) -> list[Entry | Text]:
    """A definition for each function. The table's head, which only names the parts, is left out."""
    out: list[Entry | Text] = []
    for row in rows(table):
        for cell in cells(row):
            if cell.name == "td":
                found = _function(cell, special)
                if found is not None:
                    out.append(found)
    return out


def _function(cell: Tag, special: Special) -> Entry | Text | None:
    signatures: list[str] = []
    body: list[Text] = []
    for part in elements(cell):
        text = prose(part, special)
        if not text:
            continue
        if " func_signature " in classes(part):
            signatures.append(text)
        else:
            body.append(Text(text=text))
    if signatures:
        return Entry(terms=tuple(dict.fromkeys(signatures)), body=tuple(body))
    text = prose(cell, special)
    return Text(text=text) if text else None


def _cell(cell: Tag, special: Special) -> str:
    paragraphs = [fold(prose(part, special)) for part in elements(cell) if part.name == "p"]
    return " | ".join(filter(None, paragraphs)) if len(paragraphs) > 1 else prose(cell, special)
