"""Small chains whose `astream_log` is compared with langchain-core's: each is a function of the library `lc`.

A program gives (runnable, input, keyword arguments of astream_log). `lc` is looked through for a name module by module
(`library`), so that a program cannot know which library it is given.
"""

from __future__ import annotations

import inspect
import uuid
from importlib import import_module

MODULES = (
    "runnables prompts output_parsers messages language_models.fake_chat_models language_models tools".split()
)
PROGRAMS = {}


class library:
    """The public names of `langchain_core` or `minichat`, whatever module they live in."""

    def __init__(self, prefix):
        self.prefix = prefix

    def __getattr__(self, name):
        for module in MODULES:
            found = getattr(import_module(f"{self.prefix}.{module}"), name, None)
            if found is not None and not inspect.ismodule(found):
                return found
        raise AttributeError(name)


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def prompt(lc):
    return lc.ChatPromptTemplate.from_messages([("system", "be brief"), ("human", "say {word}")])


def model(lc, *responses, **settings):
    return lc.FakeListChatModel(responses=list(responses or ["hi, you"]), **settings)


def chain(lc, *responses):
    return prompt(lc) | model(lc, *responses) | lc.StrOutputParser()


def shout(text):
    return text.upper()


def fail(text):
    raise KeyError(text)


async def letters(pieces):
    async for piece in pieces:
        for letter in str(piece):
            yield letter


# -- shapes of chains ----------------------------------------------------------------------


@program
def prompt_model_parser(lc):
    return chain(lc), {"word": "hi"}, {}


@program
def prompt_model(lc):
    return prompt(lc) | model(lc), {"word": "hi"}, {}


@program
def model_parser(lc):
    return model(lc, "a") | lc.StrOutputParser(), "hi", {}


@program
def a_bound_model_in_a_chain(lc):
    return prompt(lc) | model(lc).bind(stop=["."]) | lc.StrOutputParser(), {"word": "hi"}, {}


@program
def a_model_that_does_not_stream(lc):
    return lc.FakeChatModel() | lc.StrOutputParser(), "hi", {}


@program
def a_model_that_streams_words(lc):
    return lc.GenericFakeChatModel(messages=iter(["one two three"])) | lc.StrOutputParser(), "hi", {}


@program
def two_runs_of_one_name(lc):
    return lc.RunnableLambda(shout) | lc.RunnableLambda(shout) | lc.RunnableLambda(shout), "hi", {}


@program
def one_lambda(lc):
    return lc.RunnableLambda(shout), "hi", {}


@program
def an_asynchronous_lambda(lc):
    async def ashout(text):
        return text.upper()

    return lc.RunnableLambda(ashout) | shout, "hi", {}


@program
def a_lambda_after_a_model(lc):
    return model(lc) | lc.StrOutputParser() | shout, "hi", {}


@program
def nested_sequences(lc):
    inner = chain(lc).with_config(run_name="inner")
    return inner | lc.RunnableLambda(shout) | (lambda text: {"word": text}) | inner, {"word": "hi"}, {}


@program
def a_lambda_that_gives_a_chain(lc):
    return lc.RunnableLambda(lambda word: chain(lc)), {"word": "hi"}, {}


@program
def a_lambda_that_calls_a_chain(lc):
    async def call(word, config):
        return await chain(lc).ainvoke(word, config)

    return lc.RunnableLambda(call) | shout, {"word": "hi"}, {}


@program
def a_lambda_that_calls_a_chain_without_its_config(lc):
    async def call(word):
        return await chain(lc).ainvoke(word)

    return lc.RunnableLambda(call) | shout, {"word": "hi"}, {}


@program
def parallel_lambdas(lc):
    return lc.RunnableParallel(up=shout, same=lambda text: text), "hi", {}


@program
def parallel_chains(lc):
    return lc.RunnableParallel(one=chain(lc, "a"), two=chain(lc, "b")), {"word": "hi"}, {}


@program
def parallel_then_a_lambda(lc):
    return {"up": lc.RunnableLambda(shout), "same": lc.RunnablePassthrough()} | lc.RunnableLambda(dict), "hi", {}


@program
def assign(lc):
    return lc.RunnablePassthrough.assign(answer=chain(lc)), {"word": "hi"}, {}


@program
def assign_then_pick(lc):
    return lc.RunnablePassthrough.assign(answer=chain(lc)) | lc.RunnableLambda(lambda row: row["answer"]), {"word": "hi"}, {}


@program
def a_passthrough(lc):
    return lc.RunnablePassthrough() | shout, "hi", {}


@program
def a_generator(lc):
    return lc.RunnableGenerator(letters), "hi", {}


@program
def a_generator_in_a_chain(lc):
    return chain(lc) | lc.RunnableGenerator(letters), {"word": "hi"}, {}


@program
def pieces_that_grow_a_dictionary(lc):
    async def grow(pieces):
        async for piece in pieces:
            for letter in piece:
                yield lc.AddableDict({"all": letter, letter: 1})

    return lc.RunnableGenerator(grow), "hih", {}


@program
def pieces_that_grow_a_list(lc):
    return model(lc, "a, b, c") | lc.CommaSeparatedListOutputParser(), "hi", {}


@program
def pieces_that_do_not_add_up(lc):
    async def count(pieces):
        async for piece in pieces:
            for letter in piece:
                yield {"letter": letter}

    return lc.RunnableGenerator(count), "hii", {}


@program
def empty_pieces(lc):
    async def some(pieces):
        async for piece in pieces:
            for text in (None, "", "a", "", "b", ""):
                yield text

    return lc.RunnableGenerator(some), "hi", {}


@program
def json_that_grows(lc):
    return model(lc, '{"a": [1, {"b": "cd"}]}') | lc.JsonOutputParser(), "hi", {}


@program
def json_as_differences(lc):
    return model(lc, '{"a": "bc"}') | lc.JsonOutputParser(diff=True), "hi", {}


@program
def a_branch(lc):
    branch = lc.RunnableBranch((lambda text: len(text) > 3, lambda text: text[:3]), lc.RunnableLambda(shout))
    return branch, "hi", {}


@program
def fallbacks(lc):
    return lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(shout)]), "hi", {}


@program
def each(lc):
    return lc.RunnableLambda(shout).map(), ["a", "b"], {}


@program
def names_tags_and_metadata_of_steps(lc):
    first = lc.RunnableLambda(shout).with_config(run_name="first", tags=["mine"], metadata={"k": 1})
    return first | lc.RunnableLambda(shout).with_config(run_name="second"), "hi", {}


@program
def names_tags_and_metadata_of_the_call(lc):
    config = {"run_name": "whole", "tags": ["outer"], "metadata": {"k": 1}, "run_id": uuid.UUID(int=7)}
    return chain(lc), {"word": "hi"}, {"config": config}


@program
def a_tool(lc):
    @lc.tool
    def double(n: int) -> int:
        """Double a number."""
        return 2 * n

    return lc.RunnableLambda(lambda n: {"n": n}) | double, 4, {}


# -- filters and options -------------------------------------------------------------------


def filtered(name, **options):
    def run(lc):
        first = lc.RunnableLambda(shout).with_config(run_name="first", tags=["mine"])
        return chain(lc) | first | lc.RunnableLambda(shout), {"word": "hi"}, options

    run.__name__ = name
    program(run)


filtered("include_names", include_names=["first", "FakeListChatModel"])
filtered("include_types", include_types=["llm", "prompt"])
filtered("include_tags", include_tags=["mine"])
filtered("include_several", include_names=["first"], include_types=["parser"], include_tags=["seq:step:5"])
filtered("include_nothing", include_names=[])
filtered("exclude_names", exclude_names=["first"])
filtered("exclude_types", exclude_types=["llm", "chain"])
filtered("exclude_tags", exclude_tags=["mine", "seq:step:1"])
filtered("include_and_exclude", include_types=["chain", "llm"], exclude_names=["first"])
filtered("exclude_the_root_by_name", exclude_names=["RunnableSequence"], exclude_types=["chain"])
filtered("whole_logs", diff=False)
filtered("whole_logs_filtered", diff=False, include_types=["parser"])
filtered("no_list", with_streamed_output_list=False)
filtered("no_list_whole_logs", with_streamed_output_list=False, diff=False)


# -- errors --------------------------------------------------------------------------------


@program
def an_error_in_the_only_step(lc):
    return lc.RunnableLambda(fail), "hi", {}


@program
def an_error_in_the_first_step(lc):
    return lc.RunnableLambda(fail) | lc.RunnableLambda(shout), "hi", {}


@program
def an_error_in_the_last_step(lc):
    return chain(lc) | lc.RunnableLambda(fail), {"word": "hi"}, {}


@program
def an_error_in_the_prompt(lc):
    return chain(lc), {"other": "hi"}, {}


@program
def an_error_in_the_models_stream(lc):
    return model(lc, "abcdef", error_on_chunk_number=3) | lc.StrOutputParser(), "hi", {}


@program
def an_error_in_one_branch(lc):
    return lc.RunnableParallel(good=shout, bad=fail), "hi", {}


@program
def an_error_while_whole_logs_are_given(lc):
    return chain(lc) | lc.RunnableLambda(fail), {"word": "hi"}, {"diff": False}
