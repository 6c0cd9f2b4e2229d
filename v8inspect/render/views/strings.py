"""`strings`."""

from __future__ import annotations

import json

from v8inspect.analysis.strings import StringRow, StringsTotal
from v8inspect.render.text import Line, Lines, Part, view

_RULE = " -------------- ---------- ---------- ------------ ------------"


@view(
    StringRow,
    heading=(
        "        Address      Count     Length         Size       Wasted Text",
        _RULE + " ----",
    ),
)
def _row(row: StringRow) -> Line:
    # As in JSON: quotes and line breaks of the text can't be taken for ours.
    text = json.dumps(row.text, ensure_ascii=False)
    return (
        Part("address", f" {row.address!s:>14}"),
        f" {row.count:>10} {row.length:>10} {row.size:>12} {row.wasted:>12} ",
        Part("string", text),
        "…" if row.truncated else "",
    )


@view(StringsTotal, under=StringRow)
def _total(row: StringsTotal) -> Lines:
    return Lines(
        [
            _RULE,
            f" {row.contents:>14} {row.count:>10} {'':>10} {row.size:>12} {row.wasted:>12}",
        ]
    )
