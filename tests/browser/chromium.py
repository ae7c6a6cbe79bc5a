"""Drives Debian's Chromium, headless, over its DevTools protocol, with aiohttp's web socket alone."""

import asyncio
import base64
import itertools
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

# DevTools answers with JSON of a hundred shapes; each caller names the one that it asked for.
Json = dict[str, Any]

PATIENCE_S = 30
_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")
_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-device-scale-factor=1",
    # Nothing but this machine can be reached: a page that needs another host shows it by failing.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, "")}
_CTRL = 2


class Devtools:
    """One connection to a browser: commands by id, events to whoever listens to their session."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._tabs: dict[str, Tab] = {}

    async def send(self, method: str, session: str | None = None, **params: object) -> Json:
        number = next(self._ids)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        message = {"id": number, "method": method, "params": params}
        await self._socket.send_json(message if session is None else {**message, "sessionId": session})
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def listen(self) -> None:
        async for frame in self._socket:
            message = json.loads(frame.data)
            if "id" in message:
                self._settle(message)
            elif message.get("sessionId") in self._tabs:
                self._tabs[message["sessionId"]].notice(message["method"], message["params"])

    def _settle(self, message: Json) -> None:
        answer = self._answers.pop(message["id"])
        if answer.cancelled():
            return
        if "error" in message:
            answer.set_exception(RuntimeError(message["error"]["message"]))
        else:
            answer.set_result(message["result"])

    @asynccontextmanager
    async def tab(
        self, *, scheme: str = "light", size: tuple[int, int] = (1440, 900)
    ) -> AsyncIterator["Tab"]:
        """Open a tab with storage of its own, as on a first visit; ``scheme`` is ``light`` or ``dark``."""
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = await self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab = self._tabs[attached["sessionId"]] = Tab(self, attached["sessionId"])
        try:
            await tab.prepare(scheme, size)
            yield tab
        finally:
            await self.send("Target.disposeBrowserContext", browserContextId=context)


class Tab:
    """One page; ``problems`` holds each console error or warning, exception, refused or failed request."""

    def __init__(self, devtools: Devtools, session: str) -> None:
        self._devtools = devtools
        self._session = session
        self.problems: list[str] = []
        self.urls: list[str] = []

    async def send(self, method: str, **params: object) -> Json:
        return await self._devtools.send(method, self._session, **params)

    async def prepare(self, scheme: str, size: tuple[int, int]) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.send(f"{domain}.enable")
        # A page that another window covers gets no keys: each is told that it is the one in front.
        await self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        preference = {"name": "prefers-color-scheme", "value": scheme}
        await self.send("Emulation.setEmulatedMedia", features=[preference])
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=False,
        )

    def notice(self, event: str, params: Json) -> None:
        match event:
            case "Network.requestWillBeSent":
                self.urls.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.problems.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning", "assert"}:
                self.problems.append(json.dumps(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    async def open(self, url: str) -> None:
        answer = await self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise RuntimeError(f"{url}: {answer['errorText']}")

    async def evaluate(self, expression: str) -> Any:
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {json.dumps(answer['exceptionDetails'])}")
        return answer["result"].get("value")

    async def wait_for(self, expression: str) -> Any:
        """Return the expression's value once it is truthy, looked at with every frame that the page draws."""
        waiting = f"""new Promise((settle) => {{
            const look = () => {{
                const value = ({expression});
                value ? settle(value instanceof Node || value) : requestAnimationFrame(look);
            }};
            look();
        }})"""
        try:
            return await self.evaluate(waiting)
        except TimeoutError:
            problems = "\n".join(self.problems)
            raise AssertionError(f"never came true: {expression}\n{problems}") from None

    async def click(self, selector: str) -> None:
        box = f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element?.scrollIntoView({{ block: 'nearest', inline: 'nearest' }});
            const box = element?.getBoundingClientRect();
            return box && box.width > 0 && {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
        }})()"""
        point = await self.wait_for(box)
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **point)

    async def type(self, text: str) -> None:
        for character in text:
            await self.send("Input.dispatchKeyEvent", type="char", text=character)

    async def press(self, key: str, *, ctrl: bool = False) -> None:
        code, text = _KEYS.get(key, (ord(key[0].upper()), ""))
        shared = {"key": key, "windowsVirtualKeyCode": code, "modifiers": _CTRL if ctrl else 0}
        await self.send("Input.dispatchKeyEvent", type="keyDown", text="" if ctrl else text, **shared)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **shared)

    async def screenshot(self, path: Path) -> None:
        answer = await self.send("Page.captureScreenshot", format="png")
        picture = base64.b64decode(answer["data"])
        await asyncio.to_thread(path.write_bytes, picture)


@asynccontextmanager
async def launch(executable: str, profile: Path) -> AsyncIterator[Devtools]:
    """Start a browser with an empty profile in the folder ``profile``; it ends with the context."""
    # Chromium refuses its own sandbox to root, which is who containers and CI often are.
    flags = [*_FLAGS, f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    process = await asyncio.create_subprocess_exec(
        executable, *flags, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    drain: asyncio.Task[bytes] | None = None
    try:
        address, drain = await _read_address(process)
        async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
            devtools = Devtools(socket)
            listening = asyncio.create_task(devtools.listen())
            yield devtools
            await devtools.send("Browser.close")
            await listening
    finally:
        if process.returncode is None:
            await _end(process)
        if drain is not None:
            await drain


async def _read_address(process: asyncio.subprocess.Process) -> tuple[str, asyncio.Task[bytes]]:
    if process.stderr is None:
        raise RuntimeError("Chromium's error output is not read.")
    said = []
    async with asyncio.timeout(PATIENCE_S):
        async for line in process.stderr:
            said.append(line)
            if found := _LISTENING.search(line):
                return found[1].decode(), asyncio.create_task(process.stderr.read())
    raise RuntimeError(f"Chromium did not start: {b''.join(said).decode(errors='replace')}")


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
