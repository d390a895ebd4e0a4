"""Forms with files: read as Django reads them, but never with another name of a file than was sent.

Django makes a name of what it is sent: it cuts off folders, leaves out control characters and
resolves entities. The file would then take the place of another one.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict

NEVER = {"/", "\\", "\N{REPLACEMENT CHARACTER}"}  # the last stands for bytes that are no text


class BadForm(ValueError):
    """A form that isn't taken; the text says why."""


class AsSent(MultiPartParser):
    """Keeps the names of files. Raises BadForm for one that isn't that of a plain file."""

    def sanitize_file_name(self, file_name: str) -> str:
        plain = file_name.isprintable() and not NEVER & set(file_name)
        if not plain or file_name in {".", ".."}:
            rule = "it leads nowhere, has no slash and no control characters, and is in UTF-8"
            raise BadForm(f"{file_name!r} can't be the name of a file here: {rule}")
        return file_name


class NamesAsSent(FileUploadHandler):
    """Has a form read by ``AsSent`` for the handlers that come after this one."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> "tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]":
        assert self.request is not None
        others = [handler for handler in self.request.upload_handlers if handler is not self]
        try:
            return AsSent(META, input_data, others, encoding).parse()
        except TooManyFilesSent:
            most = f"{settings.DATA_UPLOAD_MAX_NUMBER_FILES} files"
        except TooManyFieldsSent:
            most = f"{settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields"
        raise BadForm(f"send at most {most} at once")
