"""A real browser for tests: Debian's chromium, driven over --remote-debugging-pipe with the standard library.

Messages of the DevTools protocol are JSON with a NUL behind each, written to the browser's descriptor 3 and read from
its 4. One `Browser` is one process with a profile of its own in a temporary folder; a `Tab` notes every request it
made and every word on its console. Everything waits with a deadline; `until` waits for an expression to become true.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 15.0  # seconds


def find():
    """Give the path of a browser, or None on a machine without one."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """A running browser without a window. Use it with `with`."""

    def __init__(self, path):
        self._profile = tempfile.mkdtemp()
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._in, self._out = ours_in, ours_out
        command = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--disable-features=OptimizationHints,MediaRouter,Translate", "--hide-scrollbars", "--remote-debugging-pipe",
            f"--user-data-dir={self._profile}", "about:blank",
        ]  # fmt: skip
        # The browser's ends have to be 3 and 4; a shell puts them there without threads and preexec_fn in the way.
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out} {theirs_in}<&- {theirs_out}>&-'
        if {theirs_in, theirs_out} & {3, 4}:
            theirs_in, theirs_out = self._moved(theirs_in), self._moved(theirs_out)
            script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", script, "browser", *command],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._held = b""
        self._number = 0
        self._tabs = {}
        self._contexts = []

    @staticmethod
    def _moved(descriptor):
        import fcntl

        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 20)
        os.close(descriptor)
        os.set_inheritable(moved, True)
        return moved

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        """End the browser and delete its profile."""
        try:
            self.ask("Browser.close")
            self._process.wait(5)
        except (OSError, AssertionError, subprocess.TimeoutExpired):
            self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def tab(self, *, width=1200, height=900, script=True, dark=False):
        """Open a tab of its own context (its own storage), of this size."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._contexts.append(context)
        tab = self._tabs[session] = Tab(self, session)
        for name in ("Page.enable", "Network.enable", "Runtime.enable", "Log.enable"):
            tab.ask(name)
        tab.size(width, height)
        tab.ask(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        if not script:
            tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        return tab

    def close_tabs(self):
        """Close every tab: a page that looks for news would go on asking, whoever has its server's port by then."""
        while self._contexts:
            self.ask("Target.disposeBrowserContext", browserContextId=self._contexts.pop())
        self._tabs.clear()

    def ask(self, method, session=None, **params):
        """Send a command and give its result; events that come before it are noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(deadline)
            assert answer is not None, f"no answer to {method} in {PATIENCE} seconds"
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def receive(self, deadline):
        """Give the next message or None at the deadline; an event is noted with its tab."""
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            block = os.read(self._in, 1 << 20)
            assert block, "the browser is gone"
            self._held += block
        line, self._held = self._held.split(b"\0", 1)
        message = json.loads(line)
        tab = self._tabs.get(message.get("sessionId"))
        if tab is not None and "method" in message:
            tab.note(message["method"], message["params"])
        return message


class Tab:
    """One page: `requests` are addresses, `complaints` what stood on the console or broke a policy."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session
        self.requests = []
        self.complaints = []
        self._loaded = 0

    def ask(self, method, **params):
        return self._browser.ask(method, self._session, **params)

    def note(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded += 1
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str([one.get("value") for one in params["args"]]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])

    def size(self, width, height=900):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def go(self, address):
        """Open an address and wait until it is loaded."""
        before = self._loaded
        self.ask("Page.navigate", url=address)
        self._wait(lambda: self._loaded > before, f"{address} was not loaded")

    def reload(self):
        before = self._loaded
        self.ask("Page.reload")
        self._wait(lambda: self._loaded > before, "the page was not loaded again")

    def click(self, selector, *, loads=False):
        """Click in the middle of the first such element, as a person does, also where scripts are off."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        node = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        assert node, f"there is no {selector}"
        self.ask("DOM.scrollIntoViewIfNeeded", nodeId=node)
        quad = self.ask("DOM.getContentQuads", nodeId=node)["quads"][0]
        x, y = sum(quad[0::2]) / 4, sum(quad[1::2]) / 4
        before = self._loaded
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        if loads:
            self._wait(lambda: self._loaded > before, f"a click on {selector} loaded nothing")

    def type(self, selector, text):
        """Click into a field and type over what is in it."""
        self.click(selector)
        self.value("document.activeElement.select()")
        self.ask("Input.insertText", text=text)

    def value(self, expression):
        """Evaluate JavaScript and give its JSON value (also where the page's own scripts are off)."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, expression, *, seconds=PATIENCE):
        """Wait until JavaScript gives something true, and give it."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.value(expression)
            if found:
                return found
            assert time.monotonic() < deadline, f"not within {seconds} seconds: {expression}"
            self._browser.receive(min(deadline, time.monotonic() + 0.05))

    def listen(self, seconds):
        """Note what happens for a while."""
        deadline = time.monotonic() + seconds
        while self._browser.receive(deadline) is not None:
            pass

    def picture(self, path):
        """Keep a picture of the whole page."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 3000), "scale": 1}
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def _wait(self, there, told):
        deadline = time.monotonic() + PATIENCE
        while not there():
            assert self._browser.receive(deadline) is not None or there(), told
