"""What a parameter is, and whether a value fits it. No Django here."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

ParamType = Literal["string", "integer", "number", "boolean", "enum", "color", "id", "array", "object"]
COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
WORDS: dict[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "color": "a colour like #A78BCA",
    "id": "the id of an upload",
    "array": "a list",
    "object": "an object",
}


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a node type.

    ``minimum`` and ``maximum`` are inclusive and in ``unit``. ``engine_only`` marks keys that Mosaic's documentation
    does not name: they are never sent to a Mosaic connection. ``source`` is the page that documents the key.
    """

    key: str
    type: ParamType
    default: Any = None
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    nullable: bool = False
    unit: str = ""
    engine_only: bool = False
    help: str = ""
    source: str = ""

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        words = "one of " + ", ".join(self.enum) if self.enum else WORDS[self.type]
        if self.minimum is not None and self.maximum is not None:
            words += f" from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f" of at least {self.minimum:g}"
        if self.unit:
            words += f" ({self.unit})"
        return f"{words}, or null" if self.nullable else words


@dataclass(frozen=True, slots=True)
class NodeParams:
    """The parameters of one node type. ``complete`` is False where Mosaic's pages do not name every key."""

    type_id: str
    name: str
    params: tuple[Param, ...] = ()
    complete: bool = True

    def find(self, key: str) -> Param | None:
        """The parameter of that key."""
        return next((param for param in self.params if param.key == key), None)


@dataclass(frozen=True, slots=True)
class ParamProblem:
    """Why a value cannot be sent, in a sentence that says what to do."""

    key: str
    text: str


def check(
    known: NodeParams | None, values: Mapping[str, Any], *, saved: Collection[str] = (), engine: bool = False
) -> list[ParamProblem]:
    """Check overrides against the table; an empty list when they may be sent.

    ``saved`` are the keys the agent already has at this node: they are right even where the table has never heard of
    them. ``engine`` says that the connection is an engine of ours, whose table this is.
    """
    found = []
    for key, value in values.items():
        param = known.find(key) if known else None
        if param and (engine or not param.engine_only):
            text = _misfit(param, value)
        elif key in saved:
            # The remote itself gave the key, whatever our table thinks of it.
            text = ""
        elif param:
            text = f"“{key}” exists only in the local engine; Mosaic does not know it. Remove it."
        elif not known or not (known.complete or engine):
            text = ""
        else:
            text = _unknown(key, known, engine=engine)
        if text:
            found.append(ParamProblem(key, text))
    return found


def _unknown(key: str, known: NodeParams, *, engine: bool) -> str:
    names = [param.key for param in known.params if engine or not param.engine_only]
    if not names:
        return f"“{key}” cannot be set: this node has no parameters. Remove it."
    return f"“{key}” is no parameter of this node. There are: {', '.join(names)}."


def _misfit(param: Param, value: object) -> str:
    # Null takes back what was set, wherever "not set" is possible at all.
    if value is None and (param.nullable or (param.default is None and not param.required)):
        return ""
    if not _TESTS[param.type](value) or (param.enum and value not in param.enum):
        return f"“{param.key}” must be {param.allowed}."
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low = param.minimum is not None and value < param.minimum
        high = param.maximum is not None and value > param.maximum
        if low or high:
            return f"“{param.key}” is {value}, but must be {param.allowed}."
    return ""


def _is_number(value: object) -> bool:
    # JSON's NaN and Infinity are no numbers that can be sent.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


_TESTS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "enum": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "color": lambda value: isinstance(value, str) and bool(COLOR.fullmatch(value)),
    "id": _is_id,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
