"""A browser without scripts, as the console's tests drive it.

Enters: paths, fields of forms. Leaves: what was answered. Never: follows a redirect that a test did not ask for.
"""

import re

from aiohttp import ClientSession, CookieJar


class Browser:
    """Keeps the cookie, follows redirects by hand, fills in forms."""

    def __init__(self, client: ClientSession) -> None:
        self.client = client
        self.cookie = ""

    async def get(self, path: str, status: int = 200) -> str:
        """The page, or where it leads."""
        async with self.client.get(path, headers=self._headers(), allow_redirects=False) as response:
            assert response.status == status
            return response.headers.get("Location") or await response.text()

    async def post(self, path: str, status: int = 303, **fields: str) -> str:
        """Send fields, from this site unless `site` says otherwise."""
        headers = self._headers() | {"Sec-Fetch-Site": fields.pop("site", "same-origin")}
        async with self.client.post(path, data=fields, headers=headers, allow_redirects=False) as response:
            assert response.status == status, await response.text()
            if "Set-Cookie" in response.headers:
                self.set_cookie = response.headers["Set-Cookie"]
                self.cookie = self.set_cookie.partition(";")[0]
            return response.headers.get("Location") or await response.text()

    async def form(self) -> str:
        """What the forms of this session carry."""
        found = re.search(r'name="form" value="([^"]+)"', await self.get("/ops"))
        assert found is not None
        return found[1]

    async def act(self, path: str, status: int = 303, **fields: str) -> str:
        """Send fields as this session's forms do."""
        return await self.post(path, status, form=await self.form(), **fields)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}


async def signed_in(client: ClientSession, token: str) -> Browser:
    """With a token, and none of who was signed in before."""
    client.cookie_jar.clear()
    assert isinstance(client.cookie_jar, CookieJar)
    browser = Browser(client)
    await browser.post("/ops/sign-in", token=token)
    return browser
