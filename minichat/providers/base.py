"""Provider: what every provider's class has, whichever protocol it speaks.

A key, an address, timeouts, retries, headers, a proxy, trust; how they are read from arguments and
environment, what of them may be printed, cached or pickled, and how a call's keyword arguments become the
fields of its request. A provider's module says the rest in class attributes: its settings under
LangChain's names, where they are looked for, and which of them are request fields.
"""

from __future__ import annotations

import os
import re

from ..errors import ConfigurationError
from ..language_models.base import OF_THE_PROCESS
from ..language_models.describing import plain, query_without_secrets
from ..language_models.provider_model import ProviderModel, read_timeouts
from ..protocols.base import ChatCall
from ..settings import SecretStr, check_dictionary
from ..version import USER_AGENT
from ..wire.http import split_url
from ..wire.transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Union

    from ..messages import BaseMessage
    from ..protocols.base import Codec
    from ..wire.limits import Limits

__all__ = ["Provider", "with_version"]

MASK = "**********"
DICTIONARIES = ("default_headers", "default_query", "model_kwargs", "extra_body")


class Provider(ProviderModel):
    """A provider's chat models.

    `max_retries`: further attempts after the first. `default_headers`, `default_query`: added to every
    request. `model_kwargs`, `extra_body`: further request fields. `ca_file`, `client_cert`, `ssl_context`,
    `limits`: see `Transport`, `Limits`. Keyword arguments of a call are request fields of that call, besides
    `stop`, `timeout`, `extra_body`, `extra_headers` and `extra_query`.
    """

    max_retries: Optional[int] = None
    default_headers: Optional[Mapping[str, str]] = None
    default_query: Optional[Mapping[str, object]] = None
    extra_body: Optional[Mapping[str, Any]] = None
    model_kwargs: Dict[str, Any] = {}
    ca_file: Optional[str] = None
    client_cert: Union[str, Tuple[str, ...], None] = None
    ssl_context: Optional[ssl.SSLContext] = None
    limits: Optional[Limits] = None

    # -- what a provider says of itself ----------------------------------------------------

    _provider: str  # its name in errors
    _ls_provider: str  # and in LangSmith's metadata, when that is another one
    _identity: Sequence[str] = ()  # the module under which LangChain serializes the class
    _model_name = "model_name"  # the setting that holds the model's name
    _key_name: str
    _key_variables: Sequence[str]  # environment variables, first one first
    _url_name: str
    _url_variables: Sequence[str] = ()
    _url_default: str
    _timeout_name = "request_timeout"
    _proxy_name: str
    _proxy_variables: Sequence[str] = ()
    _headers_variable = ""  # holds "Name: value" lines
    _request_fields: Sequence[str] = ()  # settings that are request fields of the same name
    # LangChain's names for what is done otherwise here; refused, because model_kwargs would send them.
    _elsewhere: Mapping[str, str] = {}

    _defaults: Dict[str, Any]  # the request fields of every call
    _key_is_environments: bool
    _form: Optional[Dict[str, Any]] = None  # see `_serialized`

    def _make_codec(self, base_url: str, headers: Dict[str, str]) -> Codec:
        """Give the codec of this provider at this address."""
        raise NotImplementedError

    def _check(self) -> None:
        """Look at the settings that only this provider has.

        Raises: `ConfigurationError`, naming the setting and the remedy.
        """

    def _request_body(self, body: Dict[str, Any], stream: bool) -> None:
        """Put settings and a call's keyword arguments into the provider's own words, in place.

        `extra_body` comes afterwards, and says what the user wants in the provider's words already.
        """

    # -- construction ----------------------------------------------------------------------

    def _accept_unknown(self, unknown: Dict[str, Any], given: Dict[str, Any]) -> Dict[str, Any]:
        """Put request fields that have no setting of their own into model_kwargs, with a warning."""
        import warnings

        own = type(self).__name__
        known = dict(given.get("model_kwargs") or {})
        for name, value in unknown.items():
            if name in self._elsewhere:
                raise ConfigurationError(f"{own} has no setting {name!r}: {self._elsewhere[name]}")
            if name in known:
                raise ConfigurationError(f"{own}: {name} is given twice, once in model_kwargs")
            warnings.warn(
                f"{own} has no setting {name!r}; it is sent as a request field, as by "
                f"model_kwargs={{{name!r}: ...}}{self._meant(name, 0.8)}",
                stacklevel=5,
            )
            known[name] = value
        return {"model_kwargs": known}

    def model_post_init(self, context: Any) -> None:
        given = self.__dict__
        self._key_is_environments = given[self._key_name] is None
        given[self._key_name] = self._secret = self._read_key(given[self._key_name])
        self._check_common()
        base_url = given[self._url_name] or _from_environment(self._url_variables) or self._url_default
        split_url(base_url)  # raises here, where the setting is, not at the first call
        given[self._url_name] = base_url = base_url.rstrip("/")
        if given[self._proxy_name] is None:
            given[self._proxy_name] = _from_environment(self._proxy_variables)
        self._check()
        if self.max_retries is not None:
            self._retries = self.max_retries
        self._timeouts = read_timeouts(given[self._timeout_name])
        self._transport = Transport(
            proxy=given[self._proxy_name],
            ca_file=self.ca_file,
            client_cert=self.client_cert,  # type: ignore[arg-type]
            ssl_context=self.ssl_context,
            limits=self.limits,
        )
        self._codec = self._make_codec(base_url, self._headers())
        defaults = {name: given[name] for name in self._request_fields if given[name] not in (None, [])}
        self._defaults = {"model": given[self._model_name], **defaults, **self.model_kwargs}
        self._frozen = True

    def _check_common(self) -> None:
        name = self.__dict__[self._model_name]
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"model= takes the name of a model, not {name!r}")
        retries = self.max_retries
        if retries is not None and (not isinstance(retries, int) or retries < 0):
            raise ConfigurationError(f"max_retries= takes a whole number from 0, not {retries!r}")
        # Of these only the type is told: there may be a key in them.
        for name, value in (("base_url", self.__dict__[self._url_name]), ("proxy", self.__dict__[self._proxy_name])):
            if not isinstance(value or "", str):
                raise ConfigurationError(f"{name}= takes a text, not {type(value).__name__}")
        for name in DICTIONARIES:
            check_dictionary(name, self.__dict__[name])

    def _read_key(self, key: Any) -> Any:
        """Give the key as SecretStr, or the function that gives it."""
        if key is None:
            key = _from_environment(self._key_variables)
            if not key:
                raise ConfigurationError(f"{self._key_variables[0]} is not set; pass api_key=... or set it")
        if isinstance(key, str):
            return SecretStr(key)
        if hasattr(key, "get_secret_value"):
            return SecretStr(key.get_secret_value())
        if callable(key):
            return key
        raise ConfigurationError(f"api_key= takes a text or a function, not {type(key).__name__}")

    def _headers(self) -> Dict[str, str]:
        """Give the headers of every request: ours, those of the environment, and the model's own above all."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",  # compressed event streams arrive late
            "User-Agent": USER_AGENT,
        }
        if isinstance(self._secret, SecretStr):
            headers.update(self._key_header(self._secret))
        headers.update(self._own_headers())
        custom = os.environ.get(self._headers_variable, "") if self._headers_variable else ""
        lines = [line.partition(":") for line in custom.splitlines() if ":" in line]
        for name, value in [*((name, value) for name, _, value in lines), *(self.default_headers or {}).items()]:
            replaced = [one for one in headers if one.lower() == name.strip().lower()]
            for one in replaced:
                del headers[one]
            headers[name.strip()] = str(value).strip()
        return headers

    def _own_headers(self) -> Dict[str, str]:
        """Give the headers that only this provider has."""
        return {}

    # -- a call ----------------------------------------------------------------------------

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        body = {**self._defaults, **kwargs}
        if stop is not None:
            body["stop"] = stop
        headers = body.pop("extra_headers", None)
        query = body.pop("extra_query", None)
        extra_body = body.pop("extra_body", None)
        self._request_body(body, stream)
        body.update(self.extra_body or {})
        body.update(extra_body or {})
        return ChatCall(messages, body, stream=stream, headers=headers, query=query)

    # -- what handlers and caches are told of it -------------------------------------------

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        return {"model_name": self._defaults["model"], **self._defaults, "stream": self.streaming}

    def _get_invocation_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        return super()._get_invocation_params(self._defaults.get("stop") if stop is None else stop, **kwargs)

    def _get_ls_params(self, stop: Optional[List[str]] = None, **kwargs: Any) -> Dict[str, Any]:
        asked = {**self._defaults, **kwargs}
        params = {
            "ls_provider": getattr(self, "_ls_provider", self._provider),
            "ls_model_name": asked["model"],
            "ls_model_type": "chat",
            "ls_temperature": asked.get("temperature"),
        }
        limit = asked.get("max_tokens") or asked.get("max_completion_tokens")
        if limit:
            params["ls_max_tokens"] = limit
        if stop or asked.get("stop"):
            params["ls_stop"] = stop or asked["stop"]
        return params

    def _serialized(self) -> Dict[str, Any]:
        """Give what handlers get as `serialized`: LangChain's "constructor" form, the key a placeholder."""
        form = self._form
        if form is None:  # made once, for the settings never change; handlers get copies
            form = self._form = self._constructor_form()
        return {**form, "id": form["id"][:], "kwargs": form["kwargs"].copy()}

    def _constructor_form(self) -> Dict[str, Any]:
        known = self._masked()
        secret = {"lc": 1, "type": "secret", "id": [self._key_variables[0]]}
        kwargs = {self._model_name: known[self._model_name], self._key_name: secret}
        # Not told, because they are not the model's; and its key.
        untold = (*OF_THE_PROCESS, "metadata", self._key_name, "tags", "verbose")
        for name in self._given:
            if name not in untold and known[name] != getattr(type(self), name, None):
                kwargs[name] = plain(known[name])
        identity = [*self._identity, type(self).__name__]
        return {"lc": 1, "type": "constructor", "id": identity, "kwargs": kwargs, "name": self.get_name()}

    def _cache_settings(self) -> Dict[str, Any]:
        names = (self._url_name, "default_headers", "default_query", "extra_body")
        return {name: self.__dict__[name] for name in names}

    # -- printing and pickling -------------------------------------------------------------

    def _masked(self) -> Dict[str, Any]:
        """Give the settings as they may be printed: without what is secret in them, the key itself apart."""
        shown = dict(self.__dict__)
        if shown.get("default_headers"):  # a gateway's key may be among them
            shown["default_headers"] = dict.fromkeys(shown["default_headers"], MASK)
        if shown.get("default_query"):
            shown["default_query"] = query_without_secrets(dict(shown["default_query"]), MASK)
        if "@" in (shown.get(self._proxy_name) or ""):
            shown[self._proxy_name] = f"{MASK}@" + shown[self._proxy_name].rpartition("@")[2]
        if isinstance(shown.get("client_cert"), (tuple, list)) and len(shown["client_cert"]) > 2:
            shown["client_cert"] = (*shown["client_cert"][:2], MASK)
        return shown

    def __repr__(self) -> str:
        return self._repr_of(self._masked())

    def __reduce__(self) -> Any:
        if not self._key_is_environments:
            raise TypeError(
                "a model with api_key= is not pickled: the key would be readable in the pickle. "
                f"Set {self._key_variables[0]} here and where it is unpickled, and leave api_key= out"
            )
        left = (self._key_name, *OF_THE_PROCESS)
        settings = {name: self.__dict__[name] for name in self._given if name not in left}
        if isinstance(self.cache, bool):
            settings["cache"] = self.cache
        proxy = self.__dict__[self._proxy_name] or ""
        if "@" in proxy or self.ssl_context or self.client_cert or self.default_headers:
            raise TypeError(
                "a model with default_headers=, client_cert=, ssl_context= or a proxy password is not "
                "pickled: it would carry secrets. Make the model where it is used"
            )
        return _rebuild, (type(self), settings)


def _rebuild(kind: type, settings: Dict[str, Any]) -> Any:
    return kind(**settings)


def _from_environment(variables: Sequence[str]) -> Optional[str]:
    for variable in variables:
        value = os.environ.get(variable)
        if value:
            return value
    return None


def with_version(base_url: str, version: str) -> str:
    """Give `base_url` with the API's version at its end, once: a base may be given with or without it.

    >>> with_version("https://api.mistral.ai", "v1")
    'https://api.mistral.ai/v1'
    >>> with_version("https://gateway.example/mistral/v1", "v1")
    'https://gateway.example/mistral/v1'
    """
    if re.search(r"/v\d+\w*$", base_url):
        return base_url
    return f"{base_url}/{version}"
