"""What has another shape than ours, judged by pydantic: alone in knowing it, and loading it only where it is asked.

The types of `store.model` name their checks in their annotations, with the marks below. pydantic reads those, so that
no field is written down twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from store.errors import InvalidInput
from store.text import to_json

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

_WORDS = {
    "dataclass_type": "is {said}, not an object",
    "is_instance_of": "is {said}, not text",
    "tuple_type": "is {said}, not an array",
    "missing": "is missing",
    "missing_keyword_only_argument": "is missing",
    "missing_argument": "is missing",
    "unexpected_keyword_argument": "is no field",
}
"""What is wrong, in the words of JSON, by pydantic's name for it; ``said`` is the value."""
_SHOWN = 60
"""Characters of a wrong value that a refusal shows."""


class Kept:
    """Marks what must be of the type that is annotated and is kept as it is, if ``check`` does not refuse it.

    Not the type alone: pydantic's own `str` refuses lone surrogates, before the store can in the contract's words.
    """

    def __init__(self, check: Callable[[Any], object] | None = None) -> None:
        """Take what returns the value, or raises `ValueError`."""
        self._check = check

    def __get_pydantic_core_schema__(self, kind: type, _: object) -> object:
        """Tell pydantic."""
        from pydantic_core import core_schema

        instance: Any = core_schema.is_instance_schema(kind)
        if kind is str:
            # A subclass may answer otherwise than what is in it: just the text is kept.
            instance = core_schema.no_info_after_validator_function(str.__str__, instance)
        return core_schema.no_info_after_validator_function(self._check, instance) if self._check else instance


class Made:
    """Marks what ``make`` makes of whatever is given, or refuses with `ValueError`."""

    def __init__(self, make: Callable[[object], object]) -> None:
        """Take what makes it."""
        self._make = make

    def __get_pydantic_core_schema__(self, _kind: object, _: object) -> object:
        """Tell pydantic."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self._make)


def first(function: Callable[[object], object], schema: Any) -> object:
    """Return pydantic's schema for what ``function`` is asked first and ``schema`` judges afterwards."""
    from pydantic_core import core_schema

    return core_schema.no_info_before_validator_function(function, schema)


def judge(kind: type, data: object) -> Any:
    """Return the ``kind`` that ``data`` is, or holds as an object of the wire.

    Raises:
        InvalidInput: it is not of that shape; the first field that is wrong is named.

    """
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise InvalidInput(*_first_problem(error)) from None


def judge_call(kind: type, fields: Mapping[str, object]) -> Any:
    """Return the ``kind`` whose own fields are given, by name; `InvalidInput` as in `judge`."""
    from pydantic_core import ArgsKwargs

    return judge(kind, ArgsKwargs((), dict(fields)))


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def say_value(value: object) -> str:
    """Return a wrong value as a refusal names it: text and numbers as JSON, cut where they are long."""
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "an array"
    if isinstance(value, str) and len(value) > _SHOWN:
        return f'{to_json(value[:_SHOWN])[:-1]}…"'
    try:
        return to_json(value)
    except (TypeError, ValueError):
        return f"a {type(value).__name__}"


def _first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the path of the first field that is wrong (``sessions.0.state``), and what is wrong with it."""
    detail = error.errors(include_url=False)[0]
    path = ".".join(map(str, detail["loc"])) or "goal"
    kind, given, told = detail["type"], detail["input"], detail.get("ctx", {})
    said = say_value(given)
    if kind == "enum":
        # "'a', 'b' or 'c'"
        return path, f"is {said}, none of {str(told['expected']).replace(chr(39), '').replace(' or ', ', ')}"
    if kind == "value_error":
        problem = detail["msg"].removeprefix("Value error, ")
        # The whole object is given where one of its unknown keys is wrong.
        return path, problem if isinstance(given, dict) else f"is {said}, {problem}"
    if words := _WORDS.get(kind):
        return path, words.format(said=said)
    return path, f"is {said}: {detail['msg']}"
