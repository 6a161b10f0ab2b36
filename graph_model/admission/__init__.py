"""What may be written, given what stands (F2, F3, F5, C1): pure, and the same for every adapter.

An adapter asks `mentioned` what a change set speaks of, reads those records (`Recorded`), and asks `admit` what
becomes of each fact and which records to open and to close. Nothing else decides about facts.
"""

from graph_model.admission.ledger import Ledger
from graph_model.admission.mentioned import Mentioned, Recorded, document_of, mentioned
from graph_model.admission.outcomes import Admitted, Outcome
from graph_model.admission.refusals import Refusal
from graph_model.admission.walk import Walk
from graph_model.store import ChangeSet, Vocabulary

__all__ = ["Admitted", "Mentioned", "Outcome", "Recorded", "Refusal", "admit", "document_of", "mentioned"]


def admit(change: ChangeSet, recorded: Recorded, vocabulary: Vocabulary) -> Admitted:
    """Say what becomes of each fact of `change`, given the records that stand and the words facts may use.

    A fact may rest on others of the same change set that are not themselves refused. Uses `recorded` up.
    """
    return Walk(Ledger(recorded, vocabulary)).through(change)
