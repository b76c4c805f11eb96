"""The page for people, read as a browser without scripts would."""

import re
from html.parser import HTMLParser

import pytest
from aiohttp import ClientSession

from ingest.model import Access
from tests.api.stillness import NOW_MS
from tests.api.world import World, live, occupancy, station


class _Page(HTMLParser):
    """The text of a page by card, and what it links, loads and would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cards: dict[str, str] = {}
        self.text = ""
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: list[tuple[str, str]] = []
        """Type and source of each."""
        self._card: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(given)
        if "card" in (given.get("class") or "").split():
            self._card = given["id"]
        if tag == "script":
            self.scripts.append((given["type"] or "", given.get("src") or ""))
        if tag == "a":
            self.links.append(given["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._card = None

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if words:
            self.text += words + " "
            if self._card is not None:
                self.cards[self._card] = self.cards.get(self._card, "") + words + " "


async def _page(client: ClientSession, query: str = "", status: int = 200) -> _Page:
    async with client.get(f"/{query}") as response:
        assert response.status == status
        assert response.content_type == "text/html"
        return _Page(await response.text())


async def test_a_card_says_what_is_there_now(client: ClientSession) -> None:
    """A card has open until when, free seats, charged batteries, heat medicine and visits, with units."""
    card = (await _page(client)).cards["bj-0001"]
    for words in (
        "开放中 22:00 关门",
        "空座 9 个 共 20 座",
        "充好的电池 5 块",
        "防暑药 12 份",
        "今日到访 56 人次 还在统计",
    ):
        assert words in card
    assert "北京市 · 东城区" in card
    assert "电动自行车换电" in card


async def test_english_is_complete(client: ClientSession) -> None:
    """The English page says the same, and has Chinese only where a name or address has no other."""
    page = await _page(client, "?lang=en")
    card = page.cards["bj-0001"]
    for words in ("Open until 22:00", "Free seats 9 of 20", "Charged batteries 5", "Heat medicine 12 in stock"):
        assert words in card
    assert "Visits today 56 still counting" in card
    chinese = set(re.findall(r"[\u4e00-\u9fff]+", page.text))
    assert chinese <= {"中文", "东直门内大街", "号", "东直门户外劳动者驿站", "东莞驿站", "西藏自治区"}


async def test_nothing_left_is_said_in_words(client: ClientSession) -> None:
    """A full station without batteries says none, not only by colour."""
    card = (await _page(client)).cards["bj-0002"]
    for words in ("开放中 24 小时", "空座 无 共 20 座", "充好的电池 无", "防暑药 无"):
        assert words in card


async def test_a_stale_reading_is_unknown_since_its_time(client: ClientSession) -> None:
    """Of a station that is not heard the page says since when nothing is known, and never the old numbers."""
    card = (await _page(client)).cards["bj-0003"]
    assert card.count("14:02 起未知") == 3
    assert "失联：最后一次数据在 14:02" in card
    assert "16" not in card.replace("东直门", "")  # the seats that were free then


async def test_what_is_not_reported_is_not_shown_as_zero(client: ClientSession) -> None:
    """Stations without live data say so and have no numbers."""
    page = await _page(client)
    assert "还没有收到过数据" in page.cards["bj-0004"]
    assert "开放时间未知" in page.cards["bj-0004"]
    assert "这个站没有实时数据" in page.cards["bj-0005"]
    assert "已关门 明天 08:30 开门" in page.cards["bj-0005"]
    assert "空座" not in page.cards["bj-0004"] + page.cards["bj-0005"]


async def test_an_unregistered_station_is_not_shown(client: ClientSession) -> None:
    """The public sees only what the registry knows."""
    assert "stranger-01" not in (await _page(client)).cards


async def test_region_and_service_filter_and_stay_in_the_links(client: ClientSession) -> None:
    """The filters choose, and the other language shows the same choice."""
    page = await _page(client, "?region=110101&service=water")
    assert list(page.cards) == ["bj-0001", "bj-0003", "bj-0004"]
    assert "/?region=110101&service=water&lang=en" in page.links
    assert "/?service=water" in page.links  # up the trail, to the nation
    assert "东莞市（1）" in (await _page(client, "?region=440000")).text


async def test_pages_lead_to_every_station_once(world: World, client: ClientSession) -> None:
    """Following "next page" meets every station once, and ends."""
    for number in range(100, 170):
        world.add(station(number))
    seen: list[str] = []
    query: str | None = ""
    while query is not None:
        page = await _page(client, query)
        seen += page.cards
        onward = [link for link in page.links if "cursor=" in link and "lang=" not in link and link[1:] != query]
        query = onward[0][1:] if onward and len(page.cards) == world.settings.page_stations else None
    assert seen == sorted(world.registry.known)


@pytest.mark.parametrize("query", ["?region=999999", "?service=massage", "?cursor=%00"])
async def test_a_broken_link_still_shows_stations(client: ClientSession, query: str) -> None:
    """A link to what does not exist is a 404 that says so and shows the list."""
    page = await _page(client, query, status=404)
    assert "链接里的地区、服务或页码不存在" in page.text
    assert "bj-0001" in page.cards


async def test_a_link_shared_in_a_chat_still_works(client: ClientSession) -> None:
    """Parameters that others add to a link are left out; an unknown language is Chinese."""
    page = await _page(client, "?from=singlemessage&isappinstalled=0&lang=fr")
    assert "驿站" in page.text


async def test_no_station_is_said_with_a_way_out(client: ClientSession) -> None:
    """An empty list says so and links to all stations."""
    page = await _page(client, "?region=540000&service=shower")
    assert "这里没有符合条件的驿站" in page.text
    assert "/" in page.links


async def test_names_cannot_bring_their_own_markup(world: World, client: ClientSession) -> None:
    """What stands in the registry is text, whatever it looks like."""
    world.add(station(1, name="<script>alert(1)</script>", address='"><img src=x>', access=Access.ALL_DAY))
    world.picture.statuses["bj-0001"] = live("bj-0001", occupancy(3, NOW_MS))
    page = await _page(client)
    assert "<script>alert(1)</script>" in page.cards["bj-0001"]
    assert "img" not in page.tags
    assert [kind for kind, _ in page.scripts] == ["module"]


@pytest.mark.parametrize("path", ["/", "/stations/bj-0001"])
async def test_a_page_needs_and_allows_nothing_from_elsewhere(client: ClientSession, path: str) -> None:
    """The content policy starts from nothing; no inline script or style; the only other host is that of the map app."""
    async with client.get(path) as response:
        policy = response.headers["Content-Security-Policy"]
        html = await response.text()
        assert response.headers["Content-Language"] == "zh-CN"
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'")
    assert "unsafe" not in policy
    page = _Page(html)
    assert [kind for kind, source in page.scripts if not source.startswith("/assets/")] == (
        [] if path == "/" else ["application/ld+json"]
    )
    assert "style" not in page.tags | page.attributes
    assert not [name for name in page.attributes if name.startswith("on")]
    without_data = re.sub(r'<script type="application/ld\+json">.*?</script>', "", html)
    assert set(re.findall(r"(?:https?:)?//[^/\"]*", without_data)) == {"https://uri.amap.com"}


async def test_assets_are_kept_for_ever_under_the_address_of_their_content(client: ClientSession) -> None:
    """The page names its style sheet by a version; that address may be cached for ever, an older one may not."""
    async with client.get("/") as response:
        match = re.search(r'href="(/assets/([0-9a-f]+)/page\.css)"', await response.text())
    assert match is not None
    async with client.get(match[1]) as response:
        assert response.content_type == "text/css"
        assert "immutable" in response.headers["Cache-Control"]
        assert "prefers-color-scheme: dark" in await response.text()
    async with client.get(match[1].replace(match[2], "0ld")) as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-cache"
    async with client.get(match[1].replace("page.css", "page.php")) as response:
        assert response.status == 404
