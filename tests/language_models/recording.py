"""Models and handlers for the tests of what a chat model does around its answers."""

import asyncio

from minichat import AIMessage, AIMessageChunk, BaseChatModel, ChatGeneration, ChatGenerationChunk, ChatResult


def result(*texts, llm_output=None, **info):
    generations = [ChatGeneration(message=AIMessage(text), generation_info=info or None) for text in texts]
    return ChatResult(generations=generations, llm_output=llm_output)


def piece(text, **fields):
    return ChatGenerationChunk(message=AIMessageChunk(text), **fields)


class Whole(BaseChatModel):
    """Only `_generate`: the last text in capitals, numbered; a text that is a number fails."""

    asked: list = []

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        text = messages[-1].content
        self.asked.append(text)
        if text.isdigit():
            raise KeyError(text)
        return result(f"{text.upper()}{len(self.asked)}", llm_output={"n": len(text)}, finish_reason="stop")


class Streaming(Whole):
    """Streams too: the letters of the last text, in capitals; fails at a digit."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self.asked.append("stream")
        for letter in messages[-1].content:
            if letter.isdigit():
                raise KeyError(letter)
            yield piece(letter.upper())


class Log:
    """A handler that notes what it is told, runs numbered in the order of their starts."""

    def __init__(self):
        self.told = []
        self.started = []
        self.runs = []

    def _run(self, run_id):
        if run_id not in self.runs:
            self.runs.append(run_id)
        return self.runs.index(run_id)

    def on_chat_model_start(self, serialized, messages, *, run_id, **kwargs):
        self.started.append((serialized, messages, kwargs))
        self.told.append(("start", self._run(run_id), messages[0][-1].content))

    def on_llm_new_token(self, token, *, run_id, chunk=None, **kwargs):
        self.told.append(("token", self._run(run_id), token))

    def on_llm_end(self, response, *, run_id, **kwargs):
        self.told.append(("end", self._run(run_id), [one.text for one in response.generations[0]]))

    def on_llm_error(self, error, *, run_id, response=None, **kwargs):
        partial = [[one.text for one in answers] for answers in response.generations]
        self.told.append(("error", self._run(run_id), type(error).__name__, partial))

    @property
    def events(self):
        return [one[0] for one in self.told]


class Watching(Log):
    """One that wants to see streams, as those of astream_log and astream_events do."""

    def on_run_chunk(self, chunk, **kwargs):
        self.told.append(("chunk", chunk))


def both_sides(model, method, *args, side, **kwargs):
    """Call `method` of a model, or on the asynchronous side its twin with an a."""
    if side == "sync":
        return getattr(model, method)(*args, **kwargs)
    return asyncio.run(getattr(model, "a" + method)(*args, **kwargs))
