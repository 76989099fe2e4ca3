"""The Gemini API as a server: routes, keys, and the request in neutral words.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written, `outcomes` everything
that is no content. The same answers stand under /gemini and /google, under v1, v1beta and v1alpha, and for
`models/NAME` and `tunedModels/NAME`.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List
from urllib.parse import parse_qs, unquote

from ..replies import behaviours, sample
from ..replies.reply import Ask, Error, Reply, Tool
from ..serving.http11 import MAX_BODY, Answer, BadRequest, Request
from ..session import Moment, Session
from . import checks, contents, models, syntax, tools, writer
from .errors import Refused, html_page
from .outcomes import WRONG_TOKEN, failed, headers, headers_of_content, raw

__all__ = ["answer", "front_error"]

PATH = re.compile(r"/(?:gemini|google)/(?P<version>v1(?:beta|alpha)?)/(?P<rest>.*)")
METHOD = re.compile(r"(?P<kind>models|tunedModels)/(?P<name>[^/:]+):(?P<verb>\w+)")
VERBS = ("generateContent", "streamGenerateContent", "countTokens")
NO_KEY = (  # gunpal5/Google_GenerativeAI#15
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API."
)
WRONG_KEY = "API key not valid. Please pass a valid API key."  # cequence-io/openai-scala-client#109, with its details
NOT_FOUND = (  # continuedev/continue#9939
    "%s is not found for API version %s, or is not supported for %s. Call ListModels to see the list of available "
    "models and their supported methods."
)


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /gemini or /google."""
    moment = session.moment()
    query = parse_qs(request.query)
    routed = _route(request)
    if routed is None:  # a method that is not allowed is as unknown to the front as a path
        path = "/" + request.path.partition("/")[2].partition("/")[2]
        return _page(404, f"The requested URL <code>{_html(path)}</code> was not found on this server.", moment)
    version, kind, name, verb = routed
    # The stream of a refused request has the form it would have had.
    array = verb == "streamGenerateContent" and query.get("alt") != ["sse"]
    try:
        _check_key(request, query, session)
        if verb == "models":
            return _models(version, name, query, moment)
        model = models.find(name, any_name=session.scripted)
        body = _parse(request)
        if model is None:
            raise Refused(NOT_FOUND % (f"{kind}/{name}", version, verb), code=404)
        if verb == "countTokens":
            return _count(body, model, version, moment)
        form = "whole" if verb == VERBS[0] else "array" if array else "sse"
        return _generate(request, body, model, version, session, moment, form=form)
    except Refused as refused:
        return Answer(refused.code, headers(moment, "application/json; charset=UTF-8"), refused.body(array=array))


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    moment = session.moment()
    if problem.status == 413:  # MaKTaiL/gemini-srt-translator#63; the limit there was 314572800
        refused = Refused(f"Request payload size exceeds the limit: {MAX_BODY} bytes.")
        return Answer(400, headers(moment, "application/json; charset=UTF-8"), refused.body())
    # The front's own words for these are longer and vary; the page is Google's.
    return _page(problem.status, _html(problem.why), moment)


def _route(request: Request) -> Any:
    """Give version, collection, name and verb, or None for what is not served."""
    found = PATH.fullmatch(request.path)
    if found is None:
        return None
    version, rest = found.group("version"), unquote(found.group("rest"))
    if request.method == "GET" and (rest == "models" or re.fullmatch(r"models/[^/:]+", rest)):
        return version, "models", rest[len("models/") :], "models"
    called = METHOD.fullmatch(rest)
    if request.method != "POST" or called is None or called.group("verb") not in VERBS:
        return None
    return version, called.group("kind"), called.group("name"), called.group("verb")


def _check_key(request: Request, query: Dict[str, List[str]], session: Session) -> None:
    key = request.headers.get("x-goog-api-key") or (query.get("key") or [""])[0]
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not key and scheme.lower() == "bearer" and token.strip():
        if token.strip() in session.rejected:
            raise Refused(WRONG_TOKEN, code=401)
        return
    if not key.strip():
        raise Refused(NO_KEY, code=403)
    if key in session.rejected:
        service = {"service": "generativelanguage.googleapis.com"}
        raise Refused(
            WRONG_KEY,
            details=[
                {"type": "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com", "metadata": service},
                {"type": "LocalizedMessage", "locale": "en-US", "message": WRONG_KEY},
            ],
        )


def _parse(request: Request) -> Any:
    if not request.body:
        return {}  # no body is an empty message
    try:
        return request.json()
    except ValueError as problem:
        raise Refused(syntax.complaint(request.body, problem)) from None


def _models(version: str, name: str, query: Dict[str, List[str]], moment: Moment) -> Answer:
    told = headers(moment, "application/json; charset=UTF-8")
    if name:
        model = models.find(name)
        if model is None:  # measured in public, August 2026
            raise Refused(f"Model is not found: models/{name} for api version {version}", code=404)
        return Answer(200, told, (models.resource(model) + "\n").encode())
    listed = (*models.LISTED, *behaviours.MODELS)
    begin = _whole_number(query, "pageToken", 0)
    size = min(_whole_number(query, "pageSize", 50) or 50, 1_000)
    found = [models.find(each) for each in listed[begin : begin + size]]
    rows = ",\n".join(models.resource(model) for model in found if model is not None)
    rows = re.sub(r"^", "    ", rows, flags=re.MULTILINE)
    more = f',\n  "nextPageToken": "{begin + size}"' if begin + size < len(listed) else ""
    return Answer(200, told, f'{{\n  "models": [\n{rows}\n  ]{more}\n}}\n'.encode())


def _whole_number(query: Dict[str, List[str]], name: str, otherwise: int) -> int:
    text = (query.get(name) or [""])[0]
    if not text:
        return otherwise
    if not re.fullmatch(r"\d{1,9}", text):
        if name == "pageToken":  # no wording found
            raise Refused("Page token is not valid.")
        sentence = f"Invalid value at 'page_size' (TYPE_INT32), \"{text}\""  # as in a body
        row = {"field": "page_size", "description": sentence}
        raise Refused(sentence, details=[{"type": "BadRequest", "fieldViolations": [row]}])
    return int(text)


def _count(body: Any, model: models.Model, version: str, moment: Moment) -> Answer:
    used = checks.prompt_tokens(checks.check_count(body, model, version=version))
    text = (
        f'{{\n  "totalTokens": {used},\n  "promptTokensDetails": [\n    {{\n      "modality": "TEXT",\n'
        f'      "tokenCount": {used}\n    }}\n  ]\n}}\n'
    )
    return Answer(200, headers(moment, "application/json; charset=UTF-8"), text.encode())


def _generate(
    sent: Request, body: Any, model: models.Model, version: str, session: Session, moment: Moment, *, form: str
) -> Answer:
    request = checks.check_generate(body, model, version=version)
    used = checks.prompt_tokens(request)
    reply = behaviours.answer(_ask(sent, request, model, used), session, ordinary=model.ordinary)
    if isinstance(reply, Error):
        return failed(reply, model.version, moment, array=form == "array")
    given = raw(reply, moment, form=form)
    if given is not None:
        return given
    config = request.get("generationConfig") or {}
    if config.get("responseMimeType") == "text/x.enum" and not session.scripted:
        reply = Reply.of(str(sample.make(tools.as_json_schema(config.get("responseSchema")))))
    shape = writer.shape_of(request, model, moment, reply, used)
    told = headers_of_content(moment, form)
    if form == "sse":
        return Answer(200, told, frames=list(writer.events(shape)))
    if form == "array":
        return Answer(200, told, frames=list(writer.array(shape)))
    return Answer(200, told, writer.whole(shape))


def _ask(sent: Request, request: Dict[str, Any], model: models.Model, used: int) -> Ask:
    """Put the request into neutral words.

    The model's contents that follow each other are one answer (the SDK keeps each chunk of a stream as one); those at
    the end are the beginning of the answer that is asked for. A content of function results alone says nothing of the
    user's.
    """
    turns = request["contents"]
    mine = [turn.get("role") == "model" for turn in turns]
    begun = len(turns)
    while begun and mine[begun - 1]:
        begun -= 1
    users = [turn for turn in turns if turn.get("role") != "model" and _says_something(turn)]
    ending = turns[begun - 1]["parts"] if begun else []
    answers = [part["functionResponse"] for part in ending if "functionResponse" in part]
    calling = (request.get("toolConfig") or {}).get("functionCallingConfig") or {}
    allowed = calling.get("allowedFunctionNames") or []
    choice = {"ANY": "required", "NONE": "none"}.get(calling.get("mode") or "", "auto")
    config = request.get("generationConfig") or {}
    wanted: Any = None
    if config.get("responseMimeType") == "application/json":
        wanted = config.get("responseJsonSchema")
        if wanted is None:
            wanted = tools.as_json_schema(config["responseSchema"]) if "responseSchema" in config else True
    return Ask(
        sent,
        "google",
        "generate_content",
        model=model.name,
        user=contents.text_of(users[-1]) if users else "",
        system=contents.text_of(request.get("systemInstruction") or {}),
        turn=1 + sum(now and not before for before, now in zip([False, *mine], mine[:begun])),
        used=used,
        tools=tuple(
            Tool(function["name"], _arguments_schema(function))
            for function in tools.declarations(request)
            if not allowed or function["name"] in allowed
        ),
        tool_choice=allowed[0] if choice == "required" and len(allowed) == 1 else choice,
        json=wanted,
        results=tuple(contents.result_text(one.get("response") or {}) for one in answers),
    )


def _says_something(turn: Dict[str, Any]) -> bool:
    return any("functionResponse" not in part for part in turn["parts"])


def _arguments_schema(function: Dict[str, Any]) -> Any:
    """Give the JSON schema of a function's arguments."""
    schema = function.get("parametersJsonSchema")
    if schema is None:
        schema = tools.as_json_schema(function.get("parameters"))
    return schema or {"type": "object", "properties": {}}


def _page(code: int, sentence: str, moment: Moment) -> Answer:
    told = [("date", moment.date()), ("content-type", "text/html; charset=UTF-8")]
    return Answer(code, told, html_page(code, sentence))


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
