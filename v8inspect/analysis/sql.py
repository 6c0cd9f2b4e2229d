"""Queries in SQL over the tables of the heap, answered by DuckDB in memory.

It may not open files, load extensions or see Python's variables, and that is locked before the
query runs: it reads the dump and nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    ClassVar,
    Dict,
    Iterator,
    List,
    Tuple,
    TypeVar,
    Union,
)

from v8inspect.analysis.tables import NAMES, Tables, required
from v8inspect.errors import QueryFailed, UsageError
from v8inspect.rows import Address, Row, Summary
from v8inspect.threads import Worker

if TYPE_CHECKING:
    from v8inspect.session import Session

_ADDRESS = "UBIGINT"  # nothing else in the tables has this type
_FETCHED = 1 << 10  # rows at once
_LOOK = 0.05  # seconds between two looks at progress
_LOCKED = (
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_OPTIONS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
# Errors that are about the text of the query; others may quote values.
_OF_QUERY = (
    "ParserException",
    "SyntaxException",
    "BinderException",
    "CatalogException",
    "PermissionException",
)

Made = TypeVar("Made")


@dataclass(frozen=True)
class SqlHeading(Summary):
    """The columns of the answer: (name, whether it is of numbers, how wide its texts are)."""

    columns: Tuple[Tuple[str, bool, int], ...]


@dataclass(frozen=True)
class SqlRow(Row):
    """A row of the answer, by column; two columns of one name are numbered."""

    json_merged: ClassVar[str] = "values"
    json_hidden: ClassVar[Tuple[str, ...]] = ("heading",)

    values: Dict[str, Any]
    heading: SqlHeading


def query(session: Session, text: str) -> Iterator[Union[SqlHeading, SqlRow]]:
    """The rows that a query gives. Raises ModuleNeeded, QueryFailed, UsageError."""
    duckdb = required("duckdb")
    tables = session.kept(Tables)
    connection = duckdb.connect(":memory:", config=_OPTIONS)
    try:
        _one_statement(duckdb, connection, text)
        said = text.lower()
        # `query` and `query_table` are functions that may put a name together.
        everything = "query" in said
        for name in NAMES:
            if everything or name in said:
                connection.register(name, tables.table(name))
            else:  # to be described
                connection.register(name, tables.schemas[name].empty_table())
        for setting in _LOCKED:
            connection.execute(setting)

        def waiting(work: Callable[[], Made]) -> Made:
            return _waited_for(session, connection, work)

        try:
            answer = waiting(lambda: connection.execute(text))
            yield from _rows(answer, waiting)
        except duckdb.Error as error:
            raise _failed(error) from None
    finally:
        connection.close()


def _one_statement(duckdb: Any, connection: Any, text: str) -> None:
    try:
        statements = connection.extract_statements(text)
    except duckdb.Error as error:
        raise _failed(error) from None
    if len(statements) != 1:
        raise UsageError("sql", f"one query at a time; these are {len(statements)}")


def _failed(error: Exception) -> QueryFailed:
    kind = type(error).__name__
    if kind not in _OF_QUERY:
        words = kind.replace("Exception", "")
        return QueryFailed(f"{words} error" if words else "error")
    return QueryFailed(str(error).split("\n")[0])


def _waited_for(session: Session, connection: Any, work: Callable[[], Made]) -> Made:
    """What `work` gives. It is done by another thread, for the database looks at Ctrl-C in its own
    way or not at all; here progress is looked at, and who ends the command ends the query."""
    worker = Worker("query", work)
    try:
        while not worker.is_done(_LOOK):
            session.progress("asking the database", 0, 0)
    except BaseException:
        worker.settle(connection.interrupt, _LOOK)  # again and again: it may not have begun
        raise
    return worker.result()


def _rows(
    answer: Any, waiting: Callable[[Callable[[], Any]], Any]
) -> Iterator[Union[SqlHeading, SqlRow]]:
    if answer.description is None:
        return
    names, addresses = _unique([column[0] for column in answer.description]), set()
    for name, column in zip(names, answer.description):
        if str(column[1]) == _ADDRESS:
            addresses.add(name)
    heading = None
    while True:
        found = waiting(lambda: answer.fetchmany(_FETCHED))
        rows = [
            {name: _plain(value, name in addresses) for name, value in zip(names, row)}
            for row in found
        ]
        if heading is None:
            heading = _heading(names, rows)
            yield heading
        for row in rows:
            yield SqlRow(row, heading)
        if len(found) < _FETCHED:
            return


def _unique(names: List[str]) -> List[str]:
    made: List[str] = []
    for name in names:
        number, unique = 1, name
        while unique in made:
            number += 1
            unique = f"{name}_{number}"
        made.append(unique)
    return made


def _heading(names: List[str], rows: List[Dict[str, Any]]) -> SqlHeading:
    """As wide as the first rows are."""
    columns = []
    for name in names:
        values = [row[name] for row in rows]
        numbers = all(
            value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
            for value in values
        )
        width = max([len(name), *(len(shown(value)) for value in values)])
        columns.append((name, numbers and bool(values), width))
    return SqlHeading(tuple(columns))


def shown(value: Any) -> str:
    """A value as text shows it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain(value: Any, is_address: bool) -> Any:
    """As rows have it: numbers, texts, lists and dicts of those."""
    if is_address and isinstance(value, int):
        return Address(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item, is_address) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, is_address) for key, item in value.items()}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if hasattr(value, "as_integer_ratio"):  # a decimal
        return float(value)
    return str(value)
