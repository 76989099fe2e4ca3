"""Attachments of runs and examples, and addresses that give one to whoever has the address.

The SDK fetches an attachment without its key, from the address it was told beside the run or example. So the address
carries a signature of what it is for and until when, made with a key of the file's own that goes nowhere: it opens one
attachment for a day, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any, Dict, List, Optional
from urllib.parse import urlencode

from .database import Database, Refused, as_id, clean

__all__ = ["Attachments"]

DAY = 86_400  # seconds that an address is good for, at least
HALF = DAY // 2  # all addresses told in one half day are the same


class Attachments(Database):
    """The attachments of the store."""

    def attach(self, owner_id: str, name: str, kind: str, data: bytes) -> None:
        """Keep an attachment of a run or an example; one of the same name is replaced."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO attachments VALUES (?,?,?,?)", (as_id(owner_id), name, kind, data))

    def attachments(self, owner_id: str) -> List[Dict[str, Any]]:
        """List the attachments of a run or example: name, type, size in bytes."""
        sql = "SELECT name, type, length(data) AS size FROM attachments WHERE owner_id=? ORDER BY name"
        return [dict(row) for row in self.rows(sql, (owner_id,))]

    def attachment(self, owner_id: str, name: str) -> Optional[Dict[str, Any]]:
        """Give one attachment, or None: name, type, data (bytes)."""
        row = self.row("SELECT name, type, data FROM attachments WHERE owner_id=? AND name=?", (owner_id, name))
        return None if row is None else dict(row)

    def attached(self, owner_id: str) -> Dict[str, Dict[str, Any]]:
        """Give the attachments as the wire shows them: `attachment.NAME` to where it is and of what type."""
        return {
            f"attachment.{one['name']}": {
                "presigned_url": self.address(owner_id, one["name"]),
                "mime_type": one["type"],
            }
            for one in self.attachments(owner_id)
        }

    def keep_attachments(self, owner_id: str, operations: Any) -> None:
        """Do what `attachments_operations` says: rename some, retain some, delete the others. None leaves all.

        Raises: Refused (422) for operations that are none.
        """
        if operations is None:
            return
        said = operations if isinstance(operations, dict) else {"rename": "none"}
        rename, retain = said.get("rename") or {}, said.get("retain") or []
        if not isinstance(rename, dict) or not isinstance(retain, list):
            raise Refused(422, 'attachments_operations is {"rename": {"old": "new"}, "retain": ["name"]}')
        with self.writing() as db:
            names = [have["name"] for have in self.attachments(owner_id)]
            for name in names:
                if name not in rename and name not in retain:
                    db.execute("DELETE FROM attachments WHERE owner_id=? AND name=?", (owner_id, name))
            sql = "UPDATE OR REPLACE attachments SET name=? WHERE owner_id=? AND name=?"
            moved = [(f"\x00{number}", name) for number, name in enumerate(names) if name in rename]
            for aside, name in moved:  # all out of the way first: two may change places
                db.execute(sql, (aside, owner_id, name))
            for aside, name in moved:
                db.execute(sql, (clean(str(rename[name])), owner_id, aside))

    def address(self, owner_id: str, name: str) -> str:
        """Give the address of an attachment, good for a day without any key."""
        until = (int(time.time()) // HALF + 3) * HALF
        asked = {"name": name, "until": str(until), "signature": self._signature(owner_id, name, str(until))}
        return f"/attachments/{owner_id}?{urlencode(asked)}"

    def opens(self, owner_id: str, name: str, until: str, signature: str) -> bool:
        """Tell whether an address is one that this store gave, and still good."""
        wanted = self._signature(owner_id, name, until)
        good = hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))
        return good and int(until) >= time.time()

    def _signature(self, owner_id: str, name: str, until: str) -> str:
        # A length before each part: no two different addresses are the same bytes.
        said = b"".join(
            b"%d:%b" % (len(part), part) for part in (one.encode("utf-8", "replace") for one in (owner_id, until, name))
        )
        return hmac.new(self.signing_key, said, hashlib.sha256).hexdigest()
