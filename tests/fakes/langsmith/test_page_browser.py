"""The page in a real browser: what a person sees and does. A machine without chromium skips this and says so."""

from __future__ import annotations

import threading

import pytest

import fakes
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.browsing import NEEDED
from tests.fakes.langsmith.page_reading import api, project_address

pytestmark = NEEDED


@pytest.fixture
def full(server):
    traces.put(server.store, traces.chain(), traces.failed(), traces.pending(), traces.wide(1000, children=40))
    return server


def run_url(server, number):
    return f"{server.url}{project_address(server)}/r/{traces.run_id(number)}"


ROWS = "[...document.querySelectorAll('tr[data-run]')].map(row => row.dataset.run)"
BARS = """[...document.querySelectorAll('.row')].map(row => {
  const bar = row.querySelector('svg').getBoundingClientRect(), part = row.querySelector('rect').getBoundingClientRect();
  return [bar.left, bar.width, part.left, part.width]; })"""


def test_one_chain_is_one_root_row_that_opens_its_trace(server, chromium):
    traces.put(server.store, traces.chain())
    tab = chromium.tab()
    tab.go(server.url + project_address(server))
    assert tab.value(ROWS) == [traces.run_id(1)]
    text = tab.value("document.querySelector('tr[data-run]').innerText")
    assert all(part in text for part in ("success", "2.00 s", "18"))
    tab.click("tr[data-run] a", loads=True)
    assert tab.value("location.href") == run_url(server, 1)
    assert tab.value("document.querySelectorAll('.row').length") == 5


@pytest.mark.parametrize("width", [1200, 400])
def test_bars_match_times_within_two_pixels(full, chromium, width):
    tab = chromium.tab(width=width)
    tab.go(run_url(full, 1))
    expected = [(0, 1), (0, 0.05), (0.05, 0.65), (0.7, 0.25), (0.95, 0.05)]
    bars = tab.value(BARS)
    assert len({(left, span) for left, span, _, _ in bars}) == 1  # all columns stand in one line
    for (left, span, x, part), (start, share) in zip(bars, expected):
        assert span > 60
        assert abs(x - (left + start * span)) <= 2 and abs(part - share * span) <= 2


def test_folding_survives_a_reload_and_can_be_undone(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 1000))
    branch = f"details[data-fold='{traces.run_id(1010)}']"
    shown = f"document.querySelector(\".row[data-run='{traces.run_id(1011)}']\").checkVisibility()"
    assert tab.value(shown) is True
    tab.click(f"{branch} > summary .took")
    tab.until(f"{shown} === false && localStorage.length === 1")
    tab.reload()
    assert tab.value(shown) is False
    tab.click(f"{branch} > summary .took")
    tab.until(f"{shown} === true && localStorage.length === 0")
    tab.reload()
    assert tab.value(shown) is True


def test_messages_are_text_verbatim(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 3))
    assert traces.NASTY in tab.value("[...document.querySelectorAll('.message .text')].map(one => one.textContent)")
    assert tab.value("document.querySelectorAll('.message script').length") == 0
    assert tab.value("document.querySelector('.message img').naturalWidth") == 10
    assert tab.complaints == []


def test_a_failed_run_is_red_in_list_and_tree_and_an_unfinished_one_ages(full, chromium):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    red = tab.value("getComputedStyle(document.querySelector('tr.error .bad')).color")
    tab.go(run_url(full, 11))
    assert red == tab.value("getComputedStyle(document.querySelector('.row.error a')).color") == "rgb(179, 38, 30)"
    assert "429: slow down <b>now</b>" in tab.value("document.querySelector('.failure').innerText")
    tab.go(run_url(full, 21))
    assert tab.value("document.querySelector('.row .age').innerText")


def test_feedback_is_given_without_javascript(full, chromium):
    tab = chromium.tab(script=False)
    tab.go(run_url(full, 1))
    tab.type("form[action$='/feedback'] input[name=score]", "0.25")
    tab.type("form[action$='/feedback'] textarea", "slow 🐻")
    tab.click("form[action$='/feedback'] button", loads=True)
    listed = api(full, "GET", "/feedback?run=" + traces.run_id(1))
    assert [(one["key"], one["score"], one["comment"]) for one in listed] == [("user_score", 0.25, "slow 🐻")]
    assert "slow 🐻" in tab.value("document.querySelector('[data-feedback]').innerText")


def test_a_filter_is_set_without_javascript_and_stands_in_the_address(full, chromium):
    tab = chromium.tab(script=False)
    tab.go(full.url + project_address(full))
    tab.type("input[name=filter]", 'eq(name, "FailingChain")')
    tab.click(".filters button", loads=True)
    assert tab.value(ROWS) == [traces.run_id(11)]
    assert "filter=eq" in tab.value("location.search")
    tab.type("input[name=filter]", "(")
    tab.click(".filters button", loads=True)
    assert "cannot be read" in tab.value("document.querySelector('[role=alert]').innerText")
    assert tab.value(ROWS) == []


# What is entered into the form, and the same asked through the API, as the SDK's list_runs sends it.
FILTERS = [
    ({"type": "llm", "all": True}, {"run_type": "llm"}),
    ({"status": "error"}, {"is_root": True, "error": True}),
    ({"status": "pending"}, {"is_root": True, "filter": 'eq(status, "pending")'}),
    ({"tag": "zoo"}, {"is_root": True, "filter": 'has(tags, "zoo")'}),
    ({"name": "FailingChain"}, {"is_root": True, "filter": 'eq(name, "FailingChain")'}),
    ({"text": "Bears sleep", "all": True}, {"filter": 'search("Bears sleep")'}),
    ({"latency": "0.35"}, {"is_root": True, "filter": "gte(latency, 0.35)"}),
    ({"filter": 'and(gt(latency, 0.2), eq(run_type, "chain"))'},
     {"is_root": True, "filter": 'and(gt(latency, 0.2), eq(run_type, "chain"))'}),
    ({"trace_filter": 'has(tags, "nightly")', "all": True}, {"trace_filter": 'has(tags, "nightly")'}),
    ({"tree_filter": 'eq(name, "weather")'}, {"is_root": True, "tree_filter": 'eq(name, "weather")'}),
    ({"type": "tool", "latency": "0.4", "all": True}, {"run_type": "tool", "filter": "gte(latency, 0.4)"}),
]  # fmt: skip


def test_each_filter_gives_the_runs_that_the_api_gives(full, chromium):
    tab = chromium.tab(script=False)
    project = full.store.project_named("demo")["id"]
    everything = len(api(full, "POST", "/runs/query", {"session": [project], "limit": 100})["runs"])
    for entered, asked in FILTERS:
        tab.go(full.url + project_address(full))
        if any(name.endswith("_filter") for name in entered):
            tab.click(".filters summary")
        for name, value in entered.items():
            if name == "all":
                tab.click("input[name=all]")
            elif name in ("type", "status"):
                tab.value(f"document.querySelector('select[name={name}]').value = {value!r}")
            else:
                tab.type(f"input[name={name}]", value)
        tab.click(".filters button", loads=True)
        expected = api(full, "POST", "/runs/query", {"session": [project], "limit": 100, **asked})["runs"]
        assert tab.value(ROWS) == [run["id"] for run in expected], entered
        assert 0 < len(expected) < everything, entered
        assert all(f"{name}=" in tab.value("location.search") for name in entered)


@pytest.mark.parametrize("width", [1200, 400])
def test_no_page_asks_beyond_loopback_complains_or_is_wider_than_the_window(full, chromium, width):
    dataset = full.store.create_dataset({"name": "zoo"})
    full.store.add_examples(dataset["id"], [{"inputs": {"a": "x" * 400}, "outputs": {"b": "y" * 400}}])
    outside = [{"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}]
    traces.put(full.store, [traces.run(70, "n" * 300, "llm", 70, 71, tags=["t" * 200],
                                       inputs=traces.chat_inputs(traces.constructor("HumanMessage", outside)))])  # fmt: skip
    project = full.url + project_address(full)
    tab = chromium.tab(width=width)
    for address in (
        full.url + "/", project, project + "?filter=foo(", *[run_url(full, number) for number in (1, 3, 11, 21, 70, 1000)],
        full.url + "/data", f"{full.url}/data/{dataset['id']}", f"{full.url}/playground?run={traces.run_id(70)}",
        f"{full.url}/projects/compare?run={traces.run_id(3)}&run={traces.run_id(70)}",
    ):  # fmt: skip
        tab.go(address)
        assert tab.value("document.documentElement.scrollWidth") <= width, address
        assert (
            tab.value("getComputedStyle(document.querySelector('.top')).display") == "flex"
        )  # the style sheet is there
    assert tab.complaints == []
    beyond = [one for one in tab.requests if not one.startswith((full.url, "data:image/png"))]
    assert beyond == []


def test_dark_and_light_are_followed(full, chromium):
    papers = []
    for dark in (False, True):
        tab = chromium.tab(dark=dark)
        tab.go(full.url)
        papers.append(tab.value("getComputedStyle(document.documentElement).backgroundColor"))
    assert papers == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


def test_a_megabyte_and_two_thousand_runs_are_opened_whole_and_cut(server, chromium):
    inputs = traces.chat_inputs(traces.constructor("HumanMessage", "x" * 1_000_000))
    traces.put(server.store, traces.wide(1000, children=2000), [traces.run(1, "Long", "llm", 0, 1, inputs=inputs)])
    tab = chromium.tab()
    tab.go(run_url(server, 1000))
    assert tab.value("document.querySelectorAll('.row').length") == 2000
    tab.go(run_url(server, 1))
    assert tab.value("document.body.innerText.length") < 120_000
    tab.click(".more", loads=True)
    assert tab.value("document.body.innerText.length") > 1_000_000


def test_the_playground_opens_filled_and_its_answer_grows_and_is_traced(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 3))
    tab.click("a[href^='/playground?run']", loads=True)
    assert tab.value("document.querySelector('textarea[name=text0]').value") == "Be brief."
    assert traces.NASTY in tab.value("JSON.parse(document.querySelector('textarea[name=text1]').value).content[0].text")
    assert tab.value("JSON.parse(document.querySelector('textarea[name=tools]').value)[0].function.name") == "weather"
    tab.type("textarea[name=text1]", "Count to ten, please, with a bear at each number.")
    tab.value("document.querySelector('select[name=role1]').value = 'user'")
    tab.value("document.querySelector('textarea[name=tools]').value = ''")
    tab.click(".playground button", loads=True)
    tab.until("document.querySelector('#answer .status.success') !== null")
    runs = full.store.runs(sessions=[full.store.project_named("playground")["id"]])[0]
    said = runs[0]["outputs"]["choices"][0]["message"]["content"]
    assert len(runs) == 1 and said
    assert said in tab.value("document.querySelector('#answer').innerText")
    assert sum(f"/playground/{runs[0]['id']}.json" in one for one in tab.requests) > 1  # it was shown as it came
    tab.click("#answer a", loads=True)
    assert tab.value("document.querySelectorAll('.row').length") == 1
    assert tab.complaints == []


def test_a_typed_key_is_not_on_the_page_that_follows_and_a_call_is_stopped(full, chromium, monkeypatch):
    with fakes.serve() as provider:
        monkeypatch.setenv("OPENAI_BASE_URL", provider.url("openai"))
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        provider.pace(fakes.Pace(first_token=0.0, tokens_per_second=5.0))
        provider.when().reply("word " * 2000)
        tab = chromium.tab()
        tab.go(full.url + "/playground")
        tab.value("document.querySelector('select[name=provider]').value = 'openai'")
        tab.type("input[name=key]", provider.key)
        tab.type("textarea[name=text1]", "hello")
        tab.click(".playground button", loads=True)
        tab.until("document.querySelector('#coming').innerText.includes('word')")
        assert provider.key not in tab.value("document.documentElement.outerHTML + location.href")
        tab.click(".stop button", loads=True)
        assert "Cancelled" in tab.value("document.querySelector('#answer .failure').innerText")
        assert "word" in tab.value("document.querySelector('#answer .message').innerText")
        assert tab.value("localStorage.length + sessionStorage.length") == 0
        assert tab.complaints == []


def test_an_error_of_the_provider_is_read_below_the_form_without_javascript(full, chromium, monkeypatch):
    with fakes.serve() as provider:
        monkeypatch.setenv("OPENAI_BASE_URL", provider.url("openai"))
        monkeypatch.setenv("OPENAI_API_KEY", provider.key)
        provider.when().reply(fakes.Error(429, "slow down <b>now</b>"))
        tab = chromium.tab(script=False)
        tab.go(full.url + "/playground")
        tab.value("document.querySelector('select[name=provider]').value = 'openai'")
        tab.type("textarea[name=text1]", "hello")
        tab.click(".playground button", loads=True)
        for thread in threading.enumerate():
            if thread.name == "playground":
                thread.join(20)
        tab.reload()
        told = tab.value("document.querySelector('#answer .failure').innerText")
        assert told.startswith("HTTP 429 ") and "slow down <b>now</b>" in told


@pytest.mark.parametrize("width", [1200, 400])
def test_each_name_of_a_tree_sixty_levels_deep_can_be_read_and_stands_further_in(server, chromium, width):
    runs = [traces.run(1, "level 0", "chain", 0, 1)]
    for number in range(2, 61):
        runs.append(traces.run(number, f"level {number - 1}", "chain", 0, 1, parent=runs[-1]))
    traces.put(server.store, runs)
    tab = chromium.tab(width=width)
    tab.go(run_url(server, 60))
    found = tab.value("""[...document.querySelectorAll('.row')].map(row => {
      const kind = row.querySelector('.kind').getBoundingClientRect(), link = row.querySelector('a').getBoundingClientRect();
      return [row.dataset.depth * 1, kind.left, link.right - kind.right]; })""")
    assert [depth for depth, _, _ in found] == list(range(60))
    assert all(room > 60 for _, _, room in found)
    lefts = [left for _, left, _ in found[:30]]
    assert lefts == sorted(set(lefts))
    inside = "(row => [row.top, row.bottom])(document.querySelector('.row[aria-current]').getBoundingClientRect())"
    top, bottom = tab.value(inside)
    box = tab.value("(box => [box.top, box.bottom])(document.querySelector('.tree').getBoundingClientRect())")
    assert box[0] <= top and bottom <= box[1]  # the tree is scrolled to the chosen run


def test_rows_are_in_dotted_order_and_set_in_by_their_depth(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 1000))
    found = tab.value("[...document.querySelectorAll('.row')].map(row => "
                      "[row.dataset.run, row.querySelector('.kind').getBoundingClientRect().left])")  # fmt: skip
    runs = sorted(traces.wide(1000, children=40), key=lambda run: run["dotted_order"])
    assert [run for run, _ in found] == [run["id"] for run in runs]
    lefts = {run: left for run, left in found}
    steps = {round(lefts[run["id"]] - lefts[runs[0]["id"]], 2) for run in runs if run["dotted_order"].count(".") == 1}
    assert len(steps) == 1 and min(steps) > 5
    assert all(lefts[run["id"]] > lefts[run["parent_run_id"]] for run in runs[1:])


@pytest.mark.parametrize("width", [1200, 400])
def test_the_names_of_an_everyday_chain_are_whole(server, chromium, width):
    names = ["translate", "RunnableSequence", "ChatPromptTemplate", "ChatOpenAI"]
    runs = [traces.run(1, names[0], "chain", 0, 1)]
    runs.append(traces.run(2, names[1], "chain", 0, 1, parent=runs[0]))
    runs.append(traces.run(3, names[2], "prompt", 0, 0.1, parent=runs[1]))
    told = {"metadata": {"usage_metadata": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}}
    runs.append(traces.run(4, names[3], "llm", 0.1, 1, parent=runs[1], extra=told))
    traces.put(server.store, runs)
    tab = chromium.tab(width=width)
    tab.go(run_url(server, 1))
    found = tab.value("[...document.querySelectorAll('.row a')].map(a => "
                      "[a.textContent.trim(), a.scrollWidth <= a.clientWidth])")  # fmt: skip
    assert found == [[name, True] for name in names]


@pytest.mark.parametrize("width", [1200, 400])
def test_rows_of_one_depth_stand_in_one_line_whether_they_tell_tokens_or_not(server, chromium, width):
    runs = [traces.run(1, "agent", "chain", 0, 1)]
    for number in range(2, 26, 2):
        parent = runs[number - 3] if number > 2 else runs[0]
        runs.append(traces.run(number, "step", "chain", 0.1, 1, parent=parent))
        runs.append(traces.run(number + 1, "tool", "tool", 0.2, 1, parent=parent, error="E('x')"))
    told = {"metadata": {"usage_metadata": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}}
    runs.append(traces.run(40, "model", "llm", 0.1, 1, parent=runs[-2], extra=told))
    traces.put(server.store, runs)
    tab = chromium.tab(width=width)
    tab.go(run_url(server, 1))
    found = tab.value("[...document.querySelectorAll('.row')].map(row => "
                      "[row.dataset.depth * 1, row.querySelector('.kind').getBoundingClientRect().left])")  # fmt: skip
    lefts = {depth: {round(left, 2) for other, left in found if other == depth} for depth, _ in found}
    assert len(lefts) == 14 and all(len(several) == 1 for several in lefts.values()), lefts
    in_turn = [left for depth in sorted(lefts) for left in lefts[depth]]
    assert in_turn == sorted(set(in_turn))
    # and below the last line there is nothing
    foot = "document.querySelector('footer').getBoundingClientRect().bottom + scrollY"
    assert tab.value(f"document.documentElement.scrollHeight <= Math.max(innerHeight, {foot} + 1)")


def test_what_is_touched_on_a_small_screen_is_large_enough(full, chromium):
    full.store.add_feedback({"run_id": traces.run_id(1), "key": "k", "score": 1})
    tab = chromium.tab(width=400)
    for address in (full.url + project_address(full), run_url(full, 1)):
        tab.go(address)
        small = tab.value("""[...document.querySelectorAll("button, .button, .top a, .crumbs a, .list td > a, a.chip, .row a, "
          + ".raw > summary, footer a, input[type=checkbox], select")].filter(one => one.checkVisibility()).filter(one => {
          const box = one.getBoundingClientRect(), least = one.type === "checkbox" ? 17 : 22;
          return box.width < 17 || box.height < least; }).map(one => one.outerHTML.slice(0, 90))""")
        assert small == []


def test_everything_can_be_read_without_javascript(full, chromium):
    full.store.add_feedback({"run_id": traces.run_id(3), "key": "by_sdk", "score": 1, "comment": "from the SDK"})
    tab = chromium.tab(script=False)
    tab.go(full.url)
    tab.click("main table a", loads=True)
    assert len(tab.value(ROWS)) == 4 and tab.value("document.querySelector('#pause').checkVisibility()") is False
    tab.click(f"tr[data-run='{traces.run_id(1)}'] a", loads=True)
    tab.click(f".row[data-run='{traces.run_id(3)}'] a", loads=True)
    shown = tab.value("document.querySelector('main').innerText")
    assert all(text in shown for text in ("Be brief.", "I ask the tool.", "by_sdk", "from the SDK"))
    branch = f"document.querySelector(\".row[data-run='{traces.run_id(3)}']\").checkVisibility()"
    tab.click("details[data-fold] > summary .took")
    assert tab.value(branch) is False  # folds, too
    tab.click("details.raw > summary")
    assert tab.value("document.querySelector('details.raw').open") is True


def test_text_from_right_to_left_begins_on_the_right_and_turns_nothing_else(full, chromium):
    words = "\u0645\u0631\u062d\u0628\u0627"
    inputs = traces.chat_inputs(traces.constructor("HumanMessage", words), traces.constructor("HumanMessage", "left\u202e"))
    traces.put(full.store, [traces.run(80, words + "\u202e", "llm", 80, 81, inputs=inputs)])
    tab = chromium.tab()
    tab.go(run_url(full, 80))
    right, left = tab.value("""[...document.querySelectorAll('.message .text')].map(text => {
      const words = document.createRange(); words.selectNodeContents(text);
      const [inner, outer] = [words.getBoundingClientRect(), text.getBoundingClientRect()];
      return [Math.round(inner.left - outer.left), Math.round(outer.right - inner.right)]; })""")
    assert right[1] <= 1 < right[0] and left[0] <= 1 < left[1]
    tab.go(full.url + project_address(full))
    assert tab.value(f"document.querySelector(\"tr[data-run='{traces.run_id(80)}'] small\").getBoundingClientRect().left") > 100


def test_sound_and_pictures_by_data_url_are_there_and_those_elsewhere_are_only_named(full, chromium):
    wav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA=="
    blocks = [{"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}}, {"type": "image_url", "image_url": {"url": traces.PIXEL}},
              {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}]  # fmt: skip
    traces.put(full.store, [traces.run(81, "M", "llm", 81, 82, inputs=traces.chat_inputs(traces.constructor("HumanMessage", blocks)))])
    tab = chromium.tab()
    tab.go(run_url(full, 81))
    tab.until("document.querySelector('audio').duration > 0")
    assert tab.value("document.querySelector('.message img').naturalWidth") == 10
    assert "image: https://example.com/cat.png elsewhere, not loaded" in tab.value("document.querySelector('.message').innerText")
    assert tab.complaints == [] and not any("example.com" in one for one in tab.requests)


@pytest.mark.parametrize("width", [1200, 400])
def test_two_rows_of_the_list_are_chosen_and_compared(full, chromium, width):
    tab = chromium.tab(width=width, script=False)
    tab.go(full.url + project_address(full))
    for number in (1, 11):
        tab.click(f"tr[data-run='{traces.run_id(number)}'] input")
    tab.click(".pager button", loads=True)
    assert tab.value("[...document.querySelectorAll('main tr:first-child a')].map(one => one.innerText)") == ["FailingChain", "RunnableSequence"]
    assert "slow down <b>now</b>" in tab.value("document.querySelector('main').innerText")


def test_a_run_is_added_to_a_dataset_and_an_experiment_shows_its_mean_score(full, chromium):
    tab = chromium.tab(script=False)
    tab.go(run_url(full, 1))
    tab.type("input[name=new]", "zoo 🐻")
    tab.click("form[action$='/example'] button", loads=True)
    assert tab.value("document.querySelector('h1').innerText") == "zoo 🐻"
    made = api(full, "GET", "/datasets?limit=1&name=zoo%20%F0%9F%90%BB")[0]
    example = api(full, "GET", f"/examples?dataset={made['id']}&limit=100&offset=0")[0]
    assert (example["inputs"], example["outputs"]) == ({"topic": "Tell me about bears"}, {"output": "Bears sleep."})
    api(full, "POST", "/sessions", {"name": "exam", "reference_dataset_id": made["id"]})
    for number, score in ((81, 1), (82, 0.5)):
        traces.put(full.store, [{**traces.run(number, "T", "chain", 0, 1), "session_name": "exam", "reference_example_id": example["id"]}])
        api(full, "POST", "/feedback", {"run_id": traces.run_id(number), "key": "right", "score": score})
    tab.reload()
    assert "right 0.75" in tab.value("document.querySelector('[data-experiment]').innerText")


@pytest.mark.parametrize("width", [1200, 400])
def test_a_long_message_is_a_window_and_what_follows_is_near(full, chromium, width):
    long = traces.constructor("HumanMessage", "word " * 3_000)
    traces.put(full.store, [traces.run(80, "M", "llm", 80, 81, inputs=traces.chat_inputs(long, traces.constructor("HumanMessage", "short")))])
    tab = chromium.tab(width=width)
    tab.go(run_url(full, 80))
    tall, scrolls = tab.value("(text => [text.clientHeight, text.scrollHeight > text.clientHeight])(document.querySelector('.message .text'))")
    assert tall < 700 and scrolls is True


def test_a_moment_is_told_in_utc_and_on_hovering_by_the_readers_clock(full, chromium):
    tab = chromium.tab()
    tab.ask("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    tab.go(run_url(full, 1))
    shown, told, wanted = tab.value("""(time => [time.innerText, time.title,
      new Date('2026-11-23T04:25:25.141372+00:00').toLocaleString(undefined, {timeZone: 'Asia/Tokyo'})])(document.querySelector('time'))""")
    assert shown == "2026-11-23 04:25:25" and told == f"{wanted} here; 2026-11-23T04:25:25.141372+00:00"


@pytest.mark.parametrize("width", [1200, 400])
def test_when_a_run_began_is_told_once_whatever_the_width(full, chromium, width):
    tab = chromium.tab(width=width)
    tab.go(full.url + project_address(full))
    row = f"document.querySelector(\"tr[data-run='{traces.run_id(1)}']\")"
    assert tab.value(f"[...{row}.querySelectorAll('time')].filter(one => one.checkVisibility()).length") == 1
