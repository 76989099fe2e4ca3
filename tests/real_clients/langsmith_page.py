"""Does our page say what the real LangSmith SDK says? `python tests/real_clients/langsmith_page.py BASE_URL`

Traces, feedback, a dataset and an experiment are made by the `langsmith` package on a running `python -m fakes
langsmith` (BASE_URL is its url), then the page is asked for the same and the other way round: feedback and examples
given on the page are listed by the SDK, each filter of the page gives the ids that `list_runs` gives. One row per case;
exit code 1 when one fails, 2 when the package is missing. A script, not a test: see `openai_sdk.py`.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid
import warnings
from typing import Any, Callable, List, Tuple

RUN = uuid.uuid4().hex[:6]  # names of this run: the server may have seen others
FILTERS: List[Tuple[str, dict]] = [
    ("type=chain", {"run_type": "chain"}),
    ("status=error", {"error": True}),
    ("status=success", {"filter": 'eq(status, "success")'}),
    ("tag=even", {"filter": 'has(tags, "even")'}),
    ("name=asks", {"filter": 'eq(name, "asks")'}),
    ("text=needle", {"filter": 'search("needle")'}),
    ("latency=0.05", {"filter": "gte(latency, 0.05)"}),
    (
        "filter=" + urllib.parse.quote('and(has(tags, "even"), neq(error, null))'),
        {"filter": 'and(has(tags, "even"), neq(error, null))'},
    ),
    ("tree_filter=" + urllib.parse.quote('eq(name, "inner")'), {"tree_filter": 'eq(name, "inner")'}),
    ("all=1&type=tool", {"is_root": None, "run_type": "tool"}),
]


class Page:
    """The page, asked as a browser without scripts asks."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.base + path, timeout=20) as answer:
            return answer.read().decode("utf-8")

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, shown_on: str, **fields: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.get(shown_on))
        assert found is not None, "no token on the page"
        body = urllib.parse.urlencode({**fields, "token": found.group(1)}).encode()
        with urllib.request.urlopen(self.base + path, body, timeout=20) as answer:
            return answer.geturl()


def main(argv: List[str]) -> int:
    """Run all cases and print the rows."""
    if len(argv) != 1:
        print(__doc__)
        return 2
    try:
        import langsmith
    except ImportError:
        print("the langsmith package is not installed")
        return 2
    warnings.simplefilter("ignore")
    client = langsmith.Client(api_url=argv[0], api_key="lsv2_fake_key")
    page = Page(argv[0].rstrip("/"))
    failed = 0
    for name, case in _cases(client, page):
        try:
            case()
            print(f"ok      {name}")
        except Exception:
            failed += 1
            print(f"FAILED  {name}")
            traceback.print_exc()
    return 1 if failed else 0


def _cases(client: Any, page: Page) -> List[Tuple[str, Callable[[], None]]]:
    project = f"page-{RUN}"
    _traces(client, project)
    session = str(client.read_project(project_name=project).id)
    here = f"/projects/p/{session}"

    def filtered(query: str, asked: dict) -> Callable[[], None]:
        def case() -> None:
            given = {"is_root": True, **asked}
            told = [
                str(run.id)
                for run in client.list_runs(project_name=project, **{k: v for k, v in given.items() if v is not None})
            ]
            twin = [run["id"] for run in page.json(f"{here}.json?{query}")["runs"]]
            shown = re.findall(r'<tr [^>]*data-run="([^"]+)"', page.get(f"{here}?{query}"))
            assert told and sorted(told) == sorted(twin) == sorted(shown), (told, twin, shown)

        return case

    def first() -> Any:
        return next(iter(client.list_runs(project_name=project, is_root=True)))

    def feedback_from_the_page() -> None:
        run = first()
        address = f"{here}/r/{run.id}"
        page.post(address + "/feedback", address, key="by_page", score="0.5", comment="from <the> page")
        found = [one for one in client.list_feedback(run_ids=[run.id]) if one.key == "by_page"]
        assert [(one.score, one.comment) for one in found] == [(0.5, "from <the> page")], found

    def feedback_from_the_sdk() -> None:
        run = first()
        client.create_feedback(run.id, "by_sdk", score=1, comment="from the SDK", trace_id=run.trace_id)
        client.flush()
        shown = page.get(f"{here}/r/{run.id}")
        assert "by_sdk" in shown and "from the SDK" in shown

    def example_from_the_page() -> None:
        run = first()
        address = f"{here}/r/{run.id}"
        page.post(address + "/example", address, new=f"zoo-{RUN}")
        found = list(client.list_examples(dataset_name=f"zoo-{RUN}"))
        assert [(one.inputs, one.outputs) for one in found] == [(run.inputs, run.outputs)], found

    def experiment_of_the_sdk() -> None:
        scores = iter([1, 0, 1])
        name = f"exam-{RUN}"
        dataset = client.create_dataset(name)
        client.create_examples(
            dataset_id=dataset.id, examples=[{"inputs": {"n": n}, "outputs": {"m": n}} for n in range(3)]
        )
        result = client.evaluate(lambda inputs: {"m": inputs["n"]}, data=name, max_concurrency=0,
                                 evaluators=[lambda run, example: {"key": "right", "score": next(scores)}])  # fmt: skip
        client.flush()
        shown = page.get(f"/data/{dataset.id}")
        assert result.experiment_name in shown and "right <b>0.667</b>" in shown, shown

    def address_of_the_sdk() -> None:
        run = first()
        path = urllib.parse.urlsplit(run.url or "").path or client.read_run(run.id).app_path
        with urllib.request.urlopen(page.base + path, timeout=20) as answer:
            assert answer.geturl() == f"{page.base}{here}/r/{run.id}", answer.geturl()

    rows = [(f"the same runs: {query}", filtered(query, asked)) for query, asked in FILTERS]
    return [
        *rows,
        ("feedback of the page is listed by the SDK", feedback_from_the_page),
        ("feedback of the SDK is on the page", feedback_from_the_sdk),
        ("an example of the page is listed by the SDK", example_from_the_page),
        ("an experiment of the SDK shows its mean score", experiment_of_the_sdk),
        ("the SDK's address of a run leads to its page", address_of_the_sdk),
    ]


def _traces(client: Any, project: str) -> None:
    import os
    import time

    os.environ["LANGSMITH_TRACING"] = "true"
    from langsmith import traceable

    @traceable(run_type="tool", client=client, project_name=project)
    def inner(number: int) -> int:
        time.sleep(0.06 if number % 3 == 0 else 0)
        if number == 4:
            raise ValueError("four")
        return number

    def asks(number: int, words: str) -> str:
        return f"{words} {inner(number)}"

    for number in range(6):
        traced = traceable(
            run_type="chain", client=client, project_name=project, tags=["even"] if number % 2 == 0 else []
        )(asks)
        try:
            traced(number, "a needle" if number == 2 else "hay")
        except ValueError:
            pass
    client.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
