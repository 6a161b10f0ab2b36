"""What the questions of docs/cypher.md ask, found without Cypher: plain loops over rulebook and facts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tests import cypher_answers_facts as facts
from tests import cypher_answers_law as law
from tests import cypher_answers_lists as lists
from tests.cypher_city import City

Answer: TypeAlias = Callable[[City, Mapping[str, Any]], Sequence[Mapping[str, Any]]]
ANSWERS: Mapping[int, Answer] = {
    1: law.resting_on,
    2: law.repealed_articles,
    3: law.idle_restrictions,
    4: law.restrictions_of_department,
    5: law.counterparts,
    6: law.inside_matter,
    7: law.reaching_role,
    8: law.withheld_favours,
    9: law.changed_measures,
    10: lists.ending,
    11: lists.in_effect_by_list,
    12: lists.honoured_and_restricted,
    13: lists.without_notice,
    14: lists.not_competent,
    15: lists.undone,
    16: lists.repairable,
    17: lists.exemptions,
    18: lists.open_objections,
    19: facts.reached,
    20: facts.hubs,
    21: facts.shared_representatives,
    22: facts.branches,
    23: facts.left_since,
    24: facts.holdings,
    25: facts.sharing_a_person,
    26: facts.named,
    27: facts.history,
    28: facts.touched,
    29: facts.believed,
    30: facts.written_by_whom,
    31: facts.checked,
}
"""By number; each gives rows with the columns of its query, in its order."""
