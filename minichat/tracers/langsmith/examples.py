"""The client's calls about examples, the rows of datasets.

They are sent as JSON to `/examples` and `/examples/bulk`, which every LangSmith takes; the SDK prefers the
multipart form, whose gain is attachments, and those are not sent here.
"""

from __future__ import annotations

import json as json_

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import PAGE, one_of, present, texts
from .datasets import DatasetCalls
from .records import Example, plain
from .settings import DEFAULT_ENDPOINT, Settings
from .transport import LangSmithNotFoundError, transport_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

    from .calls import Id
    from .records import Dataset, Run

__all__ = ["ExampleCalls"]


class ExampleCalls(DatasetCalls):
    """Examples, by the SDK's names."""

    def create_example(
        self,
        inputs: Optional[Mapping[str, Any]] = None,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        created_at: Optional[datetime] = None,
        reference_outputs: Optional[Mapping[str, Any]] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        split: Union[str, List[str], None] = None,
        example_id: Optional[Id] = None,
        source_run_id: Optional[Id] = None,
        use_source_run_io: bool = False,
        *,
        outputs: Optional[Mapping[str, Any]] = None,
    ) -> Example:
        """Add one example; `reference_outputs` and `outputs` are two names of the wanted answer.

        With `use_source_run_io` its inputs and outputs are those of the run `source_run_id`.
        """
        if use_source_run_io and source_run_id is None:
            raise ConfigurationError("create_example: use_source_run_io= needs source_run_id=")
        given = {
            "inputs": inputs,
            "outputs": outputs if outputs is not None else reference_outputs,
            "metadata": metadata,
            "split": split,
            "id": example_id,
            "source_run_id": source_run_id,
            "use_source_run_io": use_source_run_io or None,
            "created_at": created_at,
        }
        body = _example(self._dataset_id("create_example", dataset_id, dataset_name), given)
        return Example(self._ask("POST", "/examples", json=body))

    def create_examples(
        self,
        *,
        dataset_name: Optional[str] = None,
        dataset_id: Optional[Id] = None,
        examples: Optional[Sequence[Mapping[str, Any]]] = None,
        inputs: Optional[Sequence[Mapping[str, Any]]] = None,
        outputs: Optional[Sequence[Optional[Mapping[str, Any]]]] = None,
        metadata: Optional[Sequence[Optional[Mapping[str, Any]]]] = None,
        splits: Optional[Sequence[Union[str, List[str], None]]] = None,
        ids: Optional[Sequence[Id]] = None,
    ) -> Dict[str, Any]:
        """Add many examples: dicts with `inputs`, `outputs`, `metadata`, `split`, `id`; or a list for each of these.

        Shape: {"count": n, "example_ids": [text, ...]}, in the order given.
        Raises: `ConfigurationError` unless one of `examples` and `inputs` is given, or when the lists differ in length.
        """
        one_of("create_examples", examples=examples, inputs=inputs)
        home = self._dataset_id("create_examples", dataset_id, dataset_name)
        if examples is None:
            examples = _rows(inputs or (), outputs=outputs, metadata=metadata, split=splits, id=ids)
        bodies = [_example(home, one) for one in examples]
        for start in range(0, len(bodies), PAGE):
            self._ask("POST", "/examples/bulk", json=bodies[start : start + PAGE])
        return {"count": len(bodies), "example_ids": [body["id"] for body in bodies]}

    def create_llm_example(
        self,
        prompt: str,
        generation: Optional[str] = None,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        created_at: Optional[datetime] = None,
    ) -> Example:
        """Add an example of texts to a dataset of kind "llm"."""
        return self.create_example(
            {"input": prompt}, dataset_id, dataset_name, created_at, reference_outputs={"output": generation}
        )

    def create_chat_example(
        self,
        messages: Sequence[Any],
        generations: Any = None,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        created_at: Optional[datetime] = None,
    ) -> Example:
        """Add an example of messages to a dataset of kind "chat"; messages are minichat's, or dicts.

        Shape: each as {"type", "data": {"content", ...}}, as langsmith writes them.
        """
        wanted = None if generations is None else {"output": _told(generations)}
        return self.create_example(
            {"input": [_told(one) for one in messages]},
            dataset_id,
            dataset_name,
            created_at,
            reference_outputs=wanted,
        )

    def create_example_from_run(
        self,
        run: Run,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        created_at: Optional[datetime] = None,
    ) -> Example:
        """Add a run's inputs and outputs as an example."""
        return self.create_example(
            run.inputs, dataset_id, dataset_name, created_at, outputs=run.outputs, source_run_id=run.id
        )

    def read_example(self, example_id: Id, *, as_of: Union[datetime, str, None] = None) -> Example:
        """Give one example. Raises: `LangSmithNotFoundError`."""
        query = None if as_of is None else {"as_of": plain(as_of)}
        return Example(self._ask("GET", f"/examples/{example_id}", query=query))

    def list_examples(
        self,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        example_ids: Optional[Sequence[Id]] = None,
        as_of: Union[datetime, str, None] = None,
        splits: Optional[Sequence[str]] = None,
        *,
        offset: int = 0,
        limit: Optional[int] = None,
        metadata: Optional[Dict[str, Any]] = None,
        filter: Optional[str] = None,
    ) -> Iterator[Example]:
        """Give the examples of a dataset, or those of the ids, one by one.

        `filter` is LangSmith's language: `exists(metadata, "tenant")`, `has(metadata, '{"a": 1}')`, `and`, `not`.
        """
        if dataset_name is not None or dataset_id is not None:
            dataset_id = self._dataset_id("list_examples", dataset_id, dataset_name)
        else:
            one_of("list_examples", dataset_id=dataset_id, dataset_name=dataset_name, example_ids=example_ids)
        query = present(
            dataset=dataset_id,
            id=texts(example_ids),
            as_of=plain(as_of),
            splits=None if splits is None else list(splits),
            metadata=None if metadata is None else json_.dumps(plain(metadata)),
            filter=filter,
        )
        for raw in self._pages("/examples", query, limit, offset):
            yield Example(raw)

    def update_example(
        self,
        example_id: Id,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        outputs: Optional[Mapping[str, Any]] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        split: Union[str, List[str], None] = None,
        dataset_id: Optional[Id] = None,
    ) -> Dict[str, Any]:
        """Change what is given of an example; the server's answer comes back."""
        body = present(
            inputs=inputs,
            outputs=outputs,
            metadata=metadata,
            split=split,
            dataset_id=None if dataset_id is None else str(dataset_id),
        )
        changed: Dict[str, Any] = self._ask("PATCH", f"/examples/{example_id}", json=plain(body))
        return changed

    def update_examples(
        self,
        *,
        updates: Sequence[Mapping[str, Any]],
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Change many: dicts with the `id` and what `update_example` takes, all of one dataset if it is named.

        Shape: {"count": n, "example_ids": [text, ...]}.
        Raises: `ConfigurationError`, before anything is changed, for an example of another dataset.
        """
        if dataset_id is not None or dataset_name is not None:
            home = self._dataset_id("update_examples", dataset_id, dataset_name)
            there = {str(one.id) for one in self.list_examples(home, example_ids=[one["id"] for one in updates])}
            strange = [str(one["id"]) for one in updates if str(one["id"]) not in there]
            if strange:
                raise ConfigurationError(f"update_examples: {strange[0]} is no example of this dataset")
        ids = []
        for one in updates:
            fields = {name: one[name] for name in ("inputs", "outputs", "metadata", "split") if name in one}
            self.update_example(one["id"], **fields)
            ids.append(str(one["id"]))
        return {"count": len(ids), "example_ids": ids}

    def delete_example(self, example_id: Id) -> None:
        """Delete one example."""
        self._ask("DELETE", f"/examples/{example_id}")

    def delete_examples(self, example_ids: Sequence[Id]) -> None:
        """Delete many examples."""
        for one in example_ids:
            self.delete_example(one)

    def clone_public_dataset(
        self, token_or_url: Id, *, source_api_url: Optional[str] = None, dataset_name: Optional[str] = None
    ) -> Dataset:
        """Copy a dataset that somebody shared, by its token or link, unless there is one of that name; give it.

        It is read from this LangSmith, or without a key from `source_api_url` or where a link to smith.langchain.com
        leads.
        """
        source: DatasetCalls = self
        if source_api_url is None and "//smith.langchain.com/" in str(token_or_url):
            source_api_url = DEFAULT_ENDPOINT
        if source_api_url is not None:
            source = DatasetCalls()
            source.settings = Settings(source_api_url.rstrip("/"))
            source._transport = transport_for(source.settings)
        shared = source.read_shared_dataset(token_or_url)
        name = dataset_name or shared.name
        try:
            return self.read_dataset(dataset_name=name)
        except LangSmithNotFoundError:  # so it is made
            pass
        examples = list(source.list_shared_examples(token_or_url))
        made = self.create_dataset(
            name,
            description=shared.description,
            data_type=shared.raw.get("data_type") or "kv",
            inputs_schema=shared.inputs_schema,
            outputs_schema=shared.outputs_schema,
            transformations=shared.raw.get("transformations"),
        )
        if examples:
            rows = [{"inputs": one.inputs, "outputs": one.outputs, "metadata": one.metadata} for one in examples]
            self.create_examples(dataset_id=made.id, examples=rows)
        return made


def _example(dataset_id: str, given: Any) -> Dict[str, Any]:
    """Give an example as the request carries it; one that is no dict has its fields as attributes."""
    fields = given if hasattr(given, "keys") else {name: getattr(given, name, None) for name in EXAMPLE}
    body: Dict[str, Any] = plain({name: fields[name] for name in EXAMPLE if fields.get(name) is not None})
    body["dataset_id"] = dataset_id
    body.setdefault("id", new_run_id())
    if not body.get("use_source_run_io"):
        body.setdefault("inputs", {})
    return body


EXAMPLE = ("inputs", "outputs", "metadata", "split", "id", "source_run_id", "use_source_run_io", "created_at")


def _rows(inputs: Sequence[Any], **columns: Optional[Sequence[Any]]) -> List[Dict[str, Any]]:
    rows: List[Dict[str, Any]] = [{"inputs": one} for one in inputs]
    for name, column in columns.items():
        if column is None:
            continue
        if len(column) != len(rows):
            raise ConfigurationError(f"create_examples: {len(rows)} inputs, but {len(column)} of {name}")
        for row, value in zip(rows, column):
            row[name] = value
    return rows


def _told(message: Any) -> Any:
    """Give a message as examples of chats have it."""
    if not hasattr(message, "content"):
        return message
    more = {"additional_kwargs": message.additional_kwargs} if getattr(message, "additional_kwargs", None) else {}
    return {"type": message.type, "data": {"content": message.content, **more}}
