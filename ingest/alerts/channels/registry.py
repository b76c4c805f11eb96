"""All kinds of channels, and the one way to make a sender of one.

Enters: a channel's setting. Leaves: its sender, or `WrongChannel` with what to set. Never: sends.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from ingest.alerts.channels.asking import Service, WrongChannel
from ingest.alerts.channels.by_apprise import AppriseSender
from ingest.alerts.channels.dingtalk import DINGTALK
from ingest.alerts.channels.feishu import FEISHU
from ingest.alerts.channels.mail import Mailer
from ingest.alerts.channels.ntfy import NTFY
from ingest.alerts.channels.posting import Poster
from ingest.alerts.channels.retained import Retainer
from ingest.alerts.channels.sender import Sender, Surroundings
from ingest.alerts.channels.webhook import WEBHOOK
from ingest.alerts.channels.wecom import WECOM
from ingest.alerts.work import ChannelKind, ChannelSetting

Factory = Callable[[ChannelSetting, Surroundings], Sender]


def _posting(service: Service) -> Factory:
    return partial(Poster, service)


SENDERS: Final[Mapping[ChannelKind, Factory]] = {
    ChannelKind.WEBHOOK: _posting(WEBHOOK),
    ChannelKind.DINGTALK: _posting(DINGTALK),
    ChannelKind.WECOM: _posting(WECOM),
    ChannelKind.FEISHU: _posting(FEISHU),
    ChannelKind.NTFY: _posting(NTFY),
    ChannelKind.EMAIL: Mailer,
    ChannelKind.MQTT: Retainer,
    ChannelKind.APPRISE: AppriseSender,
}


def sender_of(setting: ChannelSetting, world: Surroundings) -> Sender:
    """Its sender; raises `WrongChannel`."""
    factory = SENDERS.get(setting.kind)
    if factory is None:
        raise WrongChannel(f"channel {setting.name}: no such kind of channel")
    return factory(setting, world)
