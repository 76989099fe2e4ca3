"""The page in a real browser: what a person sees and does. A machine without chromium skips this and says so."""

from __future__ import annotations

import os

import pytest

from tests.fakes.langsmith import browser, page_traces as traces
from tests.fakes.langsmith.page_reading import api, project_address

pytestmark = [
    pytest.mark.skipif(browser.find() is None, reason="no chromium here: apt-get install chromium"),
    pytest.mark.skipif("NO_BROWSER" in os.environ, reason="NO_BROWSER is set: one interpreter of CI's is enough for it"),
    pytest.mark.time_limit(90),
]


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser(browser.find()) as running:
        yield running


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


def test_a_new_trace_appears_by_itself_and_pause_stops_all_requests(full, chromium):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    assert tab.value(f"{ROWS}.length") == 4
    traces.put(full.store, traces.chain(50, start=50))
    tab.until(f"{ROWS}[0] === '{traces.run_id(50)}'", seconds=10)
    tab.click("#pause")
    tab.until("document.querySelector('#pause').innerText === 'Go on'")
    tab.listen(0.2)
    before = len(tab.requests)
    traces.put(full.store, traces.chain(60, start=60))
    tab.listen(2.5)
    assert (len(tab.requests), tab.value(f"{ROWS}[0]")) == (before, traces.run_id(50))
    tab.click("#pause")
    tab.until(f"{ROWS}[0] === '{traces.run_id(60)}'", seconds=10)
    assert tab.complaints == []


def test_a_trace_that_ends_while_it_is_looked_at_is_shown_ended_and_stays_folded(server, chromium):
    root = traces.run(1, "Root", "chain", 0, None)
    step = traces.run(2, "Step", "chain", 0.1, 0.2, parent=root)
    traces.put(server.store, [root, step, traces.run(3, "Inner", "tool", 0.1, 0.2, parent=step)])
    tab = chromium.tab()
    tab.go(run_url(server, 1))
    tab.click(f"details[data-fold='{traces.run_id(2)}'] > summary .took")
    tab.until("localStorage.length === 1")
    traces.put(server.store, [traces.run(1, "Root", "chain", 0, 4, outputs={"output": "the end"})])
    tab.until("document.querySelector('#trace').innerText.includes('the end')", seconds=10)
    assert tab.value(f"document.querySelector(\".row[data-run='{traces.run_id(3)}']\").checkVisibility()") is False
    assert tab.complaints == []


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
        full.url + "/data", f"{full.url}/data/{dataset['id']}",
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
