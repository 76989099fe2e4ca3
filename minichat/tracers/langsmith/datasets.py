"""The client's calls about datasets: made, also of a CSV file, found, their versions and splits, and shared.

A dataset has a version for each moment at which its examples changed; a tag names one of these.
"""

from __future__ import annotations

import json as json_
import os

from ...runs import new_run_id
from .calls import Calls, one_of, present, texts, token_of
from .records import Dataset, DatasetDiffInfo, DatasetVersion, Example, TracerSession, plain
from .transport import LangSmithNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

    from .calls import Id

__all__ = ["DatasetCalls"]


class DatasetCalls(Calls):
    """Datasets, by the SDK's names."""

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
        return Dataset(self._dataset_named(str(dataset_name)))

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

    def upload_csv(
        self,
        csv_file: Any,
        input_keys: Sequence[str],
        output_keys: Sequence[str],
        *,
        name: Optional[str] = None,
        description: Optional[str] = None,
        data_type: Optional[str] = "kv",
    ) -> Dataset:
        """Make a dataset of a CSV file: its path, or a tuple of a name and a binary file.

        `input_keys` and `output_keys` are the columns that become inputs and outputs; `name` is the file's if it is
        not given. Raises: `LangSmithConflictError` when that is taken; OSError when the file cannot be read.
        """
        if isinstance(csv_file, tuple):
            filename, data = str(csv_file[0]), csv_file[1].read()
        else:
            with open(csv_file, "rb") as file:
                data = file.read()
            filename = os.path.basename(csv_file)
        fields = [*(("input_keys", key) for key in input_keys), *(("output_keys", key) for key in output_keys)]
        kind = getattr(data_type, "value", data_type)
        fields += present(name=name or filename, description=description, data_type=kind, id=new_run_id()).items()
        body, content_type = _form(fields, filename, data)
        answer = self._transport.request(
            "POST", "/datasets/upload", body=body, headers={"Content-Type": content_type}
        )
        return Dataset(answer[1])

    def read_dataset_openai_finetuning(
        self, dataset_id: Optional[Id] = None, *, dataset_name: Optional[str] = None
    ) -> List[Dict[str, Any]]:
        """Give a dataset of chats in the form in which OpenAI takes examples to tune a model."""
        home = self._dataset_id("read_dataset_openai_finetuning", dataset_id, dataset_name)
        answer = self._ask("GET", f"/datasets/{home}/openai_ft")
        if isinstance(answer, dict):  # one line is a JSON value by itself
            return [answer]
        return [json_.loads(line) for line in (answer or b"").splitlines() if line.strip()]

    # -- versions and splits -----------------------------------------------------------------

    def list_dataset_versions(
        self,
        *,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        search: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> Iterator[DatasetVersion]:
        """Give the versions of a dataset, the newest first; those whose tag has `search` in it."""
        home = self._dataset_id("list_dataset_versions", dataset_id, dataset_name)
        for raw in self._pages(f"/datasets/{home}/versions", present(search=search), limit):
            yield DatasetVersion(raw)

    def read_dataset_version(
        self,
        *,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        as_of: Optional[datetime] = None,
        tag: Optional[str] = None,
    ) -> DatasetVersion:
        """Give the version that was there at a moment, or has a tag; `latest` is one.

        Raises: `LangSmithNotFoundError`.
        """
        one_of("read_dataset_version", as_of=as_of, tag=tag)
        home = self._dataset_id("read_dataset_version", dataset_id, dataset_name)
        query = present(as_of=plain(as_of), tag=tag)
        return DatasetVersion(self._ask("GET", f"/datasets/{home}/version", query=query))

    def update_dataset_tag(
        self,
        *,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        as_of: datetime,
        tag: str,
    ) -> None:
        """Give a version a tag, which another may have had; `as_of=` of other calls takes it."""
        home = self._dataset_id("update_dataset_tag", dataset_id, dataset_name)
        self._ask("PUT", f"/datasets/{home}/tags", json={"as_of": plain(as_of), "tag": tag})

    def diff_dataset_versions(
        self,
        dataset_id: Optional[Id] = None,
        *,
        dataset_name: Optional[str] = None,
        from_version: Union[datetime, str],
        to_version: Union[datetime, str],
    ) -> DatasetDiffInfo:
        """Say which examples came, changed and went between two versions, moments or tags."""
        home = self._dataset_id("diff_dataset_versions", dataset_id, dataset_name)
        query = {"from_version": plain(from_version), "to_version": plain(to_version)}
        return DatasetDiffInfo(self._ask("GET", f"/datasets/{home}/versions/diff", query=query))

    def list_dataset_splits(
        self,
        *,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        as_of: Union[datetime, str, None] = None,
    ) -> List[str]:
        """Give the names of a dataset's splits; examples that were put into none are in "base"."""
        home = self._dataset_id("list_dataset_splits", dataset_id, dataset_name)
        found: List[str] = self._ask("GET", f"/datasets/{home}/splits", query=present(as_of=plain(as_of)))
        return found

    def update_dataset_splits(
        self,
        *,
        dataset_id: Optional[Id] = None,
        dataset_name: Optional[str] = None,
        split_name: str,
        example_ids: Sequence[Id],
        remove: bool = False,
    ) -> None:
        """Put examples into a split, or with `remove` take them out of it."""
        home = self._dataset_id("update_dataset_splits", dataset_id, dataset_name)
        body = {"split_name": split_name, "examples": texts(example_ids), "remove": remove}
        self._ask("PUT", f"/datasets/{home}/splits", json=body)

    # -- sharing -----------------------------------------------------------------------------

    def share_dataset(
        self, dataset_id: Optional[Id] = None, *, dataset_name: Optional[str] = None
    ) -> Dict[str, Any]:
        """Make a dataset readable for everybody who has the link.

        Shape: {"dataset_id", "share_token", "url"}.
        """
        home = self._dataset_id("share_dataset", dataset_id, dataset_name)
        return self._linked(self._ask("PUT", f"/datasets/{home}/share", json={"dataset_id": home}))

    def read_dataset_shared_schema(
        self, dataset_id: Optional[Id] = None, *, dataset_name: Optional[str] = None
    ) -> Dict[str, Any]:
        """Give what `share_dataset` gave, of a dataset that is shared. Raises: `LangSmithNotFoundError`."""
        home = self._dataset_id("read_dataset_shared_schema", dataset_id, dataset_name)
        return self._linked(self._ask("GET", f"/datasets/{home}/share"))

    def _linked(self, shared: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        if not shared:
            raise LangSmithNotFoundError("this dataset is not shared")
        return {**shared, "url": f"{self._host}/public/{shared['share_token']}/d"}

    def unshare_dataset(self, dataset_id: Id) -> None:
        """End the sharing of a dataset."""
        self._ask("DELETE", f"/datasets/{dataset_id}/share")

    def read_shared_dataset(self, share_token: Id) -> Dataset:
        """Give a shared dataset; `share_token` may be the whole link."""
        return Dataset(self._ask("GET", f"/public/{token_of(share_token)}/datasets"))

    def list_shared_examples(
        self, share_token: Id, *, example_ids: Optional[Sequence[Id]] = None, limit: Optional[int] = None
    ) -> Iterator[Example]:
        """Give the examples of a shared dataset, or those of the ids."""
        for raw in self._pages(f"/public/{token_of(share_token)}/examples", present(id=texts(example_ids)), limit):
            yield Example(raw)

    def list_shared_projects(
        self,
        *,
        dataset_share_token: Id,
        project_ids: Optional[Sequence[Id]] = None,
        name: Optional[str] = None,
        name_contains: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> Iterator[TracerSession]:
        """Give the experiments of a shared dataset, with their counts."""
        query = present(id=texts(project_ids), name=name, name_contains=name_contains)
        for raw in self._pages(f"/public/{token_of(dataset_share_token)}/datasets/sessions", query, limit):
            yield TracerSession(raw)


def _form(fields: Sequence[Any], filename: str, data: bytes) -> Tuple[bytes, str]:
    """Give the body of a form with a CSV file, and its content type. Source: RFC 7578."""
    boundary = new_run_id().replace("-", "")
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    pieces = [f'{part}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields]
    shown = filename.translate({10: "%0A", 13: "%0D", 34: "%22"})
    pieces.append(f'{part}file"; filename="{shown}"\r\nContent-Type: text/csv\r\n\r\n'.encode() + data + b"\r\n")
    return b"".join(pieces) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
