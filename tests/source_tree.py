"""The source as the architecture tests see it: modules by dotted name, and what each one imports and when.

An import is "typing" under `if TYPE_CHECKING:`, "lazy" inside a function, else "top": that one runs when the
module is imported. Relative imports are resolved to modules of the package, so `from . import hooks` is an
import of the module `hooks`, and `from ..messages import AIMessage` one of the package `messages`.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "minichat"


class Import:
    """One import: `target` is a module inside the package (`inside`) or any other, dotted in full."""

    def __init__(self, target, when, line, *, inside, relative):
        self.target = target
        self.when = when
        self.line = line
        self.inside = inside
        self.relative = relative

    def __repr__(self):
        return f"{self.target} ({self.when}, line {self.line})"


class Module:
    """One file: `name` is its dotted name without the package's own, "" for the package itself.

    Its text is parsed when its tree or its imports are asked for: who collects tests asks for names only, and all
    trees together are half of what a garbage collector has to walk through."""

    def __init__(self, path, root, modules):
        self.path = path
        parts = path.relative_to(root).with_suffix("").parts
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self._modules = modules

    @functools.cached_property
    def text(self):
        return self.path.read_text("utf-8")

    @functools.cached_property
    def tree(self):
        return ast.parse(self.text)

    @functools.cached_property
    def imports(self):
        return [one for statement, when in self.statements() for one in _imports(statement, when, self, self._modules)]

    def forget(self):
        """Give back what was parsed."""
        for name in ("text", "tree", "imports"):
            self.__dict__.pop(name, None)

    @property
    def where(self):
        return str(self.path.relative_to(ROOT))

    def statements(self):
        """Yield (statement, when) for every statement, through classes, conditions and functions."""
        yield from _statements(self.tree.body, "top")

    def at_import(self):
        """Yield every node that runs when the module is imported."""
        for statement in self.tree.body:
            yield from _running(statement)


def _is_typing(condition):
    return isinstance(condition.test, ast.Name) and condition.test.id == "TYPE_CHECKING"


def _statements(body, when):
    for statement in body:
        yield statement, when
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _statements(statement.body, "lazy")
        elif isinstance(statement, ast.If) and _is_typing(statement):
            yield from _statements(statement.body, "typing")
            yield from _statements(statement.orelse, when)
        else:
            for field in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(statement, field, []), when)
            for handler in getattr(statement, "handlers", []):
                yield from _statements(handler.body, when)


def _running(node):
    if isinstance(node, ast.If) and _is_typing(node):
        children = node.orelse
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        children = [*node.decorator_list, *node.args.defaults, *(one for one in node.args.kw_defaults if one)]
    elif isinstance(node, ast.Lambda):
        children = []
    elif isinstance(node, ast.AnnAssign):  # annotations are not evaluated
        children = [node.value] if node.value else []
    else:
        children = ast.iter_child_nodes(node)
    yield node
    for child in children:
        yield from _running(child)


def load(package=PACKAGE):
    """Give the modules of a package by name; their imports are resolved to these."""
    root = ROOT / package
    modules = {}
    for path in sorted(root.rglob("*.py")):
        module = Module(path, root, modules)
        modules[module.name] = module
    return modules


def _imports(statement, when, module, modules):
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            yield Import(alias.name, when, statement.lineno, inside=False, relative=False)
    if not isinstance(statement, ast.ImportFrom):
        return
    if not statement.level:
        for alias in statement.names:
            full = f"{statement.module}.{alias.name}"
            whole = full if full in SUBMODULES else statement.module
            yield Import(whole, when, statement.lineno, inside=False, relative=False)
        return
    here = module.name.split(".") if module.name else []
    if not module.is_package:
        here = here[:-1]
    for _ in range(statement.level - 1):
        here = here[:-1]
    home = ".".join([*here, *((statement.module or "").split("."))]).strip(".")
    for alias in statement.names:
        inner = f"{home}.{alias.name}".strip(".")
        target = inner if inner in modules else home
        yield Import(target, when, statement.lineno, inside=True, relative=True)


# Modules that `from package import name` may mean, where the package alone would be too wide a permission.
SUBMODULES = {"concurrent.futures", "http.client", "urllib.request", "urllib.parse", "email.utils", "collections.abc"}
