"""What has another shape than ours, judged by pydantic: alone in knowing it, and loading it only where it is asked.

The types of `store.model` name their checks in their annotations, with the marks below. pydantic reads those, so that
no field is written down twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from store.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

# The store's types are no models of pydantic's, and are spoken of as the objects of the wire that they are.
_WORDS = {
    "dataclass_type": "Input should be a valid dictionary or instance of {class_name}",
    "unexpected_keyword_argument": "Extra inputs are not permitted",
}


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

        instance = core_schema.is_instance_schema(kind)
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


def _first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the path of the first field that is wrong (``sessions.0.state``), and what is wrong with it."""
    detail = error.errors(include_url=False, include_input=False)[0]
    words = _WORDS.get(detail["type"], detail["msg"].replace("{", "{{").replace("}", "}}"))
    path = ".".join(map(str, detail["loc"])) or "goal"
    return path, words.format_map(detail.get("ctx", {})).removeprefix("Value error, ")
