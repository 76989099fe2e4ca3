"""The calls of early LangChain: what they give, that they warn, and that the warning is about the caller's line."""

import asyncio
import linecache
import warnings

import pytest

from minichat import AIMessage, HumanMessage
from minichat.language_models.legacy import LangChainDeprecationWarning

from .recording import Log, Whole, result

MESSAGES = [HumanMessage("hi")]


class Says(Whole):
    """Repeats what it was asked with."""

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return result(f"{messages[0].content} {stop} {kwargs}")


CALLS = [
    (lambda model: model(MESSAGES), "hi None {}"),
    (lambda model: model(MESSAGES, stop=["x"], k=1), "hi ['x'] {'k': 1}"),
    (lambda model: model.predict("hi"), "hi None {}"),
    (lambda model: model.predict("hi", stop=("x",), k=1), "hi ['x'] {'k': 1}"),
    (lambda model: model.predict_messages(MESSAGES, stop=["x"]), "hi ['x'] {}"),
    (lambda model: model.call_as_llm("hi", ["x"], k=1), "hi ['x'] {'k': 1}"),
]
AWAITED = [
    (lambda model: model.apredict("hi", stop=["x"]), "hi ['x'] {}"),
    (lambda model: model.apredict_messages(MESSAGES, k=1), "hi None {'k': 1}"),
]


def check(caught, answer, text, line):
    """`line` is in the line that the one warning is about."""
    assert (answer if isinstance(answer, str) else answer.content) == text
    assert [one.category for one in caught] == [LangChainDeprecationWarning]
    assert issubclass(LangChainDeprecationWarning, DeprecationWarning)
    assert caught[0].filename == __file__ and line in linecache.getline(__file__, caught[0].lineno)
    assert "invoke" in str(caught[0].message)


@pytest.mark.parametrize("ask, text", CALLS, ids=range(len(CALLS)))
def test_each_call_answers_and_warns_once_at_the_callers_line(ask, text):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = ask(Says())
    check(caught, answer, text, "(lambda model: model")


@pytest.mark.parametrize("ask, text", AWAITED, ids=range(len(AWAITED)))
def test_each_awaited_call_answers_and_warns_once_at_the_line_that_awaits_it(ask, text):
    async def main():
        return await ask(Says())

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = asyncio.run(main())
    check(caught, answer, text, "return await ask(Says())")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_call_is_one_run_of_its_handlers():
    log = Log()
    answer = Says()(MESSAGES, callbacks=[log])
    assert type(answer) is AIMessage and log.events == ["start", "end"]


def test_what_subclasses_of_early_langchain_call_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = asyncio.run(Says()._call_async(MESSAGES, ["x"], [Log()], k=1))
    assert answer.content == "hi ['x'] {'k': 1}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_no_list_of_messages_is_an_attribute_error():
    with pytest.raises(AttributeError, match="invoke takes texts"):
        Says()("hi")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_answer_of_blocks_cannot_be_predicted_as_text():
    class Blocks(Whole):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result([{"type": "text", "text": "x"}])

    assert Blocks().predict_messages(MESSAGES).content == [{"type": "text", "text": "x"}]
    with pytest.raises(ValueError, match="not a string"):
        Blocks().predict("x")


def test_a_models_dictionary_is_what_identifies_it():
    assert Says().asdict() == {"_type": "Says"}
    with pytest.warns(LangChainDeprecationWarning, match="asdict"):
        assert Says().dict() == {"_type": "Says"}
