"""Where the two libraries part on purpose: program -> reason. README's "Differences from LangChain" says the same."""

from __future__ import annotations

_FIRST_ERROR = "a batch whose fallbacks all fail raises the first error, as invoke does; LangChain the last one"
_INNER = "branches and fallbacks inside a chain have stream events, as other steps have"
_MISFIT = "an answer that does not fit the schema is an OutputParserException with the raw message"

KNOWN = {
    "abatch_that_fails": "async calls beside one that fails are cancelled; LangChain lets them go on unseen",
    "attributes_through_configurable": "bind_tools of a model with configurable fields gives one that still has them",
    "callables_that_generate": "an object called like a generator function is a generator step, as an async one is",
    "binding_in_a_branch_log": "a binding's run is below the run that calls it; LangChain takes the sequence around",
    "chain_groups": "trace_as_chain_group tells the handlers it is given; LangChain only while tracing is on",
    "composite_each": "a mapped runnable has events like others; LangChain raises NotImplementedError",
    "composite_inner_branch_streams": _INNER,
    "composite_inner_fallbacks_stream": _INNER,
    "config_given_to_the_nested_call_is_merged": "a function's config has all tags of its run, also inherited ones",
    "error_kinds_reach_the_handlers": "a StopIteration of user code is a RuntimeError on both sides (PEP 479)",
    "fallbacks_all_fail_with_the_first_error": _FIRST_ERROR,
    "fallbacks_in_a_batch": _FIRST_ERROR,
    "fallbacks_log": "what fallbacks try is below their run in invoke too; LangChain loses the parent there",
    "generate_that_fails": "when one prompt of generate fails, the other runs end too; LangChain leaves them open",
    "history_log": "RunnableWithMessageHistory has no run of its own for choosing the side",
    "lambda_that_is_a_generator_function": "a generator's items are the pieces of astream too; LangChain fails there",
    "no_pieces_into_a_lambda": "a function that is given a stream of no pieces is a ValueError, not a NameError",
    "pick_from_a_text": "the error of RunnablePick names it; LangChain's names RunnablePassthrough.assign()",
    "retry_in_a_map_log": "an attempt's run is below the run that tries again, also in a batch inside another run",
    "structured_arguments_that_do_not_fit": _MISFIT,
    "structured_every_way": "stream of a structured answer gives the object even if the model gives one whole message",
    "structured_log": "one parser reads structured answers, whatever the method; its run has its name",
    "structured_without_a_call": _MISFIT,
    "tool_from_a_runnable": "a tool of a runnable does not guess its arguments from the source of a lambda",
    "user_subclass_that_streams": "astream of a class that has only `stream` uses it; LangChain gives one piece there",
    "with_history_that_streams": "a streamed answer is kept in the history as a whole message, not as a chunk",
}
