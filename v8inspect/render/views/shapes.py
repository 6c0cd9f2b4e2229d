"""`v8map`, `v8types`, `v8frametypes`, `v8classes`, `v8field`."""

from __future__ import annotations

from v8inspect.analysis.shapes import ClassField, ClassRow, DescriptorRow, MapRow, TypeNumber
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import brief


@view(MapRow)
def _map(row: MapRow) -> Lines:
    lines = Lines([(Part("address", str(row.address)), ": Map of ", Part("name", row.type))])
    inside = f"{row.inobject_properties} in-object properties from +{row.inobject_start}"
    lines.append(f"    instance size {row.instance_size}, {inside}")
    lines.append(f"    elements kind {row.elements_kind}")
    if row.flags:
        lines.append(f"    {', '.join(row.flags)}")
    lines.append(("    prototype ", *brief(row.prototype)))
    if row.constructor is not None:
        lines.append(("    constructor ", *brief(row.constructor)))
    lines.append(f"    {row.own_descriptors} descriptors")
    for item in row.descriptors:
        lines.append(_descriptor(item))
    if row.problem is not None:
        lines.append((Part("bad", f"    <damaged: {row.problem}>"),))
    return lines


def _descriptor(row: DescriptorRow) -> Line:
    where = {
        "object": f"+{row.offset}",
        "array": f"property array {row.index}",
        "map": "constant",
    }[row.where]
    marks = f" -{row.attributes}" if row.attributes else ""
    return ("        ", Part("name", row.key), f": {row.kind} {row.representation} {where}{marks}")


@view(TypeNumber)
def _type(row: TypeNumber) -> Line:
    return (f"{row.number:>6} ", Part("name", row.name))


@view(ClassRow)
def _class(row: ClassRow) -> Line:
    return (Part("name", f"{row.class_:<28}"), f" {row.fields} fields")


@view(ClassField)
def _field(row: ClassField) -> Line:
    return (f"+{row.offset:<4} ", Part("name", f"{row.class_}.{row.field}"), f"  ({row.source})")
