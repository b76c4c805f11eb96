"""Invented stations: a nation of them in the published proportions.

Enters: a count and a seed. Leaves: the same stations for the same count and seed. Never: a real station's data.
Assumed: stations stand in proportion to residents; three to an urban district for one to a county; sensors come with
every swap cabinet and donation shelf; the shares of services for which nothing is published.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from ingest.model import Access, Level, Region, Station
from ingest.registry.provinces import PROVINCES, Bounds
from ingest.registry.regions import RegionTree, load_regions

NATION: Final = 186_100
"""Stations in the country, as published; so are these numbers of them that have something:"""
SMART: Final = 11_800
ALL_DAY: Final = 12_100
EXTENDED: Final = 20_300
MODEL: Final = 34_500
SERVICE_COUNTS: Final = {
    "medicine": 110_000,
    "volunteer": 40_000,
    "legal_advice": 20_000,
    "haircut": 5_000,
    "meal_discount": 2_400,
}
SMART_SERVICE_COUNTS: Final = {
    "battery_swap": 2_050,  # published as "more than 2,000"
    "donation_shelf": 2_800,
}

_ALWAYS: Final = frozenset({"rest", "water", "phone_charging"})
_OFTEN: Final = (
    frozenset({"toilet", "meal_heating", "aircon", "wifi"}),
    frozenset({"meal_heating", "aircon", "reading"}),
    frozenset({"toilet", "meal_heating", "aircon", "wifi", "reading"}),
    frozenset({"toilet", "aircon"}),
    frozenset({"meal_heating", "wifi"}),
    frozenset({"toilet", "meal_heating", "aircon", "wifi", "reading", "aed"}),
    frozenset({"toilet", "meal_heating", "aircon", "wifi", "shower"}),
)
_HOURS: Final = {
    Access.ALL_DAY: ("24/7",),
    Access.EXTENDED: ("Mo-Su 06:00-22:00", "Mo-Su 07:00-22:00", "Mo-Su 07:00-23:00"),
    Access.BUSINESS: ("Mo-Fr 08:30-17:30", "Mo-Su 08:30-18:00", "Mo-Fr 09:00-18:00; Sa 09:00-16:00"),
}
_SEATS: Final = (6, 8, 10, 12, 15, 20, 30)
_KINDS: Final = ("户外劳动者驿站", "户外劳动者服务站点", "工会驿站", "暖心驿站")
_ROADS: Final = {
    "人民路": "Renmin Road Rest Station",
    "解放路": "Jiefang Road Rest Station",
    "建设路": "Jianshe Road Rest Station",
    "中山路": "Zhongshan Road Rest Station",
    "新华路": "Xinhua Road Rest Station",
    "和平路": "Heping Road Rest Station",
    "胜利路": "Shengli Road Rest Station",
    "光明路": "Guangming Road Rest Station",
    "文化路": "Wenhua Road Rest Station",
    "长江路": "Changjiang Road Rest Station",
    "黄河路": "Huanghe Road Rest Station",
    "迎宾大道": "Yingbin Avenue Rest Station",
    "站前路": "Zhanqian Road Rest Station",
    "工农路": "Gongnong Road Rest Station",
    "友谊路": "Youyi Road Rest Station",
    "团结路": "Tuanjie Road Rest Station",
    "民主路": "Minzhu Road Rest Station",
    "振兴路": "Zhenxing Road Rest Station",
    "朝阳路": "Chaoyang Road Rest Station",
    "滨河路": "Binhe Road Rest Station",
    "东风路": "Dongfeng Road Rest Station",
    "红旗大街": "Hongqi Street Rest Station",
    "学院路": "Xueyuan Road Rest Station",
    "科技路": "Keji Road Rest Station",
    "创业路": "Chuangye Road Rest Station",
    "环城路": "Huancheng Road Rest Station",
    "体育路": "Tiyu Road Rest Station",
    "公园路": "Gongyuan Road Rest Station",
    "府前街": "Fuqian Street Rest Station",
    "健康路": "Jiankang Road Rest Station",
    "青年路": "Qingnian Road Rest Station",
    "幸福路": "Xingfu Road Rest Station",
    "兴业路": "Xingye Road Rest Station",
    "富民路": "Fumin Road Rest Station",
    "南京路": "Nanjing Road Rest Station",
    "北京路": "Beijing Road Rest Station",
    "花园路": "Huayuan Road Rest Station",
    "劳动路": "Laodong Road Rest Station",
    "工业路": "Gongye Road Rest Station",
    "商贸街": "Shangmao Street Rest Station",
}
"""Names that most Chinese towns have, and the English name of a station there."""
_HOUSE_NUMBERS: Final = 300

_URBAN_WEIGHT: Final = {"区": 3, "市": 2}
"""By the last character of a district's name; all others (counties, banners) 1."""
_CITY_DEGREES: Final = 0.12
"""How far a city's districts lie from its middle. Larger: coastal ones fall into the sea; smaller: one heap of dots."""
_DISTRICT_DEGREES: Final = 0.04


class _Features(NamedTuple):
    """Which of the stations 0..count-1 have what; the numbers are the published ones, scaled to the count."""

    smart: frozenset[int]
    all_day: frozenset[int]
    extended: frozenset[int]
    model: frozenset[int]
    services: dict[str, frozenset[int]]


def synthetic_stations(count: int, seed: int = 1) -> Iterator[Station]:
    """`count` stations in order of id; with 186,100 every published number is met exactly."""
    regions = load_regions()
    rng = Random(seed)  # noqa: S311 - invented stations want a seed, not a secret
    features = _drawn_features(count, rng)
    sets: dict[frozenset[str], frozenset[str]] = {}
    roads = tuple(_ROADS.items())
    digits = max(6, len(str(count)))
    number = 0
    for leaf, stations in _placed(count, regions):
        path = regions.path_of(leaf.code)
        codes = {region.level: region.code for region in path}
        full_name = "".join(region.name for region in path)
        middle = _middle_of(path)
        for _ in range(stations):
            road, name_en = rng.choice(roads)
            access = _access_of(number, features)
            offered = frozenset(code for code, chosen in features.services.items() if number in chosen)
            services = _ALWAYS | rng.choice(_OFTEN) | offered
            lat, lon = _near(middle, _DISTRICT_DEGREES, rng)
            yield Station(
                id=f"st-{number + 1:0{digits}d}",
                name=f"{leaf.name}{road}{rng.choice(_KINDS)}",
                name_en=name_en,
                lat=lat,
                lon=lon,
                province=codes[Level.PROVINCE],
                city=codes.get(Level.CITY),
                district=codes.get(Level.DISTRICT),
                address=f"{full_name}{road}{rng.randint(1, _HOUSE_NUMBERS)}号",
                capacity=rng.choice(_SEATS),
                services=sets.setdefault(services, services),
                hours=rng.choice(_HOURS[access]),
                access=access,
                smart=number in features.smart,
                model=number in features.model,
            )
            number += 1


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """`total` shared out by weight in whole numbers (largest remainder); raises ValueError if no weight is above 0."""
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("at least one weight must be above 0")
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _drawn_features(count: int, rng: Random) -> _Features:
    def scaled(published: int) -> int:
        return (count * published + NATION // 2) // NATION

    everyone = range(count)
    smart = rng.sample(everyone, scaled(SMART))
    all_day, extended = scaled(ALL_DAY), scaled(EXTENDED)
    open_longer = rng.sample(everyone, all_day + extended)
    services = {code: frozenset(rng.sample(everyone, scaled(having))) for code, having in SERVICE_COUNTS.items()}
    services |= {code: frozenset(rng.sample(smart, scaled(having))) for code, having in SMART_SERVICE_COUNTS.items()}
    return _Features(
        smart=frozenset(smart),
        all_day=frozenset(open_longer[:all_day]),
        extended=frozenset(open_longer[all_day:]),
        model=frozenset(rng.sample(everyone, scaled(MODEL))),
        services=services,
    )


def _access_of(number: int, features: _Features) -> Access:
    if number in features.all_day:
        return Access.ALL_DAY
    return Access.EXTENDED if number in features.extended else Access.BUSINESS


def _placed(count: int, regions: RegionTree) -> Iterator[tuple[Region, int]]:
    """The smallest divisions, and how many stations stand in each."""
    provinces = [region for region in regions.children() if PROVINCES[region.code].residents]
    of_province = apportioned(count, [PROVINCES[province.code].residents for province in provinces])
    for province, stations in zip(provinces, of_province, strict=True):
        leaves = [
            leaf for below in regions.children(province.code) for leaf in (regions.children(below.code) or (below,))
        ]
        weights = [_URBAN_WEIGHT.get(leaf.name[-1], 1) for leaf in leaves]
        yield from zip(leaves, apportioned(stations, weights), strict=True)


def _middle_of(path: Sequence[Region]) -> tuple[float, float]:
    """The same position for the same division in every run: invented, but inside the province's land.

    The capital's city stands at the capital, or where the inner land comes nearest to it; municipalities fill theirs.
    """
    province = PROVINCES[path[0].code]
    inland = province.inland
    leaf = path[-1]
    if path[1].level is Level.DISTRICT:
        return _within(inland, Random(leaf.code))  # noqa: S311 - as above
    city = path[1].code
    if city == f"{path[0].code[:2]}0100":
        middle = (
            min(max(province.lat, inland.south), inland.north),
            min(max(province.lon, inland.west), inland.east),
        )
    else:
        middle = _within(inland, Random(city))  # noqa: S311 - as above
    return _near(middle, _CITY_DEGREES, Random(leaf.code))  # noqa: S311 - as above


def _within(bounds: Bounds, rng: Random) -> tuple[float, float]:
    return rng.uniform(bounds.south, bounds.north), rng.uniform(bounds.west, bounds.east)


def _near(middle: tuple[float, float], degrees: float, rng: Random) -> tuple[float, float]:
    lat, lon = middle
    return round(lat + rng.uniform(-degrees, degrees), 6), round(lon + rng.uniform(-degrees, degrees), 6)
