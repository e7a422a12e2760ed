"""What can go wrong between us and the remote; ``str(error)`` is always a sentence for people."""

from __future__ import annotations

import json
from typing import Any

UNAUTHORIZED = 401


class MosaicError(Exception):
    """Anything that kept a request from being answered as asked."""


class MosaicUnavailable(MosaicError):
    """No answer that counts: no network, a timeout, 429, 5xx.

    ``may_have_acted`` is False when the request certainly changed nothing at the remote, and True for a POST that may
    have been carried out though the answer was lost. ``retry_after`` is in seconds, as the remote asked. ``fleeting``
    marks what may well be over in a moment, so that a GET is worth repeating at once.
    """

    def __init__(
        self, sentence: str, *, may_have_acted: bool = False, retry_after: float | None = None, fleeting: bool = False
    ) -> None:
        super().__init__(sentence)
        self.fleeting = fleeting
        self.may_have_acted = may_have_acted
        self.retry_after = retry_after


class MosaicProtocolError(MosaicError):
    """An answer that cannot be read: HTML instead of JSON, a cut body, a body that is too long, a redirect."""

    def __init__(self, sentence: str, *, may_have_acted: bool = False) -> None:
        super().__init__(sentence)
        self.may_have_acted = may_have_acted


class MosaicRejected(MosaicError):
    """A refusal (4xx): ``status``, the remote's ``code`` (may be empty) and its ``detail`` as it came.

    ``detail`` is usually a string; validation failures may carry a list of objects (FastAPI's shape), and unknown
    shapes are kept as they are. ``text`` is the detail as words.
    """

    def __init__(self, status: int, code: str = "", detail: Any = None, *, service: str = "Mosaic") -> None:  # noqa: ANN401 - JSON
        self.status = status
        self.code = code
        self.detail = detail
        self.text = detail_text(detail)
        super().__init__(_refusal(service, status, self.text))

    @property
    def is_bad_key(self) -> bool:
        """The key itself was refused."""
        return self.status == UNAUTHORIZED


def detail_text(detail: Any) -> str:  # noqa: ANN401 - JSON
    """A ``detail`` of any shape as words; lists of ``{"loc", "msg"}`` become ``place: message`` each."""
    if detail is None:
        return ""
    if isinstance(detail, str):
        return detail.strip()
    if isinstance(detail, list):
        return "; ".join(text for text in map(_item_text, detail) if text)
    return _item_text(detail)


def _item_text(item: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(item, str):
        return item.strip()
    if isinstance(item, dict) and isinstance(item.get("msg"), str):
        place = item.get("loc")
        where = ".".join(str(part) for part in place) if isinstance(place, list) else ""
        return f"{where}: {item['msg']}" if where else str(item["msg"])
    return json.dumps(item, ensure_ascii=False)


def _refusal(service: str, status: int, text: str) -> str:
    if status == UNAUTHORIZED:
        return f"{service} refused the key (401). Check it in Settings."
    if not text:
        return f"{service} refused this ({status}) and gave no reason."
    ending = "" if text.endswith((".", "!", "?")) else "."
    return f"{service} refused this ({status}): {text}{ending}"
