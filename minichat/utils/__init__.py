"""What several rooms need and none owns, and the few functions LangChain's users import from here."""

from __future__ import annotations

from ..lazy import names_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .env import from_env, get_from_dict_or_env, get_from_env, secret_from_env

__all__ = ["from_env", "get_from_dict_or_env", "get_from_env", "secret_from_env"]

__getattr__ = names_from(__name__, {"env": "from_env get_from_dict_or_env get_from_env secret_from_env"}, globals())
