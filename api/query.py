"""Query parameters: from the URL to a typed, frozen model, or a 400 that says what would be right.

Enters: a request's query string. Leaves: a `Query` model, or a `Problem` naming every wrong parameter.
Never: guesses; an unknown parameter is refused, because a misspelt filter would silently answer another question.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, TypeVar, get_origin

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from api.bodies import ParameterProblem
from api.problems import printable, wrong_parameters

_SHOWN_CHARS: Final = 60
"""Of a refused value. Larger: an answer grows with an attack. Smaller: a person does not recognise what was sent."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_LATEST_MS: Final = (datetime(3000, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
"""Larger: an instant at the end of the calendar passes, and cannot be shown in a zone east of UTC."""


class Query(BaseModel):
    """The parameters of a route. A field's description says what would be right, in the document and in a 400."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_lenient: ClassVar[bool] = False
    """Leave out what is unknown instead of refusing it."""


class NoQuery(Query):
    """A route without parameters."""


_Q = TypeVar("_Q", bound=Query)


def parse_query(request: web.Request, model: type[_Q]) -> _Q:
    """The parameters of a request; raises `Problem` (400)."""
    repeatable = _repeatable(model)
    values: dict[str, Any] = {}
    errors: list[ParameterProblem] = []
    for name in dict.fromkeys(request.query):
        given = request.query.getall(name)
        if name in repeatable:
            values[name] = given
            continue
        values[name] = given[0]
        if len(given) > 1 and not model.is_lenient:
            detail = f"was given {len(given)} times"
            errors.append(ParameterProblem(parameter=_shown(name), detail=detail, expected="give it once"))
    try:
        query = model.model_validate(values)
    except ValidationError as error:
        errors.extend(_explain(model, values, one) for one in error.errors(include_url=False, include_context=False))
    if errors:
        raise wrong_parameters(tuple(errors))
    return query


def parameter_names(model: type[Query]) -> dict[str, str]:
    """By the name in the URL: what the parameter's value may be."""
    return {field.alias or name: field.description or "" for name, field in model.model_fields.items()}


def _repeatable(model: type[Query]) -> frozenset[str]:
    fields = model.model_fields.items()
    return frozenset(field.alias or name for name, field in fields if get_origin(field.annotation) is tuple)


def _explain(model: type[Query], values: dict[str, Any], error: ErrorDetails) -> ParameterProblem:
    names = parameter_names(model)
    name = str(error["loc"][0])
    if name not in names:
        known = ", ".join(names)
        expected = f"one of: {known}" if known else "this route has no parameters"
        return ParameterProblem(parameter=_shown(name), detail="is not a parameter of this route", expected=expected)
    if error["type"] == "missing":
        return ParameterProblem(parameter=name, detail="is missing", expected=names[name])
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return ParameterProblem(
        parameter=name, detail=f"{_shown(_value_at(values, error))}: {reason}", expected=names[name]
    )


def _value_at(values: dict[str, Any], error: ErrorDetails) -> str:
    """The refused text: of a repeatable parameter the one of its values that is wrong."""
    value: Any = values.get(str(error["loc"][0]), "")
    place = error["loc"][1:]
    if isinstance(value, list) and place and isinstance(place[0], int):
        value = value[place[0]]
    return f"'{value}'" if isinstance(value, str) else f"{len(value)} values"


def _shown(text: str) -> str:
    return printable(text, _SHOWN_CHARS)


def _local_day(value: object) -> object:
    """Only `YYYY-MM-DD`: pydantic alone would also take a number of seconds for a date."""
    if isinstance(value, str):
        if len(value) != len("YYYY-MM-DD") or value[4] != "-" or value[7] != "-":
            raise ValueError("should be a day as YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("there is no such day") from None
    return value


LocalDay = Annotated[date, BeforeValidator(_local_day)]
"""A local day of the platform's zone."""


def _instant_ms(value: object) -> object:
    """Only RFC 3339 with its offset: an instant without one is another one in each zone."""
    if not isinstance(value, str):
        return value
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("should be an instant as 2026-11-22T06:00:00Z (in a URL + is written %2B)") from None
    if instant.tzinfo is None:
        raise ValueError("should end with Z, or with its offset from UTC (in a URL + is written %2B)")
    instant_ms = (instant - _EPOCH) // _MS
    if not 0 <= instant_ms < _LATEST_MS:
        raise ValueError("should be after 1970 and before 3000")
    return instant_ms


InstantMs = Annotated[
    int, BeforeValidator(_instant_ms), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
"""An instant in RFC 3339, as ms since the Unix epoch."""
