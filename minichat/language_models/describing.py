"""How a model is described: to handlers and tracers, and as the key of a cache. Never with a secret.

The methods are LangChain's, for subclasses to override: `_identifying_params` (what makes this model
answer as it does), `_get_invocation_params` (that and the call's own arguments), `_get_ls_params` (what
LangSmith shows), `_combine_llm_outputs` (the `llm_output` of several answers).
"""

from __future__ import annotations

from ..settings import SecretStr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional

__all__ = ["Described", "add_usages", "plain", "query_without_secrets", "without_secrets"]

REDACTED = "**REDACTED**"

# Arguments of a call that carry secrets; and of a remote tool (OpenAI's "mcp"), as langchain-openai redacts.
SECRET_ARGUMENTS = ("extra_headers", "api_key", "default_headers")
SECRET_OF_A_TOOL = ("headers", "authorization")
SECRET_IN_A_QUERY = ("auth", "credential", "key", "passw", "pwd", "secret", "sig", "token")  # parts of a parameter's name

# What the fields of a model are called from which LangSmith's parameters are read, in order.
LS_FIELDS = (
    ("ls_model_name", ("model", "model_name"), str),
    ("ls_temperature", ("temperature",), (int, float)),
    ("ls_max_tokens", ("max_tokens",), int),
)


# Settings that say how a model is called, watched or reached, and nothing about its answers.
WITHOUT_EFFECT = (
    "cache callbacks custom_get_token_ids disable_streaming metadata name rate_limiter streaming tags verbose"
).split()


class Described:
    """What `BaseChatModel` says of itself."""

    @property
    def _llm_type(self) -> str:
        return type(self).__name__

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        """What makes this model answer as it does; part of the key of a cache."""
        return {}

    def asdict(self) -> Dict[str, Any]:
        """Give the identifying parameters and the type, as handlers get them."""
        return {**self._identifying_params, "_type": self._llm_type}

    def _get_invocation_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        params = {**self.asdict(), "stop": stop}
        if kwargs:
            params.update(without_secrets(kwargs))
        return params

    def _get_ls_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        """Give what LangSmith shows of a call: provider, model name, temperature, max_tokens, stop."""
        provider = type(self).__name__
        if provider.startswith("Chat"):
            provider = provider[4:]
        elif provider.endswith("Chat"):
            provider = provider[:-4]
        params: Dict[str, Any] = {"ls_provider": provider.lower(), "ls_model_type": "chat"}
        if stop:
            params["ls_stop"] = stop
        for name, fields, kind in LS_FIELDS:
            values = [kwargs.get(fields[0]), *(getattr(self, field, None) for field in fields)]
            known = [value for value in values if isinstance(value, kind)]
            if known:
                params[name] = known[0]
        return params

    def _get_ls_params_with_defaults(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        # The word by which LangSmith knows how to draw such a run.
        return {**self._get_ls_params(stop=stop, **kwargs), "ls_integration": "langchain_chat_model"}

    def _serialized(self) -> Dict[str, Any]:
        """Give what handlers get as `serialized`.

        Shape: LangChain's "not_implemented" form, for objects that nobody is to make again of it; without
        its `repr`, which would tell the keys that a user's model keeps in its fields.
        """
        identity = [*type(self).__module__.split("."), type(self).__name__]
        return {"lc": 1, "type": "not_implemented", "id": identity, "name": self._name()}

    def _name(self) -> str:
        return self.get_name()  # type: ignore[attr-defined,no-any-return]

    def _get_llm_string(self, stop: Optional[List[str]] = None, **kwargs: Any) -> str:
        """Give the part of a cache's key that says who answers, and how it was asked to."""
        from .caching import digest

        params = self._get_invocation_params(stop=stop, **kwargs)
        hidden = digest([sorted(self._cache_settings().items()), sorted(kwargs.items())])
        return f"{type(self).__module__}.{type(self).__name__} {sorted(params.items())} {hidden}"

    def _cache_settings(self) -> Dict[str, Any]:
        """Give the settings that may change an answer, beyond the identifying parameters."""
        names = [name for name in getattr(self, "_given", ()) if name not in WITHOUT_EFFECT]
        given = {name: repr(getattr(self, name)) for name in names}  # as the key has them: in a digest
        return {name: text for name, text in given.items() if text != repr(getattr(type(self), name, ...))}

    def _combine_llm_outputs(self, llm_outputs: List[Optional[Dict[str, Any]]]) -> Dict[str, Any]:
        """Give the `llm_output` of several answers; None stands for one that was streamed or cached."""
        return {}


def without_secrets(arguments: Mapping[str, Any]) -> Dict[str, Any]:
    """Give a call's arguments as handlers may see them."""
    shown = dict(arguments)
    for name in SECRET_ARGUMENTS:
        value = shown.get(name)
        if value:
            shown[name] = dict.fromkeys(value, REDACTED) if isinstance(value, dict) else REDACTED
    if shown.get("extra_query"):
        shown["extra_query"] = query_without_secrets(shown["extra_query"], REDACTED)
    tools = shown.get("tools")
    if isinstance(tools, list):
        shown["tools"] = [_tool(tool) for tool in tools]
    return shown


def query_without_secrets(query: Any, mask: str) -> Any:
    """Give an address's parameters with a mask for what a gateway's key may be in.

    >>> query_without_secrets({"api-version": "1", "Subscription-Key": "abc"}, "***")
    {'api-version': '1', 'Subscription-Key': '***'}
    """
    if not isinstance(query, dict):
        return query
    return {
        name: mask if any(part in str(name).lower() for part in SECRET_IN_A_QUERY) else value
        for name, value in query.items()
    }


def _tool(tool: Any) -> Any:
    if not (isinstance(tool, dict) and tool.get("type") == "mcp"):
        return tool
    return {name: REDACTED if name in SECRET_OF_A_TOOL else value for name, value in tool.items()}


def plain(value: Any) -> Any:
    """Give a setting in LangChain's "constructor" form: JSON as it is, a secret and any object described."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, SecretStr):
        return {"lc": 1, "type": "secret", "id": []}
    identity = [*type(value).__module__.split("."), type(value).__name__]
    return {"lc": 1, "type": "not_implemented", "id": identity}


def add_usages(left: Any, right: Any) -> Any:
    """Add up two `token_usage` dictionaries, or two values of them; None gives way, what is no number too.

    >>> add_usages({"total_tokens": 1, "details": {"audio": None}}, {"total_tokens": 2, "details": {"audio": 3}})
    {'total_tokens': 3, 'details': {'audio': 3}}
    """
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, dict) and isinstance(right, dict):
        total = dict(left)
        for name, value in right.items():
            total[name] = add_usages(total.get(name), value)
        return total
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    return left
