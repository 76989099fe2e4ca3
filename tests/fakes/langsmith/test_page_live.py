"""The live tail in a real browser: what is new comes by itself, and nothing is asked that need not be."""

from __future__ import annotations

import pytest

import fakes.langsmith
from fakes.langsmith.page import guard, playing
from fakes.serving.http11 import Answer
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.browsing import NEEDED
from tests.fakes.langsmith.page_reading import project_address

pytestmark = NEEDED
ROWS = "[...document.querySelectorAll('tr[data-run]')].map(row => row.dataset.run)"
HIDE = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s}); document.dispatchEvent(new Event('visibilitychange'))"
A_LOOK = 1.5 + 0.3  # seconds in which a page that looks has looked


@pytest.fixture
def full(server):
    traces.put(server.store, traces.chain(), traces.failed(), traces.pending(), traces.wide(1000, children=40))
    return server


@pytest.fixture
def asked(full, monkeypatch):
    """What came to the server, as it counts it."""
    seen, answer = [], full._site.answer

    def counting(request, connection):
        seen.append((request.method, request.path))
        return answer(request, connection)

    monkeypatch.setattr(full._site, "answer", counting)
    return seen


def run_url(server, number):
    return f"{server.url}{project_address(server)}/r/{traces.run_id(number)}"


def settled(tab):
    """Wait until what is under way has come."""
    tab.listen(0.3)


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
    tab.until("document.querySelector('#pause').hidden", seconds=10)  # there is nothing to wait for any more
    assert tab.complaints == []


def test_an_unfinished_trace_can_be_paused(full, chromium, asked):
    tab = chromium.tab()
    tab.go(run_url(full, 21))
    tab.click("#pause")
    settled(tab)
    asked.clear()
    tab.listen(A_LOOK)
    assert asked == []
    traces.put(full.store, [traces.run(21, "SlowChain", "chain", 20, 25, outputs={"output": "the end"})])
    tab.click("#pause")
    tab.until("document.querySelector('#trace').innerText.includes('the end')", seconds=10)



@pytest.mark.parametrize("what", ["list", "trace"])
def test_what_comes_between_a_page_and_its_first_look_is_not_missed(full, chromium, monkeypatch, what):
    address = project_address(full) if what == "list" else run_url(full, 21)[len(full.url) :]
    answer = full._site.answer

    def then_it_ends(request, connection):
        given = answer(request, connection)
        if request.path == address and request.method == "GET":
            traces.put(full.store, [traces.run(21, "SlowChain", "chain", 20, 25, outputs={"output": "the end"})])
        return given

    monkeypatch.setattr(full._site, "answer", then_it_ends)
    tab = chromium.tab()
    tab.go(full.url + address)
    tab.until("document.querySelector('main').innerText.includes('the end')", seconds=10)


def test_a_pause_is_a_pause_at_the_server_and_the_filter_stays(full, chromium, asked):
    tab = chromium.tab()
    tab.go(full.url + project_address(full) + "?name=Runnable")
    assert tab.value(ROWS) == [traces.run_id(1)]
    tab.click("#pause")
    settled(tab)
    asked.clear()
    traces.put(full.store, traces.chain(50, start=50), traces.failed(60, start=60))
    tab.listen(A_LOOK)
    assert (asked, tab.value(ROWS)) == ([], [traces.run_id(1)])
    tab.click("#pause")
    tab.until(f"{ROWS}.length === 2", seconds=10)
    assert tab.value(ROWS) == [traces.run_id(50), traces.run_id(1)]  # what the filter leaves out stays out
    assert tab.value("document.querySelector('input[name=name]').value") == "Runnable"
    assert tab.complaints == []


def test_a_page_without_news_asks_for_a_mark_and_for_nothing_else(full, chromium, asked):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    settled(tab)
    asked.clear()
    tab.listen(A_LOOK)
    assert 1 <= len(asked) <= 2 and {method for method, _ in asked} == {"HEAD"}


def test_a_tab_that_nobody_sees_asks_nothing_and_catches_up_at_once(full, chromium, asked):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    tab.value(HIDE % "true")
    settled(tab)
    asked.clear()
    traces.put(full.store, traces.chain(50, start=50))
    tab.value("window.setTimeout = () => 1")  # from here on only the tab's coming back can make it look
    tab.listen(A_LOOK)
    assert asked == []
    tab.value(HIDE % "false")
    tab.until(f"{ROWS}[0] === '{traces.run_id(50)}'", seconds=10)


def test_a_server_that_comes_again_is_followed_again(tmp_path, chromium):
    path = str(tmp_path / "t.db")
    server = fakes.langsmith.serve(path)
    try:
        traces.put(server.store, traces.chain())
        tab, port = chromium.tab(), int(server.url.rpartition(":")[2])
        tab.go(server.url + project_address(server))
        server.close()
        tab.until("!document.querySelector('#away').hidden", seconds=10)
        server = fakes.langsmith.serve(path, port)
        traces.put(server.store, traces.chain(50, start=50))
        tab.until(f"{ROWS}[0] === '{traces.run_id(50)}'", seconds=10)
        assert tab.value("document.querySelector('#away').hidden") is True
    finally:
        server.close()


def test_a_new_trace_appears_by_itself(full, chromium):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    traces.put(full.store, traces.chain(50, start=50))
    tab.until(f"{ROWS}[0] === '{traces.run_id(50)}'", seconds=10)
    assert tab.value("document.querySelector('.figures dd').innerText") == "5"  # the figures come along
    assert tab.complaints == []


def test_what_a_reader_chose_opened_and_scrolled_to_stays(server, chromium):
    inputs = {f"k{n}": "x" for n in range(300)}
    root = traces.run(1, "Root", "chain", 0, None, inputs=inputs)
    traces.put(server.store, [root, *[traces.run(n, "S", "tool", 0, 1, parent=root) for n in range(2, 200)]])
    tab = chromium.tab()
    tab.go(run_url(server, 1))
    tab.value("document.querySelector('.tree').scrollTop = 700; document.querySelector('details.raw').open = true")
    opened = tab.value("document.querySelector('details.raw > summary').textContent")
    traces.put(server.store, [traces.run(1, "Root", "chain", 0, 4, inputs=inputs, outputs={"output": "the end"})])
    tab.until("document.querySelector('#trace').innerText.includes('the end')", seconds=10)
    assert tab.value("document.querySelector('.tree').scrollTop") == 700
    assert opened in tab.value("[...document.querySelectorAll('details.raw[open] > summary')].map(one => one.textContent)")


def test_an_age_counts_on(full, chromium):
    tab = chromium.tab()
    traces.put(full.store, [{**traces.run(99, "Now", "chain", 0, None), "start_time": "2999-01-01T00:00:00Z"}])
    tab.go(run_url(full, 99))
    shown = "document.querySelector('.row .age')"
    tab.value(f"{shown}.dataset.start = Date.now() - 100 * 1000")
    tab.until(f"{shown}.textContent.startsWith('1 m 4')", seconds=10)


def test_what_the_keyboard_is_on_stays_when_the_page_comes_anew(full, chromium):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    tab.value(f"document.querySelector(\"[data-run='{traces.run_id(11)}'] input\").focus()")
    traces.put(full.store, traces.chain(50, start=50))
    tab.until(f"{ROWS}[0] === '{traces.run_id(50)}'", seconds=10)
    assert tab.value("document.activeElement.value") == traces.run_id(11)
    tab.go(run_url(full, 21))
    traces.put(full.store, [traces.run(22, "Step", "chain", 20.1, None, parent=traces.pending()[0])])
    tab.until("document.querySelectorAll('.row').length === 2", seconds=10)
    tab.value("document.querySelector('#trace summary').focus()")
    traces.put(full.store, [traces.run(23, "Step", "chain", 20.2, None, parent=traces.pending()[0])])
    tab.until("document.querySelectorAll('.row').length === 3", seconds=10)
    assert tab.value("document.activeElement.parentElement.dataset.fold") == traces.run_id(21)


def test_a_form_of_an_unfinished_trace_can_be_sent_after_the_server_began_anew(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 21))
    guard.token.cache_clear()  # as another process has another one
    traces.put(full.store, [traces.run(22, "Step", "chain", 20.1, None, parent=traces.pending()[0])])
    tab.until("document.querySelectorAll('.row').length === 2", seconds=10)
    tab.type("form[action$='/feedback'] input[name=score]", "1")
    tab.click("form[action$='/feedback'] button", loads=True)
    assert [one["score"] for one in full.store.feedback(run_ids=[traces.run_id(21)])] == [1]


@pytest.fixture
def answering(full, monkeypatch):
    """What the server answers instead of what it has: nothing is replaced while this is empty."""
    status, answer = [], full._site.answer

    def replaced(request, connection):
        given = answer(request, connection)
        return (Answer(status[0], [], b""), *given[1:]) if status else given

    monkeypatch.setattr(full._site, "answer", replaced)
    return status


SHOWN = "(away => !away.hidden && away.innerText.startsWith('%s'))(document.querySelector('#away'))"


def test_a_server_that_fails_says_so_on_the_page_and_is_asked_again(full, chromium, answering):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    answering.append(500)
    tab.until(SHOWN % "the server answers 500")
    answering.clear()
    tab.until("document.querySelector('#away').hidden", seconds=10)


@pytest.mark.parametrize("status, told", [(401, "the password has changed"), (404, "the server answers 404")])
def test_a_server_that_refuses_says_so_and_is_not_asked_again(full, chromium, asked, answering, status, told):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    answering.append(status)
    tab.until(SHOWN % told)
    asked.clear()
    tab.listen(A_LOOK)
    assert asked == []  # each wrong password counts against whoever says it


def test_what_is_written_while_an_answer_comes_stays(full, chromium):
    run = {**traces.run(99, "gpt", "llm", 0, None), "events": [], "extra": {"metadata": {}}}
    traces.put(full.store, [run])
    call = playing._Call(playing.Play("fake", "gpt", [], [], {}), run, "")
    playing._UNDER_WAY[run["id"]] = call
    try:
        tab = chromium.tab()
        tab.go(f"{full.url}/playground?run={run['id']}")
        tab.type("textarea[name=text2]", "and then?")
        call.answer.take({"choices": [{"delta": {"content": "half"}}]})
        tab.until("document.querySelector('#coming').innerText === 'half'")
        call.answer.take({"choices": [{"delta": {"content": " and half"}}]})
    finally:
        playing._end(call, full.store, None)
    tab.until("document.querySelector('#answer .status.success') !== null")
    assert tab.value("document.querySelector('textarea[name=text2]').value") == "and then?"
    assert "half and half" in tab.value("document.querySelector('#answer .message.ai').innerText")
    assert tab.complaints == []


def test_control_and_enter_send_the_form_that_is_written_in(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 1))
    tab.type("form[action$='/feedback'] textarea", "fine")
    tab.ask("Input.dispatchKeyEvent", type="rawKeyDown", modifiers=2, key="Enter", windowsVirtualKeyCode=13)
    tab.until("(document.querySelector('[data-feedback]') || {innerText: ''}).innerText.includes('fine')")


def test_the_id_of_a_run_is_copied(full, chromium):
    tab = chromium.tab()
    tab.go(run_url(full, 3))
    tab.value("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    tab.click("[data-copy]")
    tab.until("document.querySelector('[data-copy]').innerText === 'Copied'")
    assert tab.value("window.copied") == traces.run_id(3)


def test_a_page_opened_with_the_password_in_its_address_is_live(chromium):
    with fakes.langsmith.serve(password="geheim") as server:
        traces.put(server.store, traces.chain())
        tab = chromium.tab()
        tab.go(server.url.replace("http://", "http://me:geheim@") + project_address(server))
        traces.put(server.store, traces.chain(50, start=50))
        tab.until(f"{ROWS}[0] === '{traces.run_id(50)}'", seconds=10)
        assert tab.value("document.querySelector('#away').hidden") is True


def test_a_server_that_takes_a_request_and_says_nothing_is_given_up_and_asked_again(full, chromium, asked):
    tab = chromium.tab()
    tab.go(full.url + project_address(full))
    tab.value("window.before = AbortSignal.timeout")
    tab.value("AbortSignal.timeout = after => (window.after = after, AbortSignal.abort())")
    tab.until("!document.querySelector('#away').hidden")
    assert "the server does not answer" in tab.value("document.querySelector('#away').innerText")
    assert 5_000 <= tab.value("window.after") <= 60_000
    tab.value("AbortSignal.timeout = window.before; 1")
    tab.until("document.querySelector('#away').hidden")
