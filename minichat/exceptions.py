"""LangChain's names of the errors, `langchain_core.exceptions`, for programs that import them from here.

The errors themselves are in errors.py. Of LangChain's model errors those have a name here that mean
exactly one of ours.
"""

from __future__ import annotations

from enum import Enum

from .errors import (
    AuthenticationError,
    BadRequest,
    ChatError,
    ConnectError,
    ModelRefusalError,
    NotFound,
    OutputParserException,
    PermissionDenied,
    RateLimited,
    RequestTimeout,
)

__all__ = [
    "ErrorCode",
    "LangChainException",
    "ModelAuthenticationError",
    "ModelConnectionError",
    "ModelInvalidRequestError",
    "ModelNotFoundError",
    "ModelPermissionDeniedError",
    "ModelRateLimitError",
    "ModelRefusalError",
    "ModelTimeoutError",
    "OutputParserException",
    "create_message",
]

LangChainException = ChatError
ModelAuthenticationError = AuthenticationError
ModelConnectionError = ConnectError
ModelInvalidRequestError = BadRequest
ModelNotFoundError = NotFound
ModelPermissionDeniedError = PermissionDenied
ModelRateLimitError = RateLimited
ModelTimeoutError = RequestTimeout


class ErrorCode(Enum):
    """What kind of error it is, in LangChain's words."""

    INVALID_PROMPT_INPUT = "INVALID_PROMPT_INPUT"
    INVALID_TOOL_RESULTS = "INVALID_TOOL_RESULTS"
    MESSAGE_COERCION_FAILURE = "MESSAGE_COERCION_FAILURE"
    MODEL_AUTHENTICATION = "MODEL_AUTHENTICATION"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    MODEL_RATE_LIMIT = "MODEL_RATE_LIMIT"
    OUTPUT_PARSING_FAILURE = "OUTPUT_PARSING_FAILURE"


def create_message(*, message: str, error_code: ErrorCode) -> str:
    """Give a message with the kind of error behind it."""
    return f"{message} ({error_code.value})"
