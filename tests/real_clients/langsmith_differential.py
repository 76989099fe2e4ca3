"""Does minichat trace as LangChain does? `python tests/real_clients/langsmith_differential.py [-v] [PROGRAM ...]`

Runs the same programs (langsmith_programs.py and what it imports) with `langchain-openai` traced by the real `langsmith`
SDK, and with minichat's tracer, each in a process of its own, against a fake OpenAI and one recording ingest server each.
The runs
that came in are merged as the server does it, put into their trees and compared field by field. Not compared: ids (but
what they point to is), times (but which of them are there is), versions and platform. Every difference must have its
row with a reason in ALLOWED. It is a command, not a test: run it where the packages are (langchain-openai, langsmith;
langchain-anthropic and its sisters for the programs of the other providers).

Prints the count of compared fields and the differences. Exit code 1 when a difference has no row or a row no use.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List, Tuple

HERE = pathlib.Path(sys.argv[0]).resolve().parent
ROOT = HERE.parents[1]
SECONDS = 240  # for one library's programs
KEY = "lsv2_fake_never_in_a_run"
PROVIDER_KEY = "sk-fake-never-in-a-run"

# Who made a trace, which is different on purpose.
VERSIONS = re.compile(r"\.runtime\.(sdk|sdk_version|library|library_version|langchain\w*_version)$|\.lc_versions\b")

# Where (program, path), and what of LangChain and what of minichat (all patterns) -> why it may differ.
OTHER = "Chat(Anthropic|Fireworks|GoogleGenerativeAI|MistralAI|Together)"
STREAMED = ".*stream.*|generator|traced_generator_inside|log|events.*|parsers|extras_of_model"
MEANWHILE = r"\.error\.|\.events\[1\]\.name$|\.outputs|model_provider$|response_metadata$"
ALLOWED: Tuple[Tuple[str, str, str, str, str], ...] = (
    (".*", r"token_usage\.\w+_details\.\w+$", "null", "absent", "the SDK fills counts that the provider did not send with null"),
    (".*", r"\.additional_kwargs\.(refusal|parsed)$", "null", "absent", "the SDK tells a refusal and a form that did not come as null"),
    (".*", r"\.additional_kwargs$", "absent", "{}", "the same: without that null nothing is in it"),
    (".*", r"(\.generation_info|response_metadata)\.logprobs$", "null", "absent", "told as null where none were asked for"),
    (".*", r"\.defers_inputs$", "true|false", "absent", "a note of langchain-core to itself"),
    (STREAMED, r"generation_info\.(model_name|service_tier|system_fingerprint)$", ".*", "absent", "in response_metadata; not told twice"),
    (STREAMED, r"\.chunk_position$", "absent", '"last"', "of a sum of chunks minichat tells that it is whole"),
    (STREAMED, r"response_metadata\.id$", "absent", ".*", "the provider's id of the answer, which langchain-openai drops in streams"),
    ("stream_usage", r"response_metadata\.token_usage\.", "absent", ".*", "the provider's own count; both have it as usage_metadata"),
    ("structured_stream", r"(generation_info|response_metadata)\.(token_usage|id|model_provider)$", ".*", "absent", "null, or in response_metadata"),
    ("structured(|_tool|_json_mode|_stream)", r"^children\[0\]\.children\[[1-9]\]", ".*", ".*", "the steps behind the model are minichat's own; same input, same result"),
    ("structured_raw", r"^children\[0\]\.children\[", ".*", ".*", "the steps behind the model are minichat's own; same input, same result"),
    ("history|placeholder|more_prompts", r"outputs\.output\.messages\[1\]\.(invalid_)?tool_calls$", "absent", ".*", "pydantic writes a prompt's messages with the base's fields only"),
    ("left_early|abandoned", MEANWHILE, ".*", ".*", "who leaves a stream ends it: no error, and what came is its output"),
    ("refused|fallbacks_(model|stream)|model_fails_in_batch", r"\.error\.", ".*", ".*", "an exception of minichat's own"),
    ("prompt_misses|parser_error|tool_bad_input", r"\.error\.(end|what)$", ".*", ".*", "words of minichat's own"),
    ("refused|fallbacks_(model|stream)|model_fails_in_batch", r"response_metadata\.headers\.", ".*", "absent", "of a refusal's head minichat keeps the request id and Retry-After"),
    ("cancelled_model", r"children\[1\]\.(end_time|error|events|outputs)\b", "absent|{}", ".*", "langchain-core leaves the run of a model that is cancelled open"),
    ("consumer_leaves", r"(inputs\.input|outputs\.output)$", '"abc"|null', '"a"', "who leaves a stream ends it: what was read, and what came of it"),
    ("traced_generator_left", r"\.error\.traceback$", "false", "true", "where it was left is told"),
    ("more_prompts", r"serialized\b.*\.(repr|id\[0\])$", ".*", '"minichat"|absent', "whose class it is; a repr may hold anything"),
    ("refused_chain", r"\.error\.|generations\[1\]|inputs\.input\.|model_provider$", ".*", ".*", "a stream that was cut is told as such, with what had come"),
    ("stream_fails", r"children\[0\]\.inputs\.input$", '"x"', '""', "a function that failed is told with what it had read"),
    ("n_answers", r"response_metadata\.", "absent", ".*", "of several answers langchain-core says it of all together only"),
    ("responses.*", r"(response_metadata|llm_output)\b|\.annotations$", "absent|null", ".*", "all that was told of an answer is kept"),
    ("odd_inputs", r"(inputs\.input|outputs\.output)$", '""', r'"\?"', "half a surrogate pair leaves a mark"),
    ("bound|configurable_fields", r"metadata\.(c|temp|which)$", "absent", ".*", "what is configurable is told of a model's own run too"),
    ("chat_history", r"^children\[0\]\.(tags|children\[)", ".*", ".*", "no run of its own chooses between sync and async"),
    ("chat_history|structured_raw", r"outputs\.\w+\.id$", ".*", '"lc_run--<run .>-0"', "the same: fewer runs stand before the model's"),
    ("extras_of_model", r"default_headers\.X-Secret$", ".*", r'"\*+"', "a gateway's key may be among the headers"),
    ("fake_model|own_model.*|multimodal_kinds|cancelled_model|usage_of_several|ChatTogether", r"serialized\.repr$", ".*", "absent", "the repr of a model, which may hold a key"),
    ("fake_model|multimodal_kinds|usage_of_several", r"serialized\.id\[0\]$", '"langchain_core"', '"minichat"', "whose class it is"),
    ("prompt_partials", r"partial_variables\.date\.repr$", ".*", '"<function .*"', "where a function lies"),
    ("ChatTogether", r"serialized\.", ".*", ".*", "langchain-together cannot be loaded, and is therefore only named"),
    (OTHER, r"\.(invocation_params|metadata|serialized\.kwargs)\.(?!ls_)\w+(\[\])?$", ".*", "absent", "settings of its own, which minichat neither has nor sends"),
    (OTHER, r"\.(invocation_params|metadata)\.(stream|model_name)$", "absent", ".*", "told of all models alike"),
    (OTHER, r"\.usage_metadata\.\w+_token_details(\.\w+)?$", "absent", "0|{}", "nothing counted, told as such"),
    ("ChatTogether", r"\.usage_metadata\.\w+_token_details$", "{}", "absent", "a count that came is in it"),
    ("ChatFireworks", r"\.(invocation_params|metadata)\.stop\[0\]$", "absent", '"x"', "what the call asked for is told"),
    (OTHER, r"(response_metadata|llm_output|generation_info)\b", "absent|null|{}|\\[]|\"\"", ".*", "all that was told of an answer is kept, and null is not"),
    (OTHER, r"generation_info\.\w+$", ".*", "absent", "in response_metadata; not told twice"),
    (OTHER, r"\.chunk_position$", "absent", '"last"', "of a sum of chunks minichat tells that it is whole"),
)
OTHERS = {
    "ChatAnthropic": "anthropic",
    "ChatFireworks": "fireworks/inference",
    "ChatGoogleGenerativeAI": "google",
    "ChatMistralAI": "mistral/v1",
    "ChatTogether": "together/v1",
}


# -- the server that records -------------------------------------------------------------------


class Ingest:
    """Takes runs in every form there is, and gives them merged by id.

    An absent or null field erases nothing, and what the end of a run says stands, whichever half came first.
    """

    def __init__(self) -> None:
        self.halves: Dict[str, Dict[str, Dict[str, Any]]] = {}
        self.bodies: List[bytes] = []
        ingest, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status: int, value: Any) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                limits = {"scale_up_qsize_trigger": 1000, "scale_up_nthreads_limit": 16, "size_limit": 100}
                limits.update(scale_down_nempty_trigger=4, size_limit_bytes=20971520)
                config = {"use_multipart_endpoint": True, **limits}
                flags = {"dataset_examples_multipart_enabled": True, "zstd_compression_enabled": False}
                self.answer(
                    200, {"version": "0.16.0", "batch_ingest_config": config, "instance_flags": flags}
                )

            def do_POST(self) -> None:
                if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                    body = b""
                    while True:
                        size = int(self.rfile.readline().split(b";")[0], 16)
                        body += self.rfile.read(size)
                        self.rfile.readline()
                        if not size:
                            break
                else:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    ingest.bodies.append(body)
                    for op, run in runs_in(self.headers["Content-Type"], body):
                        ingest.take(op, run)
                self.answer(202, {"message": "taken"})

            do_PATCH = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, op: str, run: Dict[str, Any]) -> None:
        half = self.halves.setdefault(run["id"], {"post": {}, "patch": {}})[op]
        half.update({name: value for name, value in run.items() if value is not None})

    @property
    def runs(self) -> Dict[str, Dict[str, Any]]:
        return {run_id: {**halves["post"], **halves["patch"]} for run_id, halves in self.halves.items()}


def runs_in(content_type: str, body: bytes) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Give the operations of a request; of a multipart one by the parts' own lengths."""
    if not content_type.startswith("multipart/"):
        value = json.loads(body)
        for op in ("post", "patch"):
            for run in value.get(op, ()):
                yield op, run
        return
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    at = 0
    while body.startswith(boundary + b"\r\n", at):
        end = body.index(b"\r\n\r\n", at)
        head = body[at:end].decode()
        length = int(re.search(r"(?i)content-length: *(\d+)", head)[1])  # type: ignore[index]
        name = re.search(r'name="([^"]*)"', head)[1]  # type: ignore[index]
        op, run_id, *field = name.split(".")
        value = json.loads(body[end + 4 : end + 4 + length])
        if op in ("post", "patch"):
            yield op, ({"id": run_id, field[0]: value} if field else value)
        at = end + 4 + length + 2
    assert body.startswith(boundary + b"--", at), "a part's length is wrong"


# -- what is compared --------------------------------------------------------------------------

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{8}T\d{12}Z|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+]00:00|Z)?")
TOLD_ID = re.compile(r"chatcmpl-\w+|call_\w+|req_\w+")


def trees_of(runs: Dict[str, Dict[str, Any]]) -> Dict[str, List[Dict[str, Any]]]:
    """Give each project's root runs with "children", names for ids, in an order that does not depend on time."""
    children = collections.defaultdict(list)
    for run in runs.values():
        children[run.get("parent_run_id")].append(run)
    projects = collections.defaultdict(list)
    for run in sorted(children[None], key=lambda one: one["dotted_order"]):
        projects[run["session_name"]].append(tree(run, children, None))
    shown = {}
    for project, roots in projects.items():
        roots.sort(key=sorting)
        names: Dict[str, str] = {}
        for root in roots:
            name_ids(root, names)
        shown[project] = [plain(root, names) for root in roots]
    return shown


def tree(run: Dict[str, Any], children: Any, above: Any) -> Dict[str, Any]:
    own = run["start_time"].replace("-", "").replace(":", "")
    expected = (above["dotted_order"] + "." if above else "") + run["dotted_order"].split(".")[-1]
    shown = dict(run)
    shown["dotted_order"] = {
        "below its parent's": run["dotted_order"] == expected,
        "own time": run["dotted_order"].split(".")[-1].split("Z")[0] == own[:15] + own[16:22],
        "own id": run["dotted_order"].endswith("Z" + run["id"]),
    }
    shown["trace"] = (above["trace"] if above else run["id"]) == run["trace_id"]
    del shown["trace_id"], shown["id"]
    shown.pop("parent_run_id", None)
    shown["own id"] = run["id"]
    below = sorted(children[run["id"]], key=lambda one: one["dotted_order"])
    shown["children"] = [tree(one, children, {"dotted_order": run["dotted_order"], "trace": run["trace_id"]}) for one in below]
    kinds = {child["name"] for child in shown["children"]}
    if len(kinds) < len(shown["children"]) or run["name"].startswith("RunnableParallel"):
        shown["children"].sort(key=sorting)
    return shown


def sorting(run: Dict[str, Any]) -> str:
    told = [run.get("inputs"), sorted(run.get("tags") or ())]
    return run["name"] + json.dumps(plain(told, {}), sort_keys=True)


def name_ids(run: Dict[str, Any], names: Dict[str, str]) -> None:
    names[run["own id"]] = f"run {len(names)}"
    for child in run["children"]:
        name_ids(child, names)


def plain(value: Any, names: Dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: plain(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, names) for item in value]
    if isinstance(value, str):
        value = UUID.sub(lambda found: f"<{names.get(found[0], 'uuid')}>", value)
        return TOLD_ID.sub("<told id>", TIME.sub("<time>", value))
    return value


TRACEBACK = "Traceback (most recent call last):"


def error_text(text: str) -> Any:
    """Give what both libraries can say of an error: what it is, and that its way is told; not whose files it went."""
    head, found, way = text.partition(TRACEBACK)
    return {"what": head, "traceback": bool(found) and "File " in way, "end": way.strip().splitlines()[-1] if way else ""}


def leaves(value: Any, path: str = "") -> Iterator[Tuple[str, Any]]:
    """Give every field as (path, value); of a list of tags the members, whose order says nothing."""
    if path.endswith(".tags"):
        value = sorted(value)
    if path.endswith("].error") and isinstance(value, str):
        value = error_text(value)
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


# -- both libraries ----------------------------------------------------------------------------


def traces(library: str, names: List[str]) -> Tuple[Dict[str, Any], List[bytes]]:
    """Run the programs with one library in a process of its own and give what its server got."""
    import fakes

    ingest = Ingest()
    with fakes.serve() as provider:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("LANGSMITH_", "LANGCHAIN_"))
        }
        environment.update(
            LANGSMITH_TRACING="true",
            LANGSMITH_ENDPOINT=ingest.url,
            LANGSMITH_API_KEY=KEY,
            LANGSMITH_PROJECT="the environment's",
            LANGSMITH_REVISION_ID="r1",
            LANGCHAIN_HOBBY="chess",
            OPENAI_API_KEY=PROVIDER_KEY,
            OPENAI_BASE_URL=provider.url("openai"),
            **{f"BASE_URL_{model}": f"{provider.url()}/{place}" for model, place in OTHERS.items()},
        )
        command = [sys.executable, str(HERE / "langsmith_programs.py"), library, *names]
        done = subprocess.run(command, env=environment, timeout=SECONDS, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"the programs of {library} did not end well")
    text = json.dumps(ingest.runs).replace(ingest.url, "<endpoint>").replace(provider.url(), "<provider>")
    return json.loads(text), ingest.bodies


def fits(row: Tuple[str, str, str, str, str], project: str, path: str, theirs: str, ours: str) -> bool:
    whole = re.fullmatch(row[0], project) and re.fullmatch(row[2], theirs) and re.fullmatch(row[3], ours)
    return bool(whole and re.search(row[1], path))


def main(argv: List[str]) -> int:
    """Compare the programs that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("programs", nargs="*")
    parser.add_argument("-v", action="store_true", help="show the trees, and where allowed differences were found")
    parser.add_argument("--dump", help="write both libraries' trees into this folder")
    options = parser.parse_args(argv)
    sys.path.insert(0, str(ROOT))
    both, leaked = {}, False
    for library in ("langchain", "minichat"):
        runs, bodies = traces(library, options.programs)
        secrets = [key for key in (KEY, PROVIDER_KEY) for body in bodies if key.encode() in body]
        if secrets:
            print(f"{library} sent a key in {len(secrets)} bodies")
            leaked = leaked or library == "minichat"
        both[library] = trees_of(runs)
        if options.dump:
            path = pathlib.Path(options.dump) / f"{library}.json"
            path.write_text(json.dumps(both[library], indent=1, sort_keys=True), "utf-8")
    code = report(both["langchain"], both["minichat"], verbose=options.v, whole=not options.programs)
    return 1 if leaked else code


def report(theirs: Dict[str, Any], ours: Dict[str, Any], *, verbose: bool, whole: bool) -> int:
    """Print what was compared and what differs."""
    compared, runs, unexplained, used = 0, 0, 0, collections.Counter()  # type: ignore[var-annotated]
    for project in sorted({*theirs, *ours}):
        left, right = (dict(leaves({"children": side.get(project, [])})) for side in (theirs, ours))
        runs += sum(path.endswith("].run_type") for path in left)
        for path in sorted({*left, *right}):
            if VERSIONS.search(path):
                continue
            compared += 1
            if path in left and path in right and left[path] == right[path]:
                continue
            values = [json.dumps(side[path]) if path in side else "absent" for side in (left, right)]
            row = next((row for row in ALLOWED if fits(row, project, path, *values)), None)
            used[row] += 1
            if row is None:
                unexplained += 1
                print(f"{project}: {path}\n    langchain {values[0][:300]}\n    minichat  {values[1][:300]}")
            elif verbose:
                print(f"{project}: {path} ({row[4]})\n    {values[0][:150]}\n    {values[1][:150]}")
    print(f"{len({*theirs, *ours})} programs, {runs} runs, {compared} fields compared, {unexplained} differ without a reason")
    for row in ALLOWED:
        print(f"  {used[row]:5} {row[0]}: {row[1]}: {row[2]} / {row[3]}: {row[4]}")
    ran = {*theirs, *ours}
    unused = [row for row in ALLOWED if whole and not used[row] and any(re.fullmatch(row[0], one) for one in ran)]
    for row in unused:
        print(f"not needed: {row}")
    return 1 if unexplained or unused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
