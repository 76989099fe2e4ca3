"""with_structured_output of a model that users write: it needs only `bind_tools`."""

from __future__ import annotations

from typing import Optional, TypedDict

from .library import program
from .observe import attempt, every_log, every_way, shown

SCHEMA = {
    "title": "Person",
    "description": "A person.",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}


class Person(TypedDict):
    """A person."""

    name: str
    age: Optional[int]


def tool_model(lc, *answers):
    """Answers with these tool calls' arguments in turn (None: with text), and remembers what it was bound to."""

    class ToolModel(lc.BaseChatModel):
        left: list
        seen: list = []

        @property
        def _llm_type(self):
            return "tool-model"

        def bind_tools(self, tools, *, tool_choice=None, **kwargs):
            kwargs.pop("ls_structured_output_format", None)
            converted = [lc.convert_to_openai_tool(tool) for tool in tools]
            return self.bind(tools=converted, tool_choice=tool_choice, **kwargs)

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            self.seen.append({key: value for key, value in kwargs.items() if key in ("tools", "tool_choice")})
            arguments = self.left.pop(0)
            calls = [{"name": "Person", "args": arguments, "id": "1"}] if arguments is not None else []
            message = lc.AIMessage("" if calls else "no call", tool_calls=calls)
            return lc.ChatResult(generations=[lc.ChatGeneration(message=message)])

    return ToolModel(left=list(answers))


@program
def structured_by_a_json_schema(lc):
    model = tool_model(lc, {"name": "Ann", "age": 3})
    return attempt(model.with_structured_output(SCHEMA).invoke, "x"), shown(model.seen)


@program
def structured_by_a_typed_dict(lc):
    model = tool_model(lc, {"name": "Ann", "age": 3})
    found = attempt(model.with_structured_output(Person).invoke, "x")
    function = model.seen[0]["tools"][0]["function"]
    return found, function["name"], function["description"], sorted(function["parameters"]["properties"])


@program
def structured_every_way(lc):
    return every_way(lambda: tool_model(lc, {"name": "Ann"}).with_structured_output(SCHEMA), "x")


@program
def structured_with_the_raw_message(lc):
    model = tool_model(lc, {"name": "Ann"}).with_structured_output(SCHEMA, include_raw=True)
    return attempt(model.invoke, "x")


@program
def structured_in_a_chain(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "who is {name}?")])
    model = tool_model(lc, {"name": "Ann", "age": 3}).with_structured_output(SCHEMA)
    return attempt((prompt | model | (lambda found: found["age"])).invoke, {"name": "Ann"})


@program
def structured_log(lc):
    log = every_log(lc, lambda: tool_model(lc, {"name": "Ann"}).with_structured_output(SCHEMA), "x")["invoke"]
    return [(entry[0], entry[3]) if entry[0].endswith("_start") else entry[:2] for entry in log]


@program
def structured_without_a_call(lc):
    raw = tool_model(lc, None).with_structured_output(SCHEMA, include_raw=True)
    return attempt(tool_model(lc, None).with_structured_output(SCHEMA).invoke, "x"), attempt(raw.invoke, "x")


@program
def structured_arguments_that_do_not_fit(lc):
    return attempt(tool_model(lc, {"age": "x"}).with_structured_output(SCHEMA).invoke, "x")


@program
def structured_options_refused(lc):
    model = tool_model(lc, {"name": "Ann"})
    return attempt(model.with_structured_output, SCHEMA, nonsense=1), attempt(model.with_structured_output, {"a": 1})
