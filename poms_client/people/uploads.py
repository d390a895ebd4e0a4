"""``poms upload``, ``download`` and ``uploads``: the files that launches of one's stages find."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Optional

import typer

from poms_client.api import Api
from poms_client.errors import PomsError
from poms_client.people.app import AsJson, all_given, app, experiment_names, given
from poms_client.people.tables import show_rows

LARGEST = 10 * 2**20  # bytes; POMS keeps no more of anybody
FIRST = re.compile(r"\w")

Where = typer.Option(
    None,
    "--experiment",
    help="Where you are in several.",
    callback=given,
    autocompletion=experiment_names,
)
Whose = typer.Option(
    None, "--owner", help="Whose, where not yours; for superusers.", callback=given
)
Files = typer.Argument(metavar="FILE…")
To = typer.Option(None, help="The file to write; - is standard output.")
Name = typer.Argument(help="Its name, as poms uploads shows it.", callback=given)
Names = typer.Argument(help="Their names, as poms uploads shows them.", callback=all_given)

uploads = typer.Typer(help="Show the files that you keep in POMS, or remove some.")
app.add_typer(uploads, name="uploads", invoke_without_command=True)


@app.command()
def upload(
    files: list[Path] = Files,
    experiment: Optional[str] = Where,
    owner: Optional[str] = Whose,
) -> None:
    """Keep files in POMS, in place of those of the same names: all of them or none."""
    names = [_name(file) for file in files]
    contents = [(name, _read(file)) for name, file in zip(names, files)]
    if len(set(names)) < len(names):
        raise PomsError("two of the files have the same name: nothing was uploaded")
    Api.for_person().upload(contents, experiment=experiment, owner=owner)
    for name, content in contents:
        print(f"uploaded {name}, {len(content):,} bytes")


@app.command()
def download(
    name: str = Name,
    to: Optional[Path] = To,
    experiment: Optional[str] = Where,
    owner: Optional[str] = Whose,
) -> None:
    """Get a file back, into a new one that only you can read."""
    content = Api.for_person().download(name, experiment=experiment, owner=owner)
    if to == Path("-"):
        sys.stdout.buffer.write(content)
    else:
        _write(to or Path(name), content)
        print(f"wrote {to or name}, {len(content):,} bytes")


@uploads.callback()
def show(
    context: typer.Context,
    experiment: Optional[str] = Where,
    owner: Optional[str] = Whose,
    as_json: bool = AsJson,
) -> None:
    """Show the files that you keep in POMS, or remove some."""
    if context.invoked_subcommand is not None:
        return
    found = Api.for_person().get("uploads/", experiment=experiment, owner=owner)
    if as_json:
        print(json.dumps(found))
        return
    show_rows(found["files"], ("name", "size", "uploaded_at", "sha256"), as_json=False)
    percent = 100 * found["used"] / found["quota"]
    print(f"{found['used']:,} of {found['quota']:,} bytes, {percent:.0f}%")


@uploads.command("rm")
def remove(
    names: list[str] = Names,
    experiment: Optional[str] = Where,
    owner: Optional[str] = Whose,
) -> None:
    """Remove files from POMS."""
    api = Api.for_person()
    for name in names:
        api.remove_upload(name, experiment=experiment, owner=owner)
        print(f"removed {name}")


def _name(file: Path) -> str:
    """Return a file's name. Raises PomsError where POMS would take none of that name."""
    try:
        file.name.encode()
    except UnicodeEncodeError:
        raise PomsError(
            f"{os.fsencode(file.name)!r} is no name in UTF-8: rename the file"
        ) from None
    if not file.name.isprintable() or "\\" in file.name or not FIRST.match(file.name):
        rule = "begins with a letter, a digit or _, and has no slash and no control characters"
        raise PomsError(f"{file.name!r} can't be the name of a file in POMS: it {rule}")
    return file.name


def _read(file: Path) -> bytes:
    """Return what is in a file. Raises PomsError where POMS wouldn't keep it."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise PomsError(f"{file} can't be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise PomsError(f"{file} is larger than the {LARGEST:,} bytes that POMS keeps of a person")
    return content


def _write(file: Path, content: bytes) -> None:
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PomsError(f"{file} is there already: name another --to") from None
    except OSError as error:
        raise PomsError(f"{file} can't be written: {error.strerror}") from error
    with os.fdopen(number, "wb") as opened:
        opened.write(content)
