"""V8's own objects, as mdb_v8's commands show them: v8array, v8context, v8internal, v8map, …"""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "v8type",
    "tells V8's type of the object at an address",
    ADDRESS,
    feed="address",
    example="v8type 0x2c88ca33e709",
    see=("v8print", "v8map", "v8types"),
)
def v8type(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One TypeRow."""
    from v8inspect.analysis.lowlevel import type_row

    yield type_row(ctx.session, ctx.address(args.address))


@command(
    "v8array",
    "lists the slots of a FixedArray, or of what is built like one",
    arg("-i", "--index", action="store_true", help="the index before each"),
    ADDRESS,
    feed="address",
    example="v8array -i 0x2c88ca33e709",
    see=("jsarray", "v8print"),
    details="ADDR may also be a JS object: the store of its elements then, spare slots included.",
)
def v8array(ctx: Context, args: Namespace) -> Iterator[Row]:
    """SlotRows."""
    from v8inspect.analysis.lowlevel import array_slots

    for row in array_slots(ctx.session, ctx.address(args.address), args.index):
        if row.of.problem is not None:
            ctx.damage(f"part of this could not be read: {row.of.problem}")
        yield row


@command(
    "v8context",
    "lists the slots of a context with the names of variables",
    ADDRESS,
    feed="address",
    example="v8context 0x3384159bdd69",
    see=("jsclosure", "v8scopeinfo"),
    details="ADDR may also be a function: its context then.",
)
def v8context(ctx: Context, args: Namespace) -> Iterator[Row]:
    """SlotRows."""
    from v8inspect.analysis.lowlevel import context_slots

    yield from context_slots(ctx.session, ctx.address(args.address))


@command(
    "v8scopeinfo",
    "shows what the compiler noted of a scope: its kind and variables",
    ADDRESS,
    feed="address",
    example="v8scopeinfo 0xffe29f8c609",
    see=("v8context",),
    details="ADDR may also be a context or a function.",
)
def v8scopeinfo(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One ScopeRow."""
    from v8inspect.analysis.lowlevel import scope_row

    row = scope_row(ctx.session, ctx.address(args.address))
    if row.problem is not None:
        ctx.damage(row.problem)
    yield row


@command(
    "v8internal",
    "shows the words that the embedder keeps in an object",
    ADDRESS,
    arg("index", metavar="IDX", type=natural, nargs="?", help="only this one, from 0"),
    feed="address",
    example="v8internal 0x3384159be329\nv8internal 0x3384159be329 1",
    see=("inspect", "v8print"),
    details="Node.js keeps a pointer to the C++ object (a BaseObject) in field 1.",
)
def v8internal(ctx: Context, args: Namespace) -> Iterator[Row]:
    """EmbedderFields."""
    from v8inspect.analysis.lowlevel import embedder_fields

    yield from embedder_fields(ctx.session, ctx.address(args.address), args.index)


@command(
    "v8map",
    "shows a Map, V8's hidden class, with its descriptors",
    ADDRESS,
    feed="address",
    example="v8map 0x00000ffe29f91db9",
    see=("v8print", "inspect"),
    details="ADDR may also be any object: its Map then.",
)
def v8map(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One MapRow."""
    from v8inspect.analysis.shapes import map_row

    row = map_row(ctx.session, ctx.address(args.address))
    if row.problem is not None:
        ctx.damage(row.problem)
    yield row


@command(
    "v8function",
    "shows what V8 has of a closure: context, code, feedback",
    ADDRESS,
    feed="address",
    example="v8function 0x9cdcd5be429",
    see=("jsfunction", "v8code", "v8context"),
)
def v8function(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One V8FunctionRow."""
    from v8inspect.analysis.codes import function_row

    yield function_row(ctx.session, ctx.address(args.address))


@command(
    "v8code",
    "shows the header of bytecode or machine code",
    arg("-d", "--disassemble", action="store_true", help="its instructions (needs capstone)"),
    arg("-b", "--bytes", action="store_true", help="its bytes"),
    ADDRESS,
    feed="address",
    example="v8code 0x4f3e8fb9389",
    see=("v8function", "jssource"),
    details="ADDR may also be a function or a SharedFunctionInfo. Bytecode is not disassembled.",
)
def v8code(ctx: Context, args: Namespace) -> Iterator[Row]:
    """A CodeRow, then InstructionRows."""
    from v8inspect.analysis.codes import code_row, instructions

    address = ctx.address(args.address)
    yield code_row(ctx.session, address, args.bytes)
    if args.disassemble:
        yield from instructions(ctx.session, address)
