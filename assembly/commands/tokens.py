"""`yizhan tokens`: who may ask what is for operators.

Enters: arguments. Leaves: an answer on the terminal. Never: a secret but the one that was just made.
"""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import typer
from rich.markup import escape

from assembly.listing import show_list
from assembly.terminal import AsJson, Config, err, fail, out, print_json, settings_of

app: Final = typer.Typer(no_args_is_help=True, help="Who may ask what is for operators: bearer tokens with a role.")


class RoleName(StrEnum):
    """The roles, as they are typed; each may do all that the ones before it may."""

    VIEWER = "viewer"
    CREW = "crew"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Who will hold it; stands in the log of what is done with it.")],
    role: Annotated[RoleName, typer.Option(help="Each may do all that the ones before it may.")],
    regions: Annotated[
        str, typer.Option(help="Codes of regions, by commas: only stations in them. None: all stations.")
    ] = "",
    config: Config = None,
) -> None:
    """Make a token and print it: once, for only its SHA-256 is kept. A running platform knows it within seconds.

    Example: `yizhan tokens add "Li Na" --role operator --regions 110000,440000`
    """
    from assembly.token_commands import TokenRefused, add
    from ingest.operating import Holder, Role

    codes = frozenset(code.strip() for code in regions.split(",") if code.strip())
    try:
        text = asyncio.run(add(settings_of(config), Holder(name, Role(role.value), codes)))
    except TokenRefused as refused:
        fail(str(refused))
    err.print(f"the token of {escape(name)}, role {role}; it is shown this once, so keep it now:")
    out.file.write(text + "\n")


@app.command("list")
def list_tokens(config: Config = None, *, as_json: AsJson = False) -> None:
    """Show all tokens that were ever made; none of their secrets.

    Example: `yizhan tokens list`
    """
    from assembly.token_commands import every

    found = asyncio.run(every(settings_of(config)))
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "name": one.holder.name,
                    "role": one.holder.role.value,
                    "regions": sorted(one.holder.regions),
                    "created": _instant(one.created_ms),
                    "revoked": _instant(one.revoked_ms),
                }
                for one in found
            ]
        )
        return
    columns = ("id", "name", "role", "regions", "made", "revoked")
    rows = [
        (
            one.id,
            one.holder.name,
            one.holder.role.value,
            " ".join(sorted(one.holder.regions)) or "all",
            _instant(one.created_ms),
            _instant(one.revoked_ms),
        )
        for one in found
    ]
    show_list(columns, rows)


@app.command("revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="Name of the holder, or the token's id.")], config: Config = None
) -> None:
    """Take a token back: a running platform refuses it within seconds.

    Example: `yizhan tokens revoke "Li Na"`
    """
    from assembly.token_commands import TokenRefused, revoke

    try:
        revoked = asyncio.run(revoke(settings_of(config), name))
    except TokenRefused as refused:
        fail(str(refused))
    out.print(f"revoked the token {revoked.id} of {escape(revoked.holder.name)}")


def _instant(instant_ms: int | None) -> str | None:
    return None if instant_ms is None else f"{datetime.fromtimestamp(instant_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
