"""What a change set comes to once it is admitted: rows to close and open, digests, its receipt. No driver here."""

from graph_model.admission import Admitted
from graph_model.errors import ChangeConflict
from graph_model.nodes import Facts, Version
from graph_model.store import ChangeSet, Receipt
from graph_model.stores.digests import digest_of_rows, digest_of_steps
from graph_model.stores.rows import RECORDS, Row, spelled


def digests_of(spelled_facts: dict[str, list[Row]]) -> dict[str, str]:
    """Give the digest of the rows of each kind."""
    return {kind: digest_of_rows(kind, given) for kind, given in spelled_facts.items()}


def content_digest(change: ChangeSet, of_facts: dict[str, str]) -> str:
    """The digest of what a change set says; the order of facts is no difference, that of moves is."""
    steps = [(f"facts {kind}", digest) for kind, digest in of_facts.items()]
    for step, facts in (("corrections", change.corrections), ("retractions", change.retractions)):
        steps += [(f"{step} {kind}", digest_of_rows(kind, given)) for kind, given in spelled(facts).items()]
    return digest_of_steps(steps)


def written_digest(
    closed: dict[str, list[Row]], opened: dict[str, list[Row]], known: dict[str, str] | None = None
) -> str:
    """The digest of the records that a version closed and opened; `known` are digests of opened kinds."""
    steps = [(f"closed {kind}", digest_of_rows(kind, given)) for kind, given in closed.items()]
    for kind, given in opened.items():
        steps.append((f"opened {kind}", (known or {}).get(kind) or digest_of_rows(kind, given)))
    return digest_of_steps(steps)


def opened_rows(change: ChangeSet, admitted: Admitted, facts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Spell the records to open; where these are all the facts that were given, they are spelled already."""
    as_given = {
        kind
        for kind in facts
        if kind in RECORDS
        and len(getattr(admitted.opened, kind)) == len(facts[kind])
        and not getattr(change.corrections, kind)
        and (kind != "designations" or not (change.facts.moves or change.corrections.moves))
    }
    rest = Facts(**{kind: getattr(admitted.opened, kind) for kind in RECORDS if kind not in as_given})
    found = spelled(rest) | {kind: facts[kind] for kind in as_given}
    return {kind: found[kind] for kind in RECORDS if kind in found}


def receipt_for(version: Version, admitted: Admitted) -> Receipt:
    """The receipt of a change set that is written as `version`."""
    return Receipt(
        version=version,
        opened=admitted.count("new") + admitted.corrected,
        closed=admitted.corrected + admitted.retracted,
        unchanged=admitted.count("unchanged"),
    )


def repeated_receipt(known: Row, key: str, digest: str) -> Receipt:
    """The receipt of the first time a key was used. `known`: version, content digest, opened, closed, unchanged.

    Raises:
        ChangeConflict: it was used with other content.

    """
    version, first_digest, opened, closed, unchanged = known
    if first_digest != digest:
        raise ChangeConflict(
            f"幂等键已用于其他内容 / idempotency key `{key}` was used for version {version} with other content",
            hint="use a new key for new content; nothing was written",
        )
    return Receipt(version, opened, closed, unchanged, repeated=True)
