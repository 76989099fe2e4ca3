"""Where the two libraries part on purpose: program -> reason. README's "Differences from LangChain" says the same."""

from __future__ import annotations

_FIRST_ERROR = "batch of fallbacks that all fail raises the first error, as invoke does; LangChain raises the last one"

KNOWN = {
    "chain_groups": "trace_as_chain_group tells the handlers it is given; LangChain does so only while tracing is on",
    "closing_chunk_of_a_stream": "a stream has the pieces that `_stream` yields; LangChain adds an empty one marked last",
    "error_kinds_reach_the_handlers": "a StopIteration of user code is a RuntimeError on both sides (PEP 479)",
    "fallbacks_all_fail_with_the_first_error": _FIRST_ERROR,
    "fallbacks_in_a_batch": _FIRST_ERROR,
    "fallbacks_log": "what RunnableWithFallbacks tries is below its run in invoke too; LangChain loses the parent there",
    "history_log": "RunnableWithMessageHistory has no run of its own for choosing the side",
    "lambda_that_is_a_generator_function": "a generator function's items are the pieces of astream too; LangChain fails",
    "partial_answer_of_a_failed_run": "on_llm_error's response has one row for the prompt, with what had come, or none",
    "prompt_template_mustache_that_does_not_parse": "a template that is wrong is a ValueError, also a mustache one",
    "prompt_template_with_a_nameless_field": "a field without a name is refused; LangChain makes a variable named ''",
    "tool_from_a_runnable": "there is no as_tool: a tool is made of a function",
    "user_subclass_that_streams": "astream of a class that has only `stream` uses it; LangChain gives one piece there",
    "with_history_that_streams": "a streamed answer is kept in the history as a whole message; LangChain keeps its chunk",
}
