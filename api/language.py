"""The words that people read, in Chinese and English: two flat catalogues with the same keys.

Enters: `api/locales/*.json`. Leaves: a `Wording` that turns a key into text, and times and names into words.
Never: a sentence glued together from pieces; each sentence is one entry, because word order differs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from ingest.model import Region, Station
from ingest.registry.services import SERVICES

_FOLDER: Final = Path(__file__).parent / "locales"


class Language(StrEnum):
    """What the page speaks; its value is what `?lang=` carries."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """For the `lang` attribute and Content-Language (BCP 47)."""
        return "zh-CN" if self is Language.ZH else "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """One language."""

    language: Language
    catalogue: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key; raises KeyError for one that is not in the catalogue."""
        return self.catalogue[key].format(**values)

    def region(self, region: Region) -> str:
        """Its name; the Chinese one where there is no English one."""
        return (region.name_en if self.language is Language.EN else None) or region.name

    def station(self, station: Station) -> str:
        """Its name; the Chinese one where there is no English one."""
        return (station.name_en if self.language is Language.EN else "") or station.name

    def service(self, code: str) -> str:
        """Its name; the code itself where the vocabulary does not know it."""
        service = SERVICES.get(code)
        if service is None:
            return code
        return service.en if self.language is Language.EN else service.zh

    def time(self, at: datetime, now: datetime) -> str:
        """A time as said at `now`, in the same zone: `14:02`, `tomorrow 06:00`, `11-25 06:00`."""
        clock = f"{at:%H:%M}"
        match (at.date() - now.date()).days:
            case 0:
                return clock
            case 1 if clock == "00:00":
                return "24:00"
            case 1:
                return self("time.tomorrow", clock=clock)
            case -1:
                return self("time.yesterday", clock=clock)
            case _:
                return f"{at:%m-%d %H:%M}" if abs(at - now) < timedelta(days=180) else f"{at:%Y-%m-%d %H:%M}"


@cache
def wording(language: Language) -> Wording:
    """The catalogue of a language, read once."""
    return Wording(language, json.loads((_FOLDER / f"{language}.json").read_text("utf-8")))
