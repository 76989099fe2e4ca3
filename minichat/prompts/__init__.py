"""Prompt templates: what is said to a model, with variables in it.

Reading order: template (what all share), base (being a step), string and mustache (the two languages),
prompt, image and dict (one text, picture, block), message (one message), chat (a conversation), few_shot.
"""

from __future__ import annotations

from .base import BasePromptTemplate, aformat_document, format_document
from .chat import (
    AIMessagePromptTemplate,
    BaseChatPromptTemplate,
    BaseMessagePromptTemplate,
    BaseStringMessagePromptTemplate,
    ChatMessagePromptTemplate,
    ChatPromptTemplate,
    HumanMessagePromptTemplate,
    MessagesPlaceholder,
    SystemMessagePromptTemplate,
)
from .dict import DictPromptTemplate
from .few_shot import FewShotChatMessagePromptTemplate, FewShotPromptTemplate
from .image import ImagePromptTemplate
from .prompt import PromptTemplate
from .string import (
    StringPromptTemplate,
    check_valid_template,
    get_template_variables,
    mustache_formatter,
    mustache_template_vars,
)

__all__ = [
    "AIMessagePromptTemplate",
    "BaseChatPromptTemplate",
    "BaseMessagePromptTemplate",
    "BasePromptTemplate",
    "BaseStringMessagePromptTemplate",
    "ChatMessagePromptTemplate",
    "ChatPromptTemplate",
    "DictPromptTemplate",
    "FewShotChatMessagePromptTemplate",
    "FewShotPromptTemplate",
    "HumanMessagePromptTemplate",
    "ImagePromptTemplate",
    "MessagesPlaceholder",
    "PromptTemplate",
    "StringPromptTemplate",
    "SystemMessagePromptTemplate",
    "aformat_document",
    "check_valid_template",
    "format_document",
    "get_template_variables",
    "mustache_formatter",
    "mustache_template_vars",
]
