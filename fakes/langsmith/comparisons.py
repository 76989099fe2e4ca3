"""Comparative experiments: experiments of one dataset side by side, and the feedback that was given by comparing them.

Such feedback is on runs like any other and says by `comparative_experiment_id` where it comes from.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Dict, List, Optional

from .database import Refused, as_id, clean, dumped, ids, loaded, new_id
from .datasets import Datasets
from .derive import iso, microseconds, now_us

__all__ = ["Comparisons"]


class Comparisons(Datasets):
    """The comparative experiments of the store."""

    def create_comparison(self, said: Dict[str, Any]) -> Dict[str, Any]:
        """Make a comparative experiment: `experiment_ids`, `reference_dataset_id`, `name`, `description`, `extra`.

        Raises: Refused (404 for an unknown experiment or dataset, 409 for an id that is there, 422).
        """
        experiments = ids(said.get("experiment_ids") or ())
        if not experiments:
            raise Refused(422, "experiment_ids: name at least one experiment")
        made = as_id(said["id"]) if said.get("id") else new_id()
        now = now_us()
        try:
            created = microseconds(said.get("created_at")) or now
        except ValueError as problem:
            raise Refused(422, f"created_at: {problem}") from None
        with self.writing():
            dataset = self._common_dataset(experiments, said.get("reference_dataset_id"))
            if self.comparison(made) is not None:
                raise Refused(409, f"a comparative experiment with the id {made} exists")
            self.insert("comparisons", {
                "id": made, "dataset_id": dataset, "name": _text(said, "name"),
                "description": _text(said, "description"), "created_us": created, "modified_us": now,
                "extra": dumped(said.get("extra")), "experiments": dumped(experiments),
            })  # fmt: skip
        found = self.comparison(made)
        assert found is not None
        return found

    def comparison(self, comparison_id: str) -> Optional[Dict[str, Any]]:
        """Give one comparative experiment by id, or None."""
        row = self.row("SELECT * FROM comparisons WHERE id=?", (comparison_id,))
        return None if row is None else self._comparison(row)

    def comparisons(self, dataset_id: str, *, limit: int = 100, offset: int = 0) -> List[Dict[str, Any]]:
        """List the comparative experiments of a dataset, the newest first."""
        sql = "SELECT * FROM comparisons WHERE dataset_id=? ORDER BY created_us DESC, id LIMIT ? OFFSET ?"
        return [self._comparison(row) for row in self.rows(sql, (dataset_id, limit, offset))]

    def delete_comparison(self, comparison_id: str) -> None:
        """Delete a comparative experiment with its feedback; the experiments stay. Raises: Refused (404)."""
        with self.writing() as db:
            if not db.execute("DELETE FROM comparisons WHERE id=?", (comparison_id,)).rowcount:
                raise Refused(404, f"there is no comparative experiment {comparison_id}")
            db.execute("DELETE FROM feedback WHERE comparative_experiment_id=?", (comparison_id,))

    def _common_dataset(self, experiments: List[str], said: Any) -> str:
        """Give the dataset of all these experiments, which is the one that was said if one was."""
        datasets = set() if said is None else {as_id(said)}
        for experiment in experiments:
            project = self.project(experiment)
            if project is None:
                raise Refused(404, f"there is no experiment {experiment}")
            datasets.add(project["reference_dataset_id"])
        if len(datasets) != 1 or None in datasets:
            raise Refused(422, "the experiments of a comparison are all of one dataset")
        return str(datasets.pop())

    def _comparison(self, row: sqlite3.Row) -> Dict[str, Any]:
        experiments = [self.project(one) for one in loaded(row["experiments"])]
        return {
            "id": row["id"],
            "tenant_id": self.tenant_id,
            "name": row["name"],
            "description": row["description"],
            "created_at": iso(row["created_us"]),
            "modified_at": iso(row["modified_us"]),
            "reference_dataset_id": row["dataset_id"],
            "extra": loaded(row["extra"]),
            "experiments_info": [{"id": one["id"], "name": one["name"]} for one in experiments if one is not None],
            "feedback_stats": self.scores("comparative_experiment_id=?", row["id"]),
        }


def _text(said: Dict[str, Any], name: str) -> Optional[str]:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(422, f"{name} is a text")
    return None if value is None else clean(value)
