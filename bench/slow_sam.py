"""A SAM that takes its time: each answer 50 ms, however many are asked. A process of its own.

Only what is asked about a chain whose jobs are over; what it counts is always the same. ``GET
/asked`` tells how many requests there were, of how many questions, how many at once at most, and
how long it took over all of them together.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

DELAY = 0.05
INPUTS = 10
TEXT, JSON = "text/plain", "application/json"


class Seen:
    def __init__(self):
        self.now = self.most = 0
        self.taken = 0.0
        self.questions = Counter()

    def tell(self):
        twice = {question: times for question, times in self.questions.items() if times > 1}
        return {
            "requests": self.questions.total(),
            "twice": twice,
            "most_at_once": self.most,
            "seconds": self.taken,
        }


def count(dims, have):
    """Return how many inputs have children, are missing them, or are there at all."""
    if "minus" in dims:
        return INPUTS - have
    return have if "isparentof" in dims else INPUTS


def answer(target, body, have):
    """Return status, type and body of an answer; ``have`` of the inputs have children."""
    url = urlsplit(target)
    parts = url.path.strip("/").split("/")
    dims = parse_qs(url.query or body).get("dims", [""])[0]
    if parts == ["files", "count"]:
        return 200, TEXT, count(dims, have)
    if parts == ["files", "list"]:
        return 200, JSON, "[]"
    if parts[0] == "projects":
        return 200, JSON, json.dumps({"project_name": unquote(parts[2]), "file_counts": {}})
    if parts[-1] == "snapshot":
        return 200, TEXT, 1
    if parts == ["definitions", "create"]:
        return 200, JSON, "{}"
    return 404, JSON, json.dumps({"error": "DefinitionNotFound", "message": "there is none"})


async def serve(reader, writer, seen, have):
    while head := await reader.readuntil(b"\r\n\r\n"):
        line, *headers = head.decode("latin-1").split("\r\n")
        target = line.split(" ")[1]
        length = next((int(h[16:]) for h in headers if h.lower().startswith("content-length: ")), 0)
        body = (await reader.readexactly(length)).decode()
        if target == "/asked":
            status, kind, said = 200, JSON, json.dumps(seen.tell())
        else:
            began = time.monotonic()
            seen.questions[f"{line} {body}"] += 1
            seen.now += 1
            seen.most = max(seen.most, seen.now)
            await asyncio.sleep(DELAY)
            status, kind, said = answer(target, body, have)
            seen.now -= 1
            seen.taken += time.monotonic() - began
        said = str(said)
        head = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(said)}"
        writer.write(f"{head}\r\n\r\n{said}".encode())
        await writer.drain()
    writer.close()


async def connected(reader, writer, seen, have):
    try:
        await serve(reader, writer, seen, have)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(have):
    seen = Seen()
    server = await asyncio.start_server(
        lambda reader, writer: connected(reader, writer, seen, have), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
