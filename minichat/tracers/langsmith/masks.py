"""What a client's own functions leave of a run: `hide_inputs`, `hide_outputs`, `hide_metadata` and `anonymizer`.

They get what would be sent, JSON values, in the sender's thread, and give what is sent instead. An anonymizer sees
every part in which a program's values stand: also the events, the tags, the description of a model and the call's
parameters, which the SDK leaves as they are. A function that fails costs its part: nothing goes out unmasked.
Source of names and order: langsmith 0.15.0.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, Optional, Set, Tuple, Union

    Function = Callable[[Dict[str, Any]], Any]
    Hide = Union[bool, Function, None]

__all__ = ["Masks", "masked", "masks_of"]

DICTS = ("inputs", "outputs", "serialized", "extra")  # that an anonymizer is given
WRAPPED = ("error", "events", "tags")  # it is given in a dict of this name


class Masks:
    """The functions of one client."""

    __slots__ = ("_anonymizer", "_failures", "_inputs", "_metadata", "_outputs")

    def __init__(
        self,
        inputs: Optional[Function],
        outputs: Optional[Function],
        metadata: Optional[Function],
        anonymizer: Optional[Function],
    ) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._metadata = metadata
        self._anonymizer = anonymizer
        self._failures: Set[Tuple[str, str]] = set()

    def applied(self, run: Dict[str, Any]) -> Dict[str, Any]:
        """Give a run on the wire with its parts as the functions leave them; the run itself stays as it is."""
        told = _json(run)
        anonymizer = self._anonymizer
        if anonymizer is not None:  # then it alone, as in the SDK
            for name in DICTS:
                if told.get(name):
                    told[name] = self._made(anonymizer, told[name], name)
            for name in WRAPPED:
                if told.get(name):
                    made = self._made(anonymizer, {name: told[name]}, name)
                    value = made.get(name)
                    told[name] = value if type(value) is type(told[name]) else str(made) if name == "error" else []
            return told
        for name, function in (("inputs", self._inputs), ("outputs", self._outputs)):
            if function is not None and told.get(name):
                told[name] = self._made(function, told[name], name)
        extra = told.get("extra")
        if self._metadata is not None and extra and extra.get("metadata"):
            extra["metadata"] = self._made(self._metadata, extra["metadata"], "metadata")
        return told

    def _made(self, function: Function, value: Any, what: str) -> Dict[str, Any]:
        try:
            made = function(value)
        except Exception as error:  # the program's own; it runs in our thread
            failure = (what, type(error).__name__)
            if failure not in self._failures:
                self._failures.add(failure)
                import logging

                text = "tracing: masking the %s of a run failed, they are not sent (said once): %r"
                logging.getLogger(__name__).warning(text, what, error)
            return {"ls_error": f"masking failed; {what} dropped ({failure[1]})"}
        return made if isinstance(made, dict) else {"value": made}


def masked(run: Dict[str, Any], masks: Masks) -> Dict[str, Any]:
    """Give a run that is masked when it is written out. What is none becomes one that no sender takes, and says so."""
    try:
        return _Masked(run, masks)
    except Exception:
        return {}


class _Masked(dict):  # type: ignore[type-arg]  # dict[str, Any] would need `Any` at run time
    """A run on its way that is masked when it is written out."""

    __slots__ = ("_masks", "_run", "weight")

    def __init__(self, run: Dict[str, Any], masks: Masks) -> None:
        from .snapshots import weight

        super().__init__(id=run["id"])
        size = getattr(run, "weight", None)
        self.weight: int = weight(run) if size is None else size
        self._run = run
        self._masks = masks

    def resolve(self) -> Dict[str, Any]:
        resolve = getattr(self._run, "resolve", None)
        return self._masks.applied(self._run if resolve is None else resolve())


def masks_of(
    hide_inputs: Hide, hide_outputs: Hide, hide_metadata: Hide, anonymizer: Optional[Function]
) -> Optional[Masks]:
    """Give what is to be applied; None where there is no function among them."""
    given = [one if callable(one) else None for one in (hide_inputs, hide_outputs, hide_metadata, anonymizer)]
    return Masks(*given) if any(one is not None for one in given) else None


def _json(run: Dict[str, Any]) -> Dict[str, Any]:
    """Copy a run into JSON values of its own: a function may change what it is given."""
    import json

    from .multipart import dumps

    copied: Dict[str, Any] = json.loads(dumps(run))
    return copied
