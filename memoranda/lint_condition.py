"""Whether a condition can be true at all: every kind of case that its comparisons tell apart is tried.

A symbol that is only compared with constants has few kinds of values: each constant, and what lies between and beside
them. All others (compared with each other, calculated with, matched by a pattern) are left missing; by Kleene logic
(G8) the condition is then false only where they cannot matter. So what is called never true is never true; what is
not may still be.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import Final

from graph_model.nodes import Scalar
from memoranda.condition import Condition
from memoranda.condition_grammar import Comparison, Constant, Junction, Membership, Node, Not, Symbol, parse
from memoranda.condition_types import parts_of, symbols_of
from memoranda.model import Measure, OfficialList
from memoranda.rulebook import Rulebook

MOST_CASES: Final = 20_000
"""Cases tried for one role and list; a condition with more is left alone."""
ORGANISATIONS: Final = (
    "enterprise", "individual_business", "farmers_cooperative", "social_organisation", "public_institution",
    "government", "other",
)  # fmt: skip
_KINDS_OF_ROLE: Final[Mapping[str, tuple[str, ...]]] = {
    "directly_responsible": ("person",),
    "branch_of": ORGANISATIONS,
    "head_office": ORGANISATIONS,
    "own_business": ORGANISATIONS,
}
_SYMBOLS_OF_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "subject.status": ("active", "revoked", "deregistered"),
    "designation.origin": ("local", "provincial", "national"),
    "designation.severity": ("minor", "general", "serious"),
}
"""Texts that have these words and no others; absent they are missing, which makes nothing true that they do not."""
OTHER_TEXT: Final = "\0"
"""Stands for every text that a condition does not name."""


def never_true(book: Rulebook, measure: Measure) -> bool:
    """Whether the measure's condition is false for each of its roles, on each of its lists, whatever the facts."""
    condition = book.condition_of.get(measure.id)
    if condition is None:
        return False
    lists = [book.lists[id_] for id_ in book.lists_of(measure.id)]
    return not any(
        can_be_true(condition, _known(official, target.role)) for official in lists for target in measure.targets
    )


def _known(official: OfficialList, role: str) -> Mapping[str, tuple[Scalar, ...]]:
    """Give the values of the symbols that list and role settle."""
    return {
        **_SYMBOLS_OF_WORDS,
        "list.id": (official.id,),
        "list.kind": (official.kind,),
        "role.type": (role,),
        "subject.kind": _KINDS_OF_ROLE.get(role, ("person", *ORGANISATIONS)),
    }


def can_be_true(condition: Condition, known: Mapping[str, tuple[Scalar, ...]]) -> bool:
    """Whether a condition is not false in some case; `known` gives all values that a symbol may have.

    >>> from memoranda.condition import compile_condition
    >>> can_be_true(compile_condition("fact.a > 2 and fact.a < 1", {"a": "number"}), {})
    False

    """
    tree = parse(condition.text)
    mentioned = {symbol.name for symbol in symbols_of(tree)}
    compared = _compared(tree)
    values = {name: options for name, options in known.items() if name in mentioned}
    values |= {name: tuple(_kinds_of(compared[name])) for name in compared if name not in values}
    if prod(len(options) for options in values.values()) > MOST_CASES:
        return True
    cases = (dict(zip(values, case, strict=True)) for case in product(*values.values()))
    return any(condition.holds(case) is not False for case in cases)


def _compared(tree: Node) -> dict[str, set[Scalar]]:
    """Give each symbol that is compared with constants alone, with these."""
    against: dict[str, set[Scalar]] = defaultdict(set)
    free: set[str] = set()
    _collect(tree, against, free)
    return {name: constants for name, constants in against.items() if name not in free}


def _collect(tree: Node, against: dict[str, set[Scalar]], free: set[str]) -> None:
    match tree:
        case Comparison(_, Symbol(name), Constant(value)) | Comparison(_, Constant(value), Symbol(name)):
            against[name].add(value)
        case Membership(Symbol(name), options):
            against[name] |= {option.value for option in options}
        case Symbol(name):  # a truth value that stands alone
            against[name] |= {True}
        case _:
            for part in parts_of(tree):
                if isinstance(part, Symbol) and not _is_logical(tree):
                    free.add(part.name)
                else:
                    _collect(part, against, free)


def _is_logical(tree: Node) -> bool:
    """Whether the parts of a node are truth values: it joins or denies them."""
    return isinstance(tree, Junction | Not)


def _kinds_of(constants: Iterable[Scalar]) -> Iterator[Scalar]:
    """Give one value of each kind that comparisons with these constants can tell apart.

    >>> [str(value) for value in _kinds_of([Decimal(1), Decimal(5)])]
    ['0', '1', '3', '5', '6']

    """
    known = list(constants)
    numbers = sorted(value for value in known if isinstance(value, Decimal))
    days = sorted(value for value in known if isinstance(value, date))
    if any(isinstance(value, bool) for value in known):
        yield from (True, False)
    elif numbers:
        yield from sorted({numbers[0] - 1, *numbers, *_between(numbers), numbers[-1] + 1})
    elif days:
        one = timedelta(days=1)
        yield from sorted(
            {*days, *(day - one for day in days if day > date.min), *(day + one for day in days if day < date.max)}
        )
    else:
        yield from (*sorted(value for value in known if isinstance(value, str)), OTHER_TEXT)


def _between(numbers: list[Decimal]) -> Iterator[Decimal]:
    return ((low + high) / 2 for low, high in pairwise(numbers))
