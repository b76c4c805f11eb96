"""Settings as people read them: a table of what is in force, and docs/settings.md.

Enters: settings. Leaves: rows, or Markdown. Never: a secret.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pydantic import BaseModel, SecretStr
from rich.console import Console

from assembly.listing import show_list
from assembly.section import Section
from assembly.settings import Settings
from assembly.settings_sources import Loaded, variable
from assembly.terminal import out

MASK: Final = "********"
_PASSWORD_IN_URL: Final = re.compile(r"(://[^/@:]*:)[^/@]*@")


class Line(NamedTuple):
    """One setting."""

    name: str
    value: str
    """Secrets masked; empty when unset."""
    given_by: str
    meaning: str


def lines(settings: Settings, given_by: Mapping[str, str]) -> Iterator[Line]:
    """Every setting, in the order of the file."""
    for section_name, section in _sections(settings):
        for name, field in type(section).model_fields.items():
            full = f"{section_name}.{name}"
            value = _shown(getattr(section, name))
            yield Line(full, value, given_by.get(full, "default"), field.description or "")


def show(loaded: Loaded, console: Console = out) -> None:
    """On a terminal."""
    show_list(("setting", "value", "from", "meaning"), list(lines(*loaded)), console=console)


def markdown() -> str:
    """The text of docs/settings.md: names, defaults and meanings."""
    return "".join(_markdown())


def _markdown() -> Iterator[str]:
    yield """# Settings

This page is made from `assembly/settings.py`: `yizhan settings --markdown > docs/settings.md`.

A setting is given in a TOML file (`yizhan.toml` in the current folder, or the one that `--config` or `YIZHAN_CONFIG`
names) or in the environment, which wins. `mqtt.url` stands in the file as `url` below `[mqtt]`, and in the environment
as `YIZHAN_MQTT__URL`. `yizhan settings` prints what is in force and who gave it. A name that does not exist is refused.

```toml
[mqtt]
url = "mqtts://platform@broker.example:8883"

[api]
port = 8080
```
"""
    defaults = Settings()
    for section_name, section in _sections(defaults):
        yield f"\n## {section_name}\n\n{type(section).__doc__}\n\n"
        yield "| setting | variable | default | meaning |\n| --- | --- | --- | --- |\n"
        for line in lines(defaults, {}):
            if line.name.startswith(f"{section_name}."):
                default = f"`{line.value}`" if line.value else "unset"
                yield f"| `{line.name}` | `{variable(line.name)}` | {default} | {line.meaning} |\n"


def _sections(settings: BaseModel) -> Iterator[tuple[str, Section]]:
    for name in type(settings).model_fields:
        section = getattr(settings, name)
        if isinstance(section, Section):
            yield name, section


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return MASK
    return _PASSWORD_IN_URL.sub(rf"\1{MASK}@", str(value))
