"""Secrets of channels that stand elsewhere: `env:NAME` in a channel's secrets is the variable NAME.

Enters: a channel as imported, the environment. Leaves: the channel as its sender needs it. Never: shows a secret.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.work import ChannelSetting

REFERENCE: Final = "env:"


class MissingSecret(WrongChannel):
    """A variable that a channel names is not set; the text says which."""


def resolved(setting: ChannelSetting, environment: Mapping[str, str]) -> ChannelSetting:
    """The channel with its secrets in place; raises `MissingSecret`.

    To be called when a sender is made, and not before something is stored: the database keeps the name alone.
    """
    return replace(
        setting, secrets={name: _found(setting, text, environment) for name, text in setting.secrets.items()}
    )


def _found(setting: ChannelSetting, text: str, environment: Mapping[str, str]) -> str:
    if not text.startswith(REFERENCE):
        return text
    variable = text.removeprefix(REFERENCE)
    if not environment.get(variable):
        raise MissingSecret(f"channel {setting.name}: set the variable {variable} in the platform's environment")
    return environment[variable]
