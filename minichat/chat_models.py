"""`init_chat_model("openai:gpt-4o")`: a model by its name alone, now or at each call.

`PROVIDERS` is the table of the adapters that exist; a new one is a line in it. A model whose settings a
call may choose is a runnable that makes the real one for each call. Names and rules are those of
`langchain.chat_models`, as far as they are known; that package was not at hand to compare with.
"""

from __future__ import annotations

from importlib import import_module

from .errors import ConfigurationError
from .runnables.configurable import DynamicRunnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from .language_models import BaseChatModel
    from .runnables import Runnable
    from .runs import Context

    Operation = Tuple[str, Tuple[Any, ...], Dict[str, Any]]

__all__ = ["PROVIDERS", "ConfigurableChatModel", "init_chat_model"]

# Provider -> (module of this package, class).
PROVIDERS = {
    "openai": ("providers.openai", "ChatOpenAI"),
    "anthropic": ("providers.anthropic", "ChatAnthropic"),
    "mistralai": ("providers.mistral", "ChatMistralAI"),
    "fireworks": ("providers.fireworks", "ChatFireworks"),
    "google_genai": ("providers.google", "ChatGoogleGenerativeAI"),
    "together": ("providers.together", "ChatTogether"),
}

# How a model's name begins -> whose it is, also of providers without an adapter, so that the error names
# what is missing.
BEGINNINGS = {
    "openai": ("gpt-", "o1", "o3", "o4", "chatgpt", "text-davinci"),
    "anthropic": ("claude",),
    "cohere": ("command",),
    "fireworks": ("accounts/fireworks",),
    "google_genai": ("gemini",),  # LangChain takes Vertex AI, which has no adapter here
    "bedrock": ("amazon.", "anthropic.", "meta."),
    "mistralai": ("mistral", "mixtral"),
    "deepseek": ("deepseek",),
    "xai": ("grok",),
    "perplexity": ("sonar",),
    "upstage": ("solar",),
}


def init_chat_model(
    model: Optional[str] = None,
    *,
    model_provider: Optional[str] = None,
    configurable_fields: Union[str, Sequence[str], None] = None,
    config_prefix: Optional[str] = None,
    **kwargs: Any,
) -> Any:
    """Make a chat model by name: "openai:gpt-4o", or "gpt-4o", whose provider its beginning tells.

    `kwargs` are settings of the provider's class. `configurable_fields`: the settings that a call may
    choose in `config["configurable"]`, each under `<config_prefix>_<setting>`; "any" for all of them,
    the key and the server's address too, so not where others write the config. Without `model`, calls
    choose the model and its provider.

    >>> model = init_chat_model("openai:gpt-4o", api_key="sk-...", temperature=0)
    >>> model
    ChatOpenAI(model_name='gpt-4o', openai_api_key=SecretStr('**********'), temperature=0)
    >>> chooser = init_chat_model("gpt-4o", api_key="sk-...", configurable_fields=["model"])
    >>> chooser.prepare({"configurable": {"model": "gpt-4o-mini"}})[0].model_name
    'gpt-4o-mini'

    Raises: `ConfigurationError` for a provider without an adapter, naming those that exist, and for a
    model whose provider cannot be told; TypeError for a model that is no text.
    """
    if model is not None and not isinstance(model, str):
        raise TypeError(
            f"init_chat_model makes a model of its name, as 'openai:gpt-4o', not of a {type(model).__name__}"
        )
    if not model and not configurable_fields:
        configurable_fields = ("model", "model_provider")
    if not configurable_fields:
        if config_prefix:
            import warnings

            warnings.warn(
                f"config_prefix={config_prefix!r} has no use: no fields are configurable; name them, as "
                "configurable_fields=['model']",
                stacklevel=2,
            )
        return _made({"model": model, "model_provider": model_provider, **kwargs})
    if model:
        kwargs["model"] = model
    if model_provider:
        kwargs["model_provider"] = model_provider
    fields = "any" if configurable_fields == "any" else tuple(configurable_fields)
    prefix = config_prefix or ""
    if prefix and not prefix.endswith("_"):
        prefix += "_"
    return ConfigurableChatModel(settings=kwargs, fields=fields, prefix=prefix)


def _made(settings: Mapping[str, Any]) -> BaseChatModel:
    """Make the model of these settings, `model` and `model_provider` among them."""
    given = dict(settings)
    name, provider = given.pop("model", None), given.pop("model_provider", None)
    if not name:
        raise ConfigurationError(
            "no model is chosen: name it, as init_chat_model('openai:gpt-4o'), or at the call, as "
            "config={'configurable': {'model': 'openai:gpt-4o'}}"
        )
    before, colon, after = name.partition(":")
    if not provider and colon and (_known(before) in PROVIDERS or _known(before) in BEGINNINGS):
        provider, name = before, after
    provider = _known(provider or _owner(name))
    if provider not in PROVIDERS:
        raise ConfigurationError(
            f"there is no adapter for model_provider={provider!r}; there are: {', '.join(PROVIDERS)}. A server "
            "that speaks OpenAI's protocol is model_provider='openai' with base_url="
        )
    home, cls = PROVIDERS[provider]
    kind = getattr(import_module("." + home, __package__), cls)
    return kind(model=name, **given)  # type: ignore[no-any-return]


def _known(provider: str) -> str:
    return provider.replace("-", "_").lower()


def _owner(name: str) -> str:
    for provider, beginnings in BEGINNINGS.items():
        if name.lower().startswith(beginnings):
            return provider
    raise ConfigurationError(
        f"whose model is {name!r}? Name its provider, as model_provider='openai' or 'openai:{name}'; "
        f"there are: {', '.join(PROVIDERS)}"
    )


class ConfigurableChatModel(DynamicRunnable):
    """A chat model some of whose settings each call may choose; what `init_chat_model` gives then.

    Attributes it does not have itself are those of the model without any choice.
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, Any],
        fields: Union[str, Tuple[str, ...]],
        prefix: str = "",
        operations: Sequence[Operation] = (),
        config: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.settings = dict(settings)
        self.fields = fields
        self.prefix = prefix
        self.operations: List[Operation] = list(operations)
        self.config = dict(config or {})

    def _chosen(self, ctx: Context) -> Tuple[Runnable[Any, Any], Context]:
        return self._model(ctx.configurable), ctx

    def _model(self, configurable: Mapping[str, Any]) -> Runnable[Any, Any]:
        chosen = {
            key[len(self.prefix) :]: value for key, value in configurable.items() if key.startswith(self.prefix)
        }
        if self.fields != "any":
            chosen = {name: value for name, value in chosen.items() if name in self.fields}
        model: Any = _made({**self.settings, **chosen})
        for method, args, kwargs in self.operations:
            model = getattr(model, method)(*args, **kwargs)
        return model  # type: ignore[no-any-return]

    @property
    def default(self) -> Runnable[Any, Any]:  # type: ignore[override]
        """The model without any choice. Raises: `ConfigurationError` when it takes a choice to have one."""
        return self._model(self.config.get("configurable") or {})

    def _then(self, method: str, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> ConfigurableChatModel:
        return ConfigurableChatModel(
            settings=self.settings,
            fields=self.fields,
            prefix=self.prefix,
            operations=[*self.operations, (method, args, kwargs)],
            config=self.config,
        )

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> ConfigurableChatModel:
        """Offer tools on every call, whichever model is chosen."""
        return self._then("bind_tools", (tools,), kwargs)

    def with_structured_output(self, schema: Any, **kwargs: Any) -> ConfigurableChatModel:
        """Answer in a form, whichever model is chosen."""
        return self._then("with_structured_output", (schema,), kwargs)

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        return super(DynamicRunnable, self).get_name(suffix, name=name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not self.__dict__.get("settings", {}).get("model"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}, and no model is chosen yet")
        return getattr(self.default, name)

    def __repr__(self) -> str:
        shown = {name: self.settings[name] for name in ("model", "model_provider") if name in self.settings}
        return f"{type(self).__name__}({shown}, configurable_fields={self.fields!r}, config_prefix={self.prefix!r})"
