"""Links that open a map app at a station.

Enters: a name, a position in WGS-84 degrees. Leaves: addresses. Never: a map, or a position in the wrong datum.
"""

from urllib.parse import quote, urlencode

from api.gcj02 import gcj02


def amap(name: str, lat: float, lon: float) -> str:
    """Opens Amap (高德) where it is installed, else its web map; GCJ-02, as all Chinese map apps want."""
    shifted_lat, shifted_lon = gcj02(lat, lon)
    asked = {"position": f"{shifted_lon:.6f},{shifted_lat:.6f}", "name": name}
    return "https://uri.amap.com/marker?" + urlencode(asked | {"coordinate": "gaode", "callnative": "1"})


def geo(name: str, lat: float, lon: float) -> str:
    """Opens the map app that the phone has chosen; RFC 5870, WGS-84, with the name as Android takes it."""
    place = f"{lat:.6f},{lon:.6f}"
    return f"geo:{place}?q={place}({quote(name)})"
