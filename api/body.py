"""What a request carries: from JSON to a typed, frozen model, or a 400 that says what would be right.

Enters: a request's body. Leaves: a `RequestBody` model, or a `Problem` naming every wrong field by its pointer.
Never: guesses; an unknown field is refused, because a misspelt one would silently be left out of what is done.
"""

from typing import Any, ClassVar, Final, TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from api.bodies import ParameterProblem
from api.problems import Problem, printable, wrong_parameters

_JSON: Final = "application/json"
_SHOWN_CHARS: Final = 60
"""As of a parameter in `api.query`."""


class RequestBody(BaseModel):
    """A field's description says what would be right, in the document and in a 400."""

    most_bytes: ClassVar[int | None] = None
    """Where the application's own bound is too small for it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


BODY: Final = web.RequestKey("body", RequestBody)

_B = TypeVar("_B", bound=RequestBody)


async def read_body(request: web.Request, model: type[RequestBody]) -> None:
    """Note the body for `body_of`; raises `Problem` (400, 413, 415). Without a body its defaults count."""
    own = request if model.most_bytes is None else request.clone(client_max_size=model.most_bytes)
    raw = await own.read()
    if raw and request.content_type != _JSON:
        raise Problem(415, f"Send the body as JSON, with the header {hdrs.CONTENT_TYPE}: {_JSON}.")
    try:
        request[BODY] = model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=True)
        raise wrong_parameters(tuple(_explain(model, one) for one in told)) from None


def body_of(request: web.Request, model: type[_B]) -> _B:
    """The body that the route's line in the table names."""
    body = request[BODY]
    if not isinstance(body, model):
        raise TypeError(f"the table gives this route a {type(body).__name__}, and its handler wants a {model.__name__}")
    return body


def _explain(model: type[RequestBody], error: ErrorDetails) -> ParameterProblem:
    pointer = "/" + "/".join(str(part) for part in error["loc"]) if error["loc"] else ""
    names = {name: field.description or "" for name, field in model.model_fields.items()}
    first = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "json_invalid":
        return ParameterProblem(parameter="", detail="is not JSON", expected="one JSON object, UTF-8")
    if error["type"] == "extra_forbidden":
        known = ", ".join(names) or "nothing: this route takes no fields"
        return ParameterProblem(parameter=_shown(pointer), detail="is not a field of this body", expected=known)
    if error["type"] == "missing":
        return ParameterProblem(parameter=pointer, detail="is missing", expected=names.get(first, ""))
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return ParameterProblem(
        parameter=_shown(pointer), detail=f"{_value(error)}{reason}", expected=names.get(first, "one JSON object")
    )


def _value(error: ErrorDetails) -> str:
    value: Any = error.get("input")
    return f"{_shown(repr(value))}: " if isinstance(value, str | int | float | bool) else ""


def _shown(text: str) -> str:
    return printable(text, _SHOWN_CHARS)
