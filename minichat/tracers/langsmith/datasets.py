"""The client's calls about datasets and their examples.

Examples are sent as JSON to `/examples` and `/examples/bulk`, which every LangSmith takes; the SDK prefers the
multipart form, whose gain is attachments, and those are not sent here.
"""

from __future__ import annotations

import json as json_

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import PAGE, Calls, one_of, present, texts
from .endpoints import without_password
from .records import Dataset, Example, plain
from .transport import LangSmithNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

    from .calls import Id
    from .records import Run

__all__ = ["DatasetCalls"]


class DatasetCalls(Calls):
    """Datasets and examples, by the SDK's names."""

    def create_dataset(
        self,
        dataset_name: str,
        *,
        description: Optional[str] = None,
        data_type: str = "kv",
        inputs_schema: Optional[Dict[str, Any]] = None,
        outputs_schema: Optional[Dict[str, Any]] = None,
        transformations: Optional[List[Dict[str, Any]]] = None,
        metadata: Optional[Dict[str, Any]] = None,
    ) -> Dataset:
        """Make a dataset. Raises: `LangSmithConflictError` when the name is taken."""
        body = {
            "name": dataset_name,
            "data_type": getattr(data_type, "value", data_type),
            "transformations": transformations,
            "extra": {"metadata": metadata, "source": "sdk"},
            **present(
                description=description,
                inputs_schema_definition=inputs_schema,
                outputs_schema_definition=outputs_schema,
            ),
        }
        return Dataset(self._ask("POST", "/datasets", json=plain(body)))

    def read_dataset(self, *, dataset_name: Optional[str] = None, dataset_id: Optional[Id] = None) -> Dataset:
        """Give a dataset by name or id.

        Raises: `LangSmithNotFoundError`; `ConfigurationError` unless one of both is given.
        """
        one_of("read_dataset", dataset_name=dataset_name, dataset_id=dataset_id)
        if dataset_id is not None:
            return Dataset(self._ask("GET", f"/datasets/{dataset_id}"))
        found = self._ask("GET", "/datasets", query={"limit": 1, "name": dataset_name})
        if not found:
            where = without_password(self.settings.endpoint)
            raise LangSmithNotFoundError(f"there is no dataset {dataset_name!r} at {where}")
        return Dataset(found[0])

    def has_dataset(self, *, dataset_name: Optional[str] = None, dataset_id: Optional[Id] = None) -> bool:
        """Say whether there is such a dataset."""
        try:
            self.read_dataset(dataset_name=dataset_name, dataset_id=dataset_id)
        except LangSmithNotFoundError:
            return False
        return True

    def list_datasets(
        self,
        *,
        dataset_ids: Optional[Sequence[Id]] = None,
        data_type: Optional[str] = None,
        dataset_name: Optional[str] = None,
        dataset_name_contains: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
        limit: Optional[int] = None,
    ) -> Iterator[Dataset]:
        """Give datasets one by one."""
        query = present(
            id=texts(dataset_ids),
            data_type=getattr(data_type, "value", data_type),
            name=dataset_name,
            name_contains=dataset_name_contains,
            metadata=None if metadata is None else json_.dumps(plain(metadata)),
        )
        for raw in self._pages("/datasets", query, limit):
            yield Dataset(raw)

    def delete_dataset(self, *, dataset_id: Optional[Id] = None, dataset_name: Optional[str] = None) -> None:
        """Delete a dataset with its examples."""
        self._ask("DELETE", f"/datasets/{self._dataset_id('delete_dataset', dataset_id, dataset_name)}")

    def _dataset_id(self, call: str, dataset_id: Optional[Id], dataset_name: Optional[str]) -> str:
        one_of(call, dataset_id=dataset_id, dataset_name=dataset_name)
        return str(dataset_id or self.read_dataset(dataset_name=dataset_name).id)

    # -- examples ----------------------------------------------------------------------------

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
        *,
        outputs: Optional[Mapping[str, Any]] = None,
    ) -> Example:
        """Add one example; `reference_outputs` and `outputs` are two names of the wanted answer."""
        given = {
            "inputs": inputs,
            "outputs": outputs if outputs is not None else reference_outputs,
            "metadata": metadata,
            "split": split,
            "id": example_id,
            "source_run_id": source_run_id,
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

    def read_example(self, example_id: Id, *, as_of: Optional[datetime] = None) -> Example:
        """Give one example. Raises: `LangSmithNotFoundError`."""
        query = None if as_of is None else {"as_of": as_of.isoformat()}
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
            as_of=as_of if as_of is None or isinstance(as_of, str) else as_of.isoformat(),
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

    def update_examples(self, *, updates: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
        """Change many: dicts with the `id` and what `update_example` takes.

        Shape: {"count": n, "example_ids": [text, ...]}.
        """
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


def _example(dataset_id: str, given: Any) -> Dict[str, Any]:
    """Give an example as the request carries it; one that is no dict has its fields as attributes."""
    fields = given if hasattr(given, "keys") else {name: getattr(given, name, None) for name in EXAMPLE}
    body: Dict[str, Any] = plain({name: fields[name] for name in EXAMPLE if fields.get(name) is not None})
    body["dataset_id"] = dataset_id
    body.setdefault("id", new_run_id())
    body.setdefault("inputs", {})
    return body


EXAMPLE = ("inputs", "outputs", "metadata", "split", "id", "source_run_id", "created_at")


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
