"""What the layout of this V8 knows: v8print, v8types, v8classes, v8frametypes, v8field."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "v8print",
    "shows an object as its C++ class: every word with the field it is",
    ADDRESS,
    arg("class_", metavar="CLASS", nargs="?", help="as this class of v8classes"),
    feed="address",
    example="v8print 0x2c88ca33e709\nv8print 0x2c88ca33e709 JSObject",
    see=("v8classes", "v8map", "v8type"),
)
def v8print(ctx: Context, args: Namespace) -> Iterator[Row]:
    """FieldRows."""
    from v8inspect.analysis.lowlevel import print_fields

    yield from print_fields(ctx.session, ctx.address(args.address), args.class_)


@command(
    "v8types",
    "lists the instance types of this V8",
    example="v8types",
    see=("v8type", "v8classes"),
)
def v8types(ctx: Context, args: Namespace) -> Iterator[Row]:
    """TypeNumbers."""
    from v8inspect.analysis.shapes import types

    yield from types(ctx.session)


@command(
    "v8frametypes",
    "lists the types of stack frames of this V8",
    example="v8frametypes",
    see=("v8types",),
    details="From the symbols of the executable, which official builds of Node.js have.",
)
def v8frametypes(ctx: Context, args: Namespace) -> Iterator[Row]:
    """TypeNumbers."""
    from v8inspect.analysis.shapes import frame_types

    yield from frame_types(ctx.session)


@command(
    "v8classes",
    "lists the classes of V8 that v8print knows, or the fields of one",
    arg("class_", metavar="CLASS", nargs="?", help="its fields"),
    example="v8classes\nv8classes JSFunction",
    see=("v8print", "v8field"),
)
def v8classes(ctx: Context, args: Namespace) -> Iterator[Row]:
    """ClassRows, or ClassFields."""
    from v8inspect.analysis.shapes import class_fields, classes

    if args.class_ is None:
        yield from classes(ctx.session)
    else:
        yield from class_fields(ctx.session, args.class_)


@command(
    "v8field",
    "shows where a field of a class is, or defines one for v8print",
    arg("class_", metavar="CLASS", help="as v8classes has it"),
    arg("field", metavar="FIELD", help="its name"),
    arg("offset", metavar="OFFSET", type=natural, nargs="?", help="bytes from the object's start"),
    example="v8field JSFunction context\nv8field JSFunction mine 56",
    see=("v8classes", "v8print"),
    details="A field that was defined lasts as long as the dump is open.",
)
def v8field(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One ClassField."""
    from v8inspect.analysis.shapes import class_fields, define_field

    if args.offset is None:
        yield from class_fields(ctx.session, args.class_, args.field)
    else:
        yield define_field(ctx.session, args.class_, args.field, args.offset)
