"""Ways out of a restriction (J6, P4): the day it ends by itself, or the act, or the article; repair; objection."""

from datetime import date, timedelta
from functools import lru_cache

from engine.question import Json, written
from engine.standing import Item
from engine.timeline import last_end
from graph_model.calendar import add_months
from memoranda.model import RESTRICTIONS
from memoranda.rulebook import Rulebook
from memoranda.words import ENDS_ZH, GROUND_ZH


def remedies_of(item: Item, book: Rulebook) -> tuple[Json, ...]:
    """Say how a restrictive duty ends by itself and how it can end sooner; nothing for other effects. As JSON."""
    if item.measure.effect not in RESTRICTIONS:
        return ()
    ways = (end_of(item, book), _repair(item, book), _objection(item, book), _exemption(item.listing.official.id, book))
    return tuple([way for way in ways if way is not None])


def end_of(item: Item, book: Rulebook) -> Json:
    """Say on which day the duty ends for good on the facts known, or the act that ends it, or the article without."""
    official, end = item.listing.official, last_end(item.holds)
    if end is not None:
        return {"kind": "expiry", "on": written(end)}
    if official.ends_by in ("performance", "removal"):
        return {"kind": "act", "ends_by": official.ends_by, "act_zh": ENDS_ZH[official.ends_by]}
    # The list's article says why the entry stays; where the duty rests on another law, that law sets no end.
    ids = [official.ends_article] if official.ends_article in item.target.bases else list(item.target.bases)
    articles = [book.bases[id_] for id_ in ids]
    return {
        "kind": "no_end",
        "articles": [{"basis": a.id, "document": a.document, "article": a.article} for a in articles],
    }


def _repair(item: Item, book: Rulebook) -> Json | None:
    repair, official = item.listing.official.repair, item.listing.official
    if repair is None or official.kind == "record":  # repair ends publicity, not a decision's legal effect (F3)
        return None
    anchor = item.listing.day(repair.from_)
    return {
        "kind": "repair",
        "from": written(add_months(anchor, repair.after_months)) if anchor is not None else None,
        **_asked_of(repair.body, item.listing.designation.authority, book),
        "conditions": repair.conditions,
    }


def _objection(item: Item, book: Rulebook) -> Json | None:
    right = item.listing.official.objection
    if right is None:
        return None
    anchor = item.listing.day(right.from_)
    return {
        "kind": "objection",
        **_asked_of(right.body, item.listing.designation.authority, book),
        "until": written(_last_day(anchor, right.days)) if anchor is not None and right.days is not None else None,
    }


def _last_day(anchor: date, days: int) -> date:
    return anchor + timedelta(days=min(days, (date.max - anchor).days))


@lru_cache(maxsize=1024)
def _exemption(list_id: str, book: Rulebook) -> Json | None:
    grounds = book.lists[list_id].exemption_grounds
    if not grounds:
        return None
    return {"kind": "exemption", "grounds": list(grounds), "grounds_zh": "、".join(GROUND_ZH[g] for g in grounds)}


# Of each list and authority the same, proof after proof.
@lru_cache(maxsize=4096)
def _asked_of(body: str, authority: str, book: Rulebook) -> Json:
    """Name the body, and where to knock: at the authority that decided, where it is the body's counterpart."""
    local = authority in book.departments and body in book.counterpart_chain(authority)
    return {"body": body, "body_name": book.departments[authority if local else body].name}
