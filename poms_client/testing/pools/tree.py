"""The files of HTCondor: a small Debian of their own, as Debian 12 has no HTCondor."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Optional

SUITE = "trixie"
SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
MIRROR = re.compile(r"^(?:URIs:|deb(?: \[[^]]*\])?)\s*(\S+)", re.MULTILINE)
# Packages are unpacked and none of their scripts runs, so nobody has to be root.
OPTIONS = (
    *("--mode=chrootless", "--variant=extract"),
    "--include=condor,dash,bash,coreutils,findutils,grep,hostname,sed",
    '--aptopt=APT::Install-Recommends "false"',
)


def where() -> Path:
    """Return the folder of the tree, whether or not it has been built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "poms" / f"condor-{SUITE}"


def build() -> Path:
    """Build the tree unless it is there (260 MB; half a minute or more), and return its folder."""
    tree = where()
    tree.parent.mkdir(parents=True, exist_ok=True)
    with (tree.parent / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            draft = tree.with_name(f"{tree.name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            mirror = mirror_of_this_machine()
            subprocess.run(
                ["mmdebstrap", *OPTIONS, SUITE, str(draft), *([mirror] if mirror else [])],
                check=True,
                timeout=900,
            )
            draft.rename(tree)
    return tree


def mirror_of_this_machine() -> Optional[str]:
    """Return from where this machine has its Debian packages; None leaves it to mmdebstrap."""
    for path in SOURCES:
        found = MIRROR.search(path.read_text()) if path.exists() else None
        if found:
            return found[1]
    return None
