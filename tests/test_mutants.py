"""The mutants (`python -m tests.run_mutants`) stay wrong lines of the engine as it is now."""

import ast

import pytest

from tests.mutants import MUTANTS
from tests.mutants_of_gates import ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.means)
def test_each_mutant_changes_one_place_of_the_engine_into_other_python(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, "the engine has moved on: write the mutant anew"
    changed = text.replace(mutant.old, mutant.new)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))


def test_there_are_at_least_thirty_mutants_of_gates_standing_and_judge() -> None:
    assert sum(mutant.file in ("engine/gates.py", "engine/standing.py", "engine/judge.py") for mutant in MUTANTS) >= 30
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)
