"""Every error of v8inspect in words: what could not be done, and what helps. Nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple, Type, TypeVar

from v8inspect import errors
from v8inspect.render.clean import clean

Prose = Tuple[str, str]
_E = TypeVar("_E", bound=errors.V8InspectError)
_prose: Dict[Type[errors.V8InspectError], Callable[[Any], Prose]] = {}


def explain(error: BaseException, command: str = "") -> Prose:
    """(what failed, what to do) of any exception; the second may be empty. One line each."""
    for kind in type(error).__mro__:
        prose = _prose.get(kind)
        if prose is not None:
            what, advice = prose(error)
            return clean(what), clean(advice)
    if isinstance(error, MemoryError):
        return "this machine has not enough memory for that", ""
    return clean(f"internal error in {command or 'v8inspect'}: {_brief(error)}"), (
        "please report it, with what V8INSPECT_DEBUG=1 in the environment shows in addition"
    )


def failure_lines(error: BaseException, command: str = "") -> List[str]:
    """What goes to stderr: at most two lines."""
    what, advice = explain(error, command)
    if isinstance(error, errors.V8InspectError) and error.remarks:
        # A dump that is cut short, say: the likely cause is the better advice.
        return [f"error: {what}", f"warning: {clean('; '.join(error.remarks))}"]
    return [f"error: {what}", *([f"hint: {advice}"] if advice else [])]


def _brief(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    text = str(error)
    text = text if len(text) <= 200 else text[:200] + "…"
    where = ""
    if trace is not None:
        where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
    return f"{type(error).__name__}{': ' + text if text else ''}{where}"


def _says(kind: Type[_E]) -> Callable[[Callable[[_E], Prose]], Callable[[_E], Prose]]:
    def register(prose: Callable[[_E], Prose]) -> Callable[[_E], Prose]:
        _prose[kind] = prose
        return prose

    return register


def _some(items: Tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(items[:most])
    return shown + (f" and {len(items) - most} more" if len(items) > most else "")


@_says(errors.V8InspectError)
def _base(error: errors.V8InspectError) -> Prose:
    return f"{type(error).__name__}: {', '.join(str(a) for a in error.args)}", ""


@_says(errors.MemoryUnreadable)
def _memory(error: errors.MemoryUnreadable) -> Prose:
    what = f"cannot read {error.size} bytes at {error.address:#x}"
    if error.missing != error.address:
        what += f": the dump ends at {error.missing:#x}"
    return what, "the dump leaves this memory out; `doctor` says what it lacks"


@_says(errors.DumpError)
def _dump(error: errors.DumpError) -> Prose:
    return f"cannot use {error.path}", ""


@_says(errors.DumpNotFound)
def _not_found(error: errors.DumpNotFound) -> Prose:
    return f"cannot open {error.path}: {error.reason}", (
        "check the path, and that you may read the file (cores often belong to root)"
    )


@_says(errors.NotADump)
def _not_a_dump(error: errors.NotADump) -> Prose:
    return f"{error.path} is not a core dump: {error.found}", (
        "give the core itself after -c, and the node executable after -e"
    )


@_says(errors.DumpDamaged)
def _damaged(error: errors.DumpDamaged) -> Prose:
    where = f" (at offset {error.offset:#x})" if error.offset is not None else ""
    return f"{error.path} is damaged: {error.what}{where}", (
        "copy it again and compare sizes; a full disk or a core size limit also cuts dumps short"
    )


@_says(errors.DumpChanged)
def _changed(error: errors.DumpChanged) -> Prose:
    return (
        f"{error.path} changed while it was read: {error.size} bytes before, {error.now} now",
        "wait until the dump is written completely, then try again",
    )


@_says(errors.FormatUnsupported)
def _unsupported_format(error: errors.FormatUnsupported) -> Prose:
    return f"cannot read {error.path}: {error.feature}", (
        "ELF cores of Linux, minidumps of Windows and Mach-O cores of macOS are read today, "
        "of x86-64 and AArch64"
    )


@_says(errors.NoSpace)
def _no_space(error: errors.NoSpace) -> Prose:
    tried = "; ".join(f"{place}: {why}" for place, why in error.tried)
    return f"no room to unpack {error.path}: {tried}", (
        "set TMPDIR to a folder with more room, or unpack it yourself"
    )


@_says(errors.ProcessNotFound)
def _no_process(error: errors.ProcessNotFound) -> Prose:
    return f"no process {error.pid}, or it has ended", (
        "`ps` says which there are; in a container they have other numbers than outside"
    )


@_says(errors.ProcessRefused)
def _refused(error: errors.ProcessRefused) -> Prose:
    what = f"cannot look into process {error.pid}: {error.reason}"
    if error.tracer is not None:
        by = f"{error.tracer_name or 'a program'} (pid {error.tracer})"
        return f"{what}; {by} debugs it already", f"detach {by}, or use v8inspect inside of it"
    if error.owner is not None and not error.is_root:
        return f"{what}; it is of uid {error.owner}", "run v8inspect as that user or as root"
    if error.yama and not (error.yama < 3 and error.is_root):
        advice = (
            "a restart of the machine only can change that; take a core of it instead"
            if error.yama >= 3
            else "run v8inspect as root, or `sysctl kernel.yama.ptrace_scope=0`"
        )
        return f"{what}; kernel.yama.ptrace_scope is {error.yama}", advice
    return what, (
        "it takes the right to debug it (CAP_SYS_PTRACE): `docker run --cap-add=SYS_PTRACE`, "
        "`kubectl debug --profile=sysadmin`, or root outside of the container"
    )


@_says(errors.NoRoom)
def _no_room(error: errors.NoRoom) -> Prose:
    needed, free = (f"{size / (1 << 20):,.0f} MB" for size in (error.needed, error.free))
    return f"a picture of process {error.pid} takes {needed} of memory, and {free} are free", (
        "take a core (`gcore -o FILE PID`) and look at that, here or on another machine"
    )


@_says(errors.NoV8)
def _no_v8(error: errors.NoV8) -> Prose:
    return f"no V8 found in {error.dump}: {error.reason}", (
        "is it a dump of node? If so, give that very executable with -e"
    )


_FULLER = {
    "Windows minidump": (
        "make one with full memory: procdump -ma PID, Task Manager (Create dump file), or WER "
        "with DumpType 2; docs/making-dumps.md says how"
    ),
    "macOS core": (
        "make one with the heap: in LLDB, process save-core --style modified-memory (or full), or "
        "let the kernel write it (ulimit -c unlimited); docs/making-dumps.md says how"
    ),
}


@_says(errors.NoHeapMemory)
def _no_heap(error: errors.NoHeapMemory) -> Prose:
    node = f" of Node.js {error.node}" if error.node else ""
    return (
        f"no heap in {error.dump}: this {error.format}{node} has stacks only, "
        f"{-(-error.size // 1024)} KB of memory in all"
    ), _FULLER.get(error.format, "make one with all memory; docs/making-dumps.md says how")


@_says(errors.LayoutUnknown)
def _unknown(error: errors.LayoutUnknown) -> Prose:
    text = f"V8 {error.version} is not known; known are {_some(error.known, 20)}"
    if error.reasons:
        text += f". Its layout can't be derived from the dump: {_some(error.reasons, 4)}"
    return text, "a newer v8inspect may know it; docs/adding-a-v8-version.md says how to add one"


@_says(errors.LayoutIncomplete)
def _incomplete(error: errors.LayoutIncomplete) -> Prose:
    return f"the layout of V8 {error.version} lacks {_some(error.missing)}", (
        "give the matching executable with -e: its symbols may have them"
    )


@_says(errors.LayoutMismatch)
def _mismatch(error: errors.LayoutMismatch) -> Prose:
    return f"the layout of V8 {error.version} does not fit this dump: {_some(error.failed, 3)}", (
        "nothing is shown rather than something wrong; `doctor` has the details"
    )


@_says(errors.ScannerMissing)
def _scanner(error: errors.ScannerMissing) -> Prose:
    tried = "; ".join(f"{place}: {why}" for place, why in error.tried)
    return f"the compiled scanner cannot be loaded: {tried}", (
        "run `make build` in a checkout, or install v8inspect again"
    )


@_says(errors.ModuleNeeded)
def _module(error: errors.ModuleNeeded) -> Prose:
    what = f"the Python package {error.package} is needed for {error.purpose}"
    here = sys.executable or "this Python"
    if error.extra:
        return what, f"install 'v8inspect[{error.extra}]' with the pip of {here}"
    return what, f"install it for {here}, or do this step with another program first"


@_says(errors.NothingFound)
def _nothing(error: errors.NothingFound) -> Prose:
    return f"no {error.kind} {error.name}", ""


@_says(errors.NotAnObject)
def _not_an_object(error: errors.NotAnObject) -> Prose:
    return f"no object at {error.address:#x}: {error.why}", ""


@_says(errors.UsageError)
def _usage(error: errors.UsageError) -> Prose:
    if not error.command:
        return error.problem, "`help` lists the commands"
    return f"{error.command}: {error.problem}", f"`help {error.command}` shows how it is used"


@_says(errors.HelpRequested)
def _help(error: errors.HelpRequested) -> Prose:
    return f"help of {error.command} was asked for", ""


@_says(errors.Interrupted)
def _interrupted(error: errors.Interrupted) -> Prose:
    return "interrupted", ""


@_says(errors.Unsupported)
def _unsupported(error: errors.Unsupported) -> Prose:
    return error.what, ""


@_says(errors.QueryFailed)
def _query(error: errors.QueryFailed) -> Prose:
    return f"the query failed: {error.reason}", '`sql "describe objects"` shows columns'


@_says(errors.OutputClosed)
def _closed(error: errors.OutputClosed) -> Prose:
    return "nobody reads the output", ""


@_says(errors.OutputFailed)
def _output(error: errors.OutputFailed) -> Prose:
    return f"cannot write the answer: {error.reason}", ""


@_says(errors.LearningFailed)
def _learning(error: errors.LearningFailed) -> Prose:
    advice = "it has to be a Node.js for this machine"
    return f"can't learn from {error.node}: {error.reason}", advice


@_says(errors.SetupFailed)
def _setup(error: errors.SetupFailed) -> Prose:
    return error.what, error.advice
