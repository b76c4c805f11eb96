"""CSV files for tests.

Enters: cells. Leaves: the text of a file. Never: checks anything.
"""

import csv
import io

HEADER = "id,name,name_en,lat,lon,region,address,capacity,services,hours,access,smart,model"
GOOD = {
    "id": "bj-sanlitun-01",
    "name": "三里屯户外劳动者驿站",
    "name_en": "Sanlitun Rest Station",
    "lat": "39.9371",
    "lon": "116.4548",
    "region": "110105",
    "address": "北京市朝阳区三里屯路7号",
    "capacity": "20",
    "services": "rest;water",
    "hours": "Mo-Su 08:00-20:00",
    "access": "",
    "smart": "true",
    "model": "false",
}


def file_of(*rows: dict[str, str]) -> str:
    """A file with one row for each dictionary; what is not given is as in `GOOD`."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADER.split(","))
    writer.writeheader()
    writer.writerows(GOOD | row for row in rows)
    return out.getvalue()
