"""`sql`, `export`: the heap as tables."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row

_TABLES = ("objects", "edges", "strings", "functions", "roots")


@command(
    "sql",
    "answers a query over the tables objects, edges, strings, functions, roots",
    arg("query", help="in DuckDB's SQL, as one quoted argument"),
    example=(
        'sql "select constructor, count(*), sum(retained) from objects group by 1"\n'
        'sql "describe objects"'
    ),
    see=("export --parquet DIR", "retained", "findjsobjects"),
    details=(
        "Needs the packages duckdb and pyarrow: pip install 'v8inspect[sql]'. Addresses are\n"
        "tagged, of type UBIGINT, and shown in hexadecimal; to look for one write it as a text:\n"
        "where address = '0x34c1bd02b9'. Sizes are bytes. A query can't open files."
    ),
)
def sql(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each of the answer."""
    from v8inspect.analysis.sql import query
    from v8inspect.heap.health import problems

    yield from query(ctx.session, args.query)
    for problem in problems(ctx.session):
        ctx.damage(problem)


@command(
    "export",
    "writes the tables of `sql` as files for other programs",
    arg("table", nargs="*", choices=_TABLES, help=f"only these of {', '.join(_TABLES)}"),
    arg("--parquet", metavar="DIR", required=True, help="a new folder, for files of Parquet"),
    example="export --parquet /tmp/heap\nexport --parquet /tmp/heap objects roots",
    see=("sql",),
    details=(
        "Needs the package pyarrow: pip install 'v8inspect[sql]'. Texts of strings are in them.\n"
        "The folder and its files can be read by their owner only, and appear when all is written."
    ),
)
def export(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each file."""
    from v8inspect.analysis.exporting import export as exported
    from v8inspect.heap.health import problems

    yield from exported(ctx.session, args.parquet, args.table)
    for problem in problems(ctx.session):
        ctx.damage(problem)
