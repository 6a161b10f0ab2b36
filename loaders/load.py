"""One load run: a file's rows into the store, with every row accounted for (CONTRACT §3).

read = loaded + unchanged + rejected. Rows go in chunks, each one atomic change set; a run that was cut off is simply
run again, for what is in already is `unchanged`. The file is read ahead once before anything is written, so a file
that is broken anywhere changes nothing.
"""

from graph_model.collector import seldom_collected
from graph_model.identifiers import IdentityKeyer
from graph_model.store import Store, Vocabulary
from loaders.builders import Context
from loaders.reading import Reading
from loaders.report import LoadOrder, LoadReport, Progress
from loaders.run import Run


def load(
    store: Store,
    order: LoadOrder,
    vocabulary: Vocabulary,
    keyer: IdentityKeyer | None,
    *,
    progress: Progress | None = None,
) -> LoadReport:
    """Load one file.

    Args:
        store: where the facts go.
        order: what to load and how.
        vocabulary: the words of the rulebook in force (types `fact.*`, knows the lists).
        keyer: keys identity numbers; without it rows that hold one are rejected.
        progress: told (rows done, rows in all) after each chunk.

    Raises:
        FactsRefused: the file or the mapping cannot be used as a whole; nothing was written.
        StoreUnavailable: the store failed; the chunks before are in, and the run can simply be repeated.

    """
    with seldom_collected():  # a million rows and not one cycle
        return _load(store, order, vocabulary, keyer, progress)


def _load(
    store: Store,
    order: LoadOrder,
    vocabulary: Vocabulary,
    keyer: IdentityKeyer | None,
    progress: Progress | None,
) -> LoadReport:
    reading = Reading(order.kind, order.path, order.mapping, Context(vocabulary, keyer, lenient=False))
    total, repeats = reading.repeats()
    # What an earlier row of the file did is not in the store of a dry run: such rows are assessed together.
    whole = order.dry_run and order.kind in ("designations", "moves")
    with Run(store, order, reading, repeats) as run:
        for chunk in reading.chunks(None if whole else order.rows_at_once or store.rows_at_once):
            run.take(chunk)
            if progress is not None:
                progress(run.report.read, total)
            del chunk  # or it would stay until the next one has been read
    return run.report
