"""Where settings come from: the defaults, over them a TOML file, over that the environment.

Enters: the path of a file, the process's environment. Leaves: settings and, for each that was given, by whom.
Never: a value in an error text, for it may be a secret.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError, TomlConfigSettingsSource

from assembly.settings import ENV_DELIMITER, ENV_PREFIX, Settings

CONFIG_VARIABLE: Final = f"{ENV_PREFIX}CONFIG"
TOKEN_VARIABLE: Final = f"{ENV_PREFIX}TOKEN"
URL_VARIABLE: Final = f"{ENV_PREFIX}URL"
"""These two are not of the platform, but of who asks it: see `assembly.operator_client`."""
DEFAULT_FILE: Final = Path("yizhan.toml")


class WrongSettings(ValueError):
    """One line for each wrong setting: its name, who gave it, and what it must be."""


class Loaded(NamedTuple):
    """Settings, and who gave those that are not defaults."""

    settings: Settings
    given_by: Mapping[str, str]
    """By dotted name: the name of the variable or of the file."""


def variable(name: str) -> str:
    """The environment variable of a setting: `mqtt.url` is YIZHAN_MQTT__URL."""
    return ENV_PREFIX + name.replace(".", ENV_DELIMITER).upper()


def load(config: Path | None = None) -> Loaded:
    """All settings. `config` None: yizhan.toml where there is one. Raises `WrongSettings`."""
    _refuse_unknown_variables()
    file = config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    in_file = _read(file) if file else {}
    try:
        in_environment = EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise WrongSettings(f"{error}: a section is set by its parts, such as {variable('mqtt.url')}") from error
    given_by = {name: str(file) for name in _names(in_file)} | {name: variable(name) for name in _names(in_environment)}
    try:
        settings = Settings.model_validate(_merged(in_file, in_environment))
    except ValidationError as error:
        raise WrongSettings("\n".join(_lines(error, given_by))) from None
    return Loaded(settings, given_by)


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise WrongSettings(f"{file}: there is no such file")
    try:
        return TomlConfigSettingsSource(Settings, toml_file=file)()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise WrongSettings(f"{file}: not readable as TOML: {error}") from error


def _refuse_unknown_variables() -> None:
    sections = tuple(ENV_PREFIX + section.upper() for section in Settings.model_fields)
    for name in os.environ:
        section = name.upper().partition(ENV_DELIMITER)[0]
        is_setting = name.upper() not in {CONFIG_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE}
        if name.upper().startswith(ENV_PREFIX) and is_setting and section not in sections:
            raise WrongSettings(f"{name}: no such setting; `yizhan settings` lists them all")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    sections = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], dict) and isinstance(above[name], dict):
            sections[name] = {**below[name], **above[name]}
    return sections


def _names(sections: Mapping[str, Any]) -> Iterator[str]:
    for section, values in sections.items():
        yield from (f"{section}.{name}" for name in values) if isinstance(values, dict) else (section,)


def _lines(error: ValidationError, given_by: Mapping[str, str]) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"])
        where = f" (from {given_by[name]})" if name in given_by else ""
        words = "no such setting; `yizhan settings` lists them all"
        if problem["type"] != "extra_forbidden":
            words = problem["msg"].removeprefix("Value error, ")
        yield f"{name}{where}: {words}" if name else words
