"""The addresses of the console. Pages for people behind a sign-in or a link, and so no part of the API's document.

Enters: nothing. Leaves: aiohttp's routes below `/ops`, and `/a/{token}`. Never: an act by GET, which a link could do.
"""

from typing import Final

from aiohttp import web

from api.console.crews_page import show_crews
from api.console.gate import SESSIONS, Page, gated, make_sessions
from api.console.job_page import act_on_job, show_job
from api.console.jobs_page import show_jobs
from api.console.letters_page import act_on_letter, show_letter, show_letters
from api.console.link_page import follow_link, show_link
from api.console.live import stream_board
from api.console.sign_in import show_sign_in, sign_in, sign_out
from api.console.silences_page import end_silence, show_silences
from api.console.silent_page import show_silent
from api.console.station_console import show_station_console
from ingest.operating import Role

GATED: Final[tuple[tuple[str, str, Page, Role], ...]] = (
    ("GET", "/ops", show_jobs, Role.VIEWER),
    ("GET", "/ops/jobs/{job_id}", show_job, Role.VIEWER),
    ("POST", "/ops/jobs/{job_id}", act_on_job, Role.CREW),
    ("GET", "/ops/stations/{station_id}", show_station_console, Role.VIEWER),
    ("GET", "/ops/letters", show_letters, Role.VIEWER),
    ("GET", "/ops/letters/{letter_id}", show_letter, Role.VIEWER),
    ("POST", "/ops/letters/{letter_id}", act_on_letter, Role.OPERATOR),
    ("GET", "/ops/silences", show_silences, Role.VIEWER),
    ("POST", "/ops/silences/{silence_id}", end_silence, Role.OPERATOR),
    ("GET", "/ops/silent", show_silent, Role.VIEWER),
    ("GET", "/ops/crews", show_crews, Role.VIEWER),
    ("GET", "/ops/stream", stream_board, Role.VIEWER),
    ("POST", "/ops/sign-out", sign_out, Role.VIEWER),
)
LINK: Final = "/a/{token}"
CONSOLE_ADDRESSES: Final = frozenset(path for _, path, _, _ in GATED) | {"/ops/sign-in", LINK}


def add_console(app: web.Application) -> None:
    """Give the application the console."""
    app[SESSIONS] = make_sessions()
    app.router.add_get("/ops/sign-in", show_sign_in)
    app.router.add_post("/ops/sign-in", sign_in)
    app.router.add_get(LINK, show_link)
    app.router.add_post(LINK, follow_link)
    for method, path, page, role in GATED:
        app.router.add_route(method, path, gated(page, role))
