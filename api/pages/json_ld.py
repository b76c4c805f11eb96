"""A station as schema.org sees it, for search engines (JSON-LD 1.1).

Enters: a station. Leaves: JSON that may stand in a `script` element as it is.
Never: a live number; a copy of it would be old.
"""

import json
from typing import Any, Final

from api.hours import DayHours
from api.language import Wording
from ingest.model import Station

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def place(say: Wording, station: Station, region: str, days: list[DayHours]) -> str:
    """A `Place` with its hours and what it offers; `region` is the name of its province."""
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Place",
        "identifier": station.id,
        "name": say.station(station),
        "geo": {"@type": "GeoCoordinates", "latitude": station.lat, "longitude": station.lon},
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": region,
            "streetAddress": station.address,
        },
        "amenityFeature": [
            {"@type": "LocationFeatureSpecification", "name": say.service(code), "value": True}
            for code in sorted(station.services)
        ],
        "openingHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": _DAYS[one.day.weekday()],
                "opens": f"{start:%H:%M}",
                "closes": "23:59" if one.is_all_day else f"{until:%H:%M}",
                "validFrom": f"{one.day}",
                "validThrough": f"{one.day}",
            }
            for one in days
            for start, until in one.spans
        ],
        "isAccessibleForFree": True,
        "publicAccess": True,
    }
    text = json.dumps(document, ensure_ascii=False)
    # "</script>" or "<!--" in a name would end the element.
    return text.replace("<", "\\u003c")
