"""The way in for unittest: a mixin that gives each test a server of its own and sets the SDKs' variables for it.

    class TestWeather(FakesMixin, unittest.TestCase):
        fakes_providers = ("openai",)

        def test_weather(self):
            self.fake.reply("Sunny.")
            self.assertEqual(my_program("What is the weather?"), "Sunny.")

It works with `unittest.IsolatedAsyncioTestCase` alike: the server has a thread of its own.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar, Dict, Iterable, Mapping, Optional, Union
from unittest import mock

from .harness import complaints, told, variables_for
from .scripting.script import Answering, Script
from .server import Server, serve

__all__ = ["FakesMixin"]

__unittest = True  # unittest's own sign for frames that a traceback leaves out; else it would leave out the test's


class FakesMixin:
    """Name it before `unittest.TestCase`. In each test `self.fake` is a running server; a `setUp` calls this one first.

    `fakes_providers`: whose SDKs' variables are set (base URLs, keys). `fakes_script`, `fakes_replies`, `fakes_clock`,
    `fakes_seed`, `fakes_tls`: as of `fakes.serve`. `fakes_strict`: a test fails when it leaves rules or replies
    unused, or asks what no rule fits.
    """

    fakes_providers: ClassVar[Iterable[str]] = ("openai",)
    fakes_script: ClassVar[Union[Script, Mapping[str, Any], str, "os.PathLike[str]", None]] = None
    fakes_replies: ClassVar[Optional[Iterable[Answering]]] = None
    fakes_clock: ClassVar[str] = "real"
    fakes_seed: ClassVar[int] = 0
    fakes_tls: ClassVar[Any] = None
    fakes_strict: ClassVar[bool] = False

    fake: Server
    _fakes_raised = False

    def setUp(self) -> None:
        """Start the server and set the variables; both are undone behind the test, however it ends."""
        case: Any = self  # a TestCase, which this class is mixed into
        super().setUp()  # type: ignore[misc]  # TestCase's
        self.fake = serve(
            self.fakes_replies,
            script=self.fakes_script,
            clock=self.fakes_clock,
            seed=self.fakes_seed,
            tls=self.fakes_tls,
        )
        case.addCleanup(self.fake.close)
        if self.fakes_strict:
            case.addCleanup(self._fakes_check)
        wanted = variables_for(self.fake, self.fakes_providers, os.environ)
        values: Dict[str, str] = {name: value for name, value in wanted.items() if value is not None}
        patch = mock.patch.dict(os.environ, values)
        patch.start()
        case.addCleanup(patch.stop)  # which also brings back what is taken away here
        for name, value in wanted.items():
            if value is None:
                os.environ.pop(name, None)

    def _fakes_check(self) -> None:
        if self._fakes_raised:
            return  # of a test that failed or was skipped it is no news what it left unused
        found = complaints(self.fake)
        if found:
            case: Any = self
            case.fail(told(found))

    def _callTestMethod(self, method: Any) -> None:
        # unittest's own, from 3.8 on; cleanups are told nowhere else whether the test raised. Where it is not called
        # `_fakes_raised` stays False, and a test that failed is told of twice.
        self._fakes_raised = True
        super()._callTestMethod(method)  # type: ignore[misc]  # TestCase's
        self._fakes_raised = False
