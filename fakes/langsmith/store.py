"""Everything the LangSmith server knows, in one sqlite3 file. The API and the page both ask here and nowhere else.

`Store(path)` is put together from its subjects: `database` (the file, transactions), `merging` (ingest), `runs`,
`projects`, `feedback`, `datasets` and their `versions`, `comparisons`, `attachments`, `shares`. All methods may be
called from any thread. Objects come and go as plain dicts in the wire's own shape (ids and times as text, JSON values
parsed); what does not exist is None or an empty list; what cannot be done raises `Refused` (`.status` as HTTP's, text
for the user) and `filters.BadFilter` (a ValueError) for a filter string that is none.

What the page may call:

Runs. `runs(filter=…, …) -> (rows, next_cursor)` with everything `runs.Query` names (sessions, is_root, run_type, error,
status, name, tag, text, min_latency, filter, trace_filter, tree_filter, limit, cursor, newest_first); `select=LIGHT`
leaves the heavy JSON away and adds `inputs_preview`/`outputs_preview` (the first 300 letters of the JSON, None if
absent). `run(id, select=None)`. `trace(trace_id, select=None)`: all its runs in dotted order, which is the tree in
preorder; depth is `dotted_order.count(".")`. `count_runs(**same)`. `heavy(id, field)`: the JSON text of `inputs`,
`outputs`, `extra`, `events`, `serialized` whole. `attachments(owner_id)` and `attachment(owner_id, name)`.
`every_run(**same)`, `every_run_of(trace_id)` and `every_example(dataset_id)` give them one by one, for exports of any
size (`export.jsonl`). `latencies(project_id, buckets=…)` for a chart. `mark()`, then `runs(changed_since=mark, …)` for
a live tail. Each run: `id, trace_id, parent_run_id, parent_run_ids, dotted_order, session_id, name, run_type,
start_time, end_time, status ("pending" | "success" | "error"), error, tags, prompt_tokens, completion_tokens,
total_tokens, first_token_time, reference_example_id, feedback_stats, app_path`, and the heavy ones; without a `select`
also `prompt_cost, completion_cost, total_cost` (None where no client told one), `thread_id`, and `s3_urls` of
attachments. A `select` may name "feedback_stats" besides; without it they are not counted.

Projects. `projects(name=None, name_contains=None, reference_dataset=None, limit=100, offset=0, stats=False)`,
`project(id)`, `project_named(name)`, `stats(project_id)`: `run_count` (root runs), `error_rate`, `latency_p50`,
`latency_p99` (seconds or None), `total_tokens, prompt_tokens, completion_tokens, last_run_start_time, feedback_stats,
session_feedback_stats`. `delete_project(id)`.

Feedback. `feedback(run_ids=…)`, `add_feedback({...})` (only `key` is needed, with `run_id`), `delete_feedback(id)`.

Datasets. `datasets(…)`, `dataset(id)`, `dataset_named(name)`, `create_dataset({"name": …})`, `examples(dataset_id, …)`,
`example(id)`, `add_examples(dataset_id, [{"inputs": …, "outputs": …, "source_run_id": …}]) -> ids`,
`experiments(dataset_id)` (projects with stats), `experiment_rows(dataset_id, project_ids)` (examples with their runs).

Versions. `examples(dataset_id, as_of=…)`, `versions(dataset_id)`, `version(dataset_id, as_of)`, `diff(…)`,
`tag_version(dataset_id, as_of, tag)`. Comparative experiments: `comparisons(dataset_id)`, `comparison(id)`.

Sharing. `share(run_id) -> token`, `shared_token(run_id)`, `shared_run(token) -> run id`, `unshare(run_id)`; of a
dataset `share_dataset`, `dataset_token`, `shared_dataset`, `unshare_dataset`.

How the page is asked: `server` calls `page.pages.answer(request, store) -> Optional[Answer]` (both of
`fakes.serving.http11`) for each request whose path the API does not have; None becomes a 404. Host and password are
checked before that, for the API and the page alike; who has a link and no password gets `public.answer` instead. A
question that takes longer than `database.LONGEST` raises `Refused` (422), too.

Ingest. `merge([Op("post" | "patch", fields), …], feedback=[…])`: see `merging`.
"""

from __future__ import annotations

from .comparisons import Comparisons
from .database import Refused
from .derive import HEAVY, LIGHT
from .merging import Merging, Op
from .shares import Shares
from .tally import Tally

__all__ = ["HEAVY", "LIGHT", "Op", "Refused", "Store"]


class Store(Merging, Comparisons, Shares, Tally):
    """The store of one server: `Store("traces.db")`, or `Store()` in memory.

    >>> store = Store()
    >>> store.merge([Op("post", {"id": "7a1c1e0e-0000-4000-8000-000000000001", "name": "hello", "run_type": "chain",
    ...     "start_time": "2026-11-23T04:25:25Z", "session_name": "demo"})])
    >>> [(run["name"], run["status"]) for run in store.runs()[0]]
    [('hello', 'pending')]
    >>> store.close()
    """
