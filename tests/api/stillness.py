"""The one instant at which the tests of the API stand."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=ZONE)
NOW_MS = int(NOW.timestamp() * 1000)
TODAY = date(2026, 11, 22)
