"""Tools of every kind beside the function format they become: data for the exact and the differential test.

A row is (name, tool, strict, expected, difference). `difference` is "" where langchain-core gives the
same, else a key of DIFFERENCES, which says what it does and why we do not.
"""

import functools
from typing import List, Tuple

from .annotation_table import ANNOTATIONS, COLOR, DEFAULTS, INNER, INT, INTS, NULL, PLACE, POINT, STR
from .tool_samples import (
    Built,
    Inner,
    Joke,
    Journey,
    Marked,
    MarkedPartial,
    Methods,
    Node,
    NotRequired,
    Outer,
    Pair,
    Partial,
    Place,
    Point,
    Silent,
    Tree,
    Undocumented,
    WithDecimal,
    WithDescribed,
    WithEnum,
    WithPair,
    WithPlace,
    args_after_returns,
    arguments_heading,
    bare_variadic,
    blank_line_inside,
    cached,
    configured,
    described_recursive,
    describes_unannotated,
    google,
    keyword_only,
    next_line,
    no_blank_line,
    nothing,
    numpy_style,
    only_example,
    own_descriptions,
    positional_only,
    raises_only,
    recursive,
    rest_style,
    run_arguments,
    starred,
    unannotated,
    undocumented,
    unlucky_names,
    unresolvable_but_skipped,
    variadic,
    waits,
)

# What langchain-core 1.7 does otherwise, and the reason not to follow.
DIFFERENCES = {
    "titles": "titles survive inside anyOf and prefixItems there: its removal does not look into lists",
    "optional keys": "total=False is ignored there, NotRequired and Required a TypeError; a TypedDict is made for them",
    "dict's docstring": "a TypedDict without docstring gets that of dict there: 400 characters about constructors",
    "nested docstring": "only the outermost docstring is parsed there; an Args: section deeper in stays raw text",
    "nested texts": "Annotated texts in a TypedDict below a function are lost there",
    "nested description": "below a TypedDict (pydantic 1) a dataclass loses its docstring there",
    "described class": "a description beside a class in a TypedDict gives allOf there, which OpenAI refuses",
    "enum": "in a TypedDict (pydantic 1) an Enum has no type there, and the description 'An enumeration.'",
    "draft 7": "in a TypedDict (pydantic 1) a tuple is a list under `items` there, valid up to draft 7 only",
    "pydantic 1 types": "Decimal and timedelta are written differently in a TypedDict there; one spelling will do",
    "recursion": "a class in itself becomes {} (dataclass) or a RecursionError (TypedDict) there; $ref says it",
    "init=False": "a nested field the constructor does not take is offered there",
    "constructor": "InitVar is refused there",
    "positional": "positional-only parameters bring an invented `v__positional_only` there",
    "args, kwargs": "plain parameters called args and kwargs are lost there",
    "blank line": "an Args: section without a blank line before it, or with one inside, is cut or missed there",
    "headings": "only `Args:` is an arguments section there, not Arguments:, Parameters:, NumPy's or reST's",
    "unannotated": "a docstring describing a parameter that has no annotation, or a starred one, is a ValueError there",
    "next line": "a description that begins on the next line keeps a leading space there",
    "callables": "functools.partial and objects with __call__ are an AttributeError there",
    "config": "a RunnableConfig parameter is offered to the model in full there; a tool's run method fills it in",
    "infinity": "a default of inf is written as Infinity there, which is not JSON",
    "timedelta default": "written as an ISO 8601 duration there; left out here, as other defaults JSON does not know",
    "type": "a parameter that must be a class, which no model can send, is accepted there as {}",
    "collection": "collections.abc.Collection and typing.LiteralString are refused or {} there",
    "no parameters": "strict without parameters is a KeyError there",
    "strict tool": "a ready tool keeps its schema there though the call says strict",
    "strict deeper": "oneOf, prefixItems and the like stay open there, which OpenAI refuses",
    "built-in": "tools of types not listed are refused or cut down to a function there; the list is never complete",
    "wrapped": "a ready tool is refused by convert_to_openai_function there",
}


def function(name, description, properties, required=(), **more):
    parameters = {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        **more,
    }
    return {"name": name, "description": description, "parameters": parameters}


def with_annotation(annotation, *default):
    def f(x):
        """Doc."""

    f.__qualname__ = "f"
    f.__annotations__ = {"x": annotation}
    f.__defaults__ = default or None
    return f


def closed(properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


A = {"a": INT}
OBJECT_A = {"type": "object", "properties": A, "required": ["a"]}
OPEN_A = {"type": "object", "properties": A}
NODE = {
    "type": "object",
    "description": "A node.",
    "properties": {"value": INT, "next": {"anyOf": [{"$ref": "#/$defs/Node"}, NULL], "default": None}},
    "required": ["value"],
}
TREE = {
    "type": "object",
    "description": "Tree.",
    "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
    "required": ["children"],
}
JOKE = {
    "setup": {"type": "string", "description": "how it starts"},
    "punchline": {"type": "string", "description": "The punchline"},
    "rating": {"type": "integer", "description": "How funny, 1 to 10"},
    "language": {"type": "string", "default": "en"},
    "tags": {"type": "array", "items": STR, "description": "Tags"},
    "kind": {"type": "string", "enum": ["pun", "riddle"]},
    "author": STR,
    "extra": {"type": "object"},
    "counts": {"type": "object", "additionalProperties": INT},
    "best": {"type": "integer", "default": 7, "description": "Best"},
}
OUTER = {
    "one": INNER,
    "many": {"type": "array", "items": INNER},
    "maybe": INNER,
    "listed": {"type": "array", "items": INNER, "description": "listed"},
}
GOOGLE = {
    "a": {"type": "integer", "description": "The a. It goes on: here."},
    "b": {"type": "string", "default": "x", "description": "The b: with a colon"},
    "c": {"type": "integer", "default": 1, "description": "the docstring wins"},
    "d": {"type": "integer", "default": 2, "description": "told"},
}
GOOGLE_TEXT = "First paragraph\nover two lines. Second one. Note:\n    Belongs to it."
DEEP = {
    "type": "object",
    "properties": {
        "list": {"type": "array", "items": OPEN_A},
        "any": {"anyOf": [OPEN_A, NULL]},
        "map": {"type": "object", "additionalProperties": STR},
        "ref": {"$ref": "#/$defs/part"},
        "free": {"type": "object"},
    },
    "$defs": {"part": OPEN_A},
}
DEEP_STRICT = {
    **closed(
        {
            "list": {"type": "array", "items": closed(A)},
            "any": {"anyOf": [closed(A), NULL]},
            "map": {"type": "object", "additionalProperties": False},
            "ref": {"$ref": "#/$defs/part"},
            "free": {"type": "object"},
        }
    ),
    "$defs": {"part": closed(A)},
}

ROWS = [
    *(
        (f"annotation {kind!r}", with_annotation(kind), None, function("f", "Doc.", {"x": schema}, ["x"]), why)
        for kind, schema, why in ANNOTATIONS
    ),
    *(
        (
            f"default {number}: {kind!r}",
            with_annotation(kind, value),
            None,
            function("f", "Doc.", {"x": schema}) if schema is not None else function("f", "Doc.", {"x": INT}, ["x"]),
            why,
        )
        for number, (kind, value, schema, why) in enumerate(DEFAULTS)
    ),
    # functions
    ("no parameters", nothing, None, function("nothing", "", {}), ""),
    ("no docstring", undocumented, None, function("undocumented", "", A, ["a"]), ""),
    ("no annotations", unannotated, None, function("unannotated", "X.", {"a": {}, "b": {"default": 3}}, ["a"]), ""),
    (
        "*args and **kwargs",
        variadic,
        None,
        function(
            "variadic",
            "X.",
            {
                "a": INT,
                "args": {**INTS, "default": None},
                "kw": {"type": "object", "additionalProperties": STR, "default": None},
            },
            ["a"],
        ),
        "",
    ),
    (
        "bare *args and **kwargs",
        bare_variadic,
        None,
        function(
            "bare_variadic",
            "X.",
            {
                "rest": {"type": "array", "items": {}, "default": None},
                "more": {"type": "object", "additionalProperties": True, "default": None},
            },
        ),
        "",
    ),
    (
        "keyword only",
        keyword_only,
        None,
        function("keyword_only", "X.", {**A, "b": {"type": "string", "default": "x"}}, ["a"]),
        "",
    ),
    (
        "positional only",
        positional_only,
        None,
        function("positional_only", "X.", {**A, "b": INT}, ["a", "b"]),
        "positional",
    ),
    (
        "parameters called args and kwargs",
        unlucky_names,
        None,
        function("unlucky_names", "X.", {"args": INT, "kwargs": STR}, ["args", "kwargs"]),
        "args, kwargs",
    ),
    ("async function", waits, None, function("waits", "Wait for it.", A, ["a"]), ""),
    ("decorated function", cached, None, function("cached", "X.", A, ["a"]), ""),
    ("bound method", Methods().method, None, function("method", "M.", A, ["a"]), ""),
    ("plain method", Methods.method, None, function("method", "M.", A, ["a"]), ""),
    ("class method", Methods.class_method, None, function("class_method", "C.", A, ["a"]), ""),
    ("static method", Methods.static_method, None, function("static_method", "S.", A, ["a"]), ""),
    ("object with __call__", Methods(), None, function("Methods", "Call.", A, ["a"]), "callables"),
    (
        "object with bare __call__",
        Undocumented(),
        None,
        function("Undocumented", "From the class.", A, ["a"]),
        "callables",
    ),
    (
        "partial hides what it binds",
        functools.partial(functools.partial(google, d=1), 1, b="y"),
        None,
        function("google", GOOGLE_TEXT, {"c": GOOGLE["c"]}),
        "callables",
    ),
    (
        "run arguments",
        run_arguments,
        None,
        function(
            "run_arguments",
            "X.",
            {**A, "config": {"anyOf": [{"type": "object", "additionalProperties": True}, NULL], "default": None}},
            ["a"],
        ),
        "",
    ),
    ("RunnableConfig", configured, None, function("configured", "X.", A, ["a"]), "config"),
    (
        "unresolvable but skipped",
        unresolvable_but_skipped,
        None,
        function("unresolvable_but_skipped", "X.", A, ["a"]),
        "unannotated",
    ),
    # docstrings
    ("google docstring", google, None, function("google", GOOGLE_TEXT, GOOGLE, ["a"]), ""),
    (
        "args after returns",
        args_after_returns,
        None,
        function("args_after_returns", "X.", {"a": {"type": "integer", "description": "A"}}, ["a"]),
        "",
    ),
    ("example ends the description", only_example, None, function("only_example", "X.", {}), ""),
    ("raises stays", raises_only, None, function("raises_only", "X. Raises:\n    ValueError: never", A, ["a"]), ""),
    (
        "no blank line before Args",
        no_blank_line,
        None,
        function("no_blank_line", "X.", {"a": {"type": "integer", "description": "A"}}, ["a"]),
        "blank line",
    ),
    (
        "blank line in Args",
        blank_line_inside,
        None,
        function(
            "blank_line_inside",
            "X.",
            {"a": {"type": "integer", "description": "A"}, "b": {"type": "integer", "description": "B"}},
            ["a", "b"],
        ),
        "blank line",
    ),
    (
        "description on the next line",
        next_line,
        None,
        function("next_line", "X.", {"a": {"type": "integer", "description": "On the next line."}}, ["a"]),
        "next line",
    ),
    (
        "starred names in Args",
        starred,
        None,
        function(
            "starred",
            "X.",
            {
                "a": {"type": "integer", "description": "A"},
                "args": {**INTS, "default": None, "description": "the rest"},
                "kwargs": {"type": "object", "additionalProperties": INT, "default": None, "description": "by name"},
            },
            ["a"],
        ),
        "unannotated",
    ),
    (
        "unannotated name in Args",
        describes_unannotated,
        None,
        function(
            "describes_unannotated",
            "X.",
            {"a": {"description": "A"}, "b": {"type": "integer", "description": "B"}},
            ["a", "b"],
        ),
        "unannotated",
    ),
    (
        "Arguments:",
        arguments_heading,
        None,
        function("arguments_heading", "X.", {"a": {"type": "integer", "description": "A"}}, ["a"]),
        "headings",
    ),
    (
        "numpy docstring",
        numpy_style,
        None,
        function(
            "numpy_style",
            "Short. Long text.",
            {
                "a": {"type": "integer", "description": "The a. More of a."},
                "b": {"type": "string", "default": "x", "description": "The b."},
                "c": {"type": "integer", "default": 0, "description": "Both."},
                "d": {"type": "integer", "default": 0, "description": "Both."},
            },
            ["a"],
        ),
        "headings",
    ),
    (
        "reST docstring",
        rest_style,
        None,
        function(
            "rest_style",
            "Short.",
            {
                "a": {"type": "integer", "description": "The a."},
                "b": {"type": "string", "default": "x", "description": "The b goes on."},
            },
            ["a"],
        ),
        "headings",
    ),
    (
        "descriptions beside classes",
        own_descriptions,
        None,
        function(
            "own_descriptions",
            "X.",
            {
                "a": PLACE,
                "b": {**PLACE, "description": "mine"},
                "c": {**COLOR, "default": "red", "description": "also mine"},
            },
            ["a", "b"],
        ),
        "",
    ),
    # classes
    ("dataclass", Place, None, function("Place", "A place.", {"name": STR}, ["name"]), ""),
    (
        "dataclass without docstring",
        Point,
        None,
        {**function("Point", "Point(x: int, y: float = 0.5)", POINT["properties"], ["x"])},
        "",
    ),
    (
        "dataclass with Args",
        Journey,
        None,
        function(
            "Journey",
            "A journey.",
            {"start": {**PLACE, "description": "where it starts"}, "stops": {"type": "array", "items": POINT}},
            ["start"],
        ),
        "",
    ),
    (
        "dataclass with InitVar",
        Built,
        None,
        function("Built", "Built.", {"a": INT, "seed": {**INT, "default": 3}}, ["a"]),
        "constructor",
    ),
    (
        "NamedTuple",
        Pair,
        None,
        function(
            "Pair",
            "Pair(left_side, right)",
            {"left_side": INT, "right": {"type": "string", "default": "x"}},
            ["left_side"],
        ),
        "",
    ),
    (
        "TypedDict",
        Joke,
        None,
        function("Joke", "Joke to tell.", JOKE, ["setup", "punchline", "tags", "kind", "author", "extra", "counts"]),
        "",
    ),
    ("TypedDict without docstring", Silent, None, function("Silent", "", A, ["a"]), "dict's docstring"),
    ("TypedDict in TypedDict", Outer, None, function("Outer", "Outer.", OUTER, list(OUTER)), ""),
    (
        "TypedDict, total=False",
        Partial,
        None,
        function("Partial", "Half.", {"a": INT, "b": {"type": "integer", "description": "b"}}),
        "optional keys",
    ),
    ("TypedDict with Enum", WithEnum, None, function("WithEnum", "E.", {"color": COLOR}, ["color"]), "enum"),
    (
        "TypedDict with a described class",
        WithDescribed,
        None,
        function("WithDescribed", "D.", {"inner": {**INNER, "description": "the inner"}}, ["inner"]),
        "described class",
    ),
    (
        "TypedDict with dataclass",
        WithPlace,
        None,
        function("WithPlace", "P.", {"place": PLACE}, ["place"]),
        "nested description",
    ),
    (
        "TypedDict with tuple",
        WithPair,
        None,
        function(
            "WithPair",
            "T.",
            {"pair": {"type": "array", "prefixItems": [INT, STR], "minItems": 2, "maxItems": 2}},
            ["pair"],
        ),
        "draft 7",
    ),
    (
        "TypedDict with Decimal",
        WithDecimal,
        None,
        function("WithDecimal", "N.", {"price": {"anyOf": [{"type": "number"}, STR]}}, ["price"]),
        "pydantic 1 types",
    ),
    # recursion
    (
        "dataclass in itself",
        Node,
        None,
        function("Node", "A node.", NODE["properties"], ["value"], **{"$defs": {"Node": NODE}}),
        "recursion",
    ),
    (
        "recursive parameter",
        recursive,
        None,
        function("recursive", "X.", {"node": {"$ref": "#/$defs/Node"}}, ["node"], **{"$defs": {"Node": NODE}}),
        "recursion",
    ),
    (
        "described recursive parameter",
        described_recursive,
        None,
        function(
            "described_recursive",
            "X.",
            {"node": {"anyOf": [{"$ref": "#/$defs/Node"}], "description": "start"}},
            ["node"],
            **{"$defs": {"Node": NODE}},
        ),
        "recursion",
    ),
    (
        "TypedDict in itself",
        Tree,
        None,
        function("Tree", "Tree.", TREE["properties"], ["children"], **{"$defs": {"Tree": TREE}}),
        "recursion",
    ),
    # dicts
    (
        "OpenAI function",
        {"name": "f", "description": "d", "parameters": OBJECT_A, "more": 1},
        None,
        {"name": "f", "description": "d", "parameters": OBJECT_A},
        "",
    ),
    ("OpenAI function, name only", {"name": "f"}, None, {"name": "f"}, ""),
    (
        "OpenAI function with strict",
        {"name": "f", "strict": True, "parameters": {}},
        None,
        {"name": "f", "strict": True, "parameters": {}},
        "",
    ),
    (
        "OpenAI tool",
        {"type": "function", "function": {"name": "f", "parameters": OBJECT_A}},
        None,
        {"name": "f", "parameters": OBJECT_A},
        "wrapped",
    ),
    (
        "Anthropic tool",
        {"name": "f", "description": "d", "input_schema": OBJECT_A, "cache_control": {}},
        None,
        {"name": "f", "description": "d", "parameters": OBJECT_A},
        "",
    ),
    (
        "Anthropic tool, no description",
        {"type": "custom", "name": "f", "input_schema": OBJECT_A},
        None,
        {"name": "f", "parameters": OBJECT_A},
        "",
    ),
    (
        "Bedrock tool",
        {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": OBJECT_A}}},
        None,
        {"name": "f", "description": "d", "parameters": OBJECT_A},
        "",
    ),
    (
        "JSON schema",
        {"title": "f", "description": "d", **OBJECT_A},
        None,
        {"name": "f", "description": "d", "parameters": OBJECT_A},
        "",
    ),
    (
        "JSON schema keeps inner titles",
        {"title": "f", "type": "object", "properties": {"title": {"type": "string", "title": "T"}}},
        None,
        {"name": "f", "parameters": {"type": "object", "properties": {"title": {"type": "string", "title": "T"}}}},
        "",
    ),
    ("JSON schema without properties", {"title": "f", "type": "object"}, None, {"name": "f"}, ""),
    # strict
    (
        "strict dataclass",
        Point,
        True,
        {
            "name": "Point",
            "description": "Point(x: int, y: float = 0.5)",
            "parameters": closed(POINT["properties"]),
            "strict": True,
        },
        "",
    ),
    (
        "strict nested dataclass",
        with_annotation(List[Point]),
        True,
        {
            "name": "f",
            "description": "Doc.",
            "strict": True,
            "parameters": closed({"x": {"type": "array", "items": closed(POINT["properties"])}}),
        },
        "",
    ),
    (
        "strict function",
        google,
        True,
        {"name": "google", "description": GOOGLE_TEXT, "parameters": closed(GOOGLE), "strict": True},
        "",
    ),
    (
        "strict dict",
        with_annotation(dict),
        True,
        {
            "name": "f",
            "description": "Doc.",
            "strict": True,
            "parameters": closed({"x": {"type": "object", "additionalProperties": False}}),
        },
        "",
    ),
    (
        "strict without parameters",
        nothing,
        True,
        {
            "name": "nothing",
            "description": "",
            "strict": True,
            "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
        },
        "",
    ),
    (
        "strict TypedDict",
        Outer,
        True,
        {
            "name": "Outer",
            "description": "Outer.",
            "strict": True,
            "parameters": closed(
                {
                    "one": {**closed(A), "description": "Inner."},
                    "many": {"type": "array", "items": {**closed(A), "description": "Inner."}},
                    "maybe": {**closed(A), "description": "Inner."},
                    "listed": {
                        "type": "array",
                        "items": {**closed(A), "description": "Inner."},
                        "description": "listed",
                    },
                }
            ),
        },
        "",
    ),
    ("strict JSON schema", {"title": "f", **DEEP}, True, {"name": "f", "parameters": DEEP_STRICT, "strict": True}, ""),
    (
        "strict oneOf",
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"oneOf": [OPEN_A]}}}},
        True,
        {"name": "f", "parameters": closed({"x": {"oneOf": [closed(A)]}}), "strict": True},
        "strict deeper",
    ),
    (
        "strict prefixItems",
        with_annotation(Tuple[Inner, int]),
        True,
        {
            "name": "f",
            "description": "Doc.",
            "strict": True,
            "parameters": closed(
                {
                    "x": {
                        "type": "array",
                        "minItems": 2,
                        "maxItems": 2,
                        "prefixItems": [{**closed(A), "description": "Inner."}, INT],
                    }
                }
            ),
        },
        "strict deeper",
    ),
    ("strict, name only", {"name": "f"}, True, {"name": "f", "strict": True}, "no parameters"),
    ("not strict", undocumented, False, {**function("undocumented", "", A, ["a"]), "strict": False}, ""),
]

if NotRequired is not None:
    ROWS += [
        (
            "TypedDict with NotRequired",
            Marked,
            None,
            function(
                "Marked",
                "Marked.",
                {"a": INT, "b": {"type": "integer", "description": "b"}, "c": {"type": "integer", "description": "c"}},
                ["a"],
            ),
            "optional keys",
        ),
        (
            "TypedDict with Required",
            MarkedPartial,
            None,
            function("MarkedPartial", "Marked.", {"a": INT, "b": INT}, ["a"]),
            "optional keys",
        ),
        (
            "parameter with NotRequired",
            with_annotation(MarkedPartial),
            None,
            function(
                "f", "Doc.", {"x": {**OBJECT_A, "properties": {"a": INT, "b": INT}, "description": "Marked."}}, ["x"]
            ),
            "",
        ),
    ]

# (tool, strict, what convert_to_openai_tool gives, difference); functions are the rows above in {"type": ...}.
READY = {"type": "function", "function": {"name": "f", "parameters": OPEN_A}}
FLAT = {"type": "function", "name": "f", "parameters": OPEN_A}
TOOLS = [
    (READY, None, READY, ""),
    (
        READY,
        True,
        {"type": "function", "function": {"name": "f", "parameters": closed(A), "strict": True}},
        "strict tool",
    ),
    (
        READY,
        False,
        {"type": "function", "function": {"name": "f", "parameters": OPEN_A, "strict": False}},
        "strict tool",
    ),
    (FLAT, None, FLAT, ""),
    (FLAT, True, {"type": "function", "name": "f", "parameters": closed(A), "strict": True}, "strict tool"),
    ({"type": "web_search"}, None, {"type": "web_search"}, ""),
    ({"type": "web_search"}, True, {"type": "web_search"}, ""),
    (
        {"type": "mcp", "server_label": "x", "parameters": 1},
        None,
        {"type": "mcp", "server_label": "x", "parameters": 1},
        "",
    ),
    ({"type": "web_search_preview_2025_03_11"}, None, {"type": "web_search_preview_2025_03_11"}, ""),
    ({"type": "local_shell"}, None, {"type": "local_shell"}, "built-in"),
    (
        {"type": "web_search_20250305", "name": "web_search"},
        None,
        {"type": "web_search_20250305", "name": "web_search"},
        "built-in",
    ),
    (
        {"type": "custom", "name": "c", "description": "d"},
        None,
        {"type": "custom", "name": "c", "description": "d"},
        "built-in",
    ),
    (
        {"type": "object", "title": "f", "properties": A},
        None,
        {"type": "function", "function": {"name": "f", "parameters": OPEN_A}},
        "",
    ),
    (undocumented, None, {"type": "function", "function": function("undocumented", "", A, ["a"])}, ""),
]
