"""Log lines without secrets: whatever a message, an argument or a traceback holds, these do not get out."""

from __future__ import annotations

import logging
import re

HIDDEN = "•••"
# Keys and signatures that are not ours to know beforehand: those of connections made on the page, and signed links.
SECRET_SHAPES = (
    (re.compile(r"\bmk_\w[\w-]{6,}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{6,}"), rf"\1{HIDDEN}"),
    # Any query string may be what opens a private video, whatever its parts are called; so may a name before the host.
    (re.compile(r"(?i)\b(https?://)[^\s/?#\"'<>@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)\b(https?://[^\s?#\"'<>]+\?)[^\s\"'<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)([?&][\w-]*(?:signature|credential|token|key|sig)=)[^&\s\"']+"), rf"\1{HIDDEN}"),
)
SHORTEST_SECRET = 8


class MaskingFormatter(logging.Formatter):
    """The usual formatter, whose finished text is searched for ``secrets`` and for what looks like one."""

    def __init__(self, format: str, style: str = "{", secrets: tuple[str, ...] | list[str] = ()) -> None:  # noqa: A002
        super().__init__(format, style=style)  # type: ignore[arg-type]  # a name of the configuration
        self.secrets = sorted({text for text in secrets if len(text) >= SHORTEST_SECRET}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        text = super().format(record)
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        for shape, replacement in SECRET_SHAPES:
            text = shape.sub(replacement, text)
        return text
