"""Chat models for the programs: the libraries' own fakes with an answer, and subclasses that write each hook."""

from __future__ import annotations


def answering(lc, *answers, **settings):
    """A model that gives these answers in turn, streamed word by word."""
    return lc.GenericFakeChatModel(messages=iter(answers), **settings)


def result(lc, *texts, **settings):
    generations = [lc.ChatGeneration(message=lc.AIMessage(content=text)) for text in texts]
    return lc.ChatResult(generations=generations, **settings)


def piece(lc, text, **fields):
    return lc.ChatGenerationChunk(message=lc.AIMessageChunk(content=text, **fields))


def whole_only(lc, **settings):
    """Only `_generate`: says the last message in capitals; a number in the text asks it to fail."""

    class WholeOnly(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "whole-only"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            text = messages[-1].content
            if text.isdigit():
                raise KeyError(text)
            said = [text.upper(), *(stop or []), *(f"{key}={kwargs[key]}" for key in sorted(kwargs))]
            return result(lc, " ".join(said))

    return WholeOnly(**settings)


def streaming(lc, texts=("a", "b", "c"), fail_after=None, **settings):
    """`_generate` and `_stream`: both sync; raises OSError after `fail_after` pieces.

    The last piece is marked as such: LangChain adds an empty one where none is (see closing_chunk_of_a_stream).
    """

    class Streaming(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "streaming"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            if fail_after is not None:
                raise OSError("cut")
            return result(lc, "".join(texts))

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            for index, text in enumerate(texts):
                if index == fail_after:
                    raise OSError("cut")
                chunk = piece(lc, text, chunk_position="last" if index == len(texts) - 1 else None)
                if run_manager:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk

    return Streaming(**settings)


def both_sides(lc, log, **settings):
    """Every hook, each writing its name into `log`."""

    class BothSides(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "both-sides"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            log.append("generate")
            return result(lc, "whole")

        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            log.append("agenerate")
            return result(lc, "awhole")

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            log.append("stream")
            yield piece(lc, "str")
            yield piece(lc, "eamed", chunk_position="last")

        async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
            log.append("astream")
            yield piece(lc, "astr")
            yield piece(lc, "eamed", chunk_position="last")

    return BothSides(**settings)
