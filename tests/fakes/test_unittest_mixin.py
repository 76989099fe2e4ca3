"""The unittest mixin, by running test cases: what a test has while it runs, and what it fails of afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
import unittest
import urllib.error
import urllib.request

import pytest

from fakes.testing import FakesMixin
from minichat import ChatOpenAI


def say(text="hi"):
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return json.load(response)["choices"][0]["message"]["content"]
    except urllib.error.HTTPError as error:
        error.close()
        raise


def run(test, base=unittest.TestCase, **attributes):
    """Run one test function as a test case, and give the result."""
    kind = type("Case", (FakesMixin, base), {"test": test, **attributes})
    result = unittest.TestResult()
    kind("test").run(result)
    return result


def texts(rows):
    return [text for _, text in rows]


def test_each_test_has_a_server_and_the_variables(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    monkeypatch.setenv("OPENAI_PROXY", "http://proxy")
    before = dict(os.environ)
    seen = []

    def test(self):
        self.fake.reply("Hello")
        self.assertEqual(say(), "Hello")
        self.fake.assert_called(times=1)
        self.assertEqual(os.environ["OPENAI_BASE_URL"], self.fake.url("openai"))
        self.assertNotIn("OPENAI_PROXY", os.environ)
        self.assertNotIn("MISTRAL_BASE_URL", os.environ)
        seen.append(self.fake)

    for _ in range(2):
        result = run(test)
        assert result.wasSuccessful(), result.errors + result.failures
    assert seen[0] is not seen[1]
    assert dict(os.environ) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


def test_the_server_is_set_up_by_the_class(tmp_path):
    script = tmp_path / "script.json"
    script.write_text('{"replies": ["from the file"]}')

    def test(self):
        self.assertEqual(say(), "from the file")
        self.fake.advance(60)
        self.assertEqual(self.fake.now(), 60)
        self.assertEqual(os.environ["MISTRAL_API_KEY"], self.fake.key)

    result = run(test, fakes_script=script, fakes_clock="virtual", fakes_seed=3, fakes_providers=("openai", "mistral"))
    assert result.wasSuccessful(), result.errors + result.failures


def test_replies_are_given_in_turn():
    result = run(lambda self: self.assertEqual([say(), say()], ["one", "two"]), fakes_replies=["one", "two"])
    assert result.wasSuccessful(), result.errors + result.failures


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command makes certificates")
def test_tls_is_trusted_through_the_environment():
    def test(self):
        self.assertTrue(self.fake.url().startswith("https://"))
        self.assertEqual(ChatOpenAI(model="any").invoke("hi").content, "Hello")

    result = run(test, fakes_tls="good", fakes_replies=["Hello"])
    assert result.wasSuccessful(), result.errors + result.failures


def test_async_tests_use_it_too():
    async def test(self):
        self.fake.reply("Hello")
        self.assertEqual(await asyncio.get_running_loop().run_in_executor(None, say), "Hello")
        async with ChatOpenAI(model="any", max_retries=0) as model:
            self.fake.reply("again")
            self.assertEqual((await model.ainvoke("hi")).content, "again")

    result = run(test, unittest.IsolatedAsyncioTestCase, fakes_strict=True)
    assert result.wasSuccessful(), result.errors + result.failures


# -- strict ---------------------------------------------------------------------------------------


def unused(self):
    self.fake.when(user="bye").reply("Bye", name="farewell")


def unmatched(self):
    self.fake.when(user="bye").reply("Bye")
    say("bye")
    with self.assertRaises(urllib.error.HTTPError):
        say("hi")


async def unused_async(self):
    self.fake.when(user="bye").reply("Bye", name="farewell")


@pytest.mark.parametrize(
    "test, base, told",
    [
        (unused, unittest.TestCase, "fakes, strict: never used: farewell"),
        (unmatched, unittest.TestCase, "fakes, strict: request 2 (POST /openai/v1/chat/completions): no rule fits"),
        (unused_async, unittest.IsolatedAsyncioTestCase, "fakes, strict: never used: farewell"),
    ],
)
def test_strict_tests_fail_when_they_are_green_by_accident(test, base, told):
    result = run(test, base, fakes_strict=True)
    (text,) = texts(result.failures)
    assert told in text and "testing.py" not in text and not result.errors
    assert run(test, base).wasSuccessful()


def failing(self):
    self.fake.reply("never asked for")
    self.fail("of itself")


def raising(self):
    self.fake.reply("never asked for")
    raise ZeroDivisionError


def skipping(self):
    self.fake.reply("never asked for")
    self.skipTest("not today")


async def failing_async(self):
    self.fake.reply("never asked for")
    self.fail("of itself")


@pytest.mark.parametrize(
    "test, base, counts",
    [
        (failing, unittest.TestCase, (1, 0, 0)),
        (raising, unittest.TestCase, (0, 1, 0)),
        (skipping, unittest.TestCase, (0, 0, 1)),
        (failing_async, unittest.IsolatedAsyncioTestCase, (1, 0, 0)),
    ],
)
def test_a_test_that_ended_otherwise_is_told_of_once(test, base, counts):
    result = run(test, base, fakes_strict=True)
    assert (len(result.failures), len(result.errors), len(result.skipped)) == counts
    text = "".join(texts(result.failures + result.errors))
    assert "strict" not in text and "testing.py" not in text
    assert not text or f"in {test.__name__}" in text  # of unittest's and our frames, and no others, it is cleaned
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


def test_what_a_test_asks_in_its_own_cleanup_counts():
    def test(self):
        self.fake.reply("Hello")
        self.addCleanup(say)

    assert run(test, fakes_strict=True).wasSuccessful()


def test_a_setup_of_ones_own_calls_the_mixin_s():
    def set_up(self):
        FakesMixin.setUp(self)
        self.fake.reply("Hello")

    assert run(lambda self: self.assertEqual(say(), "Hello"), setUp=set_up, fakes_strict=True).wasSuccessful()


def test_a_server_that_cannot_start_is_the_test_s_error():
    before = dict(os.environ)
    result = run(lambda self: None, fakes_clock="slow")
    assert len(result.errors) == 1 and dict(os.environ) == before
    result = run(lambda self: None, fakes_providers=("azure",))
    assert "no provider 'azure' here" in texts(result.errors)[0] and dict(os.environ) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]
