"""What tests do to a store: publish, put facts in, and see what is refused."""

from datetime import date
from typing import Any

import pytest

from graph_model.errors import ChangeRefused
from graph_model.nodes import Attributes, Designation, Facts, Registration, Relation
from graph_model.store import ChangeSet, Publication, Receipt, Store, Vocabulary
from tests.histories import VOCABULARY


def publish(
    store: Store, digest: str = "sha256:one", vocabulary: Vocabulary = VOCABULARY, key: str | None = None
) -> Receipt:
    content = f"content of {digest}".encode()
    return store.publish(Publication(digest, content, vocabulary, "clerk", "test", key or f"publish {digest}"))


def change(
    store: Store, *, corrections: Facts | None = None, retractions: Facts | None = None, **facts: Any
) -> ChangeSet:
    return ChangeSet(
        actor="clerk",
        reason="test",
        key=f"change {store.latest_version()}",
        facts=Facts(**facts),
        corrections=corrections or Facts(),
        retractions=retractions or Facts(),
    )


def put(store: Store, **facts: Any) -> Receipt:
    return store.commit(change(store, **facts))


def registration(subject: str, valid_from: date | None = None, **attributes: Any) -> Registration:
    return Registration(subject, Attributes(valid_from=valid_from, **attributes))


DAY = date(2024, 1, 1)
LATER = date(2024, 6, 1)
D1 = Designation("D1", "ORG", "black", "xiamen", decided_on=DAY, document_no="1号")
DIRECTOR = Relation("director", "P", "ORG", held_from=DAY)
LINK = Relation("directly_responsible", "P", designation="D1", responsible=True)


def refusal(store: Store, change_set: ChangeSet) -> ChangeRefused:
    """Commit what must be refused; see that nothing of it was written."""
    before = (store.latest_version(), store.counts(store.latest_version()))
    with pytest.raises(ChangeRefused) as caught:
        store.commit(change_set)
    assert (store.latest_version(), store.counts(store.latest_version())) == before
    assert caught.value.what
    assert caught.value.hint
    return caught.value
