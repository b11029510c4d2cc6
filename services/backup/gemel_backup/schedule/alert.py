"""Tell ``alert_uri`` what goes wrong with backups and tasks (docs/backups.md)."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import httpx
import structlog

from gemel.settings import Settings
from gemel_backup.keep.catalogue import Index
from gemel_backup.schedule.slots import Claim, Slots

ALERT: Final = "alert"
"""Kind of the slots that keep one alert from being sent twice."""
TRIES: Final = 3
SECONDS: Final = 10.0
PAUSE: Final = 1.0


def alert(settings: Settings, event: str, text: str, **details: object) -> bool:
    """Send a message; gives whether it was taken. What goes wrong is logged, and nothing else.

    It is a JSON object of ``event``, ``app``, ``text`` (what Slack, Mattermost and the like show) and the details.

    :param event: such as ``backup.failed``.
    """
    address = settings.alert_uri.get_secret_value()
    if not address:
        return False
    log = structlog.get_logger("gemel.backup").bind(alert=event)
    body = {"event": event, "app": settings.app, "text": f"{settings.app}: {text}", **details}
    reason = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        try:
            answer = httpx.post(address, json=body, timeout=SECONDS)
        except httpx.HTTPError as error:
            reason = type(error).__name__
            continue
        if answer.is_success:
            log.info("alert.sent")
            return True
        reason = f"status {answer.status_code}"
    log.error("alert.not_sent", reason=reason)
    return False


def of_slot(settings: Settings, claim: Claim, status: str, error: str | None) -> None:
    """A backup, proof or task has failed."""
    if status == "failed":
        what = claim.kind.replace("task:", "task ")
        event = f"{claim.kind.partition(':')[0]}.failed"
        text = f"{what} of {claim.due_at:%Y-%m-%d %H:%M} UTC failed: {error}"
        alert(settings, event, text, kind=claim.kind, due_at=claim.due_at.isoformat(), error=error)


def of_missed(settings: Settings, kind: str, missed: list[datetime]) -> None:
    """Times went by at which nothing ran."""
    first, last = (f"{each:%Y-%m-%d %H:%M}" for each in (missed[0], missed[-1]))
    text = f"{kind} was missed {len(missed)} times, from {first} to {last} UTC"
    alert(settings, "slot.missed", text, kind=kind, count=len(missed), first=missed[0].isoformat())


def stale(settings: Settings, index: Index, slots: Slots, now: datetime) -> Iterator[Claim]:
    """The claim to tell that the newest proven backup is too old, at most one a day."""
    if not settings.alert_uri.get_secret_value() or newest_age(index, now) <= timedelta(hours=settings.alert_after):
        return
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    claim = slots.claim_once(ALERT, today, now)
    if claim is not None:
        yield claim


def newest_age(index: Index, now: datetime) -> timedelta:
    """Age of the newest proven backup; of the oldest row, if there never was one; zero where there is no row at all."""
    since = index.proven_since()
    return now - since if since is not None else timedelta()


def tell_stale(settings: Settings, index: Index, now: datetime) -> bool:
    """Tell that the newest proven backup is too old."""
    hours = newest_age(index, now).total_seconds() / 3600
    text = f"for {hours:.0f} hours no backup was taken that could be proven (alert_after = {settings.alert_after:g})"
    return alert(settings, "backup.stale", text, hours=round(hours, 1))
