"""Checking node parameters against what their type documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runs.engine.http.refusals import invalid, out_of_range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runs.engine.nodes.base import NodeType, Param

# What a float can hold with room to spare; beyond it arithmetic ends in an overflow.
_LARGEST = 10**300
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


def check(kind: NodeType, params: Mapping[str, Any], where: str) -> None:
    """Raise 400 for an unknown key or a wrong type, 422 for a number out of bounds; ``where`` names the node."""
    known = {param.key: param for param in kind.params}
    for key, value in params.items():
        if key not in known:
            names = ", ".join(sorted(known)) or "none"
            raise invalid(f"{where} has no parameter {key!r}. Known parameters: {names}.")
        _check_one(known[key], value, f"{where}, parameter {key!r}")


def _check_one(param: Param, value: Any, where: str) -> None:  # noqa: ANN401 - whatever JSON holds
    if value is None:
        # Null means "as if it were not given" where the type has no other way to say so.
        if param.nullable or param.default is None:
            return
        raise invalid(f"{where}: must be {_EXPECTED[param.type]}, not null.")
    if not _IS[param.type](value):
        raise invalid(f"{where}: must be {_EXPECTED[param.type]}.")
    if param.enum and value not in param.enum:
        raise invalid(f"{where}: must be one of {', '.join(param.enum)}.")
    if param.type in {"integer", "number"}:
        low, high = param.minimum, param.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise out_of_range(f"{where}: must be {_bounds(low, high)}, not {value:g}.")


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"


def is_uuid(value: object) -> bool:
    """Whether this is the text of a UUID with its hyphens."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    # Compared and not converted: a whole number of Python may be larger than any float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


_IS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "enum": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and _is_number(value),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "color": lambda value: isinstance(value, str) and bool(_COLOR.fullmatch(value)),
    "id": is_uuid,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_EXPECTED = {
    "string": "text",
    "enum": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "color": "a colour like #A78BCA",
    "id": "an id (UUID)",
    "array": "a list",
    "object": "an object",
}
