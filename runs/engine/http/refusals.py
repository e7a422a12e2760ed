"""Saying no: what the API answers when a request cannot be done."""

from __future__ import annotations

CODES = {
    400: "validation_error",
    401: "invalid_api_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "parameter_out_of_range",
    500: "internal_server_error",
}


class Refusal(Exception):
    """Answered as ``{"error": code, "detail": sentence}``; ``detail`` is for people."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    @property
    def body(self) -> dict[str, str]:
        """The two fields of Mosaic's error answers."""
        return {"error": CODES.get(self.status, "error"), "detail": self.detail}


def invalid(detail: str) -> Refusal:
    """400: the request itself is wrong."""
    return Refusal(400, detail)


def out_of_range(detail: str) -> Refusal:
    """422: well-formed, but a value lies outside its bounds."""
    return Refusal(422, detail)


def missing(detail: str) -> Refusal:
    """404: there is no such thing here."""
    return Refusal(404, detail)


def conflict(detail: str) -> Refusal:
    """409: not in this state."""
    return Refusal(409, detail)
