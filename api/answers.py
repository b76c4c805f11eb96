"""How a JSON answer becomes a response: the one place where its headers are set.

Enters: an `Answer` model. Leaves: a response of bytes that pydantic wrote.
Never: decides what is answered.
"""

from typing import Any

from aiohttp import web
from pydantic.main import IncEx

from api.bodies import Answer


def json_answer(answer: Answer[Any], *, link: str | None = None, only: IncEx | None = None) -> web.Response:
    """A 200; `link` is the value of a Link header (RFC 8288), `only` what is written, as pydantic's `include`."""
    # The model's own serializer gives bytes; model_dump_json would decode them to text only to have them encoded again.
    body = answer.__pydantic_serializer__.to_json(answer, include=only)
    response = web.Response(body=body, content_type="application/json")
    if link is not None:
        response.headers["Link"] = link
    return response
