"""Who is there to be told: the crews of now as a roster, and the channels with their senders.

Enters: crews and channels as they were imported. Leaves: a `Roster` for jobs, a `Route` for the postman.
Never: shows a secret, or lets one channel that cannot work take the others with it.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence

from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.channels.registry import sender_of
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.crews import KindOf, PathOf, Roster
from ingest.alerts.postman import Route
from ingest.alerts.secret_references import resolved
from ingest.alerts.work import ChannelSetting, Crew

log = logging.getLogger(__name__)


class Directory:
    """Replaced as a whole by each import."""

    def __init__(
        self, world: Surroundings, kind_of: KindOf, path_of: PathOf, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` holds the secrets that settings name as `env:NAME`."""
        self._world = world
        self._environment = environment or {}
        self._kind_of = kind_of
        self._path_of = path_of
        self.crews: Sequence[Crew] = ()
        self.channels: Mapping[str, ChannelSetting] = {}
        self._routes: dict[str, Route] = {}
        self._why_not: dict[str, str] = {}

    def load(self, crews: Iterable[Crew], channels: Iterable[ChannelSetting]) -> Roster:
        """From now on these; the roster that jobs go by. A channel that cannot work is told in the log, by name."""
        self.crews = sorted(crews, key=lambda crew: crew.id)
        self.channels = {channel.name: channel for channel in sorted(channels, key=lambda channel: channel.name)}
        self._routes, self._why_not = {}, {}
        for channel in self.channels.values():
            try:
                self._routes[channel.name] = Route(
                    channel, sender_of(resolved(channel, self._environment), self._world)
                )
            except WrongChannel as wrong:
                self._why_not[channel.name] = str(wrong)
                log.error("%s", wrong)  # noqa: TRY400 - it says what to set; its trace would say nothing
        return Roster(self.crews, self._kind_of, self._path_of)

    def route(self, channel: str) -> Route | None:
        """The channel of a name; None where there is none that could work."""
        return self._routes.get(channel)

    def why_not(self, channel: str) -> str:
        """What to set so that it works; holds no secret. Empty where it works."""
        return self._why_not.get(channel, "")

    def language(self, channel: str) -> str:
        """Of the texts that it takes."""
        setting = self.channels.get(channel)
        return setting.language if setting is not None else "zh"
