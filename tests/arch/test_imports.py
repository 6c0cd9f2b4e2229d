"""The layers of ARCHITECTURE.md, checked on the import statements of the tree."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the ground up. A module may import from its own layer and from those before it.
LAYERS: List[Tuple[str, ...]] = [
    (
        "v8inspect",
        "v8inspect.errors",
        "v8inspect.limits",
        "v8inspect.rows",
        "v8inspect.threads",
        "v8inspect.synced",
        "v8inspect.target",
    ),
    ("v8inspect.scan.binding",),
    ("v8inspect.memory", "v8inspect.targets"),
    ("v8inspect.layout",),
    ("v8inspect.session",),
    ("v8inspect.scan", "v8inspect.heap", "v8inspect.objects", "v8inspect.stack"),
    ("v8inspect.derive", "v8inspect.node", "v8inspect.api", "v8inspect.learn"),
    ("v8inspect.analysis", "v8inspect.install"),
    ("v8inspect.commands",),
    ("v8inspect.render",),
    ("v8inspect.shell", "v8inspect.embedded"),
    ("v8inspect.cli", "v8inspect.__main__", "gdb_plugin", "lldb_plugin"),
]
# What exists once only, and where.
ONLY_IN: Dict[str, Tuple[str, ...]] = {
    "gdb": ("gdb_plugin",),
    "lldb": ("lldb_plugin",),
    "cffi": ("v8inspect.scan",),
    "_cffi_backend": ("v8inspect.scan",),
    "ctypes": ("v8inspect.scan",),
    "rich": ("v8inspect.shell",),
    "prompt_toolkit": ("v8inspect.shell",),
    "argparse": ("v8inspect.commands",),
    "gdb_plugin": ("gdb_plugin",),
    "lldb_plugin": ("lldb_plugin",),
}


def modules() -> List[Tuple[str, Path]]:
    """(dotted name, file) of everything that is shipped."""
    found = []
    for package in ("v8inspect", "gdb_plugin", "lldb_plugin"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if not path.name.startswith("_v8scan_cffi"):
                found.append((name, path))
    return found


def inside(name: str, package: str) -> bool:
    """True if `name` is `package` or in it."""
    return name == package or name.startswith(package + ".")


def layer(name: str) -> int:
    """The layer of a module, by its longest listed name."""
    ranked = [
        (len(package), number)
        for number, packages in enumerate(LAYERS)
        for package in packages
        if (inside(name, package) if package != "v8inspect" else name == package)
    ]
    assert ranked, f"{name} is in no layer: add it to LAYERS"
    return max(ranked)[1]


def imports(tree: ast.Module) -> Iterator[Tuple[str, int, bool]]:
    """(module, line, only for type checking) of each import in a file."""

    def walk(node: ast.AST, typing_only: bool) -> Iterator[Tuple[str, int, bool]]:
        for child in ast.iter_child_nodes(node):
            inner = typing_only
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                inner = True
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield alias.name, child.lineno, typing_only
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are absolute here"
                assert child.module is not None
                yield child.module, child.lineno, typing_only
                for alias in child.names:
                    yield f"{child.module}.{alias.name}", child.lineno, typing_only
            yield from walk(child, inner)

    return walk(tree, False)


KNOWN = {name for name, _ in modules()}


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_a_module_imports_from_below_only(name: str, path: Path) -> None:
    own = layer(name)
    wrong = []
    for imported, line, typing_only in imports(ast.parse(path.read_text())):
        if typing_only or imported not in KNOWN:
            continue
        # The session makes its parts when they are asked for, and the package its session; that
        # is their purpose.
        makers = ("v8inspect", "v8inspect.session")
        if name in makers and not imported.startswith("v8inspect.commands"):
            continue
        if layer(imported) > own:
            wrong.append(f"{path.name}:{line} imports {imported}")
    assert not wrong


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_special_modules_stay_in_their_place(name: str, path: Path) -> None:
    wrong = []
    for imported, line, _ in imports(ast.parse(path.read_text())):
        top = imported.split(".")[0]
        allowed = ONLY_IN.get(top)
        if allowed is not None and not any(inside(name, place) for place in allowed):
            wrong.append(f"{path.name}:{line} imports {imported}")
    assert not wrong


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_a_module_says_what_it_is_for(name: str, path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{name} has no docstring"


def test_importing_reads_no_dump(tmp_path: Path) -> None:
    """Import of every module works with nothing around: no target, no argument, no debugger."""
    import subprocess
    import sys

    names = [name for name, _ in modules() if name.startswith("v8inspect")]
    names = [name for name in names if not name.endswith("__main__")]
    code = "import importlib, builtins, io\n"
    code += "real = builtins.open\n"
    code += "def refuse(path, *rest, **more):\n"
    code += "    assert '.py' in str(path), f'{path} is opened at import'\n"
    code += "    return real(path, *rest, **more)\n"
    code += "builtins.open = refuse\n"
    code += f"for name in {names!r}: importlib.import_module(name)\n"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
