"""Runnables whose fields, or which themselves, are chosen by each call in `config["configurable"]`."""

from __future__ import annotations

import copy

from ..errors import ConfigurationError
from .base import Runnable
from .utils import (
    ConfigurableField,
    ConfigurableFieldMultiOption,
    ConfigurableFieldSingleOption,
    ConfigurableFieldSpec,
    unique_specs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional, Tuple

    from ..runs import Context
    from .streams import Inputs, Pieces

__all__ = ["DynamicRunnable", "RunnableConfigurableAlternatives", "RunnableConfigurableFields"]


class DynamicRunnable(Runnable["Any", "Any"]):
    """A runnable that is decided by the config of a call. It has no run of its own."""

    default: Runnable[Any, Any]
    config: Dict[str, Any]

    def _chosen(self, ctx: Context) -> Tuple[Runnable[Any, Any], Context]:
        raise NotImplementedError

    def prepare(self, config: Optional[Mapping[str, Any]] = None) -> Tuple[Runnable[Any, Any], Any]:
        """Give the runnable that a call with this config runs, and the config it gets."""
        from ..runs import Context
        from .base import blocking_backend

        runnable, ctx = self._prepared(Context.of(config, blocking_backend()))
        return runnable, ctx.config()

    def _prepared(self, ctx: Context) -> Tuple[Runnable[Any, Any], Context]:
        runnable: Runnable[Any, Any] = self
        while isinstance(runnable, DynamicRunnable):
            runnable, ctx = runnable._chosen(ctx.under(runnable.config))
        return runnable, ctx

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        runnable, ctx = self._prepared(ctx)
        return await runnable._run_once(ctx, input, **kwargs)

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        runnable, ctx = self._prepared(ctx)
        return runnable._run_stream(ctx, inputs, **kwargs)

    def with_config(self, config: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> DynamicRunnable:
        from .config import merge_configs

        bound = copy.copy(self)
        bound.config = dict(merge_configs(self.config, config, kwargs))
        return bound

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        return self.default.get_name(suffix, name=name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "default" not in self.__dict__:
            raise AttributeError(name)
        value = getattr(self.default, name)
        if name not in ("bind_tools", "with_structured_output"):
            return value

        def applied(*args: Any, **kwargs: Any) -> Runnable[Any, Any]:
            return _Applied(self, name, args, kwargs)

        return applied


class _Applied(DynamicRunnable):
    """A method that gives a runnable, applied to whatever a call chooses."""

    def __init__(self, chooser: DynamicRunnable, method: str, args: Any, kwargs: Any) -> None:
        self.default = getattr(chooser.default, method)(*args, **kwargs)
        self.config = {}
        self._made = (chooser, method, args, kwargs)

    def _chosen(self, ctx: Context) -> Tuple[Runnable[Any, Any], Context]:
        chooser, method, args, kwargs = self._made
        runnable, ctx = chooser._prepared(ctx)
        return getattr(runnable, method)(*args, **kwargs), ctx


class RunnableConfigurableFields(DynamicRunnable):
    """`default` with other values of `fields` (its field -> `ConfigurableField`), as a call chooses.

    Raises: ValueError for a field that `default` does not have.
    """

    def __init__(self, *, default: Runnable[Any, Any], fields: Mapping[str, Any], config: Any = None) -> None:
        known = _fields(default)
        for name in fields:
            if name not in known:
                raise ConfigurationError(
                    f"Configuration key {name} not found in {default}: available keys are {set(known)}"
                )
        self.default = default
        self.fields = dict(fields)
        self.config = dict(config or {})

    def __repr__(self) -> str:
        return f"RunnableConfigurableFields(default={self.default!r}, fields={self.fields!r})"

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        own = [_spec(name, field, self.default) for name, field in self.fields.items()]
        return [*own, *unique_specs([self.default])]

    def configurable_fields(self, **kwargs: Any) -> RunnableConfigurableFields:
        return RunnableConfigurableFields(
            default=self.default, fields={**self.fields, **kwargs}, config=self.config
        )

    def _chosen(self, ctx: Context) -> Tuple[Runnable[Any, Any], Context]:
        given = ctx.configurable
        changes: Dict[str, Any] = {}
        for name, field in self.fields.items():
            if isinstance(field, ConfigurableField):
                if field.id in given:
                    changes[name] = given[field.id]
            elif isinstance(field, ConfigurableFieldSingleOption):
                changes[name] = _option(field, given.get(field.id) or field.default)
            elif isinstance(field, ConfigurableFieldMultiOption):
                changes[name] = [_option(field, one) for one in given.get(field.id, field.default)]
        return (_replaced(self.default, changes) if changes else self.default), ctx


def _spec(name: str, field: Any, default: Any) -> ConfigurableFieldSpec:
    options = getattr(field, "options", None)
    return ConfigurableFieldSpec(
        field.id,
        tuple(options) if options is not None else field.annotation,
        field.name,
        field.description,
        field.default if options is not None else getattr(default, name, None),
        field.is_shared,
    )


def _option(field: Any, key: Any) -> Any:
    if key not in field.options:
        raise ConfigurationError(
            f"config['configurable'][{field.id!r}] is one of {', '.join(map(repr, field.options))}, not {key!r}"
        )
    return field.options[key]


def _fields(runnable: Any) -> Any:
    fields = getattr(runnable, "settings_fields", None)
    return fields() if fields is not None else [name for name in vars(runnable) if not name.startswith("_")]


def _replaced(runnable: Any, changes: Dict[str, Any]) -> Any:
    """Give a copy with other fields, made by its constructor where that takes them."""
    if hasattr(runnable, "settings_replaced"):
        return runnable.settings_replaced(**changes)
    other = copy.copy(runnable)
    for name, value in changes.items():
        setattr(other, name, value)
    return other


class RunnableConfigurableAlternatives(DynamicRunnable):
    """`default`, or one of `alternatives`, as a call chooses by the key under `which.id`.

    An alternative may be a function that makes the runnable. With `prefix_keys` the choices of an
    alternative's own fields are keyed "<which.id>==<alternative>/<field id>".

    Raises: ValueError, at the call, for an unknown key.
    """

    def __init__(
        self,
        *,
        which: ConfigurableField,
        default: Runnable[Any, Any],
        alternatives: Mapping[str, Any],
        default_key: str = "default",
        prefix_keys: bool = False,
        config: Any = None,
    ) -> None:
        self.which = which
        self.default = default
        self.alternatives = dict(alternatives)
        self.default_key = default_key
        self.prefix_keys = prefix_keys
        self.config = dict(config or {})

    def __repr__(self) -> str:
        return (
            f"RunnableConfigurableAlternatives(which={self.which!r}, default={self.default!r}, "
            f"alternatives={self.alternatives!r})"
        )

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        keys = [self.default_key, *self.alternatives]
        which = self.which
        own = ConfigurableFieldSpec(
            which.id, tuple(keys), which.name, which.description, self.default_key, which.is_shared
        )
        found = [own]
        for key, runnable in zip(keys, [self.default, *self.alternatives.values()]):
            if isinstance(runnable, Runnable):
                prefix = f"{which.id}=={key}/" if self.prefix_keys else ""
                found += [
                    spec if spec.is_shared else spec._replace(id=prefix + spec.id)
                    for spec in runnable.config_specs
                ]
        return found

    def configurable_fields(self, **kwargs: Any) -> RunnableConfigurableAlternatives:
        changed = copy.copy(self)
        changed.default = self.default.configurable_fields(**kwargs)
        return changed

    def _chosen(self, ctx: Context) -> Tuple[Runnable[Any, Any], Context]:
        key = ctx.configurable.get(self.which.id, self.default_key)
        if self.prefix_keys:
            prefix = f"{self.which.id}=={key}/"
            renamed = {_without(prefix, name): value for name, value in ctx.configurable.items()}
            ctx = ctx.replaced(configurable=renamed)
        if key == self.default_key:
            return self.default, ctx
        if key not in self.alternatives:
            raise ConfigurationError(f"Unknown alternative: {key}")
        alternative = self.alternatives[key]
        return (alternative if isinstance(alternative, Runnable) else alternative()), ctx


def _without(prefix: str, name: str) -> str:
    return name[len(prefix) :] if name.startswith(prefix) else name
