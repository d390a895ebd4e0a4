"""What names may be."""

from django.core.validators import RegexValidator

SHORT_NAME = RegexValidator(
    r"^[a-z][a-z0-9_]{0,15}\Z", "lower-case letters, digits and _ only, at most 16, a letter first"
)
NAME = RegexValidator(
    r"^(?!\s)[^\],\r\n]+(?<!\s)\Z",
    "a name holds no ], comma or newline, and no blank at its ends "
    "(campaign files couldn't carry it)",
)
