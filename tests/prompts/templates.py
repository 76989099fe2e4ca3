"""Templates of every kind and what they are filled in with, for any library that has LangChain's names.

`SAME` are rows (build, inputs...): `build(lib)` makes a template, and an input is what `invoke` is given.
`lib` has the names of LangChain's prompts, prompt_values and messages.
"""

from collections import UserDict

PNG = "data:image/png;base64,AAAA"


class Value:
    """An object whose attributes no template should reach."""

    secret = "the key"

    def __repr__(self):
        return "Value()"

    def __format__(self, spec):
        return f"Value<{spec}>"


class Chooser:
    """An example selector: examples of the length that is asked for."""

    def add_example(self, example):
        raise NotImplementedError

    def select_examples(self, input_variables):
        return [{"q": str(number), "a": str(-number)} for number in range(int(input_variables["count"]))]

    async def aselect_examples(self, input_variables):
        return [*self.select_examples(input_variables), {"q": "async", "a": "yes"}]


def text(template, **fields):
    return lambda lib: lib.PromptTemplate.from_template(template, **fields)


def mustache(template):
    return lambda lib: lib.PromptTemplate.from_template(template, template_format="mustache")


def chat(*messages, **fields):
    return lambda lib: lib.ChatPromptTemplate(list(messages), **fields)


def human(content, **fields):
    return lambda lib: lib.ChatPromptTemplate([lib.HumanMessagePromptTemplate.from_template(content, **fields)])


def few(**fields):
    def build(lib):
        given = {"suffix": "{q}?", "example_prompt": lib.PromptTemplate.from_template("{q}={a}"), **fields}
        return lib.FewShotPromptTemplate(**given)

    return build


EXAMPLES = [{"q": "1", "a": "2"}, {"q": "3", "a": "4", "more": "5"}]
PEOPLE = {"people": [{"name": "Ada", "age": 36}, {"name": "Alan", "tags": ["x", "y"]}], "title": "All"}

F_STRINGS = [
    (text("no variables"), {}, "bare"),
    (text(""), {}),
    (
        text("Say {word}."),
        {"word": "hi"},
        "hi",
        {"word": "{x}"},
        {"word": 3},
        {"word": None},
        {},
        {"words": "x"},
        ["a"],
        None,
    ),
    (text("Say {word}."), {"word": "hi", "extra": 1}, UserDict(word="hi"), {1: 2}),
    (text("{b} {a} {b}"), {"a": "1", "b": "2"}, {"a": "1"}, {"b": "1", "c": "2"}, "bare", 3),
    (text("{{a}} {a} {{{a}}}"), {"a": "x"}),
    (text("{x!r} {x!s} {x!a}"), {"x": "é"}, {"x": Value()}),
    (text("{x:>5}|{x:<5}|{x:^5}"), {"x": "é"}),
    (text("{x:08.3f} {y:,} {y:x}"), {"x": 3.14159, "y": 1234567}, {"x": "no", "y": 1}),
    (text("{x:%H:%M}"), {"x": Value()}),
    (text("{a b} {a-b} {ä} { }"), {"a b": 1, "a-b": 2, "ä": 3, " ": 4}),
    (text("{self} {template} {input} {config}"), {"self": 1, "template": 2, "input": 3, "config": 4}),
    (text('{{"k": {v}}}'), {"v": 1}),
    (text("{\n 'k'}"), {"k": 1}),
    (text("{x.secret}"),),
    (text("{x[0]}"),),
    (text("{x[a]}"),),
    (text("{x]}"),),
    (text("{x.__class__.__mro__[1]}"),),
    (text("{} {x}"), {}, {"x": 1}, {"": 1, "x": 2}),
    (text("{!r}"), {"": 1}),
    (text("{:>5}"), {"": 1}, "bare"),
    (text("{0}"),),
    (text("{00}"),),
    (text("{²}"),),
    (text("{x:{width}}"),),
    (text("{x!r:>{width}}"),),
    (text("{x:{{}}}"),),
    (text("{x!{y}}"),),
    (text("{x!}"),),
    (text("{"),),
    (text("}"),),
    (text("{x"),),
    (text("{x}}"),),
    (text("{x["),),
    (text("{stop}"),),
    (text("{x}", template_format="django"),),
    (text("{x}", template_format=None),),
    (text("{x} {y}", partial_variables={"x": "1"}), {"y": "2"}, {"x": "over", "y": "2"}, "2", {}),
    (text("{x} {y}", partial_variables={"x": lambda: "called"}), {"y": "2"}),
    (text("{x}", partial_variables={"stop": "1"}),),
    (text("{x}", partial_variables={"z": "1"}), {"x": "1"}),
    (text("{x}", tags=["t"], metadata={"k": "v"}), {"x": "1"}),
    (lambda lib: lib.PromptTemplate(template="{x}{y}"), {"x": 1, "y": 2}),
    (lambda lib: lib.PromptTemplate(template="{x}", input_variables=["y"]), {"x": 1}, {"y": 1}),
    (lambda lib: lib.PromptTemplate(input_variables=["x"]),),
    (lambda lib: lib.PromptTemplate(template="{x}", input_variables=["x"], validate_template=True), {"x": 1}),
    (lambda lib: lib.PromptTemplate(template="{x}", input_variables=["x", "y"], validate_template=True), {"x": 1}),
    (lambda lib: lib.PromptTemplate(template="{x}", input_variables=["y"], validate_template=True),),
    (lambda lib: lib.PromptTemplate(template="{x}", validate_template=True),),
    (lambda lib: lib.PromptTemplate(template="{x:d}", input_variables=["x"], validate_template=True),),
    (
        lambda lib: lib.PromptTemplate(
            template="{{x}}", input_variables=["x"], template_format="mustache", validate_template=True
        ),
    ),
    (lambda lib: text("{a} {b} {c}")(lib).partial(a="1").partial(b=lambda: "2"), {"c": "3"}),
    (lambda lib: text("{a}")(lib).partial(a="1"), {}, "bare"),
    (lambda lib: text("{a}")(lib).partial(z="1"), {"a": "2"}),
    (lambda lib: text("{a} ")(lib) + "{b}" + text("!")(lib), {"a": 1, "b": 2}),
    (lambda lib: text("{a}", partial_variables={"a": "1"})(lib) + text("{b}", partial_variables={"b": "2"})(lib), {}),
    (lambda lib: text("{a}", partial_variables={"a": "1"})(lib) + text("{a}", partial_variables={"a": "2"})(lib),),
    (lambda lib: text("{a}")(lib) + mustache("{{b}}")(lib),),
    (lambda lib: text("{a}")(lib) + 1,),
    (lambda lib: text("{a}")(lib) + chat("{b}")(lib),),
    (lambda lib: mustache("{{a}} ")(lib) + "{{b}} {c}", {"a": 1, "b": 2}),
    (lambda lib: lib.PromptTemplate.from_examples(["{a}", "b"], "{c}", ["a", "c"], prefix="p"), {"a": 1, "c": 2}),
    (lambda lib: lib.get_template_variables("{b} {a!r:>5} {{c}} {a}", "f-string"),),
    (
        lambda lib: lib.get_template_variables(
            "{{b}} {{a.c}} {{#s}}{{d}}{{/s}} {{{e}}} {{&f}} {{^g}}{{/g}} {{.}}", "mustache"
        ),
    ),
    (lambda lib: lib.get_template_variables("{a}", "latex"),),
    (lambda lib: lib.check_valid_template("{a}", "f-string", ["a"]),),
    (lambda lib: lib.check_valid_template("{a}", "f-string", ["b"]),),
    (lambda lib: lib.check_valid_template("{a.b}", "f-string", ["a"]),),
    (lambda lib: lib.check_valid_template("{a}", "mustache", ["a"]),),
]

MUSTACHES = [
    (mustache("plain } { {x} }} text"), {}),
    (mustache("{{x}}"), {"x": "<&\"'>"}, {"x": 0}, {"x": False}, {"x": None}, {"x": []}, {"x": Value()}, "bare", {}),
    (mustache("{{{x}}}|{{&x}}|{{& x }}|{{{ x }}}"), {"x": "<&\"'>"}),
    (
        mustache("{{ x }}{{y.z}}{{y.w.v}}{{y.0}}"),
        {"x": 1, "y": {"z": 2, "w": 3, "0": 4}},
        {"x": 1, "y": 0},
        {"x": 1, "y": "s"},
    ),
    (mustache("{{l.0}} {{l.1.a}} {{l.7}} {{l.x}} {{l.-1}}"), {"l": [1, {"a": 2}]}, {"l": (1, {"a": 2}, 3)}),
    (
        mustache("{{x.secret}}|{{x.__class__}}|{{x.__class__.__mro__}}"),
        {"x": Value()},
        {"x": "text"},
        {"x": {"secret": 1}},
    ),
    (
        mustache("{{#people}}{{name}}({{age}}) {{/people}}{{title}}"),
        PEOPLE,
        {"people": [], "title": ""},
        {"people": None, "title": 1},
    ),
    (mustache("{{#people}}\n- {{name}}{{#tags}} {{.}}{{/tags}}\n{{/people}}\nend"), PEOPLE),
    (mustache("{{#people}}{{title}}{{name}}{{/people}}"), PEOPLE),
    (
        mustache("{{^people}}nobody{{/people}}{{#people}}somebody {{/people}}"),
        PEOPLE,
        {"people": []},
        {"people": 0},
        {"people": "x"},
    ),
    (mustache("{{#a}}{{#b}}{{c}}{{/b}}{{/a}}"), {"a": {"b": {"c": 1}}}, {"a": {"b": [{"c": 1}, {"c": 2}]}}, {"a": {}}),
    (mustache("{{#a.b}}{{c}}{{/a.b}}"), {"a": {"b": {"c": 1}}}, {"a": {}}),
    (mustache("{{#l}}<{{.}}>{{/l}}"), {"l": [1, "a", 0, "", None, 2.5]}, {"l": "text"}, {"l": (1, 2)}, {"l": {"k": 1}}),
    (
        mustache("{{#x}}yes{{/x}}{{^x}}no{{/x}}"),
        {"x": True},
        {"x": False},
        {"x": 0},
        {"x": "0"},
        {"x": {}},
        {"x": {"a": 0}},
    ),
    (mustache("a{{! a comment }}b\n  {{! alone }}  \nc\n{{! two\nlines }}\nd"), {}),
    (mustache("  {{#x}}\n  a\n  {{/x}}\nb"), {"x": 1}, {"x": 0}),
    (mustache("{{#x}} \r\na\r\n{{/x}}\r\nb"), {"x": 1}),
    (mustache("{{#x}} a {{/x}} \n{{x}}\n {{x}} \n"), {"x": 1}),
    (mustache("\t{{#x}}\na{{/x}}  "), {"x": 1}),
    (mustache("{{#x}}{{/x}}\n{{#x}}\n{{/x}}\nz"), {"x": 1}),
    (mustache("{{=<% %>=}}<% x %> {{x}} <%={{ }}=%>{{x}}"), {"x": 1}),
    (mustache("{{=| |=}}\n|#x|a|/x|\n"), {"x": 1}),
    (mustache("{{#a}}{{b}}{{#a}}{{b}}{{/a}}{{/a}}"), {"a": [{"b": 1, "a": [{"b": 2}]}]}),
    (mustache("{{a}}{{b.c}}{{#d}}{{e}}{{/d}}{{f}}"), {"a": 1}, {"a": 1, "b": 2, "d": 3, "f": 4}),
    (mustache("{{#x}}"),),
    (mustache("{{/x}}"),),
    (mustache("{{#x}}{{/y}}"),),
    (mustache("{{x"),),
    (mustache("{{}}"),),
    (mustache("{{ }}"),),
    (mustache("{{=x}}"),),
    (mustache("{{stop}}"),),
    (lambda lib: lib.mustache_formatter("{{a}}{{b}}", a="1"),),
    (lambda lib: sorted(lib.mustache_template_vars("{{a.b}}{{#c}}{{d}}{{/c}}")),),
]

HISTORY = [("human", "Hi"), ("ai", "Hello")]


def talk(lib):
    return [lib.HumanMessage("Hi", id="h"), lib.AIMessage("Hello", name="al")]


CHATS = [
    (chat(), {}, "bare"),
    (chat("{q}"), {"q": "hi"}, "bare", {}, {"r": 1}),
    (
        chat(("system", "You are {name}."), ("human", "{q}")),
        {"name": "Bob", "q": "hi"},
        {"q": "hi"},
        {},
        "bare",
        7,
        ["x"],
    ),
    (chat(*[(role, role + " {x}") for role in ("human", "user", "ai", "assistant", "system")]), {"x": 1}),
    (chat({"role": "user", "content": "{q}"}, {"role": "assistant", "content": "A"}), {"q": 1}),
    (chat({"role": "user"}),),
    (chat({"role": "user", "content": "x", "name": "bob"}),),
    (chat(("tool", "x")),),
    (chat(("developer", "x")),),
    (chat(("unheard", "x")),),
    (chat(("human",)),),
    (chat(("human", "x", "y")),),
    (chat(["human", "x"]),),
    (chat(7),),
    (chat(None),),
    (chat(("human", 7)),),
    (chat(("human", "{x.y}")),),
    (chat(("human", "{")),),
    (chat(("human", "{stop}")),),
    (chat(("human", "{{q}} and {x}"), template_format="mustache"), {"q": 1}, {"q": "<"}),
    (
        lambda lib: lib.ChatPromptTemplate.from_messages([("human", "{{q}}"), "{{r}}"], template_format="mustache"),
        {"q": 1, "r": 2},
    ),
    (lambda lib: lib.ChatPromptTemplate.from_messages([("human", "{q}")], "f-string"), "bare"),
    (lambda lib: lib.ChatPromptTemplate(messages=[("human", "{q}")], input_variables=["z"]), {"q": 1}, {"z": 1}),
    (lambda lib: lib.ChatPromptTemplate([("human", "{q}")], input_variables=["q"], validate_template=True), {"q": 1}),
    (lambda lib: lib.ChatPromptTemplate([("human", "{q}")], input_variables=["z"], validate_template=True),),
    (chat(("human", "{a}{b}"), partial_variables={"a": "1"}), {"b": 2}, "bare"),
    (chat(("human", "{a}{b}"), partial_variables={"a": lambda: "called"}), "bare"),
    (chat(("human", "{a}"), partial_variables={"stop": "1"}),),
    (lambda lib: lib.ChatPromptTemplate.from_template("Say {x}"), {"x": 1}, "bare"),
    (lambda lib: lib.ChatPromptTemplate.from_template("{x}{y}", partial_variables={"x": "1"}), {"y": 2}),
    (lambda lib: lib.ChatPromptTemplate.from_template("{{x}}", template_format="mustache"), {"x": 1}),
    (
        lambda lib: lib.ChatPromptTemplate([(lib.HumanMessage, "{x}"), (lib.SystemMessage, "s"), (lib.AIMessage, "a")]),
        {"x": 1},
    ),
    (lambda lib: lib.ChatPromptTemplate([(lib.ToolMessage, "{x}")]),),
    (lambda lib: lib.ChatPromptTemplate([(lib.HumanMessagePromptTemplate, "{x}")]), {"x": 1}),
    (lambda lib: lib.ChatPromptTemplate([lib.SystemMessage("{literal}"), ("human", "{x}")]), {"x": 1}),
    (lambda lib: lib.ChatPromptTemplate([*talk(lib), lib.ToolMessage("4", tool_call_id="c")]), {}),
    (
        chat(("placeholder", "{h}"), ("human", "{q}")),
        {"q": 1},
        {"q": 1, "h": HISTORY},
        {"q": 1, "h": "text"},
        {"q": 1, "h": None},
    ),
    (chat(("placeholder", ["{h}", True])), {}, {"h": HISTORY}),
    (chat(("placeholder", ("{h}", False))), {}, {"h": HISTORY}, HISTORY, "bare"),
    (chat(("placeholder", "h")),),
    (chat(("placeholder", "{h")),),
    (chat(("placeholder", ["{h}"])),),
    (chat(("placeholder", ["{h}", 1])),),
    (chat(("placeholder", [1, True])),),
    (chat(("placeholder", ["h", True])),),
    (lambda lib: lib.ChatPromptTemplate([lib.MessagesPlaceholder("h"), "{q}"]), {"h": HISTORY, "q": 1}, {"q": 1}),
    (
        lambda lib: lib.ChatPromptTemplate([lib.MessagesPlaceholder("h", n_messages=1)]),
        {"h": HISTORY},
        {"h": []},
        {"h": ()},
        {"h": [7]},
    ),
    (
        lambda lib: lib.ChatPromptTemplate([lib.MessagesPlaceholder("h", optional=True, n_messages=5)]),
        {"h": HISTORY},
        {},
    ),
    (lambda lib: lib.MessagesPlaceholder("h", n_messages=0),),
    (lambda lib: lib.MessagesPlaceholder("h", n_messages=-1),),
    (lambda lib: lib.MessagesPlaceholder(variable_name="h"),),
    (lambda lib: lib.MessagesPlaceholder("h").format_messages(h=[{"role": "user", "content": "x"}, "y", ("ai", "z")]),),
    (lambda lib: lib.MessagesPlaceholder("h").format_messages(h=talk(lib)),),
    (lambda lib: lib.MessagesPlaceholder("h", optional=True).format_messages(),),
    (lambda lib: lib.MessagesPlaceholder("h").format_messages(),),
    (lambda lib: lib.MessagesPlaceholder("h").format_messages(h=[("nobody", "x")]),),
    (lambda lib: chat(("placeholder", "{h}"), "{q}")(lib).partial(h=HISTORY), {"q": 1}, {"q": 1, "h": []}),
    (lambda lib: chat("{a}{b}")(lib).partial(a="1"), {"b": 2}, "bare", {}),
    (lambda lib: chat("{a}{b}")(lib).partial(a=lambda: "called").partial(b="2"), {}, {"a": "over"}),
    (lambda lib: lib.ChatPromptTemplate([chat("{a}", ("ai", "{b}"))(lib), "{c}"]), {"a": 1, "b": 2, "c": 3}, {"a": 1}),
    (
        lambda lib: lib.ChatPromptTemplate([chat("{a}{b}")(lib).partial(a="1"), "{c}"]),
        {"b": 2, "c": 3},
        {"a": "over", "b": 2, "c": 3},
    ),
    (lambda lib: lib.ChatPromptTemplate([chat(("placeholder", "{h}"))(lib), "{c}"]), {"c": 3}, {"h": HISTORY, "c": 3}),
    (lambda lib: lib.ChatPromptTemplate([text("{a}")(lib)]),),
    (lambda lib: chat("{a}")(lib) + chat(("ai", "{b}"))(lib), {"a": 1, "b": 2}),
    (lambda lib: chat("{a}{x}")(lib).partial(x="1") + chat("{b}{y}")(lib).partial(y="2"), {"a": 1, "b": 2}),
    (lambda lib: chat("{a}")(lib) + "{b}", {"a": 1, "b": 2}),
    (lambda lib: chat("{a}")(lib) + [("ai", "{b}"), "{c}"], {"a": 1, "b": 2, "c": 3}),
    (lambda lib: chat("{a}")(lib) + (("ai", "{b}"),), {"a": 1, "b": 2}),
    (lambda lib: chat("{a}")(lib) + lib.HumanMessage("{b}"), {"a": 1}),
    (lambda lib: chat("{a}")(lib) + lib.MessagesPlaceholder("h", optional=True), {"a": 1}, {"a": 1, "h": HISTORY}),
    (lambda lib: chat("{a}")(lib) + lib.AIMessagePromptTemplate.from_template("{b}"), {"a": 1, "b": 2}),
    (lambda lib: chat("{a}")(lib) + few(examples=EXAMPLES)(lib),),
    (lambda lib: chat("{a}")(lib) + 7,),
    (
        lambda lib: (
            lib.SystemMessagePromptTemplate.from_template("{a}") + lib.HumanMessagePromptTemplate.from_template("{b}")
        ),
        {"a": 1, "b": 2},
    ),
    (lambda lib: lib.MessagesPlaceholder("h") + "{b}" + [("ai", "c")], {"h": HISTORY, "b": 2}),
    (lambda lib: lib.SystemMessagePromptTemplate.from_template("{a}") + 7,),
    (lambda lib: chat("{a}", ("ai", "{b}"), "{c}")(lib)[1:], {"b": 1, "c": 2}),
    (lambda lib: chat("{a}", ("ai", "{b}"), "{c}")(lib)[::2], {"a": 1, "c": 2}),
    (lambda lib: chat("{a}", ("ai", "{b}"))(lib)[-1],),
    (lambda lib: chat("{a}")(lib)[5],),
    (lambda lib: [len(chat("{a}", ("ai", "{b}"))(lib)), len(chat()(lib))],),
    (lambda lib: chat("{a}", tags=["t"], metadata={"m": 1})(lib), {"a": 1}),
]

MESSAGES = [
    (lambda lib: lib.ChatMessagePromptTemplate.from_template("{x}", role="Coach").format(x=1),),
    (lambda lib: lib.ChatMessagePromptTemplate.from_template("{x}"),),
    (lambda lib: lib.HumanMessagePromptTemplate.from_template("{x}", additional_kwargs={"k": "v"}).format(x=1),),
    (lambda lib: lib.AIMessagePromptTemplate.from_template("{{x}}", "mustache").format_messages(x=1),),
    (lambda lib: lib.SystemMessagePromptTemplate.from_template("{x}{y}", partial_variables={"x": "1"}).format(y=2),),
    (lambda lib: lib.HumanMessagePromptTemplate(prompt=text("{x}")(lib)).format(x=1),),
    (lambda lib: lib.HumanMessagePromptTemplate(prompt="{x}"),),
    (lambda lib: lib.HumanMessagePromptTemplate(),),
    (lambda lib: lib.HumanMessagePromptTemplate.from_template("{x}").format(),),
    (lambda lib: lib.HumanMessagePromptTemplate.from_template(["{x}"]).format(),),
    (lambda lib: lib.HumanMessagePromptTemplate.from_template("{x}", template_format="django"),),
    (human(["{x}", "plain", "", "{y}"]), {"x": 1, "y": ""}),
    (human([]), {}),
    (human([{"type": "text", "text": "{x}"}, {"text": "{y}"}]), {"x": 1, "y": 2}),
    (human([{"type": "text", "text": "{x}", "cache_control": {"type": "{kind}"}}]), {"x": 1, "kind": "ephemeral"}),
    (human([{"type": "image_url", "image_url": "{picture}"}]), {"picture": PNG}, {"picture": ""}, PNG),
    (human([{"type": "image_url", "image_url": PNG}]), {}),
    (human([{"image_url": "http://x/{id}.png"}]), {"id": "a"}),
    (human([{"type": "image_url", "image_url": "{a}{b}"}]),),
    (human([{"type": "image_url", "image_url": "{url}"}]),),
    (
        human([{"type": "image_url", "image_url": {"url": "http://{host}/{id}.png", "detail": "{how}"}}]),
        {"host": "h", "id": 1, "how": "low"},
        {"host": "h", "id": 1, "how": ""},
    ),
    (human([{"type": "image_url", "image_url": {"url": PNG, "detail": "high"}}]), {}),
    (human([{"type": "image_url", "image_url": {"detail": "high"}}]), {}),
    (human([{"type": "image_url", "image_url": {"path": "{file}"}}]), {"file": "/etc/passwd"}),
    (human([{"type": "image_url", "image_url": 7}]),),
    (human([{"type": "image_url", "image_url": "{x}", "cache_control": {"a": 1}}]), {"x": "u"}),
    (human([{"type": "image", "source_type": "base64", "data": "{data}", "mime_type": "image/png"}]), {"data": "AAAA"}),
    (
        human(
            [
                {
                    "type": "file",
                    "n": 7,
                    "deep": {"list": ["{x}", {"k": "{y}"}, 7, ["{z}"]], "pair": ("{x}", 1), "none": None},
                }
            ]
        ),
        {"x": 1, "y": 2},
    ),
    (human([{"{x}": "key"}]), {}),
    (human([{"type": "file", "data": "{x.y}"}]),),
    (
        human(
            ["{{x}}", {"type": "image_url", "image_url": "{{y}}"}, {"type": "z", "z": "{{z}}"}],
            template_format="mustache",
        ),
        {"x": "<", "y": "u", "z": "&"},
    ),
    (human([7]),),
    (human([None]),),
    (human(7),),
    (human(["{x}"], partial_variables={"x": "1"}),),
    (human(["{x}"], partial_variables={}), {"x": 1}),
    (chat(("system", [{"type": "text", "text": "{x}"}]), ("ai", ["{y}"])), {"x": 1, "y": 2}),
    (
        chat(("human", [{"type": "text", "text": "{x}"}, {"type": "image_url", "image_url": {"url": "{u}"}}])),
        {"x": 1, "u": 2},
        {"x": 1},
    ),
    (
        lambda lib: lib.DictPromptTemplate(template={"a": "{b}", "c": [{"d": "{e}"}]}, template_format="f-string"),
        {"b": 1, "e": 2},
    ),
    (lambda lib: lib.DictPromptTemplate(template={"a": "{{b.c}}"}, template_format="mustache"), {"b": {"c": 1}}),
    (lambda lib: lib.DictPromptTemplate(template={"a": "{b[0]}"}, template_format="f-string"),),
    (lambda lib: lib.DictPromptTemplate(template={"a": "{b}"}, template_format="f-string").format(),),
    (lambda lib: lib.DictPromptTemplate(template={"a": "{b}"}),),
    (
        lambda lib: lib.ImagePromptTemplate(input_variables=["i"], template={"url": "http://x/{i}", "detail": "low"}),
        {"i": 1},
        "bare",
        {"i": 1, "detail": "high"},
        {"i": 1, "url": "over"},
        {},
    ),
    (lambda lib: lib.ImagePromptTemplate(template={"url": "x"}).format(path="/etc/passwd"),),
    (lambda lib: lib.ImagePromptTemplate(template={}).format(),),
    (lambda lib: lib.ImagePromptTemplate(template={}).format(url=7),),
    (lambda lib: lib.ImagePromptTemplate(template={"url": "{x.y}"}),),
    (lambda lib: lib.ImagePromptTemplate(input_variables=["detail"], template={"url": "{detail}"}),),
]

EXAMPLE_CHAT = (("human", "{q}"), ("ai", "{a}"))


def few_chat(**fields):
    def build(lib):
        return lib.FewShotChatMessagePromptTemplate(**{"example_prompt": chat(*EXAMPLE_CHAT)(lib), **fields})

    return build


FEW_SHOTS = [
    (few(examples=EXAMPLES), {"q": "5"}, "5", {}),
    (few(examples=[]), {"q": "5"}),
    (few(examples=EXAMPLES, prefix="{p}:", example_separator=" / "), {"p": "P", "q": "5"}, {"p": "P"}),
    (few(examples=EXAMPLES, prefix="{p}", partial_variables={"p": "P"}), {"q": "5"}),
    (few(examples=EXAMPLES, input_variables=["z"]), {"q": "5"}),
    (few(examples=EXAMPLES, input_variables=["q"], validate_template=True), {"q": "5"}),
    (few(examples=EXAMPLES, input_variables=["z"], validate_template=True),),
    (few(examples=[{"q": "{{x}}", "a": "{q}"}]), {"q": "5"}),
    (few(examples=[{"q": "{x}", "a": ""}]), {"q": "5"}),
    (few(examples=[{"q": "1"}]), {"q": "5"}),
    (few(),),
    (few(examples=EXAMPLES, suffix="{q.r}"),),
    (few(examples=EXAMPLES, template_format="mustache"),),
    (few(examples=EXAMPLES, unknown=1),),
    (few_chat(examples=EXAMPLES), {}, {"q": "ignored"}),
    (few_chat(examples=[]), {}),
    (few_chat(),),
    (few_chat(examples=[{"q": "1"}]), {}),
    (few_chat(examples=EXAMPLES, example_prompt=7),),
    (lambda lib: few(example_selector=lib.Chooser())(lib).partial(count="2"), "5"),
    (lambda lib: few(example_selector=lib.Chooser(), suffix="{count}")(lib), {"count": "1"}, "3", {}),
    (lambda lib: few(example_selector=lib.Chooser(), examples=EXAMPLES)(lib),),
    (few(example_selector=7),),
    (lambda lib: few_chat(example_selector=lib.Chooser(), input_variables=["count"])(lib), {"count": 2}, "1", {}),
    (
        lambda lib: few_chat(examples=EXAMPLES, example_prompt=lib.HumanMessagePromptTemplate.from_template("{q}-{a}"))(
            lib
        ),
        {},
    ),
    (lambda lib: lib.ChatPromptTemplate([("system", "s"), few_chat(examples=EXAMPLES)(lib), "{q}"]), {"q": "5"}, "5"),
]

SAME = [*F_STRINGS, *MUSTACHES, *CHATS, *MESSAGES, *FEW_SHOTS]
