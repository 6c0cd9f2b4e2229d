"""`report`: a page of text with a heading for each section."""

from __future__ import annotations

import json
from typing import Dict, List, Sequence, Type, Union

from v8inspect.analysis.biggest import BigRow
from v8inspect.analysis.census import CensusRow
from v8inspect.analysis.isolates import IsolateRow
from v8inspect.analysis.report import (
    ProgramRow,
    RemarkRow,
    SectionHead,
    SectionRow,
    StringSums,
    TallyRow,
)
from v8inspect.analysis.stack import FrameRow
from v8inspect.analysis.strings import StringRow
from v8inspect.render.text import Line, Lines, Part, view, view_of
from v8inspect.render.views.ending import frame_pieces
from v8inspect.rows import Row

_TITLES = {
    "ending": "What ended it",
    "program": "Program",
    "stack": "JavaScript stack",
    "memory": "Heap",
    "census": "Objects, by bytes of their own",
    "biggest": "Biggest, with their contents",
    "strings": "Strings",
    "async": "Waiting",
    "loop": "Event loop",
    "health": "To keep in mind",
}
# Sections that are tables: the columns are those of the rows' own view.
_TABLES: Dict[str, Type[Row]] = {
    "memory": IsolateRow,
    "census": CensusRow,
    "biggest": BigRow,
}


@view(SectionHead)
def _head(row: SectionHead) -> Lines:
    title = _TITLES.get(row.section, row.section)
    lines = Lines([(Part("heading", f"== {title} =="),)])
    if row.section != "ending":
        lines.insert(0, "")
    table = _TABLES.get(row.section)
    if table is not None:
        lines += [(Part("heading", line),) for line in view_of(table).heading]
    return lines


@view(SectionRow)
def _row(row: SectionRow) -> Union[Line, Lines]:
    if isinstance(row.of, FrameRow):
        return ("    at ", *frame_pieces(row.of))
    if isinstance(row.of, StringRow):
        of = row.of
        text = json.dumps(of.text, ensure_ascii=False) + ("…" if of.truncated else "")
        return (f" {of.count} times, {of.size} bytes: ", Part("string", text))
    return view_of(type(row.of)).line(row.of)


@view(ProgramRow)
def _program(row: ProgramRow) -> Lines:
    pairs: List[Sequence[object]] = [
        ("Node.js", f"{row.node or '?'} ({row.platform or '?'}), V8 {row.v8}"),
        ("process", row.pid),
        ("command", " ".join(row.command)),
        ("folder", row.cwd),
        ("started", row.started),
        ("ran for", None if row.uptime is None else f"{row.uptime:,} s"),
        ("dump", row.core),
    ]
    return Lines([f" {label:<8} {value}" for label, value in pairs if value not in (None, "")])


@view(TallyRow)
def _count(row: TallyRow) -> Line:
    kinds = ", ".join(f"{count} {kind}" for kind, count in row.kinds.items())
    what = row.what[:-1] if row.count == 1 and row.what.endswith("s") else row.what
    return f" {row.count:>6} {what}" + (f": {kinds}" if kinds else "")


@view(RemarkRow)
def _remark(row: RemarkRow) -> Line:
    return (" ", Part("faint", row.problem))


@view(StringSums)
def _strings(row: StringSums) -> Line:
    text = f" {row.strings} strings of {row.bytes} bytes, {row.contents} different ones"
    return text + (f"; {row.wasted} bytes are repetitions" if row.wasted else "")
