"""What /readyz asks: whether every part of the platform does its work.

Enters: the link to the broker, the keeper, the accounts. Leaves: a check per part. Never: a probe of its own.
"""

from gateway.session import Link
from ingest.accounting import Accounting
from ingest.alerts.desk import Desk
from ingest.alerts.lookout import Lookout
from ingest.alerts.postman import Postman
from ingest.keeper import StoreKeeper
from ingest.ports import Check


class PlatformHealth:
    """The `Health` port."""

    def __init__(
        self,
        link: Link,
        keeper: StoreKeeper,
        accounting: Accounting,
        lookout: Lookout,
        desk: Desk,
        postman: Postman,
    ) -> None:
        self._link = link
        self._keeper = keeper
        self._accounting = accounting
        self._lookout = lookout
        self._desk = desk
        self._postman = postman

    def checks(self, now_ms: int) -> dict[str, Check]:
        """See the port."""
        balance = self._accounting.balance
        told, sent = self._desk.check(), self._postman.check()
        silent = sent if told.ok else told
        return {
            "broker": Check(ok=self._link.is_up, detail=self._link.detail, since_ms=self._link.since_ms),
            "store": self._keeper.store_check,
            "database": self._keeper.database_check,
            "ingest": Check(
                ok=balance == 0,
                detail="every reading is accounted for" if balance == 0 else f"accounts differ by {balance} readings",
            ),
            "alerts": self._lookout.check(now_ms) if silent.ok else silent,
        }
