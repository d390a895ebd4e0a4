"""Files in a form of the type ``multipart/form-data`` (RFC 7578)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote


class Form(NamedTuple):
    """Fields, and files by their names; each file is sent as ``file``."""

    fields: Mapping[str, str]
    files: Sequence[tuple[str, bytes]]

    def encoded(self) -> tuple[str, bytes]:
        """Return the content type and the body; names of files are percent-encoded UTF-8."""
        boundary = uuid.uuid4().hex
        parts = [_part(f'name="{name}"', value.encode()) for name, value in self.fields.items()]
        for name, content in self.files:
            parts.append(_part(f"name=\"file\"; filename*=utf-8''{quote(name, safe='')}", content))
        begin = f"--{boundary}\r\n".encode()
        body = b"".join(begin + part for part in parts) + f"--{boundary}--\r\n".encode()
        return f"multipart/form-data; boundary={boundary}", body


def _part(described: str, content: bytes) -> bytes:
    return f"Content-Disposition: form-data; {described}\r\n\r\n".encode() + content + b"\r\n"
