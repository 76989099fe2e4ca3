"""Docstrings of three styles, well and badly formed, and what is read from them."""

import textwrap

import pytest

from minichat.utils.docstrings import read_docstring

# (docstring, description, descriptions by argument, named under `Args:`)
DOCSTRINGS = [
    (None, "", {}, False),
    ("", "", {}, False),
    ("   One line.  ", "One line.", {}, False),
    ("A.\n\nB\nb.\n\nC.", "A. B\nb. C.", {}, False),
    ("A.\n\nReturns: b\n\nC.", "A.", {}, False),
    ("A.\nReturns: is part of the sentence", "A.\nReturns: is part of the sentence", {}, False),
    ("Args: is no heading here.", "Args: is no heading here.", {}, False),
    # Google
    ("Args:\n    a: A", "", {"a": "A"}, True),
    ("X.\n\nArgs:\na: A\nb: B", "X.", {"a": "A", "b": "B"}, True),
    ("X.\n\nArgs:\n    a (Dict[str, int]): A\n    b (:obj:`int`, optional): B", "X.", {"a": "A", "b": "B"}, True),
    ("X.\n\nArgs:\n    a: A\n      note: goes on\n    b: B", "X.", {"a": "A note: goes on", "b": "B"}, True),
    ("X.\n\nArgs:\n    a: A\n    not an item: goes on", "X.", {"a": "A not an item: goes on"}, True),
    ("X.\n\nArgs:\n    a: A\nReturns:\n    b: B", "X.", {"a": "A"}, True),
    ("X.\n\nArgs:\n    nothing that is an item", "X.", {}, True),
    ("X.\n\nAttributes:\n    a: A", "X.", {"a": "A"}, False),
    ("X.\n\nParameters:\n    a: A", "X.", {"a": "A"}, False),
    # NumPy
    (
        "X.\n\nParameters\n----------\na\n    A\n*b, c : int\n    B\n    C",
        "X.",
        {"a": "A", "b": "B C", "c": "B C"},
        False,
    ),
    ("X.\n\nReturns\n-------\na : int\n    A\n\nOther Parameters\n----------------\nb\n    B", "X.", {"b": "B"}, False),
    ("X.\n\nParameters\n----------\nno item at all, it seems.\n    A", "X.", {}, False),
    ("X.\n\nUsage\n-----\nMarkdown.", "X. Usage\n-----\nMarkdown.", {}, False),
    # reST
    (":param a: A", "", {"a": "A"}, False),
    ("X.\n\n:param a:\n    A\n\n    more\n:type a: int\n:keyword int b: B", "X.", {"a": "A more", "b": "B"}, False),
    ("X.\n\n:param a: A\nOver.\n    B", "X.", {"a": "A"}, False),
    ("X.\n\n:param \\*args: A", "X.", {"args": "A"}, False),
    ("X.\n\n:note: is no field of ours", "X. :note: is no field of ours", {}, False),
]


@pytest.mark.parametrize("text, description, arguments, promised", DOCSTRINGS)
def test_a_docstring_is_read(text, description, arguments, promised):
    assert read_docstring(text) == (description, arguments, promised)


@pytest.mark.parametrize("text, description, arguments, promised", [row for row in DOCSTRINGS if row[0]])
def test_the_indentation_of_the_source_does_not_matter(text, description, arguments, promised):
    first, _, rest = text.partition("\n")
    assert read_docstring(first + "\n" + textwrap.indent(rest, "        ")) == (description, arguments, promised)
