"""The examples of docs/alerts.md are taken as they stand, and each makes a sender."""

import re
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.channels.registry import SENDERS, sender_of
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.crews_file import import_crews_file
from ingest.alerts.secret_references import resolved
from ingest.alerts.shifts import Calendar
from ingest.alerts.work import ChannelKind, ChannelSetting
from ingest.registry.regions import load_regions
from tests.ingest.alerts.messages import NOW_MS

PAGE: Final = (Path(__file__).parents[4] / "docs" / "alerts.md").read_text(encoding="utf-8")
CHAPTER: Final = PAGE.partition("\n## Channels\n")[2]


def examples() -> dict[str, ChannelSetting]:
    """By kind."""
    source = CHAPTER.partition("```toml\n")[2].partition("```")[0]
    read = import_crews_file(source, load_regions(), Calendar(ZoneInfo("Asia/Shanghai"), "CN"), NOW_MS)
    assert read.errors == ()
    return {channel.kind: channel for channel in read.channels}


def environment() -> dict[str, str]:
    """A value for each variable that the page names."""
    values = dict.fromkeys(re.findall(r"env:([A-Z_]+)", CHAPTER), "a-secret")
    return values | {"BARK_URL": "bark://host/key"}


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("kind", list(ChannelKind))
async def test_example_of_each_kind_works(kind: ChannelKind, surroundings: Surroundings) -> None:
    """Taken by the import; with its variables set it makes a sender."""
    setting = examples()[kind]
    assert sender_of(resolved(setting, environment()), surroundings) is not None


def test_every_kind_has_a_sender() -> None:
    """None can be set that nobody sends by."""
    assert set(SENDERS) == set(ChannelKind)


async def test_a_variable_that_is_not_set_is_named(surroundings: Surroundings) -> None:
    """An operator reads which."""
    with pytest.raises(WrongChannel, match="WECOM_KEY"):
        resolved(examples()[ChannelKind.WECOM], {})


def test_message_on_the_page_is_one_that_is_sent() -> None:
    """To the letter, from the golden file."""
    shown = CHAPTER.partition("```text\n")[2].partition("\n```")[0]
    golden = (Path(__file__).parents[3] / "golden" / "notices.zh.md").read_text("utf-8")
    assert f"# {shown}\n" in golden
