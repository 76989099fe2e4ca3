"""Does our page say what the real LangSmith SDK says? `python tests/real_clients/langsmith_page.py BASE_URL`

Traces, feedback, a dataset and an experiment are made by the `langsmith` package on a running `python -m fakes
langsmith` (BASE_URL is its url), then the page is asked for the same and the other way round: feedback and examples
given on the page are listed by the SDK, each filter of the page gives the ids that `list_runs` gives. What is printed,
and the exit codes: see matrix.py.

`python tests/real_clients/langsmith_page.py --times BASE_URL`, from the repository and without the package, measures in
chromium what the page promises in seconds instead: a trace of 2,000 runs is open within 1.5, a run that ends is in the
list within 3. Each row has the median and the worst of its rounds; exit code 1 when a worst one is over its limit.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import warnings
from typing import Any, Callable, List, Tuple

from matrix import Cases, is_installed, show, tell_versions

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
    (
        "all=1&trace_filter=" + urllib.parse.quote('has(tags, "even")'),
        {"is_root": None, "trace_filter": 'has(tags, "even")'},
    ),
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
    if len(argv) == 2 and argv[0] == "--times":
        return times(argv[1].rstrip("/"))
    if len(argv) != 1:
        print((__doc__ or "").strip().splitlines()[0], file=sys.stderr)
        return 2
    if not is_installed("langsmith"):
        print("not installed: langsmith", file=sys.stderr)
        return 2
    tell_versions(["langsmith"])
    import langsmith

    warnings.simplefilter("ignore")
    client = langsmith.Client(api_url=argv[0], api_key="lsv2_fake_key")
    return show({"page": _cases(client, Page(argv[0].rstrip("/")))})


def _cases(client: Any, page: Page) -> Cases:
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


ROUNDS = 5


def times(base: str) -> int:
    """Measure in a browser and print a row for each promise."""
    sys.path.insert(0, os.getcwd())
    from tests.fakes.langsmith import browser

    path = browser.find()
    if path is None:
        print("no chromium here")
        return 2
    failed = 0
    with browser.Browser(path) as chromium:
        for name, limit, rounds in (
            ("a trace of 2,000 runs, from navigation to load", 1.5, _openings(chromium, base, 2_000)),
            ("a list of 5,000 root runs, from navigation to load", 1.5, _lists(chromium, base, 5_000)),
            ("a run's end, from the answer to its post to its row", 3.0, _tails(chromium, base)),
        ):
            worst = max(rounds)
            failed += worst > limit
            told = f"median {statistics.median(rounds):.2f} s, worst {worst:.2f} s of {len(rounds)} (limit {limit} s)"
            print(f"{'FAILED ' if worst > limit else 'ok     '} {name}: {told}")
    return 1 if failed else 0


def _post(base: str, runs: List[dict]) -> None:
    for start in range(0, len(runs), 100):
        body = json.dumps({"post": runs[start : start + 100]}).encode()
        headers = {"x-api-key": "lsv2_fake_key", "content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(base + "/runs/batch", body, headers), timeout=60) as answer:
            answer.read()


def _run(project: str, number: int, parent: Any = None) -> dict:
    made, started = str(uuid.uuid4()), 1_700_000_000 + number * 0.01
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(started)) + f"{int(started % 1 * 1e6):06}Z" + made
    run = {"id": made, "name": f"step {number}", "run_type": "llm" if number % 3 else "chain", "session_name": project,
           "trace_id": parent["trace_id"] if parent else made, "inputs": {"question": f"what is {number}?"},
           "outputs": {"answer": "x" * 200}, "start_time": _iso(started), "end_time": _iso(started + 0.5),
           "dotted_order": f"{parent['dotted_order']}.{stamp}" if parent else stamp}  # fmt: skip
    return {**run, "parent_run_id": parent["id"]} if parent else run


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1e6):06}+00:00"


def _address(base: str, project: str) -> str:
    with urllib.request.urlopen(f"{base}/sessions?limit=1&name={project}", timeout=20) as answer:
        return f"{base}/projects/p/{json.load(answer)[0]['id']}"


def _opened(chromium: Any, address: str, expression: str, wanted: int) -> List[float]:
    taken = []
    for _ in range(ROUNDS):
        tab = chromium.tab()
        begun = time.monotonic()
        tab.go(address)
        taken.append(time.monotonic() - begun)
        assert tab.value(expression) == wanted, tab.value(expression)
    return taken


def _openings(chromium: Any, base: str, count: int) -> List[float]:
    project = f"big-{RUN}"
    runs = [_run(project, 0)]
    for number in range(1, count):
        runs.append(_run(project, number, runs[0] if number % 5 == 0 or number < 5 else runs[number // 5 * 5]))
    _post(base, runs)
    address = f"{_address(base, project)}/r/{runs[0]['id']}"
    return _opened(chromium, address, "document.querySelectorAll('.row').length", count)


def _lists(chromium: Any, base: str, count: int) -> List[float]:
    project = f"many-{RUN}"
    _post(base, [_run(project, number) for number in range(count)])
    return _opened(chromium, _address(base, project), "document.querySelectorAll('tr[data-run]').length", 50)


def _tails(chromium: Any, base: str) -> List[float]:
    project = f"tail-{RUN}"
    _post(base, [_run(project, 0)])
    tab = chromium.tab()
    tab.go(_address(base, project))
    taken = []
    for number in range(1, ROUNDS + 1):
        run = _run(project, number)
        tab.listen(0.37 * number)  # at another place between two looks each time
        _post(base, [run])
        begun = time.monotonic()
        tab.until(f"document.querySelector(\"tr[data-run='{run['id']}'] .success\") !== null", seconds=30)
        taken.append(time.monotonic() - begun)
    return taken


def _traces(client: Any, project: str) -> None:
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
