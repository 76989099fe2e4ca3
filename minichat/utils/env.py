"""Settings from the environment, for models that users write; read when asked, never at import.

Names and order are LangChain's: what the program gives wins over the variable, the variable over the default.
"""

from __future__ import annotations

import os

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Optional, Union

    from ..settings import SecretStr

__all__ = ["from_env", "get_from_dict_or_env", "get_from_env", "secret_from_env"]

_REQUIRED = object()


def get_from_env(key: str, env_key: str, default: Optional[str] = None) -> str:
    """Give the environment variable `env_key` of the setting `key`, or the default.

    Raises: ConfigurationError (a ValueError) when the variable is unset or empty and there is no default.
    """
    value = os.environ.get(env_key) or default
    if value is None:
        raise ConfigurationError(_absent(key, env_key))
    return value


def get_from_dict_or_env(
    data: Mapping[str, Any], key: Union[str, Sequence[str]], env_key: str, default: Optional[str] = None
) -> str:
    """Give the first of `key` that `data` has and that is not empty, else `get_from_env`.

    Raises: ConfigurationError (a ValueError) when there is neither.

    >>> get_from_dict_or_env({"api_key": "k"}, ["token", "api_key"], "API_KEY")
    'k'
    """
    keys = [key] if isinstance(key, str) else list(key)
    for name in keys:
        if data.get(name):
            return data[name]  # type: ignore[no-any-return]
    return get_from_env(keys[0], env_key, default)


def from_env(
    key: Union[str, Sequence[str]], /, *, default: Any = _REQUIRED, error_message: Optional[str] = None
) -> Callable[[], Optional[str]]:
    """Give a function that reads the first variable of `key` that is set: a field's default factory.

    Raises (the function): ConfigurationError (a ValueError) when none is set and there is no default.
    """

    def read() -> Optional[str]:
        for name in [key] if isinstance(key, str) else key:
            if name in os.environ:
                return os.environ[name]
        if default is _REQUIRED:
            raise ConfigurationError(error_message or _absent(key, key))
        return default  # type: ignore[no-any-return]

    return read


def secret_from_env(
    key: Union[str, Sequence[str]], /, *, default: Any = _REQUIRED, error_message: Optional[str] = None
) -> Callable[[], Optional[SecretStr]]:
    """As `from_env`, with the value in a `SecretStr`, which does not print it."""
    read = from_env(key, default=default, error_message=error_message)

    def read_secret() -> Optional[SecretStr]:
        from ..settings import SecretStr

        value = read()
        return None if value is None else SecretStr(value)

    return read_secret


def _absent(key: Any, variable: Any) -> str:
    return (
        f"Did not find {key}, please add an environment variable `{variable}` which contains it, "
        f"or pass `{key}` as a named parameter."
    )
