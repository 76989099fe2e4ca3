"""The same templates in langchain-core, where it is installed: two hands, one behaviour.

Skipped without it. Each template is built, filled in and printed by both libraries; an error counts as a
result. What parts on purpose is a row of DIFFERENT, with the reason.
"""

import random
import re

import pytest

pytest.importorskip("langchain_core", reason="langchain-core is not installed")
from langchain_core.example_selectors import BaseExampleSelector  # noqa: E402

from tests.prompts.libraries import Library, outcome, ways  # noqa: E402
from tests.prompts.templates import SAME, Chooser, chat, few, few_chat  # noqa: E402


class TheirChooser(Chooser, BaseExampleSelector):
    """The class that LangChain insists on."""


MINE = Library("minichat", Chooser=Chooser)
THEIRS = Library("langchain_core", Chooser=TheirChooser)

SPECIFIED = ("Input to ", "Expected mapping type")  # errors whose text is part of the interface


def agree(ours, other, what):
    (mine, my_text), (theirs, their_text) = outcome(ours), outcome(other)
    assert mine == theirs, (what, my_text, their_text)
    if their_text and their_text.startswith(SPECIFIED):
        said, expected = (sorted(re.findall(r"\w+", text)) for text in (my_text, their_text))
        assert said == expected, what  # sets are printed in any order
    return mine


@pytest.mark.parametrize("number", range(len(SAME)))
def test_a_template_is_built_filled_in_and_printed_alike(number):
    build, *inputs = SAME[number]
    built = agree(lambda: build(MINE), lambda: build(THEIRS), "build")
    if type(built) is not tuple or built[0] == "error":
        assert not inputs
        return
    mine, theirs = build(MINE), build(THEIRS)
    if not re.search(r"langchain_core|Message\(|<", repr(theirs)):  # messages and types print otherwise
        assert (repr(mine), str(mine)) == (repr(theirs), str(theirs))
    for html in (False, True):
        if not isinstance(outcome(lambda: theirs.pretty_repr(html=html))[0], tuple):
            agree(lambda: mine.pretty_repr(html=html), lambda: theirs.pretty_repr(html=html), "pretty_repr")
    for given in inputs:
        others = ways(theirs, given)
        for name, way in ways(mine, given).items():
            agree(way, others[name], (name, given))


def mustache(rng, names, depth=0):
    """Make a well-formed template by chance; where "." may be, no section is inverted (DIFFERENT)."""
    parts = []
    for _ in range(rng.randrange(1, 5)):
        name = rng.choice(names)
        others = [other for other in names if other != name]  # a section in one of its own name: DIFFERENT
        inner = mustache(rng, others, depth + 1) if depth < 3 else "x"
        marks = "^#" if "." not in names else "#"
        blank = rng.choice(["", "", " ", "\n", "  "])
        parts.append(
            rng.choice(
                [
                    "text\n",
                    "  ",
                    "\n",
                    "<&",
                    "{{" + name + "}}",
                    "{{{ " + name + " }}}",
                    "{{&" + name + "}}" + blank,
                    "{{! note }}" + blank,
                    "{{" + marks[0] + name + "}}" + blank + inner + "{{/" + name + "}}" + blank,
                    "{{" + marks[-1] + name + "}}" + blank + inner + blank + "{{/" + name + "}}",
                ]
            )
        )
    return "".join(parts)


def value(rng, depth=0):
    choices = ["", "s<", 0, 1, False, None, 2.5, "0"]
    if depth < 3:
        choices += [[value(rng, depth + 1) for _ in range(rng.randrange(3))]]
        choices += [{name: value(rng, depth + 1) for name in rng.sample("abcde", 3)}] * 2
    return rng.choice(choices)


@pytest.mark.parametrize("seed", range(80))
def test_mustache_templates_by_chance_are_rendered_alike(seed):
    rng = random.Random(seed)
    for _ in range(10):
        template = mustache(rng, rng.choice([("a", "b", "c.d", "e.0"), ("a", "b", "c.d", ".")]))
        values = {name: value(rng) for name in "abce"}
        both = [outcome(lambda: lib.mustache_formatter(template, **values))[0] for lib in (MINE, THEIRS)]
        assert both[0] == both[1], (template, values)
        assert MINE.get_template_variables(template, "mustache") == THEIRS.get_template_variables(template, "mustache")


def appended(lib):
    prompt = lib.ChatPromptTemplate(["{a}"])
    prompt.append(("ai", "{b}"))
    return prompt.input_variables


ERROR = "error"
DIFFERENT = [
    # ask, ours, theirs, why
    (
        lambda lib: lib.PromptTemplate.from_template("{x!z}").input_variables,
        ERROR,
        ["x"],
        "an unknown conversion is told when the template is made",
    ),
    (
        lambda lib: few(examples=[{"q": "{q.__class__}", "a": ""}])(lib).format(q="s"),
        ERROR,
        "<class 'str'>=\n\ns?",
        "what an example says is no way to attributes either",
    ),
    (
        lambda lib: lib.PromptTemplate.from_template("{x}", template_format="jinja2").input_variables,
        ERROR,
        ERROR,
        "ValueError here, where jinja2 is never used; ImportError there, where it is not installed",
    ),
    (
        lambda lib: lib.mustache_formatter("{{#x}}{{.}}{{/x}}", x=True),
        "True",
        "{'x': True}",
        "'.' is what the section is about",
    ),
    (
        lambda lib: lib.mustache_formatter("{{^y}}{{{.}}}{{/y}}", x=1),
        "{'x': 1}",
        "True",
        "and stays so in an inverted section",
    ),
    (
        lambda lib: lib.mustache_formatter("text {{"),
        ERROR,
        "text ",
        "a tag that is not closed is told, even as the last",
    ),
    (
        lambda lib: lib.mustache_formatter("{{{x}} y", x=1),
        ERROR,
        " y",
        "a tag that is not closed as it was opened is told",
    ),
    (lambda lib: lib.mustache_formatter("{{> part}}"), ERROR, "", "there are no partials; there they are empty"),
    (
        lambda lib: lib.mustache_formatter("{{#f}}x{{/f}}", f=lambda text, render: "called"),
        ERROR,
        "called",
        "a template does not call functions",
    ),
    (
        lambda lib: lib.mustache_formatter("{{#l}}{{^l}}x{{/l}}y{{/l}}z", l=[1, 2]),
        "yyz",
        ERROR,
        "an inverted section inside a list of its own name",
    ),
    (appended, ["a", "b"], ["a"], "the variables of what is appended are variables of the prompt"),
    (
        lambda lib: [one.prompt.template for one in chat("{a}", "{b}", "{c}")(lib)[::-2].messages],
        ["{c}", "{a}"],
        [],
        "a slice that runs backwards",
    ),
    (
        lambda lib: chat("{a}{b}", partial_variables={"a": "1"}, validate_template=True)(lib).input_variables,
        ["b"],
        ERROR,
        "input variables that were not given are not wrong",
    ),
    (
        lambda lib: (
            few_chat(example_selector=lib.Chooser(), input_variables=["count"])(lib)
            .partial(count=1)
            .format_messages()[0]
            .content
        ),
        "0",
        ERROR,
        "a selector sees the variables that are filled in already",
    ),
    (lambda lib: lib.PromptTemplate(template="x", templat="y").template, ERROR, "x", "an unknown keyword is told"),
    (
        lambda lib: lib.PromptTemplate.from_template("x").invoke({}, stop=["y"]).text,
        ERROR,
        "x",
        "an option of a model is told, not dropped",
    ),
    (
        lambda lib: lib.PromptTemplate.from_template("{x:.2f}").pretty_repr(),
        "{x}",
        ERROR,
        "a template with a number in it can be printed",
    ),
    (
        lambda lib: lib.DictPromptTemplate(template={"a": "{b}"}, template_format="f-string").pretty_repr(),
        "{'a': '{b}'}",
        ERROR,
        "so can one with a block of another kind",
    ),
]


@pytest.mark.parametrize("ask, ours, theirs, why", DIFFERENT, ids=[row[3][:50] for row in DIFFERENT])
def test_the_known_differences_are_the_known_ones(ask, ours, theirs, why):
    found = [outcome(lambda: ask(lib))[0] for lib in (MINE, THEIRS)]
    assert [ERROR if type(one) is tuple and one[0] == ERROR else one for one in found] == [ours, theirs]


def test_there_are_enough_rows():
    assert sum(1 + len(inputs) for _, *inputs in SAME) > 300
