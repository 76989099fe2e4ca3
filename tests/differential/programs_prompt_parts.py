"""Prompt templates in more detail: printing, joining, nested mustache, message templates, values of odd kinds."""

from __future__ import annotations

from .library import program
from .observe import aattempt, attempt, every_way, shown


def mustache(lc, text, **values):
    return attempt(lambda: lc.PromptTemplate.from_template(text, template_format="mustache").format(**values))


@program
def mustache_sections(lc):
    return (
        mustache(lc, "{{#a}}{{b}}{{/a}}", a={"b": 1}),
        mustache(lc, "{{#a}}{{b}}{{/a}}", a=[{"b": 1}, {"b": 2}]),
        mustache(lc, "{{#a}}x{{/a}}", a=True),
        mustache(lc, "{{#a}}x{{/a}}|{{^a}}y{{/a}}", a=False),
        mustache(lc, "{{#a}}{{#b}}{{c}}{{/b}}{{/a}}", a={"b": [{"c": 1}, {"c": 2}]}),
        mustache(lc, "{{#a}}{{b}}{{/a}}", a={}, b="outer"),
        mustache(lc, "{{#a}}{{b}}{{/a}}", a={"k": 1}, b="outer"),
        mustache(lc, "{{^a}}none{{/a}}", a=[]),
        mustache(lc, "{{#a}}{{.}},{{/a}}", a=["x", "y"]),
    )


@program
def mustache_values(lc):
    return (
        mustache(lc, "{{a}}", a="<&>\"'"),
        mustache(lc, "{{{a}}} {{&a}}", a="<&>"),
        mustache(lc, "{{a}}", a=None),
        mustache(lc, "{{a}} {{b}}", a=0, b=False),
        mustache(lc, "{{a.b.c}}", a={"b": {"c": 1}}),
        mustache(lc, "{{ a }} {single}", a=1),
        mustache(lc, "{{a}}", a=[1, 2]),
        mustache(lc, "line\n{{#a}}\nx\n{{/a}}\nend", a=True),
        mustache(lc, "{{a.upper}}", a="x"),
    )


@program
def mustache_variables(lc):
    texts = ["{{a}} {{b.c}}", "{{#a}}{{b}}{{/a}}", "{{#a}}{{.}}{{/a}}", "{{^a}}{{b}}{{/a}}", "{{! no }}{{x}}"]
    return [sorted(lc.PromptTemplate.from_template(text, template_format="mustache").input_variables) for text in texts]


@program
def mustache_chat_prompt(lc):
    prompt = lc.ChatPromptTemplate.from_messages(
        [("system", "be {{mood}}"), ("human", "{{#items}}- {{name}}\n{{/items}}"), ("placeholder", "{past}")],
        template_format="mustache",
    )
    values = {"mood": "kind", "items": [{"name": "a"}, {"name": "b"}]}
    return sorted(prompt.input_variables), attempt(prompt.invoke, values)


@program
def fstring_values(lc):
    prompt = lc.PromptTemplate.from_template("{a} {b:.2f} {c!s:>5} {{literal}}")
    return (
        attempt(prompt.format, a=[1], b=1.234, c="x"),
        attempt(prompt.format, a=None, b=1, c=None),
        prompt.input_variables,
    )


@program
def fstring_format_specs_that_do_not_fit(lc):
    return attempt(lc.PromptTemplate.from_template("{a:d}").format, a="x"), attempt(
        lc.PromptTemplate.from_template("{a:>3}").format, a=[1]
    )


@program
def prompts_printed(lc):
    prompt = lc.ChatPromptTemplate.from_messages(
        [("system", "be {mood}"), lc.MessagesPlaceholder("past"), ("ai", "hm"), lc.HumanMessage("fixed")]
    )
    return prompt.pretty_repr(), lc.PromptTemplate.from_template("{a} b").pretty_repr()


@program
def prompts_repr(lc):
    chat = repr(lc.ChatPromptTemplate.from_messages([("human", "{a}")]))
    return (
        repr(lc.PromptTemplate.from_template("{a}")).split("(")[0],
        chat.split("(")[0],
        "input_variables=['a']" in chat,
    )


@program
def prompts_join_variables(lc):
    one = lc.PromptTemplate.from_template("{a} {b}").partial(b="B")
    two = lc.PromptTemplate.from_template("{c}")
    joined = one + " " + two
    return joined.format(a=1, c=3), joined.input_variables, attempt(lambda: one + one.partial(b="other"))


@program
def chat_prompts_join_partials(lc):
    one = lc.ChatPromptTemplate.from_messages([("system", "{a}")]).partial(a="A")
    two = lc.ChatPromptTemplate.from_messages([("human", "{b}")])
    return attempt((one + two).invoke, {"b": 1}), attempt((two + one).invoke, {"b": 1}), attempt(lambda: one + 3)


@program
def chat_prompts_inside_chat_prompts(lc):
    inner = lc.ChatPromptTemplate.from_messages([("human", "{a}"), ("ai", "ok")])
    outer = lc.ChatPromptTemplate.from_messages([("system", "s"), inner, ("human", "{b}")])
    return len(outer.messages), outer.input_variables, attempt(outer.invoke, {"a": 1, "b": 2})


@program
def chat_prompt_of_message_classes(lc):
    prompt = lc.ChatPromptTemplate.from_messages([(lc.SystemMessage, "s {a}"), (lc.HumanMessage, "h")])
    return attempt(prompt.invoke, {"a": 1})


@program
def chat_prompt_values_of_odd_kinds(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "{a}")])
    values = [None, 1, ["x"], {"k": 1}, 1.5, True]
    return (
        [attempt(prompt.invoke, {"a": value}) for value in values],
        attempt(prompt.invoke, ["x"]),
        attempt(prompt.invoke, 3),
    )


@program
def chat_prompt_keeps_braces_of_messages(lc):
    prompt = lc.ChatPromptTemplate.from_messages([lc.HumanMessage("{not a variable}"), ("human", "{{escaped}}")])
    return prompt.input_variables, attempt(prompt.invoke, {})


@program
def message_template_parts(lc):
    template = lc.HumanMessagePromptTemplate.from_template(
        [{"type": "text", "text": "{a}"}, {"type": "image_url", "image_url": {"url": "{b}"}}]
    )
    named = lc.HumanMessagePromptTemplate.from_template("{x}", additional_kwargs={"k": 1})
    return sorted(template.input_variables), shown(template.format(a=1, b="http://x")), shown(named.format(x=2))


@program
def message_template_of_a_prompt(lc):
    prompt = lc.PromptTemplate.from_template("{a} {b}").partial(b="B")
    template = lc.SystemMessagePromptTemplate(prompt=prompt)
    return template.input_variables, shown(template.format(a=1)), shown(template.format_messages(a=2))


@program
def placeholder_by_itself(lc):
    placeholder = lc.MessagesPlaceholder(variable_name="past", n_messages=1)
    return (
        placeholder.input_variables,
        attempt(placeholder.format_messages, past=[("human", "a"), ("ai", "b")]),
        attempt(placeholder.format_messages),
        attempt(lc.MessagesPlaceholder("p", optional=True).format_messages),
        type(placeholder + "x").__name__,
    )


@program
async def prompts_in_async(lc):
    text, chat = lc.PromptTemplate.from_template("{a}"), lc.ChatPromptTemplate.from_messages([("human", "{a}")])
    return (
        await text.aformat(a=1),
        shown(await text.aformat_prompt(a=1)),
        shown(await chat.aformat_messages(a=1)),
        await aattempt(chat.ainvoke({"b": 1})),
    )


@program
def image_prompt_errors(lc):
    def build(image):
        return lc.ChatPromptTemplate.from_messages([("human", [{"type": "image_url", "image_url": image}])])

    return (
        attempt(build({"url": "{u}"}).invoke, {"u": ""}),
        attempt(lambda: build({"url": "{u}", "detail": "{d}"}).invoke({"u": "x", "d": "low"})),
        attempt(lambda: build({"path": "{p}"}).invoke({"p": "x"})),
        attempt(lambda: build("{u}").invoke({"u": "data:x"})),
        attempt(lambda: build(3)),
    )


@program
def few_shot_of_messages_with_missing_parts(lc):
    example = lc.ChatPromptTemplate.from_messages([("human", "{q}")])
    return (
        attempt(lc.FewShotChatMessagePromptTemplate, example_prompt=example),
        attempt(
            lambda: lc.FewShotChatMessagePromptTemplate(example_prompt=example, examples=[{"x": 1}]).format_messages()
        ),
        attempt(lc.FewShotPromptTemplate, example_prompt=lc.PromptTemplate.from_template("{q}"), suffix="{x}"),
    )


@program
def string_template_of_ones_own(lc):
    class Upper(lc.StringPromptTemplate):
        def format(self, **kwargs):
            return kwargs["text"].upper()

    return every_way(lambda: Upper(input_variables=["text"]), {"text": "a"}), attempt(
        Upper(input_variables=["text"]).invoke, {"other": 1}
    )


@program
def chat_template_of_ones_own(lc):
    class Pair(lc.BaseChatPromptTemplate):
        def format_messages(self, **kwargs):
            return [lc.SystemMessage("s"), lc.HumanMessage(kwargs["q"])]

    return every_way(lambda: Pair(input_variables=["q"]), {"q": "x"}), Pair(input_variables=["q"]).format(q="y")
