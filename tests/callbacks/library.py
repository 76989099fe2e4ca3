"""What programs over callbacks are written with, so that one program runs with our library and with langchain-core.

A program gets a `Library`, and awaits `lib(value)` where the asynchronous side gives a coroutine.
"""

from __future__ import annotations

import inspect
import logging
import uuid
from contextvars import ContextVar
from importlib import import_module

ONE = uuid.UUID(int=1)
TWO = uuid.UUID(int=2)


class Library:
    """A library by its name and one of its sides; `lib.Name` finds a name in the modules used here."""

    def __init__(self, name, *, is_async=False):
        self.name = name
        self.is_async = is_async
        self.modules = [
            import_module(f"{name}.{one}")
            for one in "callbacks callbacks.base callbacks.manager messages outputs".split()
        ]

    def __getattr__(self, name):
        for module in self.modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)

    async def __call__(self, value):
        return await value if inspect.isawaitable(value) else value

    @property
    def Manager(self):
        return self.AsyncCallbackManager if self.is_async else self.CallbackManager

    def view(self, kind, **fields):
        return getattr(self, f"{'Async' if self.is_async else ''}CallbackManagerFor{kind}Run")(**fields)

    def group(self, name, handler, **kwargs):
        """The block of this side, heard by `handler`, entered and left by `async with`."""
        if self.name == "langchain_core":  # which hears the manager it is given only while it traces to LangSmith
            hooked = ContextVar("hooked", default=None)
            hooked.set(handler)
            import_module(f"{self.name}.tracers.context").register_configure_hook(hooked, inheritable=True)
        manager = self.Manager.configure([handler])
        block = (self.atrace_as_chain_group if self.is_async else self.trace_as_chain_group)(name, manager, **kwargs)
        return block if self.is_async else Awaited(block)

    def handle(self, *args, **kwargs):
        return (self.ahandle_event if self.is_async else self.handle_event)(*args, **kwargs)

    def dispatch(self, *args, **kwargs):
        return (self.adispatch_custom_event if self.is_async else self.dispatch_custom_event)(*args, **kwargs)

    def handler(self, name, log=None, *, only=None, asynchronous=False, **attributes):
        """A handler that notes its name and every event (or those in `only`) in `log`."""
        base = self.AsyncCallbackHandler if asynchronous else self.BaseCallbackHandler
        members = dict(attributes)
        for event in dir(base):
            if event.startswith("on_") and event != "on_stream_event" and (only is None or event in only):
                members.setdefault(event, (_noting_later if asynchronous else _noting)(name, event, log))
        handler = type(name, (base,), members)()
        handler.shown = name
        return handler


class Awaited:
    def __init__(self, block):
        self.block = block

    async def __aenter__(self):
        return self.block.__enter__()

    async def __aexit__(self, *exc_info):
        return self.block.__exit__(*exc_info)


def _noting(name, event, log):
    def method(self, *args, **kwargs):
        log.append((name, event, args, kwargs))

    return method


def _noting_later(name, event, log):
    async def method(self, *args, **kwargs):
        log.append((name, event, args, kwargs))

    return method


def shown(value):
    """Give handlers by their names, and everything else as it is."""
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    return getattr(value, "shown", type(value).__name__ if hasattr(value, "raise_error") else value)


def state(manager):
    """Give all that a manager holds, in the order of its constructor."""
    return [
        shown(manager.handlers),
        shown(manager.inheritable_handlers),
        manager.parent_run_id,
        manager.tags,
        manager.inheritable_tags,
        manager.metadata,
        manager.inheritable_metadata,
    ]


def told(log):
    """Give events with their ids as 1, 2, ... in order of appearance, or "1" and "2" where they were given."""
    ids = {}

    def plain(value):
        if isinstance(value, uuid.UUID):
            return f"{value.int}" if value.int < 10 else ids.setdefault(value, len(ids) + 1)
        if isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        return value

    lines = []
    for name, event, args, kwargs in log:
        known = {key: plain(kwargs[key]) for key in sorted(kwargs) if kwargs[key] not in (None, [], {})}
        lines.append((name, event, plain(args), known))
    return lines


class logged(logging.Handler):
    """Note the text of every warning, whoever logs it."""

    def __init__(self, records):
        super().__init__(logging.WARNING)
        self.records = records

    def emit(self, record):
        self.records.append(record.getMessage())

    def __enter__(self):
        logging.getLogger().addHandler(self)

    def __exit__(self, *exc_info):
        logging.getLogger().removeHandler(self)
