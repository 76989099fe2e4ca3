"""The two languages of templates, and prompts that are one text."""

import asyncio
import datetime
import pickle

import pytest

from minichat.errors import ConfigurationError
from minichat.prompt_values import ImagePromptValue, PromptValue, StringPromptValue
from minichat.prompts import (
    BaseChatPromptTemplate,
    BaseMessagePromptTemplate,
    BasePromptTemplate,
    BaseStringMessagePromptTemplate,
    PromptTemplate,
    aformat_document,
    check_valid_template,
    format_document,
    get_template_variables,
    mustache_formatter,
)
from minichat.prompts.mustache import MustacheError
from minichat.prompts.string import StringPromptTemplate
from tests.prompts.libraries import outcome, ways
from tests.prompts.templates import PEOPLE, Value

F_STRINGS = [
    # template, variables, values, text
    ("plain", [], {}, "plain"),
    ("{a}{b}{a}", ["a", "b"], {"a": 1, "b": "x"}, "1x1"),
    ("{{a}} {{{a}}}", ["a"], {"a": "x"}, "{a} {x}"),
    ("{a!r:>5}|{b:05.1f}|{c!a}", ["a", "b", "c"], {"a": "x", "b": 2.25, "c": "é"}, "  'x'|002.2|'\\xe9'"),
    ("{a b} {-1}", ["-1", "a b"], {"a b": 1, "-1": 2}, "1 2"),
    ("{a:%d.%m.}", ["a"], {"a": datetime.date(2024, 3, 1)}, "01.03."),
    ("{a}", ["a"], {"a": "{b} {a.c}"}, "{b} {a.c}"),
]


@pytest.mark.parametrize("template, variables, values, text", F_STRINGS)
def test_an_f_string_template_is_filled_in_every_way(template, variables, values, text):
    prompt = PromptTemplate.from_template(template)
    assert prompt.input_variables == variables == get_template_variables(template, "f-string")
    for name, way in ways(prompt, values).items():
        assert str(way()) in (text, f"text={text!r}", f"[StringPromptValue(text={text!r})]"), name


REFUSED = [
    # template, what the error says
    ("{a.b}", "'a.b'.*attributes"),
    ("{a[0]}", "attributes and items"),
    ("{a.__class__.__init__.__globals__}", "attributes"),
    ("{a]}", "attributes"),
    ("{0}", "not positions"),
    ("{00}", "not positions"),
    ("{a:{b}}", "'a' cannot contain another variable"),
    ("{a:{b.__class__}}", "cannot contain"),
    ("{a!r:{b}}", "cannot contain"),
    ("{a!x}", "conversion 'x'"),
    ("{a!{b}}", "written twice"),
    ("{", "written twice"),
    ("}", "written twice"),
    ("{a", "written twice"),
    ("{a}}", "written twice"),
]


@pytest.mark.parametrize("template, said", REFUSED)
def test_what_is_more_than_a_name_is_refused_when_the_template_is_made(template, said):
    with pytest.raises(ConfigurationError, match=said):
        PromptTemplate.from_template(template)
    with pytest.raises(ConfigurationError, match=said):
        PromptTemplate(template=template)


@pytest.mark.parametrize("template", ["{}", "{!r}", "{:>5}", '{{"a": {}}}'])
def test_a_variable_without_a_name_is_never_filled_in(template):
    prompt = PromptTemplate.from_template(template)
    for values in ({}, {"": 1}):
        with pytest.raises(IndexError, match="written twice"):
            prompt.format(**values)
    with pytest.raises(KeyError, match="if you intend {} as text and no variable, write {{}}"):
        prompt.invoke({})


class Document:
    page_content = "text"
    metadata = {"source": "book", "page": 7}


def test_a_document_is_filled_in():
    prompt = PromptTemplate.from_template("{page_content} from {source}")
    assert format_document(Document(), prompt) == "text from book"
    assert asyncio.run(aformat_document(Document(), prompt)) == "text from book"
    with pytest.raises(ConfigurationError, match=r"\['author'\]"):
        format_document(Document(), prompt + "{author}")


def test_a_template_that_is_changed_later_is_checked_again():
    prompt = PromptTemplate.from_template("{a}")
    prompt.template = "{a.secret}"
    with pytest.raises(ConfigurationError, match="attributes"):
        prompt.format(a=Value())


def test_a_value_of_a_format_it_does_not_have_is_its_own_error():
    with pytest.raises(ValueError, match="Unknown format code 'd'"):
        PromptTemplate.from_template("{a:d}").format(a="x")


MUSTACHES = [
    # template, variables, values, text
    ("{{a}} {{{a}}} {{&a}} { {a} }}", ["a"], {"a": "<'\"&>"}, "&lt;'&quot;&amp;&gt; <'\"&> <'\"&> { {a} }}"),
    ("{{a}}{{b.c}}", ["a", "b"], {}, ""),
    ("{{a}}|{{b}}|{{c}}", ["a", "b", "c"], {"a": 0, "b": False, "c": None}, "0|False|"),
    ("{{a.b}}{{#c}}{{d.e}}{{/c}}", ["a", "c"], {"a": 0, "c": {"d": False}}, "0False"),
    ("{{a.b.1.c}}", ["a"], {"a": {"b": ["x", {"c": 3}]}}, "3"),
    ("{{a.secret}}{{a.__class__}}", ["a"], {"a": Value()}, ""),
    ("{{#people}}{{name}} {{#tags}}({{.}}){{/tags}}{{/people}}", ["people"], PEOPLE, "Ada Alan (x)(y)"),
    ("{{#people}}{{title}} {{/people}}", ["people"], PEOPLE, "All All "),
    ("{{^a}}none{{/a}}{{#a}}some{{/a}}", ["a"], {"a": []}, "none"),
    ("{{#a}}{{.}}{{/a}}", ["a"], {"a": True}, "True"),
    ("{{#a}}{{.}} {{/a}}", ["a"], {"a": iter("xyz")}, "x y z "),
    ("{{#a.b}}{{c}}{{/a.b}}", ["a"], {"a": {"b": {"c": 1}}}, "1"),
    ("{{#l}}{{^l}}x{{/l}}y{{/l}}z", ["l"], {"l": [1, 2]}, "yyz"),
    ("a\n  {{#x}}  \nb\n{{/x}}\nc", ["x"], {"x": 1}, "a\nb\nc"),
    ("a{{! gone }}\n  {{! alone }}\nb", [], {}, "a\nb"),
    ("{{=<% %>=}}<%a%>{{a}}<%#b%>x<%/b%>", ["a", "b"], {"a": 1, "b": 1}, "1{{a}}x"),
]


@pytest.mark.parametrize("template, variables, values, text", MUSTACHES)
def test_a_mustache_template_is_rendered(template, variables, values, text):
    assert get_template_variables(template, "mustache") == variables
    assert PromptTemplate.from_template(template, template_format="mustache").format(**values) == text


@pytest.mark.parametrize(
    "template, said",
    [
        ("a\n{{#x}}", "line 2: the template ends, but section 'x' is open"),
        ("{{/x}}", "line 1: 'x' is closed, but no section is open"),
        ("{{#x}}\n\n{{/y}}", "line 3: 'y' is closed, but section 'x' is open"),
        ("text {{x", "line 1: a tag is not closed with '}}'"),
        ("{{=<% %>=}}<%x}}", "a tag is not closed with '%>'"),
        ("{{{x}} ", "not closed with '}}}'"),
        ("{{ }}", "a tag is empty"),
        ("{{=<%=}}", "delimiters are set"),
        ("{{=<% %>}}", "delimiters are set"),
        ("{{> other}}", "there are no partials to take 'other' from"),
    ],
)
def test_a_broken_mustache_template_is_told_with_its_line(template, said):
    with pytest.raises(MustacheError) as caught:
        PromptTemplate.from_template(template, template_format="mustache")
    assert said in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, SyntaxError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_function_is_no_section():
    with pytest.raises(ConfigurationError, match="'f' is a function"):
        mustache_formatter("{{#f}}x{{/f}}", f=print)


@pytest.mark.parametrize("template_format", ["jinja2", "latex", None])
def test_other_languages_are_refused(template_format):
    with pytest.raises(ConfigurationError, match="'mustache'"):
        PromptTemplate.from_template("{a}", template_format=template_format)


@pytest.mark.parametrize("template", [None, 7, b"{a}", ["{a}"]])
def test_a_template_is_a_text(template):
    with pytest.raises(ConfigurationError, match="a template is a str, not "):
        PromptTemplate(template=template)


MISSING = [
    # input, first line of the error
    ({}, "Input to PromptTemplate is missing variables {'a', 'b'}.  Expected: ['a', 'b'] Received: []"),
    (
        {"a": 1, "c": 2},
        "Input to PromptTemplate is missing variables {'b'}.  Expected: ['a', 'b'] Received: ['a', 'c']",
    ),
]


@pytest.mark.parametrize("given, said", MISSING)
def test_missing_variables_are_a_key_error_that_lists_what_was_expected_and_what_came(given, said):
    prompt = PromptTemplate.from_template("{a} {b}")
    for name, way in ways(prompt, given).items():
        assert outcome(way) == (("error", "KeyError"), said), name
    with pytest.raises(KeyError, match="as text and no variable"):
        prompt.invoke(given)


@pytest.mark.parametrize("given", ["bare", 7, None, ["x"]])
def test_a_bare_value_stands_for_the_only_variable_and_for_no_other(given):
    assert PromptTemplate.from_template("<{a}>").invoke(given).text == f"<{given}>"
    for template in ("{a}{b}", "none"):
        with pytest.raises(TypeError) as caught:
            PromptTemplate.from_template(template).invoke(given)
        assert str(caught.value) == f"Expected mapping type as input to PromptTemplate. Received {type(given)}."


def test_partial_variables_are_filled_in_each_time_and_can_be_given_again():
    count = iter(range(9))
    prompt = PromptTemplate.from_template("{n} {a} {b}").partial(n=lambda: next(count), a="x")
    assert (prompt.input_variables, sorted(prompt.partial_variables)) == (["b"], ["a", "n"])
    assert [prompt.invoke("y").text, prompt.format(b="z", a="over")] == ["0 x y", "1 over z"]
    assert PromptTemplate.from_template("{a}{b}", partial_variables={"a": 1}).invoke("2").text == "12"


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: PromptTemplate.from_template("{stop}"), "'stop'"),
        (lambda: PromptTemplate.from_template("x", partial_variables={"stop": 1}), "'stop'"),
        (lambda: PromptTemplate(), "needs template="),
        (lambda: PromptTemplate(template="x", templet="y"), "did you mean template="),
        (lambda: PromptTemplate(template="{a}", validate_template=True), "needs input_variables="),
        (lambda: PromptTemplate(template="{a}", input_variables=["b"], validate_template=True), r"\['a'\]"),
        (
            lambda: PromptTemplate(template="{a:d}", input_variables=["a"], validate_template=True),
            "filled in with texts",
        ),
        (
            lambda: PromptTemplate(template="", input_variables=[], template_format="mustache", validate_template=True),
            "not for mustache",
        ),
        (lambda: check_valid_template("{{a}}", "mustache", ["a"]), "only 'f-string'"),
        (
            lambda: PromptTemplate.from_template("") + PromptTemplate.from_template("", template_format="mustache"),
            "added",
        ),
        (
            lambda: PromptTemplate.from_template("{a}").partial(a=1) + PromptTemplate.from_template("{a}").partial(a=1),
            "filled in a",
        ),
        (lambda: StringPromptTemplate(input_variables=["a"], partial_variables={"a": 1}), "a: both in"),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_made(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_prompts_are_added_up():
    total = PromptTemplate.from_template("{a} ").partial(a=1) + "{b} " + PromptTemplate.from_template("{c}")
    assert (total.template, total.input_variables, total.partial_variables) == ("{a} {b} {c}", ["b", "c"], {"a": 1})
    with pytest.raises(NotImplementedError, match="<class 'int'>"):
        total + 7


def test_prompts_are_values():
    prompt = PromptTemplate.from_template("{a}", tags=["t"])
    assert prompt == PromptTemplate(template="{a}", tags=["t"]) == pickle.loads(pickle.dumps(prompt))
    assert prompt != PromptTemplate.from_template("{a}")
    assert prompt != "{a}"
    assert repr(prompt) == (
        "PromptTemplate(input_variables=['a'], input_types={}, partial_variables={}, tags=['t'], template='{a}')"
    )
    with pytest.raises(TypeError):
        hash(prompt)


def test_a_prompt_is_printed_with_its_variables_in_place(capsys):
    PromptTemplate.from_template("{a:>5}{b:.2f}{{c}}").pretty_print()
    assert capsys.readouterr().out == "  {a}{b}{c}\n"
    assert PromptTemplate.from_template("{a}").pretty_repr(html=True) == "\033[33;1m\033[1;3m{a}\033[0m"


def test_examples_make_a_prompt():
    prompt = PromptTemplate.from_examples(["1+1=2", "{a}"], "{q}=", ["a", "q"], prefix="Sums", example_separator="\n")
    assert prompt.format(a="2+2=4", q="3+3") == "Sums\n1+1=2\n2+2=4\n3+3="


@pytest.mark.parametrize(
    "use, said",
    [
        (lambda: StringPromptTemplate(input_variables=[]).format(), "format()"),
        (lambda: BasePromptTemplate(input_variables=[]).format_prompt(), "format_prompt()"),
        (lambda: BasePromptTemplate(input_variables=[]).invoke({}), "format_prompt()"),
        (lambda: BasePromptTemplate(input_variables=[]).pretty_repr(), "pretty_repr()"),
        (lambda: BaseChatPromptTemplate(input_variables=[]).format_messages(), "format_messages()"),
        (lambda: BaseMessagePromptTemplate().input_variables, "input_variables"),
        (lambda: BaseMessagePromptTemplate().format_messages(), "format_messages()"),
        (lambda: BaseMessagePromptTemplate().pretty_repr(), "pretty_repr()"),
        (lambda: BaseStringMessagePromptTemplate.from_template("x").format(), "format()"),
    ],
)
def test_what_a_kind_of_prompt_has_to_define_is_said_by_name(use, said):
    with pytest.raises(NotImplementedError) as caught:
        use()
    assert str(caught.value).endswith(f"does not define {said}")


def test_a_kind_of_prompt_value_says_what_it_lacks():
    with pytest.raises(TypeError, match=r"PromptValue does not define to_messages\(\)"):
        PromptValue().to_string()


def test_prompt_values_print_themselves_and_are_text_and_messages():
    text = StringPromptValue(text="a")
    picture = ImagePromptValue(image_url={"url": "x.png"})
    assert [str(text), repr(text), text.to_string()] == ["text='a'", "StringPromptValue(text='a')", "a"]
    assert [repr(picture), picture.to_string()] == ["ImagePromptValue(image_url={'url': 'x.png'})", "x.png"]
    assert picture.to_messages()[0].content == [{"url": "x.png"}]
    assert text == StringPromptValue(text="a")
    assert picture == ImagePromptValue(image_url={"url": "x.png"}) != text
