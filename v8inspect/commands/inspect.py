"""`inspect` and `print`: one value, in full or in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Optional

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row

if TYPE_CHECKING:
    from v8inspect.analysis.describe import Describer
    from v8inspect.analysis.description import Options

_TEXT_LIMIT = 16  # characters, elements and bytes that text shows, as llnode does
_TEXT_PROPERTIES = 1000
_TEXT_NESTED = 1 << 14  # values inside of what is inside
# JSON is for programs: limits that only what is huge meets. Each is marked where it was met.
_JSON_STRING, _JSON_NESTED, _JSON_ITEMS = 1 << 20, 1 << 16, 1 << 17

FULL_STRING = arg("-F", "--full-string", action="store_true", help="strings without a limit")
PRINT_MAP = arg("-m", "--print-map", action="store_true", help="the address of each object's Map")
PRINT_SOURCE = arg("-s", "--print-source", action="store_true", help="the source of functions")
LENGTH = arg(
    "-l",
    "--length",
    type=natural,
    metavar="N",
    help="N characters of strings, N elements, N bytes (16; 0: all)",
)
STRING_LENGTH = arg(
    "--string-length", type=natural, metavar="N", help="N characters of strings (16; 0: all)"
)
ARRAY_LENGTH = arg(
    "--array-length", type=natural, metavar="N", help="N elements, entries, bytes (16; 0: all)"
)
DEPTH = arg(
    "-d", "--depth", type=natural, default=1, metavar="DEPTH", help="how deep objects open (1)"
)
LIMITS = (FULL_STRING, PRINT_MAP, PRINT_SOURCE, LENGTH, STRING_LENGTH, ARRAY_LENGTH, DEPTH)
ADDRESS = arg("address", metavar="ADDR", help="of a value, tagged or not, or an expression")


def options_of(args: Namespace, json: bool, depth: Optional[int] = None) -> Options:
    """The limits that LIMITS say, with the defaults of text or of JSON."""
    from v8inspect.analysis.description import Options

    length: Optional[int] = args.length
    strings, elements, properties = _TEXT_LIMIT, _TEXT_LIMIT, _TEXT_PROPERTIES
    nested: Optional[int] = None
    if json:
        strings, elements, properties = _JSON_STRING, _JSON_ITEMS, _JSON_ITEMS
        nested = _JSON_NESTED
    if length is not None:
        strings = elements = length
        nested = None
        properties = 0 if not length else max(properties, length)
    if args.string_length is not None:
        strings, nested = args.string_length, None
    if args.array_length is not None:
        elements = args.array_length
    if args.full_string:
        strings, nested = 0, None
    return Options(
        depth=args.depth if depth is None else depth,
        strings=strings,
        elements=elements,
        properties=properties,
        nested_strings=nested,
        nested=_JSON_ITEMS if json else _TEXT_NESTED,
        show_map=args.print_map,
        show_source=args.print_source,
    )


def tell_damage(ctx: Context, describer: Describer) -> None:
    """Sets the exit status when something in the answer could not be read."""
    damage = describer.damage
    if damage:
        more = f" (and {len(damage) - 1} more)" if len(damage) > 1 else ""
        ctx.damage(f"part of this could not be read: {damage[0]}{more}")


def described(
    ctx: Context, args: Namespace, addresses: Iterable[int], depth: Optional[int] = None
) -> Iterator[Row]:
    """A Described for each address, within the limits of `args`."""
    from v8inspect.analysis.describe import Describer
    from v8inspect.analysis.values import value_at

    options = options_of(args, ctx.json, depth)
    for address in addresses:
        describer = Describer(ctx.session, options)
        yield describer.top(value_at(ctx.session, address))
        tell_damage(ctx, describer)


@command(
    "inspect",
    "shows a value in full: properties, elements, and what V8 keeps beside them",
    *LIMITS,
    ADDRESS,
    feed="address",
    example="inspect 0x2c88ca33e709\ninspect -d 2 -l 100 0x2c88ca33e709",
    see=("print", "jsprint", "findrefs", "findjsinstances"),
    details=(
        "What is cut is marked with … and how many more there are; objects that were shown above "
        "are only named. With --json the limits are far higher: strings 1 Mi characters (64 Ki "
        "inside of something), 128 Ki elements and properties."
    ),
)
def inspect(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One Described."""
    return described(ctx, args, [ctx.address(args.address)])


@command(
    "print",
    "shows a value in one line",
    FULL_STRING,
    PRINT_MAP,
    LENGTH,
    STRING_LENGTH,
    ADDRESS,
    feed="address",
    example="print 0x36e7cd386561",
    see=("inspect",),
)
def print_(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One Described without what is inside of it."""
    args.print_source, args.array_length = False, None
    return described(ctx, args, [ctx.address(args.address)], 0)
