"""docs/check.cypher: the check of docs/cypher.md with the conditions of the rulebook's measures, each put into Cypher.

`python -m tests.cypher_check` writes it anew. Cypher's `AND`, `OR` and `NOT` are Kleene's, as those of conditions are.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from graph_model.nodes import Scalar
from memoranda.condition_grammar import Comparison, Constant, Junction, Membership, Node, Not, Symbol, parse
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook
from tests.cypher_page import PAGE, questions

WHOLE = PAGE.with_name("check.cypher")
CHECK = 31
"""The number of the question that is made whole."""
_HEAD = """// 一次完整的核查 A whole check: docs/cypher.md, question 31, with every condition of the shipped rulebook.
// 参数 parameters: $subjects, $matter, $department, $day. 由程序生成 made by `python -m tests.cypher_check`.
"""
_WITHOUT = """// G8 条件: 只算没有条件的措施 only measures without a condition
WITH * WHERE m.condition IS NULL
WITH *, 2 AS condition_true
"""
_WITH = """// G8 条件 conditions: 规则里的原文 the rule's own words, and the same in Cypher
CALL (s, d) {
    OPTIONAL MATCH (s)-[link:DIRECTLY_RESPONSIBLE_FOR]->(d) WHERE link.recorded_until IS NULL
        AND coalesce(link.held_from <= $day, true) AND coalesce($day < link.held_until, true)
    WITH collect(DISTINCT CASE WHEN link IS NOT NULL THEN coalesce(link.responsible, true) END) AS said
    RETURN CASE WHEN size(said) = 1 THEN said[0] END AS responsible
}
WITH *, CASE WHEN coalesce(s.valid_from <= $day, true) THEN s END AS stated
WITH *, CASE CASE m.condition
%s    END WHEN true THEN 2 WHEN false THEN 0 ELSE CASE WHEN m.condition IS NULL THEN 2 ELSE 1 END END AS condition_true
"""
_SYMBOLS: Mapping[str, str] = {
    "designation.effective_from": "x.starts",
    "designation.until": "x.until",
    "designation.origin": "x.origin",
    "list.id": "d.list",
    "role.type": "role",
    "role.share": "tie.share_read",
    "role.responsible": "responsible",
}
_ROOTS: Mapping[str, str] = {"fact.": "d.fact_", "designation.": "d.", "subject.": "stated.", "role.": "tie."}
_COMPARISONS: Mapping[str, str] = {"==": "=", "!=": "<>"}


def whole_check(book: Rulebook) -> str:
    """Give the check with every condition of a rulebook."""
    (question,) = [q for q in questions() if q.number == CHECK]
    assert question.cypher.count(_WITHOUT) == 1
    texts = sorted({measure.condition for measure in book.measures.values() if measure.condition is not None})
    cases = "".join(f"    WHEN {_literal(text)}\n        THEN {cypher_of(parse(text))}\n" for text in texts)
    return _HEAD + question.cypher.replace(_WITHOUT, _WITH % cases)


def cypher_of(node: Node) -> str:
    """Put a condition into Cypher; those of the shipped rulebook use neither sums nor patterns."""
    match node:
        case Constant(value):
            return _literal(value)
        case Symbol(name):
            return _symbol(name)
        case Comparison(op, left, right):
            return f"{cypher_of(left)} {_COMPARISONS.get(op, op)} {cypher_of(right)}"
        case Membership(operand, options):
            return f"{cypher_of(operand)} IN [{', '.join(map(cypher_of, options))}]"
        case Not(operand):
            return f"NOT ({cypher_of(operand)})"
        case Junction(word, parts):
            return f" {word.upper()} ".join(f"({cypher_of(part)})" for part in parts)
        case _:
            raise NotImplementedError(type(node).__name__)


def _symbol(name: str) -> str:
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    root = next(root for root in _ROOTS if name.startswith(root))
    return _ROOTS[root] + name.removeprefix(root)


def _literal(value: Scalar) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return str(value)
        case date():
            return f"'{value}'"
        case _:
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


if __name__ == "__main__":
    WHOLE.write_text(whole_check(read_rulebook(SHIPPED)), encoding="utf-8")
