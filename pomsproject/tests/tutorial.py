"""The tutorial as commands with what they are to print, and an installation to run them on."""

import http.cookiejar
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from pomsproject.installation import CHECKOUT

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"
PATIENCE = 180  # seconds; the machine may be busy with other tests


def steps_of(page):
    """Return ``(command, lines that it prints)`` of all console blocks, in order."""
    steps = []
    for block in BLOCK.findall(page.read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line.removeprefix("$ "), []))
            else:
                steps[-1][1].append(line)
    return steps


def is_shown(promised, printed):
    """Tell whether the lines are what was printed; … stands for anything, also for lines."""
    words = "\n".join(" ".join(line.split()) for line in promised)
    said = "\n".join(" ".join(line.split()) for line in printed.strip().splitlines())
    pattern = ".*".join(re.escape(part.strip()) for part in words.split("…"))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


class Installation:
    """A checkout of its own (of links) in ``folder``, with POMS running in it as by `make run`."""

    def __init__(self, folder, port):
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        (folder / "var").mkdir()
        for name in ("examples", "manage.py", "docs"):
            (folder / name).symlink_to(CHECKOUT / name)
        (folder / ".venv").symlink_to(sys.prefix)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("POMS")},
            "POMS_DATA_DIR": str(folder / "var"),
        }
        self.log = (folder / "run.log").open("w+")
        command = [sys.executable, "-m", "pomsproject.running", "--no-demo", "--port", str(port)]
        self.process = subprocess.Popen(
            command, env=self.environment, cwd=CHECKOUT, stdout=self.log, stderr=subprocess.STDOUT
        )

    def await_it(self):
        deadline = time.monotonic() + PATIENCE
        while "POMS serves on" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)
        self.manage("demo", "--no-launch")  # what the tutorial needs of the demo: its experiment

    def said(self):
        return Path(self.log.name).read_text()

    def manage(self, *arguments):
        settings = self.environment | {"POMS_ENV_FILE": str(self.folder / "var/poms.env")}
        command = [sys.executable, str(CHECKOUT / "manage.py"), *arguments]
        subprocess.run(command, env=settings, check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        batch = self.environment | {"POMS_BATCH_DIR": str(self.folder / "var/batch")}
        subprocess.run([Path(sys.prefix) / "bin/poms", "batch", "--stop"], env=batch, check=False)
        self.log.close()

    def save_token(self):
        """Do what the tutorial says to do in the browser: sign in, make a token, save it."""
        browser = Browser(self.url)
        password = (self.folder / "var/secrets/demo-password").read_text().strip()
        browser.post("/login/", "/login/", username="producer", password=password)
        page = browser.post("/tokens/", "/tokens/make/", lifetime="30", scopes=["read", "launch"])
        found = re.search(r">\s*([0-9a-f]{64})\s*<|value=\"([0-9a-f]{64})\"", page)
        assert found, page
        path = self.folder / "var/my.token"
        path.touch(mode=0o600)
        path.write_text(found[1] or found[2])

    def walk(self, commands):
        """Run the commands in one shell; return what each printed, up to the first that failed."""
        mark = "==== end of a command ===="
        lines = ["set -o pipefail"]
        lines += [f"{command} || exit 1\necho '{mark}'" for command in commands]
        environment = {**os.environ, "COLUMNS": "200", "LC_ALL": "C.UTF-8"}
        environment = {k: v for k, v in environment.items() if not k.startswith("POMS")}
        done = subprocess.run(
            ["bash"],
            input="\n".join(lines).replace(ADDRESS, self.url),
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        printed = done.stdout.split(f"{mark}\n")
        failed = "" if done.returncode == 0 else f"{commands[len(printed) - 1]}\n{done.stderr}"
        return printed, failed


class Browser:
    """Sends forms as a browser does: with cookies, and the token of the page."""

    def __init__(self, url):
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def post(self, page, form, **fields):
        text = self.opener.open(self.url + page, timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}, doseq=True).encode()
        return self.opener.open(self.url + form, data, timeout=30).read().decode()
