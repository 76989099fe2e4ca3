"""Prompt templates: variables, partials, placeholders, adding, few shots, mustache, and what is refused."""

from __future__ import annotations

from .library import program
from .observe import attempt, attempt_text, every_log, every_way, shown


@program
def prompt_template_formats(lc):
    prompt = lc.PromptTemplate.from_template("tell {a} about {b}")
    return (
        every_way(lambda: prompt, {"a": 1, "b": "x"}),
        prompt.format(a=1, b=2),
        prompt.input_variables,
        shown(prompt.format_prompt(a=1, b=2)),
        prompt.get_name(),
    )


@program
def prompt_template_missing_variables(lc):
    one, two = lc.PromptTemplate.from_template("{a}"), lc.PromptTemplate.from_template("{a}{b}")
    return (
        attempt(one.invoke, {"b": 1}),
        attempt(two.invoke, {"b": 1}),
        attempt(two.invoke, "text"),
        attempt(one.invoke, "text"),
        attempt(one.format, b=1),
        attempt(one.invoke, {"a": 1, "more": 2}),
    )


@program
def chat_prompt_missing_variables_say_what_came(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "{q}")])
    two = lc.ChatPromptTemplate.from_messages([("human", "{q} {r}")])
    first = attempt_text(prompt.invoke, {"x": 1})
    return first[:2], first[2].partition("\\n")[0], attempt_text(two.invoke, "text")


@program
def prompt_template_partial(lc):
    prompt = lc.PromptTemplate.from_template("{a} {b}", partial_variables={"b": "fixed"})
    again = lc.PromptTemplate.from_template("{a} {b}").partial(a=lambda: "made")
    return (
        prompt.input_variables,
        prompt.format(a=1),
        prompt.format(a=1, b=2),
        again.invoke({"b": 1}).text,
        again.input_variables,
    )


@program
def prompt_template_adding(lc):
    prompt = lc.PromptTemplate.from_template("a {x}") + " and {y}" + lc.PromptTemplate.from_template(" {x}")
    return prompt.template, prompt.input_variables, prompt.format(x=1, y=2), attempt(lambda: prompt + 3)


@program
def prompt_template_constructor(lc):
    return (
        attempt(lambda: lc.PromptTemplate(template="{a}", input_variables=["a"]).format(a=1)),
        attempt(lambda: lc.PromptTemplate(template="{a}").input_variables),
        attempt(lambda: lc.PromptTemplate(template="{a}", input_variables=["b"], validate_template=True)),
        attempt(lambda: lc.PromptTemplate.from_template("{a")),
        attempt(lambda: lc.PromptTemplate.from_template("a}")),
        attempt(lambda: lc.PromptTemplate.from_template("{0}")),
        attempt(lambda: lc.PromptTemplate.from_template("{{a}} {b:>4}").format(b=1)),
    )


@program
def prompt_template_reaches_for_attributes(lc):
    return (
        attempt(lambda: lc.PromptTemplate.from_template("{a.b}")),
        attempt(lambda: lc.PromptTemplate.from_template("{a[0]}")),
        attempt(lambda: lc.ChatPromptTemplate.from_messages([("human", "{a.__class__}")])),
        attempt(lambda: lc.PromptTemplate.from_template("{a!r}").format(a="x")),
        attempt(lambda: lc.PromptTemplate.from_template("{a:{b}}").format(a="x", b=5)),
    )


@program
def prompt_template_mustache(lc):
    text = "{{name}}:{{#items}} {{.}},{{/items}}{{^items}} none{{/items}} {{{raw}}} {{a.b}}"
    prompt = lc.PromptTemplate.from_template(text, template_format="mustache")
    return (
        attempt(prompt.format, name="n<", items=[1, 2], raw="<r>", a={"b": 7}),
        attempt(prompt.format, name="n", items=[], raw="<r>", a={}),
        sorted(prompt.input_variables),
        attempt(lambda: lc.PromptTemplate.from_template("{{! hidden }}x{{a}}", template_format="mustache").format(a=1)),
    )


@program
def prompt_template_with_a_nameless_field(lc):
    return attempt(lambda: lc.PromptTemplate.from_template("{}").input_variables)


@program
def prompt_template_mustache_that_does_not_parse(lc):
    return attempt(lambda: lc.PromptTemplate.from_template("{{#a}} open", template_format="mustache").format(a=1))


@program
def chat_prompt_of_every_kind(lc):
    prompt = lc.ChatPromptTemplate.from_messages(
        [
            lc.SystemMessage("fixed {not}"),
            ("system", "be {mood}"),
            ("placeholder", "{past}"),
            lc.HumanMessagePromptTemplate.from_template("ask {q}"),
            ("ai", "hm"),
            ("user", "again {q}"),
            lc.ChatMessagePromptTemplate.from_template("{q}", role="judge"),
        ]
    )
    return (
        prompt.input_variables,
        sorted(prompt.optional_variables),
        attempt(prompt.invoke, {"mood": "kind", "q": "Q"}),
        attempt(prompt.invoke, {"mood": "kind", "q": "Q", "past": [("human", "before"), lc.AIMessage("yes")]}),
        attempt(prompt.format, mood="kind", q="Q"),
    )


@program
def chat_prompt_from_a_template(lc):
    prompt = lc.ChatPromptTemplate.from_template("hi {x}")
    return (
        every_way(lambda: prompt, {"x": 1}),
        attempt(prompt.invoke, "bare"),
        prompt.get_name(),
        attempt(prompt.format_messages, x=2),
    )


@program
def chat_prompt_from_strings_and_templates(lc):
    return (
        attempt(lc.ChatPromptTemplate(["hello {x}", ("ai", "yes")]).invoke, {"x": 1}),
        attempt(lc.ChatPromptTemplate.from_messages([{"role": "system", "content": "s {x}"}]).invoke, {"x": 1}),
        attempt(lc.ChatPromptTemplate.from_messages, [("nobody", "x")]),
        attempt(lc.ChatPromptTemplate.from_messages, [3]),
        attempt(lc.ChatPromptTemplate.from_messages([]).invoke, {}),
        attempt(lc.ChatPromptTemplate.from_messages, [("human", "a", "b")]),
    )


@program
def chat_prompt_adding_and_indexing(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("system", "s {a}")])
    more = prompt + ("human", "h {b}") + lc.AIMessage("ai") + "text {c}"
    joined = more + lc.ChatPromptTemplate.from_messages([("human", "last")])
    return (
        len(more),
        type(more[0]).__name__,
        type(more[1:3]).__name__,
        len(more[1:3]),
        sorted(joined.input_variables),
        attempt(joined.invoke, {"a": 1, "b": 2, "c": 3}),
        len(prompt),
    )


@program
def chat_prompt_append_and_extend(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("system", "s")])
    prompt.append(("human", "{x}"))
    prompt.append(lc.AIMessage("a"))
    prompt.extend([("human", "b {y}"), "c"])
    return len(prompt.messages), attempt(prompt.invoke, {"x": 1, "y": 2}), attempt(prompt.invoke, {})


@program
def chat_prompt_partial(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "{a} {b}")])
    partial = prompt.partial(a="A")
    return (
        partial.input_variables,
        attempt(partial.invoke, {"b": 1}),
        attempt(partial.invoke, "bare"),
        prompt.input_variables,
    )


@program
def placeholder_variants(lc):
    def build(**options):
        return lc.ChatPromptTemplate.from_messages([lc.MessagesPlaceholder("past", **options), ("human", "{q}")])

    messages = [("human", "1"), ("ai", "2"), ("human", "3")]
    return (
        attempt(build().invoke, {"q": "x"}),
        attempt(build(optional=True).invoke, {"q": "x"}),
        attempt(build(n_messages=2).invoke, {"q": "x", "past": messages}),
        attempt(build().invoke, {"q": "x", "past": "text"}),
        attempt(build().invoke, {"q": "x", "past": lc.HumanMessage("one")}),
        attempt(build().invoke, {"q": "x", "past": [3]}),
        attempt(build(optional=True).invoke, "bare"),
        attempt(lc.MessagesPlaceholder("p").format_messages, p=["a", ("ai", "b")]),
    )


@program
def placeholder_tuples(lc):
    return (
        attempt(lc.ChatPromptTemplate.from_messages([("placeholder", "{p}")]).invoke, {}),
        attempt(lc.ChatPromptTemplate.from_messages([("placeholder", ["{p}", True])]).invoke, {"p": ["a"]}),
        attempt(lc.ChatPromptTemplate.from_messages([("placeholder", ["{p}", False])]).invoke, {}),
        attempt(lc.ChatPromptTemplate.from_messages, [("placeholder", "p")]),
    )


@program
def message_templates(lc):
    human = lc.HumanMessagePromptTemplate.from_template("h {x}")
    return (
        shown(human.format(x=1)),
        shown(human.format_messages(x=1)),
        human.input_variables,
        shown(lc.SystemMessagePromptTemplate.from_template("s {x}").format(x=2)),
        shown(lc.AIMessagePromptTemplate.from_template("a {x}").format(x=3)),
        shown(lc.ChatMessagePromptTemplate.from_template("c {x}", role="r").format(x=4)),
        type(human + ("ai", "b")).__name__,
    )


@program
def image_and_dict_content(lc):
    prompt = lc.ChatPromptTemplate.from_messages(
        [
            (
                "human",
                [
                    {"type": "text", "text": "look at {what}"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,{data}", "detail": "low"}},
                    {"type": "image_url", "image_url": "http://x/{data}"},
                    "plain {what}",
                    {"type": "audio", "data": "{data}", "n": 1, "deep": [{"k": "{what}"}]},
                ],
            )
        ]
    )
    return (
        sorted(prompt.input_variables),
        attempt(prompt.invoke, {"what": "cat", "data": "QUJD"}),
        attempt(prompt.invoke, {"what": "cat"}),
    )


@program
def dict_prompt(lc):
    prompt = lc.DictPromptTemplate(
        template={"a": "{x}", "b": [1, "{y}"], "c": {"d": "{x}"}}, template_format="f-string"
    )
    return (
        prompt.input_variables and sorted(prompt.input_variables),
        attempt(prompt.format, x=1, y=2),
        attempt(prompt.invoke, {"x": 1, "y": 2}),
    )


@program
def few_shot_text(lc):
    prompt = lc.FewShotPromptTemplate(
        examples=[{"q": "1", "a": "one"}, {"q": "2", "a": "two"}],
        example_prompt=lc.PromptTemplate.from_template("{q}={a}"),
        prefix="translate to {language}",
        suffix="{input}=",
        input_variables=["language", "input"],
        example_separator="\n",
    )
    return (
        attempt(prompt.format, language="en", input="3"),
        attempt(prompt.invoke, {"language": "en", "input": 3}),
        attempt(prompt.invoke, {"input": 3}),
    )


@program
def few_shot_chat(lc):
    shots = lc.FewShotChatMessagePromptTemplate(
        examples=[{"q": "1", "a": "one"}, {"q": "2", "a": "two"}],
        example_prompt=lc.ChatPromptTemplate.from_messages([("human", "{q}"), ("ai", "{a}")]),
    )
    whole = lc.ChatPromptTemplate.from_messages([("system", "s"), shots, ("human", "{input}")])
    return (
        shown(shots.format_messages()),
        attempt(whole.invoke, {"input": "3"}),
        whole.input_variables,
        attempt(shots.invoke, {}),
    )


@program
def prompts_tell_their_runs(lc):
    def build():
        return lc.ChatPromptTemplate.from_messages([("human", "{q}")])

    return every_log(lc, build, {"q": 1}), every_log(lc, build, {"wrong": 1})


@program
def prompts_in_a_chain_take_the_step_before(lc):
    prompt = lc.ChatPromptTemplate.from_template("{a}-{b}")
    chain = {"a": lambda x: x, "b": lc.RunnablePassthrough()} | prompt | (lambda value: value.to_string())
    return every_way(lambda: chain, "v")


@program
def prompt_equality_and_copies(lc):
    first, second = lc.PromptTemplate.from_template("{a}"), lc.PromptTemplate.from_template("{a}")
    chat = lc.ChatPromptTemplate.from_messages([("human", "{a}")])
    return (
        first == second,
        first == lc.PromptTemplate.from_template("{b}"),
        chat == lc.ChatPromptTemplate.from_messages([("human", "{a}")]),
        first.partial(a=1) == first,
    )


@program
def prompt_metadata_and_tags(lc):
    def build():
        return lc.PromptTemplate.from_template("{a}", metadata={"m": 1}, tags=["t"])

    return every_log(lc, build, {"a": 1}, tags=["u"])["invoke"]
