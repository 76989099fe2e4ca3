"""Datasets, their examples with attachments, and experiments: projects that refer to a dataset.

An example's split is in its metadata as `dataset_split`, a list; none said is `["base"]`, as the SDK's `evaluate`
reports it. `as_of` gives the examples as they were at a moment, or at the version that has a tag (`versions`).
"""

from __future__ import annotations

import sqlite3
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from .attachments import Attachments
from .database import Refused, as_id, clean, dumped, loaded, marks, new_id
from .derive import iso, microseconds, now_us
from .filters import compiled
from .projects import Projects
from .runs import Runs
from .versions import Versions

__all__ = ["Datasets"]

_SCHEMAS = ("inputs_schema_definition", "outputs_schema_definition", "transformations")


class Datasets(Runs, Projects, Versions, Attachments):
    """The datasets and examples of the store."""

    def create_dataset(self, said: Dict[str, Any]) -> Dict[str, Any]:
        """Make a dataset of the wire's fields. Raises: Refused (409 when the name is taken, 422 without one)."""
        name = said.get("name")
        if not isinstance(name, str) or not name:
            raise Refused(422, "a dataset has a name")
        name = clean(name)
        with self.writing():
            if self.dataset_named(name) is not None:
                raise Refused(409, f"a dataset named {name!r} exists; choose another name")
            now = now_us()
            made = as_id(said["id"]) if said.get("id") else new_id()
            if self.dataset(made) is not None:
                raise Refused(409, f"a dataset with the id {made} exists")
            self.insert("datasets", {
                "id": made, "name": name, "description": said.get("description"),
                "data_type": said.get("data_type") or "kv", "created_us": now, "modified_us": now,
                "extra": dumped(said.get("extra")), **{field: dumped(said.get(field)) for field in _SCHEMAS},
            })  # fmt: skip
        return self._known_dataset(made)

    def dataset(self, dataset_id: str) -> Optional[Dict[str, Any]]:
        """Give one dataset by id, or None."""
        row = self.row("SELECT * FROM datasets WHERE id=?", (dataset_id,))
        return None if row is None else self._dataset(row)

    def dataset_named(self, name: str) -> Optional[Dict[str, Any]]:
        """Give one dataset by name, or None."""
        row = self.row("SELECT * FROM datasets WHERE name=?", (name,))
        return None if row is None else self._dataset(row)

    def datasets(
        self,
        *,
        ids: Sequence[str] = (),
        name: Optional[str] = None,
        name_contains: Optional[str] = None,
        data_type: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
        limit: int = 100,
        offset: int = 0,
    ) -> List[Dict[str, Any]]:
        """List datasets, the newest first."""
        where: List[str] = ["1"]
        values: List[Any] = []
        for sql, value in (
            ("name=?", name),
            ("instr(lower(name), lower(?))", name_contains),
            ("data_type=?", data_type),
            ("json_has(extra, ?, 'metadata')", dumped(metadata)),
        ):
            if value is not None:
                where.append(sql)
                values.append(value)
        if ids:
            where.append(f"id IN ({marks(ids)})")
            values += ids
        sql = f"SELECT * FROM datasets WHERE {' AND '.join(where)} ORDER BY created_us DESC, id LIMIT ? OFFSET ?"
        return [self._dataset(row) for row in self.rows(sql, [*values, limit, offset])]

    def update_dataset(self, dataset_id: str, said: Dict[str, Any]) -> Dict[str, Any]:
        """Change name, description, schemas or metadata where said. Raises: Refused (404, 409)."""
        with self.writing():
            self._known_dataset(dataset_id)
            values: Dict[str, Any] = {field: dumped(said[field]) for field in _SCHEMAS if field in said}
            if said.get("name"):
                other = self.dataset_named(str(said["name"]))
                if other is not None and other["id"] != dataset_id:
                    raise Refused(409, f"a dataset named {said['name']!r} exists")
                values["name"] = clean(str(said["name"]))
            if "description" in said:
                values["description"] = said["description"]
            if isinstance(said.get("metadata"), dict):
                values["extra"] = dumped({"metadata": said["metadata"]})
            self.update("datasets", dataset_id, {**values, "modified_us": now_us()})
        return self._known_dataset(dataset_id)

    def delete_dataset(self, dataset_id: str) -> None:
        """Delete a dataset with its examples and experiments. Raises: Refused (404)."""
        with self.writing() as db:
            self._known_dataset(dataset_id)
            for row in self.rows("SELECT id FROM projects WHERE reference_dataset_id=?", (dataset_id,)):
                self.delete_project(row[0])
            mine = "(SELECT id FROM examples WHERE dataset_id=?)"
            db.execute(f"DELETE FROM attachments WHERE owner_id IN {mine}", (dataset_id,))
            db.execute("DELETE FROM examples WHERE dataset_id=?", (dataset_id,))
            self.forget_dataset(dataset_id)
            for table in ("dataset_shares", "comparisons"):
                db.execute(f"DELETE FROM {table} WHERE dataset_id=?", (dataset_id,))
            db.execute("DELETE FROM datasets WHERE id=?", (dataset_id,))

    def add_examples(self, dataset_id: str, several: Sequence[Dict[str, Any]]) -> List[str]:
        """Add examples and give their ids, as one version; one whose id is there already is replaced.

        Fields: id, inputs, outputs, metadata, split, source_run_id, use_source_run_io, use_source_run_attachments,
        created_at. Raises: Refused (404 for an unknown dataset or source run, 422); nothing is added then.
        """
        made: List[Dict[str, Any]] = []
        with self.writing():
            self._known_dataset(dataset_id)
            for said in several:
                inputs, outputs = said.get("inputs"), said.get("outputs")
                source = as_id(said["source_run_id"]) if said.get("source_run_id") else None
                if said.get("use_source_run_io"):
                    run = self.run(source or "")
                    if run is None:
                        raise Refused(404, f"use_source_run_io: there is no run {source}")
                    inputs = run["inputs"] if inputs is None else inputs
                    outputs = run["outputs"] if outputs is None else outputs
                    if not isinstance(inputs, dict) or not isinstance(outputs, (dict, type(None))):
                        raise Refused(422, f"use_source_run_io: run {source} has inputs or outputs that are no objects")
                values: Dict[str, Any] = {
                    "id": as_id(said["id"]) if said.get("id") else new_id(),
                    "dataset_id": dataset_id,
                    "created_us": _moment(said.get("created_at")) or self.tick(),
                    "source_run_id": source,
                    "metadata": dumped(_split(said.get("metadata") or {}, said.get("split"), ["base"])),
                    "inputs": dumped({} if inputs is None else inputs),
                    "outputs": dumped(outputs),
                }
                made.append(values)
                self._copy_attachments(source, str(values["id"]), said.get("use_source_run_attachments"))
            moment = self.tick()
            for values in made:
                self.keep_version(values["id"], moment)
                self.insert("examples", {**values, "modified_us": moment})
            self.update("datasets", dataset_id, {"modified_us": now_us()})
        return [str(values["id"]) for values in made]

    def update_example(
        self, example_id: str, said: Dict[str, Any], *, moment: Optional[int] = None
    ) -> Dict[str, Any]:
        """Replace inputs, outputs, metadata or split where said and not null.

        Several changed at one `moment` (a `tick`) are one version. Raises: Refused (404, 422).
        """
        with self.writing():
            have = self.example(example_id)
            if have is None:
                raise Refused(404, f"there is no example {example_id}")
            values: Dict[str, Any] = {
                name: dumped(said[name]) for name in ("inputs", "outputs") if said.get(name) is not None
            }
            if said.get("metadata") is not None or said.get("split") is not None:
                before = have["metadata"].get("dataset_split", ["base"])
                metadata = said["metadata"] if said.get("metadata") is not None else have["metadata"]
                values["metadata"] = dumped(_split(metadata, said.get("split"), before))
            if said.get("dataset_id") and said["dataset_id"] != have["dataset_id"]:
                values["dataset_id"] = self._known_dataset(as_id(said["dataset_id"]))["id"]
            moment = moment or self.tick()
            self.keep_version(example_id, moment)
            self.update("examples", example_id, {**values, "modified_us": moment})
        return self.example(example_id) or have

    def delete_example(self, example_id: str, *, moment: Optional[int] = None) -> None:
        """Delete an example with its attachments; earlier versions still have it. Raises: Refused (404)."""
        with self.writing() as db:
            self.keep_version(example_id, moment or self.tick())
            if not db.execute("DELETE FROM examples WHERE id=?", (example_id,)).rowcount:
                raise Refused(404, f"there is no example {example_id}")
            db.execute("DELETE FROM attachments WHERE owner_id=?", (example_id,))

    def example(self, example_id: str, *, as_of: Optional[str] = None) -> Optional[Dict[str, Any]]:
        """Give one example by id, as it is or as it was at a version; or None. Raises: Refused (404, 422)."""
        dataset = self.row(
            "SELECT dataset_id FROM examples WHERE id=? UNION SELECT dataset_id FROM example_history WHERE id=?",
            (example_id, example_id),
        )
        if dataset is None:
            return None
        table, values = self.versioned(dataset[0], as_of)
        row = self.row(f"SELECT * FROM {table} WHERE id=?", [*values, example_id])
        return None if row is None else self._example(row)

    def examples(
        self,
        dataset_id: Optional[str] = None,
        *,
        ids: Sequence[str] = (),
        splits: Sequence[str] = (),
        metadata: Optional[Dict[str, Any]] = None,
        full_text: Sequence[str] = (),
        as_of: Optional[str] = None,
        filter: Optional[str] = None,
        also: Tuple[str, Sequence[Any]] = ("1", ()),
        limit: int = 100,
        offset: int = 0,
    ) -> List[Dict[str, Any]]:
        """List examples, the newest first; `full_text`: all these texts are in it; `as_of`: a time or a tag;
        `also`: SQL that holds of the example `e`, and its values.

        Raises: filters.BadFilter; Refused (404 for a tag that is not there, 422).
        """
        where: List[str] = []
        table, values = self.versioned(dataset_id, as_of)
        if dataset_id is not None:
            where.append("dataset_id=?")
            values.append(dataset_id)
        if ids:
            where.append(f"id IN ({marks(ids)})")
            values += ids
        if splits:
            where.append(
                f"EXISTS (SELECT 1 FROM json_each(metadata, '$.dataset_split') WHERE value IN ({marks(splits)}))"
            )
            values += splits
        if metadata:
            where.append("json_has(metadata, ?)")
            values.append(dumped(metadata))
        for text in full_text:
            where.append("(instr(lower(inputs), lower(?)) OR instr(lower(coalesce(outputs, '')), lower(?)))")
            values += [text, text]
        if filter:
            condition, *given = compiled(filter, "e", examples=True)
            where.append(condition)
            values += given
        where.append(also[0])
        values += also[1]
        sql = f"SELECT e.* FROM {table} e WHERE {' AND '.join(where)} ORDER BY created_us DESC, id LIMIT ? OFFSET ?"
        return [self._example(row) for row in self.rows(sql, [*values, limit, offset])]

    def every_example(self, dataset_id: str) -> Iterator[Dict[str, Any]]:
        """Give all examples of a dataset as of now, the newest first, one after the other."""
        sql = "SELECT id FROM examples WHERE dataset_id=? ORDER BY created_us DESC, id"
        for row in self.rows(sql, (dataset_id,)):
            example = self.example(row[0])
            if example is not None:  # deleted meanwhile
                yield example

    def experiments(self, dataset_id: str, ids: Sequence[str] = ()) -> List[Dict[str, Any]]:
        """Give a dataset's experiments with their stats: these, or the newest 100."""
        return self.projects(reference_dataset=dataset_id, ids=ids, stats=True, limit=max(len(ids), 100))

    def experiment_rows(
        self,
        dataset_id: str,
        project_ids: Sequence[str],
        *,
        ids: Sequence[str] = (),
        filters: Optional[Mapping[str, Sequence[str]]] = None,
        limit: int = 100,
        offset: int = 0,
    ) -> List[Dict[str, Any]]:
        """Give examples, all or these, each with `runs`: the root runs of these experiments that answered it.

        `filters`: filter strings by experiment; an example stays where a run of that experiment fits all of them.
        Examples are those of the version that the experiments ran on, where they tell one.
        """
        where: List[str] = ["1"]
        values: List[Any] = []
        for project_id, texts in (filters or {}).items():
            parts = [compiled(text, "r") for text in texts]
            inside = "".join(f" AND {sql}" for sql, *_ in parts)
            where.append(f"EXISTS (SELECT 1 FROM runs r WHERE r.reference_example_id=e.id AND r.session_id=?{inside})")
            values += [project_id, *(value for _, *given in parts for value in given)]
        found = self.examples(
            dataset_id, ids=ids, as_of=self._ran_on(project_ids), limit=limit, offset=offset,
            also=(" AND ".join(where), values),
        )  # fmt: skip
        for example in found:
            example["runs"] = list(self.every_run(
                sessions=project_ids, reference_examples=[example["id"]], is_root=True, newest_first=False
            ))  # fmt: skip
        return found

    def splits(self, dataset_id: str, *, as_of: Optional[str] = None) -> List[str]:
        """Name the splits of a dataset's examples. Raises: Refused (404, 422)."""
        table, values = self.versioned(dataset_id, as_of)
        rows = self.rows(f"SELECT metadata FROM {table} e WHERE e.dataset_id=?", [*values, dataset_id])
        return sorted({str(name) for row in rows for name in (loaded(row[0]) or {}).get("dataset_split") or ()})

    def _example(self, row: sqlite3.Row) -> Dict[str, Any]:
        example = {
            "id": row["id"],
            "dataset_id": row["dataset_id"],
            "inputs": loaded(row["inputs"]),
            "outputs": loaded(row["outputs"]),
            "metadata": loaded(row["metadata"]) or {},
            "created_at": iso(row["created_us"]),
            "modified_at": iso(row["modified_us"]),
            "source_run_id": row["source_run_id"],
        }
        attached = self.attached(row["id"])
        return {**example, "attachment_urls": attached} if attached else example

    def _ran_on(self, project_ids: Sequence[str]) -> Optional[str]:
        """Give the newest version that experiments say they ran on, or None where one of them says none."""
        told = []
        for project_id in project_ids:
            extra = (self.project(project_id) or {}).get("extra")
            metadata = extra.get("metadata") if isinstance(extra, dict) else None
            said = metadata.get("dataset_version") if isinstance(metadata, dict) else None
            try:
                moment = microseconds(said)
            except ValueError:
                moment = None
            if moment is None:
                return None
            told.append(moment)
        return iso(max(told)) if told else None

    def _copy_attachments(self, source: Optional[str], example_id: str, which: Any) -> None:
        if which and (not isinstance(which, list) or source is None):
            raise Refused(422, "use_source_run_attachments is a list of names, and of a run: give source_run_id")
        for name in which or ():
            found = self.attachment(source or "", str(name))
            if found is None:
                raise Refused(404, f"use_source_run_attachments: run {source} has no {str(name)[:100]!r}")
            self.attach(example_id, found["name"], found["type"], found["data"])

    def _known_dataset(self, dataset_id: str) -> Dict[str, Any]:
        found = self.dataset(dataset_id)
        if found is None:
            raise Refused(404, f"there is no dataset {dataset_id}")
        return found

    def _dataset(self, row: sqlite3.Row) -> Dict[str, Any]:
        extra = loaded(row["extra"]) or {}
        examples, sessions = self.rows(
            "SELECT (SELECT count(*) FROM examples WHERE dataset_id=?),"
            " (SELECT count(*) FROM projects WHERE reference_dataset_id=?)",
            (row["id"], row["id"]),
        )[0]
        return {
            "id": row["id"],
            "tenant_id": self.tenant_id,
            "name": row["name"],
            "description": row["description"],
            "data_type": row["data_type"],
            "created_at": iso(row["created_us"]),
            "modified_at": iso(row["modified_us"]),
            "example_count": examples,
            "session_count": sessions,
            "metadata": extra.get("metadata") if isinstance(extra, dict) else None,
            "extra": extra,
            **{field: loaded(row[field]) for field in _SCHEMAS},
        }


def _split(metadata: Any, split: Any, otherwise: List[str]) -> Dict[str, Any]:
    if not isinstance(metadata, dict):
        raise Refused(422, "an example's metadata is an object")
    if split is None:
        split = metadata.get("dataset_split", otherwise)
    several = [split] if isinstance(split, str) else split
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        raise Refused(422, "a split is a text or a list of texts")
    return {**metadata, "dataset_split": several}


def _moment(value: Any) -> Optional[int]:
    try:
        return microseconds(value)
    except ValueError as problem:
        raise Refused(422, str(problem)) from None
