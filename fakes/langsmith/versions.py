"""Versions of datasets: what the examples were at a moment, and names for moments.

Each change of examples is a version, named by its moment; what an example was before stands in `example_history` from
when it was so until when. So a dataset as of any moment can be read, also an example that is deleted by now. `latest`
always names the newest version; other tags are set by the user and may be moved. Attachments have no versions: an
example of old shows those that it has now.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from .database import Database, Refused, clean
from .derive import iso, microseconds

__all__ = ["Versions"]

_COLUMNS = "id, dataset_id, created_us, modified_us, source_run_id, metadata, inputs, outputs"
_NEVER = (1 << 63) - 1
LATEST = "latest"
MOST_TAG = 200  # letters


class Versions(Database):
    """The versions of the store's datasets."""

    def keep_version(self, example_id: str, moment: int) -> None:
        """Remember what an example was until this moment; call it before it is changed or deleted."""
        with self.writing() as db:
            db.execute(
                f"INSERT INTO example_history ({_COLUMNS}, until_us) SELECT {_COLUMNS}, ? FROM examples WHERE id=?",
                (moment, example_id),
            )

    def forget_versions(self, example_id: str) -> None:
        """Delete what an example ever was."""
        with self.writing() as db:
            db.execute("DELETE FROM example_history WHERE id=?", (example_id,))

    def versioned(self, dataset_id: Optional[str], as_of: Optional[str]) -> Tuple[str, List[Any]]:
        """Give the examples as of a version (a moment or a tag, None: now) as SQL to select from, and its values.

        Raises: Refused (404 for a tag that is not there, 422 for what is neither).
        """
        if as_of is None or as_of == LATEST:
            return "examples", []
        moment = self.moment(dataset_id, as_of)
        return (
            f"(SELECT {_COLUMNS} FROM examples WHERE modified_us<=? UNION ALL"
            f" SELECT {_COLUMNS} FROM example_history WHERE modified_us<=? AND until_us>?)",
            [moment, moment, moment],
        )

    def moment(self, dataset_id: Optional[str], as_of: str) -> int:
        """Give the moment of a version in microseconds. Raises: Refused (404, 422)."""
        if as_of == LATEST:
            return _NEVER
        try:
            found = microseconds(as_of)
        except ValueError:
            found = None
        if found is not None:
            return found
        if dataset_id is None:
            raise Refused(422, f"{as_of[:60]!r} is no time, and a tag is one of a dataset: name the dataset")
        row = self.row("SELECT as_of_us FROM dataset_tags WHERE dataset_id=? AND tag=?", (dataset_id, as_of))
        if row is None:
            raise Refused(404, f"there is no version {as_of[:60]!r}: neither a time nor a tag of dataset {dataset_id}")
        return int(row[0])

    def versions(
        self, dataset_id: str, *, search: Optional[str] = None, limit: int = 100, offset: int = 0
    ) -> List[Dict[str, Any]]:
        """List the versions of a dataset, the newest first: {"as_of", "tags"}; `search` is in a tag's name."""
        tags = self._tags(dataset_id)
        moments = self._moments(dataset_id)
        listed = [_shown(at, tags, newest=at == moments[0]) for at in moments]
        if search:
            listed = [one for one in listed if any(search.lower() in tag.lower() for tag in one["tags"] or ())]
        return listed[offset : offset + limit]

    def version(self, dataset_id: str, as_of: str) -> Dict[str, Any]:
        """Give the version of a moment or tag: the newest not later. Raises: Refused (404, 422)."""
        until = self.moment(dataset_id, as_of)
        moments = self._moments(dataset_id)
        found = next((at for at in moments if at <= until), None)
        if found is None:
            raise Refused(404, f"dataset {dataset_id} has no version as of {as_of[:60]!r}: it had no examples yet")
        return _shown(found, self._tags(dataset_id), newest=found == moments[0])

    def tag_version(self, dataset_id: str, as_of: str, tag: Any) -> Dict[str, Any]:
        """Give the version of a moment a name, which is taken from another version if it has it.

        Raises: Refused (404 before the first version, 422 for what is no name).
        """
        if not isinstance(tag, str) or not 0 < len(tag) <= MOST_TAG:
            raise Refused(422, f"a tag is a text of 1 to {MOST_TAG} letters")
        if tag == LATEST:
            raise Refused(422, "the tag latest is always the newest version's")
        with self.writing() as db:
            found = self.version(dataset_id, as_of)
            values = (dataset_id, clean(tag), microseconds(found["as_of"]))
            db.execute("INSERT OR REPLACE INTO dataset_tags VALUES (?,?,?)", values)
        return self.version(dataset_id, found["as_of"])

    def diff(self, dataset_id: str, before: str, after: str) -> Dict[str, List[str]]:
        """Tell what became of examples from one version to another, by their ids. Raises: Refused (404, 422)."""
        old, new = (self._at(dataset_id, as_of) for as_of in (before, after))
        return {
            "examples_modified": sorted(one for one in new if one in old and new[one] != old[one]),
            "examples_added": sorted(set(new) - set(old)),
            "examples_removed": sorted(set(old) - set(new)),
        }

    def forget_dataset(self, dataset_id: str) -> None:
        """Delete all versions of a dataset and their tags."""
        with self.writing() as db:
            db.execute("DELETE FROM example_history WHERE dataset_id=?", (dataset_id,))
            db.execute("DELETE FROM dataset_tags WHERE dataset_id=?", (dataset_id,))

    def _at(self, dataset_id: str, as_of: str) -> Dict[str, Sequence[Any]]:
        table, values = self.versioned(dataset_id, as_of)
        sql = f"SELECT id, metadata, inputs, outputs FROM {table} WHERE dataset_id=?"
        return {row[0]: tuple(row)[1:] for row in self.rows(sql, [*values, dataset_id])}

    def _moments(self, dataset_id: str) -> List[int]:
        return [row[0] for row in self.rows(
            "SELECT modified_us AS at FROM examples WHERE dataset_id=? UNION"
            " SELECT modified_us FROM example_history WHERE dataset_id=? UNION"
            " SELECT until_us FROM example_history WHERE dataset_id=? ORDER BY at DESC",
            (dataset_id, dataset_id, dataset_id),
        )]  # fmt: skip

    def _tags(self, dataset_id: str) -> Dict[int, List[str]]:
        tags: Dict[int, List[str]] = {}
        for row in self.rows("SELECT tag, as_of_us FROM dataset_tags WHERE dataset_id=? ORDER BY tag", (dataset_id,)):
            tags.setdefault(row["as_of_us"], []).append(row["tag"])
        return tags


def _shown(moment: int, tags: Dict[int, List[str]], *, newest: bool) -> Dict[str, Any]:
    return {"as_of": iso(moment), "tags": ([LATEST] if newest else []) + tags.get(moment, []) or None}
