"""Does the real LangSmith SDK agree with our server? `python tests/real_clients/langsmith_sdk.py BASE_URL [FAKES_URL]`

Runs the `langsmith` package and `langchain-core`'s tracing, sync and async, against a running `python -m fakes
langsmith` (BASE_URL is its url) and prints one row per case; with the url of a running `python -m fakes` the chat
models are `langchain-openai`'s on it, else fakes of langchain-core. A server with a password takes LANGSMITH_API_KEY
from the environment. Exit code 1 when a case fails, 2 when the packages are missing. A script, not a test: see
`openai_sdk.py`.
"""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
import uuid
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Callable, Dict, List, Tuple

Case = Callable[[], Any]
KEY = os.environ.get("LANGSMITH_API_KEY", "lsv2_fake_key")
LOOP = asyncio.new_event_loop()  # one for all cases: langchain-openai keeps its connections between models
MARKED = """
import pytest
from langsmith import testing

@pytest.mark.langsmith(output_keys=["wanted"])
@pytest.mark.parametrize("q, wanted", [("good", 1), ("bad", 2)])
def test_marked(q, wanted):
    testing.log_outputs({"a": 1})
    if q == "good":
        testing.log_feedback(key="right", score=1)
    assert wanted == 1
"""
RUN = uuid.uuid4().hex[:6]  # names of this run: the server may have seen others


def main(argv: List[str]) -> int:
    """Run all cases and print the matrix."""
    if len(argv) not in (1, 2):
        print(__doc__.strip().splitlines()[0], file=sys.stderr)
        return 2
    base = argv[0].rstrip("/")
    try:
        versions = ", ".join(f"{name} {version(name)}" for name in ("langsmith", "langchain-core"))
        versions += f", langchain-openai {version('langchain-openai')}" if len(argv) == 2 else ""
    except PackageNotFoundError as problem:
        print(f"the real clients are not installed: {problem}", file=sys.stderr)
        return 2
    for name in [name for name in os.environ if name.startswith(("LANGSMITH_", "LANGCHAIN_"))]:
        del os.environ[name]
    # The SDK remembers what it read, so all of it is said before the first import.
    os.environ.update(LANGSMITH_TRACING="true", LANGSMITH_ENDPOINT=base, LANGSMITH_API_KEY=KEY)
    os.environ["LANGSMITH_PROJECT"] = f"default {RUN}"
    warnings.simplefilter("ignore")  # of calls that the SDK means to take away
    print(f"{versions}, Python {sys.version.split()[0]}")
    models = argv[1].rstrip("/") + "/openai/v1" if len(argv) == 2 else None
    rows: Dict[str, Dict[str, str]] = {}
    columns = {
        "langsmith": langsmith_cases(),
        "langsmith async": langsmith_async_cases(),
        "langchain": langchain_cases(models, asynchronous=False),
        "langchain async": langchain_cases(models, asynchronous=True),
    }
    for column, cases in columns.items():
        for name, case in cases:
            rows.setdefault(name, {})[column] = outcome(case)
    print(f"{'':28}" + "".join(f"{column:18}" for column in columns))
    for name, cells in rows.items():
        print(f"{name:28}" + "".join(f"{cells.get(column, '-'):18}" for column in columns))
    failed = sum(cell == "FAILED" for cells in rows.values() for cell in cells.values())
    total = sum(len(cells) for cells in rows.values())
    print(f"{total - failed} of {total} cells agree")
    return 1 if failed else 0


def outcome(case: Case) -> str:
    try:
        result = case()
        if asyncio.iscoroutine(result):
            LOOP.run_until_complete(result)
    except Exception:
        traceback.print_exc()
        return "FAILED"
    return "ok"


def client() -> Any:
    from langsmith.run_trees import get_cached_client

    return get_cached_client()


def flushed(project: str, **conditions: Any) -> List[Any]:
    """Give the runs of a project when all that was traced has been sent, in the order of their trees."""
    from langchain_core.tracers.langchain import wait_for_all_tracers

    wait_for_all_tracers()
    client().flush()
    return sorted(client().list_runs(project_name=project, **conditions), key=lambda run: run.dotted_order)


def tree(runs: List[Any]) -> List[Tuple[int, str, str]]:
    """Give depth, type and name of each run."""
    return [(run.dotted_order.count("."), run.run_type, run.name) for run in runs]


def within(project: str) -> Any:
    from langsmith import tracing_context

    return tracing_context(project_name=project, enabled=True)


def same(got: Any, wanted: Any) -> None:
    assert got == wanted, f"{got!r} is not {wanted!r}"


def traced_project(name: str) -> str:
    """Trace a root with a child, a tool that fails, and a lone run; give the project's name."""
    from langsmith import traceable

    @traceable(run_type="tool")
    def fail() -> None:
        raise ValueError("no such city")

    @traceable(run_type="llm", metadata={"ls_model_name": "m"})
    def model(question: str) -> Dict[str, Any]:
        return {"text": question, "usage_metadata": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}}

    @traceable(tags=["prod"], metadata={"user": "ann"})
    def agent(question: str) -> str:
        model(question)
        try:
            fail()
        except ValueError:
            pass
        return "sunny"

    @traceable(run_type="retriever")
    def lone(query: str) -> List[str]:
        return [query]

    project = f"{name} {RUN}"
    with within(project):
        agent("weather <script>\r\n😀?")
        lone("x")
    return project


def langsmith_cases() -> List[Tuple[str, Case]]:
    def nested() -> None:
        agent, model, fail, lone = flushed(traced_project("nested"))
        same(tree([agent, model, fail, lone]), [(0, "chain", "agent"), (1, "llm", "model"), (1, "tool", "fail"),
            (0, "retriever", "lone")])  # fmt: skip
        same(agent.inputs, {"question": "weather <script>\r\n😀?"})
        same((agent.status, fail.status, agent.outputs), ("success", "error", {"output": "sunny"}))
        assert "no such city" in fail.error and "Traceback" in fail.error
        same((agent.total_tokens, model.prompt_tokens, model.completion_tokens), (7, 3, 4))
        same(agent.tags, ["prod"])
        assert agent.latency is not None and agent.latency >= 0 and model.parent_run_ids == [agent.id]

    def streamed() -> None:
        from langsmith import traceable

        @traceable(reduce_fn="".join)
        def pieces() -> Any:
            yield "a"
            yield "b"

        with within(f"streamed {RUN}"):
            same(list(pieces()), ["a", "b"])
        (run,) = flushed(f"streamed {RUN}")
        same((run.outputs, run.status), ({"output": "ab"}, "success"))

    def bare() -> None:
        project = f"bare {RUN}"
        made = uuid.uuid4()
        client().create_run("bare", {"x": 1}, "chain", id=made, project_name=project)
        (run,) = eventually(lambda: flushed(project))
        same((run.id, run.status, run.trace_id), (made, "pending", made))
        client().update_run(made, outputs={"y": 2}, end_time=run.start_time)
        eventually(lambda: [one for one in flushed(project) if one.status == "success"])

    def pending() -> None:
        from langsmith.run_trees import RunTree

        parent = RunTree(name="parent", inputs={"a": 1}, project_name=f"pending {RUN}")
        parent.post()
        child = parent.create_child("child", run_type="tool", inputs={})
        child.post()
        same([run.status for run in flushed(f"pending {RUN}")], ["pending", "pending"])
        child.end(outputs={"b": 2})
        child.patch()
        same([run.status for run in flushed(f"pending {RUN}")], ["pending", "success"])

    def headers() -> None:
        from langsmith.run_trees import RunTree

        parent = RunTree(name="service a", inputs={}, project_name=f"headers {RUN}")
        parent.post()
        again = RunTree.from_headers(parent.to_headers(), project_name=f"headers {RUN}")
        assert again is not None
        child = again.create_child("service b")
        child.post()
        same(tree(flushed(f"headers {RUN}")), [(0, "chain", "service a"), (1, "chain", "service b")])

    def many() -> None:
        from langsmith import traceable

        @traceable
        def step(n: int) -> int:
            return n

        with within(f"many {RUN}"):
            for n in range(350):
                step(n)
        runs = flushed(f"many {RUN}")
        same(sorted(run.inputs["n"] for run in runs), list(range(350)))
        same(len(list(client().list_runs(project_name=f"many {RUN}", limit=120))), 120)

    def batch_and_single() -> None:
        from langsmith import Client

        info = copy.deepcopy(client().info)
        info.batch_ingest_config["use_multipart_endpoint"] = False
        for name, other in (("batch", Client(info=info)), ("single", Client(auto_batch_tracing=False))):
            trace = {"trace_id": uuid.uuid4(), "project_name": f"{name} {RUN}"}
            order = f"20261123T042525000000Z{trace['trace_id']}"
            other.create_run(name, {"x": 1}, "chain", id=trace["trace_id"], dotted_order=order, **trace)
            other.update_run(
                trace["trace_id"], outputs={"y": 2}, end_time=now(), dotted_order=order, trace_id=trace["trace_id"]
            )
            other.flush()
            (run,) = eventually(lambda: [run for run in flushed(f"{name} {RUN}") if run.end_time])
            same((run.inputs, run.outputs, run.status), ({"x": 1}, {"y": 2}, "success"))

    def reading() -> None:
        project = traced_project("reading")
        root = flushed(project)[0]
        run = client().read_run(root.id, load_child_runs=True)
        same([child.name for child in run.child_runs], ["model", "fail"])
        assert str(root.id) in run.url and str(root.session_id) in client().get_run_url(run=run)
        raises("LangSmithNotFoundError", lambda: client().read_run(uuid.uuid4()))

    def filters() -> None:
        project = traced_project("filters")
        everything = flushed(project)
        start = everything[3].start_time
        for conditions, names in (
            ({"is_root": True}, ["agent", "lone"]),
            ({"run_type": "llm"}, ["model"]),
            ({"error": True}, ["fail"]),
            ({"error": False}, ["agent", "model", "lone"]),
            ({"start_time": start}, ["lone"]),
            ({"id": [everything[1].id]}, ["model"]),
            ({"trace_id": everything[0].id}, ["agent", "model", "fail"]),
            ({"parent_run_id": everything[0].id}, ["model", "fail"]),
            ({"query": "sunny"}, ["agent"]),
            ({"filter": 'eq(run_type, "tool")'}, ["fail"]),
            ({"filter": 'and(has(tags, "prod"), eq(is_root, true))'}, ["agent"]),
            ({"filter": "neq(error, null)"}, ["fail"]),
            ({"filter": 'search("<script>")'}, ["agent", "model"]),
            ({"filter": 'or(eq(name, "lone"), gt(total_tokens, 5))'}, ["agent", "model", "lone"]),
            ({"trace_filter": 'eq(name, "agent")', "filter": 'eq(run_type, "llm")'}, ["model"]),
            ({"tree_filter": "neq(error, null)", "is_root": True}, ["agent"]),
            ({"select": ["name", "inputs"], "limit": 1}, ["lone"]),
        ):
            same([run.name for run in flushed(project, **conditions)], names)
        raises("LangSmithError", lambda: flushed(project, filter="eq("))

    def feedback() -> None:
        root = flushed(traced_project("feedback"))[0]
        plain = client().create_feedback(root.id, "plain", score=0.5, comment="good")
        client().create_feedback(root.id, "queued", value="a", trace_id=root.trace_id, correction={"b": 1})
        client().flush()
        found = {one.key: one for one in eventually(lambda: two(client().list_feedback(run_ids=[root.id])))}
        same((found["plain"].score, found["plain"].comment, found["queued"].value), (0.5, "good", "a"))
        client().update_feedback(plain.id, score=0.75, comment="better")
        same(client().read_feedback(plain.id).score, 0.75)
        same(client().read_run(root.id).feedback_stats["plain"]["avg"], 0.75)
        same([one.key for one in client().list_feedback(run_ids=[root.id], feedback_key=["queued"])], ["queued"])
        client().delete_feedback(plain.id)
        same([one.key for one in client().list_feedback(run_ids=[root.id])], ["queued"])

    def datasets() -> None:
        name = f"dataset {RUN}"
        made = client().create_dataset(name, description="d", metadata={"team": "a"})
        same((client().read_dataset(dataset_name=name).id, client().has_dataset(dataset_name=name)), (made.id, True))
        same([one.name for one in client().list_datasets(dataset_name_contains=RUN)], [name])
        raises("LangSmithConflictError", lambda: client().create_dataset(name))
        client().delete_dataset(dataset_id=made.id)
        same(client().has_dataset(dataset_name=name), False)

    def examples() -> None:
        made = client().create_dataset(f"examples {RUN}")
        client().create_examples(dataset_id=made.id, examples=[
            {"inputs": {"x": n}, "outputs": {"y": n}, "metadata": {"n": n}, "split": "odd" if n % 2 else "even"}
            for n in range(120)])  # fmt: skip
        one = client().create_example(inputs={"x": 500}, outputs={"y": 1}, dataset_id=made.id)
        same(len(list(client().list_examples(dataset_id=made.id))), 121)
        same(len(list(client().list_examples(dataset_name=made.name, splits=["odd"]))), 60)
        same([row.inputs for row in client().list_examples(dataset_id=made.id, metadata={"n": 7})], [{"x": 7}])
        client().update_example(one.id, outputs={"y": 2}, metadata={"m": 1})
        again = client().read_example(one.id)
        same((again.inputs, again.outputs, again.metadata["m"]), ({"x": 500}, {"y": 2}, 1))
        root = flushed(traced_project("example from run"))[0]
        copied = client().create_example_from_run(root, dataset_id=made.id)
        same(client().read_example(copied.id).inputs, root.inputs)
        client().delete_example(one.id)
        raises("LangSmithNotFoundError", lambda: client().read_example(one.id))
        same(client().list_dataset_splits(dataset_id=made.id), ["base", "even", "odd"])

    def attachments() -> None:
        made = client().create_dataset(f"attachments {RUN}")
        data = b"\r\n--\x00" + bytes(range(256))
        client().create_examples(dataset_id=made.id, examples=[
            {"inputs": {"x": n}, "attachments": {"photo": ("image/png", data)}} for n in range(2)])  # fmt: skip
        for one in client().list_examples(dataset_id=made.id, include_attachments=True):
            same(
                (one.attachments["photo"]["reader"].read(), one.attachments["photo"]["mime_type"]), (data, "image/png")
            )
        client().delete_examples([one.id], hard_delete=True)
        (one,) = client().list_examples(dataset_id=made.id)
        client().update_examples(dataset_id=made.id, updates=[
            {"id": one.id, "attachments_operations": {"rename": {"photo": "picture"}, "retain": []}}])  # fmt: skip
        again = client().read_example(one.id)
        same((set(again.attachments), again.attachments["picture"]["reader"].read()), ({"picture"}, data))

    def attachments_of_runs() -> None:
        from langsmith import traceable
        from langsmith.schemas import Attachment

        @traceable(dangerously_allow_filesystem=False)
        def look(question: str, photo: Attachment) -> str:
            return question

        with within(f"run attachments {RUN}"):
            look("what?", Attachment(mime_type="image/png", data=b"\x00photo"))
        (run,) = flushed(f"run attachments {RUN}")
        same((run.inputs, set(run.attachments)), ({"question": "what?"}, {"photo"}))
        told = client().read_run(run.id).attachments["photo"]
        same((told["reader"].read(), told["mime_type"]), (b"\x00photo", "image/png"))
        made = client().create_dataset(f"run attachments {RUN}")
        one = client().create_example(
            dataset_id=made.id, use_source_run_io=True, source_run_id=run.id, use_source_run_attachments=["photo"]
        )
        same((one.inputs, one.attachments["photo"]["reader"].read()), ({"question": "what?"}, b"\x00photo"))

    def versions() -> None:
        made = client().create_dataset(f"versions {RUN}")
        client().create_examples(dataset_id=made.id, examples=[{"inputs": {"x": n}} for n in range(3)])
        first = client().read_dataset_version(dataset_id=made.id, tag="latest").as_of
        one, two, _ = client().list_examples(dataset_id=made.id)
        client().update_example(one.id, inputs={"x": 10})
        client().delete_example(two.id)
        extra = client().create_example({"x": 20}, dataset_id=made.id)
        client().update_dataset_tag(dataset_id=made.id, as_of=first, tag="prod")
        for as_of in (first, "prod"):
            found = client().list_examples(dataset_id=made.id, as_of=as_of)
            same(sorted(row.inputs["x"] for row in found), [0, 1, 2])
        same(sorted(row.inputs["x"] for row in client().list_examples(dataset_id=made.id, as_of="latest")),
             sorted(row.inputs["x"] for row in client().list_examples(dataset_id=made.id)))  # fmt: skip
        same(client().read_example(two.id, as_of=first).inputs, two.inputs)
        raises("LangSmithNotFoundError", lambda: client().read_example(two.id))
        listed = list(client().list_dataset_versions(dataset_id=made.id))
        same((len(listed), listed[0].tags, listed[-1].tags, listed[-1].as_of), (4, ["latest"], ["prod"], first))
        told = client().diff_dataset_versions(made.id, from_version="prod", to_version=now())
        same((told.examples_modified, told.examples_added, told.examples_removed), ([one.id], [extra.id], [two.id]))
        client().update_dataset_splits(dataset_id=made.id, split_name="train", example_ids=[one.id])
        same(client().list_dataset_splits(dataset_id=made.id), ["base", "train"])
        same(client().list_dataset_splits(dataset_id=made.id, as_of=first), ["base"])
        client().update_dataset_splits(dataset_id=made.id, split_name="train", example_ids=[one.id], remove=True)
        same(client().list_dataset_splits(dataset_id=made.id), ["base"])
        raises("LangSmithNotFoundError", lambda: list(client().list_examples(dataset_id=made.id, as_of="nobody")))

    def shared_datasets() -> None:
        made = client().create_dataset(f"shared {RUN}")
        client().create_examples(dataset_id=made.id, examples=[{"inputs": {"x": n}} for n in range(120)])
        client().create_project(f"shared experiment {RUN}", reference_dataset_id=made.id)
        raises("LangSmithNotFoundError", lambda: client().read_dataset_shared_schema(made.id))
        share = client().share_dataset(made.id)
        same(client().read_dataset_shared_schema(made.id)["share_token"], share["share_token"])
        token = str(share["share_token"])
        same(client().read_shared_dataset(token).id, made.id)
        same(len(list(client().list_shared_examples(token))), 120)
        same([one.name for one in client().list_shared_projects(dataset_share_token=token)],
             [f"shared experiment {RUN}"])  # fmt: skip
        copied = client().clone_public_dataset(token, dataset_name=f"cloned {RUN}")
        same(len(list(client().list_examples(dataset_id=copied.id))), 120)
        client().unshare_dataset(made.id)
        raises("LangSmithNotFoundError", lambda: client().read_shared_dataset(token))

    def csv_files() -> None:
        file = ("mine.csv", io.BytesIO('q,a\r\n"What, now?",é\r\n2,3\r\n'.encode()))
        made = client().upload_csv(file, ["q"], ["a"], name=f"csv {RUN}", description="d")
        found = [(row.inputs, row.outputs) for row in client().list_examples(dataset_id=made.id)]
        same(found[::-1], [({"q": "What, now?"}, {"a": "é"}), ({"q": "2"}, {"a": "3"})])
        raises("LangSmithError", lambda: client().upload_csv(("x.csv", io.BytesIO(b"a\r\n1\r\n")), ["b"], []))

    def comparison() -> None:
        from langsmith import evaluate
        from langsmith.evaluation import evaluate_comparative

        made = client().create_dataset(f"comparison {RUN}")
        client().create_examples(dataset_id=made.id, examples=[{"inputs": {"x": n}} for n in range(3)])
        names = []
        for add in (1, 2):
            results = evaluate(lambda inputs, add=add: {"y": inputs["x"] + add}, data=made.name, client=client())
            names.append(results.experiment_name)
            flushed(names[-1])
            eventually(lambda: client().read_project(project_name=names[-1], include_stats=True).run_count == 3)

        def higher(runs: List[Any], example: Any) -> Dict[str, Any]:
            most = max(run.outputs["y"] for run in runs)
            return {"key": "higher", "scores": {run.id: int(run.outputs["y"] == most) for run in runs}}

        rows = list(evaluate_comparative((names[0], names[1]), evaluators=[higher], client=client()))
        same(len(rows), 3)
        client().flush()
        second = next(client().list_runs(project_name=names[1], is_root=True))
        (told,) = eventually(lambda: list(client().list_feedback(run_ids=[second.id], feedback_key=["higher"])))
        same((told.score, told.comparative_experiment_id is not None), (1, True))
        got = client().get_experiment_results(name=names[0], comparative_experiment_id=told.comparative_experiment_id,
            filters={client().read_project(project_name=names[0]).id: ["gte(latency, 0)"]})  # fmt: skip
        same(len(list(got["examples_with_runs"])), 3)

    def again() -> None:
        from langsmith import evaluate

        made = client().create_dataset(f"again {RUN}")
        client().create_examples(dataset_id=made.id, examples=[{"inputs": {"x": n}} for n in range(3)])
        name = evaluate(lambda inputs: {"y": inputs["x"]}, data=made.name, client=client()).experiment_name
        flushed(name)
        eventually(lambda: client().read_project(project_name=name, include_stats=True).run_count == 3)
        client().delete_example(next(client().list_examples(dataset_id=made.id)).id)  # the experiment has it still
        rows = list(evaluate(name, evaluators=[lambda outputs: {"key": "late", "score": 1}], client=client()))
        same((len(rows), {row["evaluation_results"]["results"][0].score for row in rows}), (3, {1}))

    def tokens() -> None:
        root = flushed(traced_project("tokens of feedback"))[0]
        one = client().create_presigned_feedback_token(root.id, "thumb")
        client().create_feedback_from_token(one.url, score=1, comment="good")
        (found,) = client().list_feedback(run_ids=[root.id])
        same((found.key, found.score, found.comment), ("thumb", 1, "good"))
        several = client().create_presigned_feedback_tokens(root.id, ["a", "b"])
        same({token.id for token in client().list_presigned_feedback_tokens(root.id)},
             {one.id, *(token.id for token in several)})  # fmt: skip

    def threads_and_costs() -> None:
        from langsmith import traceable

        @traceable(run_type="llm")
        def call(question: str) -> Dict[str, Any]:
            return {"text": question, "usage_metadata": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7,
                "input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}}  # fmt: skip

        @traceable
        def turn(question: str) -> Dict[str, Any]:
            return call(question)

        with within(f"threads {RUN}"):
            for thread in ("one", "one", "two"):
                turn("x", langsmith_extra={"metadata": {"thread_id": f"{thread} {RUN}"}})
        runs = flushed(f"threads {RUN}")
        same({(float(run.total_cost), float(run.prompt_cost), float(run.completion_cost)) for run in runs},
             {(0.75, 0.25, 0.5)})  # fmt: skip
        told = client().list_threads(project_name=f"threads {RUN}")
        same({one["thread_id"]: one["count"] for one in told}, {f"one {RUN}": 2, f"two {RUN}": 1})
        same(len(list(client().read_thread(thread_id=f"one {RUN}", project_name=f"threads {RUN}"))), 2)
        same(float(client().read_project(project_name=f"threads {RUN}", include_stats=True).total_cost), 2.25)

    def absent() -> None:
        for call in (lambda: client().pull_prompt("x"), lambda: list(client().list_annotation_queues())):
            raises("LangSmithNotFoundError", call, told="here")
        raises("LangSmithError", lambda: client().create_annotation_queue(name="x"), told="no annotation queues here")
        same((client().get_prompt("x"), client().agent_exists("x")), (None, False))

    def plugin() -> None:
        """Tests that are marked become an experiment of a dataset named after them (langsmith.testing)."""
        suite = f"suite {RUN}"
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "test_marked.py"), "w", encoding="utf-8") as file:
                file.write(MARKED)
            shown = ["--langsmith-output"] if has("rich") else []
            told = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *shown, file.name],
                cwd=folder, env={**os.environ, "LANGSMITH_TEST_SUITE": suite}, capture_output=True, text=True,
                timeout=60,
            )  # fmt: skip
        assert told.returncode == 1, told.stdout + told.stderr
        (project,) = client().list_projects(reference_dataset_name=suite, include_stats=True)
        stats = eventually(lambda: client().read_project(project_id=project.id, include_stats=True).feedback_stats)
        same({key: (one["n"], one["avg"]) for key, one in stats.items()}, {"pass": (2, 0.5), "right": (1, 1.0)})
        same(sorted(one.inputs["q"] for one in client().list_examples(dataset_name=suite)), ["bad", "good"])

    def stranger() -> None:
        """What is shared is a page and an answer for whoever has no key and no password."""
        root = flushed(traced_project("stranger"))[0]
        token = client().share_run(root.id).rpartition("/public/")[2].partition("/")[0]
        base = os.environ["LANGSMITH_ENDPOINT"]
        for path in ("r", "run"):
            with urllib.request.urlopen(f"{base}/public/{token}/{path}", timeout=10) as answer:
                assert b"weather" in answer.read()

    def stats() -> None:
        root = flushed(traced_project("stats"))[0]
        told = client().get_run_stats(project_ids=[str(root.session_id)], is_root=True)
        same((told["run_count"], told["error_rate"], told["total_tokens"]), (2, 0.0, 7))

    def experiment() -> None:
        from langsmith import evaluate, traceable

        made = client().create_dataset(f"experiment {RUN}")
        rows = [{"inputs": {"x": n}, "outputs": {"y": n + 1}} for n in range(4)]
        client().create_examples(dataset_id=made.id, examples=rows)

        @traceable
        def step(x: int) -> int:
            return x + 1 if x != 2 else 0

        results = evaluate(
            lambda inputs: {"y": step(inputs["x"])}, data=made.name, client=client(), experiment_prefix="exp",
            evaluators=[lambda outputs, reference_outputs: {"key": "right", "score": outputs == reference_outputs}],
            summary_evaluators=[lambda outputs, reference_outputs: {"key": "count", "score": len(outputs)}],
        )  # fmt: skip
        name = results.experiment_name
        flushed(name)
        project = eventually(lambda: counted(name, 4))
        same(project.reference_dataset_id, made.id)
        same((project.feedback_stats["right"]["avg"], project.session_feedback_stats["count"]["avg"]), (0.75, 4.0))
        got = client().get_experiment_results(name=name)
        pairs = {(row.inputs["x"], row.runs[0].outputs["y"]) for row in got["examples_with_runs"]}
        same(pairs, {(0, 1), (1, 2), (2, 0), (3, 4)})
        same([one.name for one in client().list_projects(reference_dataset_id=made.id)], [name])

    def sharing() -> None:
        root = flushed(traced_project("sharing"))[0]
        link = client().share_run(root.id)
        same((client().run_is_shared(root.id), client().read_run_shared_link(root.id)), (True, link))
        token = link.rstrip("/").split("/")[-2]
        same(client().read_shared_run(token).name, "agent")
        same(sorted(run.name for run in client().list_shared_runs(token)), ["agent", "fail", "model"])
        client().unshare_run(root.id)
        same(client().run_is_shared(root.id), False)
        raises("LangSmithNotFoundError", lambda: client().read_shared_run(token))

    def projects() -> None:
        name = f"project {RUN}"
        made = client().create_project(name, description="a")
        client().update_project(made.id, description="b")
        same((client().read_project(project_name=name).description, client().has_project(name)), ("b", True))
        raises("LangSmithConflictError", lambda: client().create_project(name))
        same(client().create_project(name, upsert=True).id, made.id)
        same([one.name for one in client().list_projects(name_contains=f"ject {RUN}")], [name])
        client().delete_project(project_name=name)
        same(client().has_project(name), False)
        flushed(traced_project("counted"))
        counts = client().read_project(project_name=f"counted {RUN}", include_stats=True)
        same((counts.run_count, counts.error_rate, counts.total_tokens), (2, 0.0, 7))

    def wrong_key() -> None:
        from langsmith import Client

        raises("LangSmithAuthError", lambda: list(Client(api_key="lsv2_pt_real").list_projects(limit=1)))

    return [
        ("nested traces", nested), ("streamed", streamed), ("create_run", bare), ("unfinished", pending),
        ("headers", headers), ("350 runs", many), ("batch and single", batch_and_single),
        ("read_run, url", reading), ("list_runs filters", filters), ("feedback", feedback), ("datasets", datasets),
        ("examples", examples), ("attachments", attachments), ("attachments of runs", attachments_of_runs),
        ("versions of datasets", versions), ("shared datasets", shared_datasets), ("upload_csv", csv_files),
        ("get_run_stats", stats), ("evaluate", experiment), ("evaluate_comparative", comparison),
        ("evaluate what has run", again), ("sharing", sharing), ("feedback tokens", tokens),
        ("threads and costs", threads_and_costs), ("projects", projects), ("wrong key", wrong_key),
        ("what is not here", absent), ("shared without a key", stranger),
        *([("pytest plugin", plugin)] if has("pytest") else []),
    ]  # fmt: skip


def langsmith_async_cases() -> List[Tuple[str, Case]]:
    async def nested() -> None:
        from langsmith import traceable

        @traceable(run_type="tool")
        async def step(n: int) -> int:
            await asyncio.sleep(0)
            return n

        @traceable
        async def root() -> int:
            return sum(await asyncio.gather(*[step(n) for n in range(5)]))

        with within(f"async {RUN}"):
            same(await root(), 10)
        runs = flushed(f"async {RUN}")
        same(tree(runs), [(0, "chain", "root")] + [(1, "tool", "step")] * 5)
        same({run.parent_run_id for run in runs[1:]}, {runs[0].id})

    async def streamed() -> None:
        from langsmith import traceable

        @traceable
        async def pieces() -> Any:
            for piece in "ab":
                yield piece

        with within(f"async streamed {RUN}"):
            same([piece async for piece in pieces()], ["a", "b"])
        same(flushed(f"async streamed {RUN}")[0].outputs, {"output": ["a", "b"]})

    async def second_version() -> None:
        project = traced_project("v2")
        root = flushed(project)[0]
        page = await client().runs.query(
            project_ids=[str(root.session_id)],
            is_root=True,
            selects=["ID", "NAME", "STATUS", "RUN_TYPE", "TOTAL_TOKENS"],
        )
        same([(run.name, run.status, run.run_type, run.total_tokens) for run in page.items],
             [("lone", "SUCCESS", "RETRIEVER", 0), ("agent", "SUCCESS", "CHAIN", 7)])  # fmt: skip
        run = await client().runs.retrieve(
            str(root.id),
            project_id=str(root.session_id),
            start_time=root.start_time,
            selects=["NAME", "INPUTS", "IS_ROOT"],
        )
        same((run.name, run.inputs, run.is_root), ("agent", root.inputs, True))

    async def sharing() -> None:
        root = flushed(traced_project("v2 sharing"))[0]
        where = {"session_id": str(root.session_id), "trace_id": str(root.id)}
        token = (await client().runs.share.create(str(root.id), **where)).share_token
        page = await client().public.runs.query(token, selects=["NAME", "RUN_TYPE"])
        same([(run.name, run.run_type) for run in page.items], [("agent", "CHAIN"), ("model", "LLM"), ("fail", "TOOL")])
        run = await client().public.runs.retrieve(
            str(root.id), share_token=token, selects=["NAME"], start_time=root.start_time
        )
        same(run.name, "agent")
        url = await client().runs.get_url(str(root.id), project_id=str(root.session_id), trace_id=str(root.id))
        assert url.url.endswith(f"/r/{root.id}")
        await client().runs.share.delete(str(root.id), session_id=str(root.session_id))
        same(client().run_is_shared(root.id), False)

    async def experiment() -> None:
        from langsmith import aevaluate

        made = client().create_dataset(f"async experiment {RUN}")
        client().create_examples(
            dataset_id=made.id, examples=[{"inputs": {"x": n}, "outputs": {"y": n}} for n in range(3)]
        )

        async def target(inputs: Dict[str, Any]) -> Dict[str, Any]:
            return {"y": inputs["x"]}

        def right(outputs: Dict[str, Any], reference_outputs: Dict[str, Any]) -> bool:
            return outputs == reference_outputs

        results = await aevaluate(target, data=made.name, evaluators=[right], client=client())
        flushed(results.experiment_name)
        project = eventually(lambda: counted(results.experiment_name, 3))
        same(project.feedback_stats["right"]["avg"], 1.0)
        rows = client().datasets.experiment_runs.query(str(made.id), experiment_ids=[str(project.id)], page_size=2,
            selects=["ID", "OUTPUTS"])  # fmt: skip
        same(sorted([row.runs[0].outputs["y"] async for row in rows]), [0, 1, 2])

    async def traces_and_lists() -> None:
        root = flushed(traced_project("v2 lists"))[0]
        where = {"project_id": str(root.session_id)}
        page = await client().traces.query(
            **where, trace_filter='eq(name, "agent")', tree_filter="neq(error, null)", selects=["NAME", "TOTAL_TOKENS"],
            min_start_time=root.start_time,
        )  # fmt: skip
        same([(one.root_run.name, one.trace_aggregates.total_tokens) for one in page.items], [("agent", 7)])
        found = await client().traces.list_runs(str(root.id), **where, selects=["NAME"], filter='neq(run_type, "llm")')
        same([one.name for one in found.items], ["agent", "fail"])
        names = [one.name async for one in client().sessions.list_v2(name_contains=RUN, page_size=2)]
        assert f"v2 lists {RUN}" in names and len(names) == len(set(names)) > 2
        same((await client().sessions.retrieve_v2(str(root.session_id))).type, "PROJECT")
        made = client().create_dataset(f"v2 dataset {RUN}")
        listed = client().datasets.list_v2(name_contains=RUN, page_size=1)
        assert [str(one.id) async for one in listed].count(str(made.id)) == 1

    async def alone() -> None:
        from langsmith import AsyncClient

        project, made = f"async client {RUN}", uuid.uuid4()
        async with AsyncClient() as other:
            await other.create_run("lone", {"a": 1}, "chain", id=made, project_name=project)
            await other.update_run(made, outputs={"b": 2}, end_time=now())
            (run,) = [one async for one in other.list_runs(project_name=project, filter='eq(name, "lone")')]
            same((run.outputs, run.status), ({"b": 2}, "success"))
            given = await other.create_feedback(made, "k", score=1, comment="c")
            await other.create_feedback(made, "queued", score=0, trace_id=made)
            same(sorted([one.key async for one in other.list_feedback(run_ids=[made])]), ["k", "queued"])
            same((await other.read_feedback(given.id)).comment, "c")
            dataset = await other.create_dataset(f"async client {RUN}")
            example = await other.create_example(inputs={"x": 1}, outputs={"y": 1}, dataset_id=dataset.id)
            same([one.id async for one in other.list_examples(dataset_id=dataset.id)], [example.id])
            await other.share_run(made)
            same(await other.run_is_shared(made), True)

    return [("nested traces", nested), ("streamed", streamed), ("list_runs filters", second_version),
        ("sharing", sharing), ("evaluate", experiment), ("traces and lists", traces_and_lists),
        ("AsyncClient", alone)]  # fmt: skip


def langchain_cases(models: Any, *, asynchronous: bool) -> List[Tuple[str, Case]]:
    from langchain_core.language_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda
    from langchain_core.tools import tool

    kind = "async" if asynchronous else "sync"

    def model(**more: Any) -> Any:
        if models is not None:
            from langchain_openai import ChatOpenAI

            return ChatOpenAI(model="fake-hello", api_key="sk-fake-secret", base_url=models, **more)
        usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
        return GenericFakeChatModel(messages=iter([AIMessage("Hello from fakes.", usage_metadata=usage)] * 9))

    def chain(**more: Any) -> Any:
        return (
            ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{q}")])
            | model(**more)
            | StrOutputParser()
        )

    async def run(runnable: Any, value: Any, *, config: Any = None, how: str = "invoke") -> Any:
        if how == "stream":
            if asynchronous:
                return [piece async for piece in runnable.astream(value, config)]
            return list(runnable.stream(value, config))
        if how == "batch":
            return await runnable.abatch(value, config) if asynchronous else runnable.batch(value, config)
        return await runnable.ainvoke(value, config) if asynchronous else runnable.invoke(value, config)

    def project(name: str) -> str:
        return f"{name} {kind} {RUN}"

    wanted = [(0, "chain", "RunnableSequence"), (1, "prompt", "ChatPromptTemplate"), (1, "llm", "")]

    def shape(runs: List[Any]) -> List[Tuple[int, str, str]]:
        return [(depth, type_, "" if type_ == "llm" else name) for depth, type_, name in tree(runs)]

    async def invoked() -> None:
        with within(project("chain")):
            await run(chain(), {"q": "hello"}, config={"tags": ["t"], "metadata": {"user": "ann"}})
        runs = flushed(project("chain"))
        same(shape(runs), [*wanted, (1, "parser", "StrOutputParser")])
        call = runs[2]
        first, second = call.inputs["messages"][0]
        same((first["kwargs"]["content"], second["id"][-1]), ("Be kind.", "HumanMessage"))
        assert call.outputs["generations"][0][0]["message"]["kwargs"]["content"]
        assert call.total_tokens > 0 and runs[0].total_tokens == call.total_tokens
        assert all("t" in one.tags and one.extra["metadata"]["user"] == "ann" for one in runs)
        assert call.extra["invocation_params"] and call.extra["runtime"]["library"] == "langchain-core"
        assert not any("sk-fake-secret" in str((one.serialized, one.extra, one.inputs)) for one in runs)

    async def streamed() -> None:
        with within(project("stream")):
            pieces = await run(chain(), {"q": "hello"}, how="stream")
        runs = flushed(project("stream"))
        assert len(pieces) > 1 and runs[2].first_token_time is not None
        assert runs[2].start_time <= runs[2].first_token_time <= runs[2].end_time
        same(runs[0].outputs, {"output": "".join(pieces)})

    async def batched() -> None:
        with within(project("batch")):
            await run(chain(), [{"q": "a"}, {"q": "b"}, {"q": "c"}], how="batch")
        runs = flushed(project("batch"))
        same(sorted(one.inputs["q"] for one in runs if one.parent_run_id is None), ["a", "b", "c"])
        same(len(runs), 12)

    async def failing() -> None:
        def fail(value: Any) -> Any:
            raise KeyError("nowhere")

        with within(project("failing")):
            try:
                await run(chain() | RunnableLambda(fail), {"q": "hello"})
            except KeyError:
                pass
        runs = flushed(project("failing"))
        same([one.status for one in runs], ["error", "success", "success", "success", "error"])
        assert "nowhere" in runs[-1].error and "Traceback" in runs[-1].error

    async def with_tools() -> None:
        from langsmith import traceable

        @tool
        def weather(city: str) -> str:
            """Tell the weather."""
            return f"Sunny in {city}"

        @traceable
        async def agent() -> Any:
            await run(model(), "hello")
            return await run(weather, {"city": "Paris"})

        with within(project("tools")):
            await agent()
        runs = flushed(project("tools"))
        same(shape(runs), [(0, "chain", "agent"), (1, "llm", ""), (1, "tool", "weather")])
        assert "Sunny in Paris" in str(runs[2].outputs)

    return [("nested traces", invoked), ("streamed", streamed), ("batch", batched), ("failing step", failing),
        ("tools in @traceable", with_tools)]  # fmt: skip


def counted(name: str, runs: int) -> Any:
    """Give an experiment when all its runs and scores are there."""
    project = client().read_project(project_name=name, include_stats=True)
    scores = (project.feedback_stats or {}).get("right", {}).get("n", 0)
    return project if project.run_count == runs == scores else None


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def two(rows: Any) -> List[Any]:
    found = list(rows)
    return found if len(found) == 2 else []


def now() -> Any:
    from datetime import datetime, timezone

    return datetime.now(timezone.utc)


def eventually(condition: Callable[[], Any]) -> Any:
    """Give the first true result; the SDK sends from threads of its own, and not all of them can be flushed."""
    until = time.monotonic() + 10
    while True:
        found = condition()
        if found or time.monotonic() > until:
            assert found, "it did not come within 10 seconds"
            return found
        time.sleep(0.05)


def raises(name: str, call: Case, *, told: str = "") -> None:
    try:
        call()
    except Exception as problem:
        same(type(problem).__name__, name)
        assert told in str(problem), f"{problem} does not say {told!r}"
    else:
        raise AssertionError(f"no {name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
