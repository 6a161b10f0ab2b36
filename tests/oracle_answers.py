"""The oracle behind the door through which scenario files ask (CONTRACT §5), with the refusals of J1 and J2."""

from collections.abc import Sequence
from datetime import date

from engine.question import (
    Batch,
    Check,
    Decision,
    Duty,
    LeftOut,
    Unresolved,
    Verdict,
    WhyNot,
    WhyNotQuestion,
    Withheld,
)
from graph_model.errors import (
    InvalidQuestion,
    MalformedRequest,
    MalformedSubject,
    UnknownDepartment,
    UnknownMatter,
    UnknownMeasure,
    XinhengError,
)
from tests.oracle import Answer, Question, answer, overall
from tests.oracle_why_not import WhyQuestion, why_not
from tests.oracle_world import World

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
HINT = "the oracle only says that it is wrong"


def passes_the_uscc_check(code: str) -> bool:
    """GB 32100: 31 characters, weights 3^i mod 31; inside, GB 11714 over characters 9 to 17."""
    if len(code) != 18 or any(character not in ALPHABET for character in code):
        return False
    total = sum(ALPHABET.index(code[place]) * pow(3, place, 31) for place in range(17))
    if ALPHABET[-total % 31] != code[17]:
        return False
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    inner = sum(digits.index(code[8 + place]) * weights[place] for place in range(8))
    return "0123456789X"[-inner % 11] == code[16]


class OracleAnswers:
    """Answers as the service would, as far as scenarios compare."""

    def __init__(self, world: World) -> None:
        self.world = world

    def refuse(self, subject: str, measure: str | None, matter: str | None, department: str | None) -> None:
        """Refuse what cannot be asked, the first fault first."""
        law = self.world.law
        looks_like_a_code = len(subject) == 18 and subject.isascii() and subject.isalnum()
        wrong = looks_like_a_code and not passes_the_uscc_check(subject) and not self.world.is_registered(subject)
        if subject == "" or any(character.isspace() for character in subject) or wrong:
            raise MalformedSubject("subject", hint=HINT)
        if measure is not None and measure not in {one.id for _, one in law.rows}:
            raise UnknownMeasure("measure", hint=HINT)
        if matter is not None and matter not in law.matters:
            raise UnknownMatter("matter", hint=HINT)
        if department is not None and department not in law.departments:
            raise UnknownDepartment("department", hint=HINT)

    def check(self, question: Check, /) -> Decision:
        """One check."""
        self.refuse(question.subject, None, question.matter, question.department)
        assert isinstance(question.on, date), "whoever asks has read the day"
        asked = Question(question.subject, question.matter, question.on, question.department, question.concerning)
        return as_decision(question, question.on, answer(self.world, asked))

    def check_batch(self, checks: Sequence[Check], /) -> Batch:
        """Each check on its own (J9)."""
        if not checks:
            raise MalformedRequest("empty", hint=HINT)
        results: list[Decision | XinhengError] = []
        for check in checks:
            try:
                results.append(self.check(check))
            except InvalidQuestion as error:
                results.append(error)
        verdict, incomplete = overall([one.verdict if isinstance(one, Decision) else None for one in results])
        return Batch(tuple(results), as_verdict(verdict), incomplete)

    def why_not(self, question: WhyNotQuestion, /) -> WhyNot:
        """The failing gates of the closest candidate."""
        self.refuse(question.subject, question.measure, question.matter, question.department)
        assert isinstance(question.on, date), "whoever asks has read the day"
        asked = WhyQuestion(
            question.subject,
            question.measure,
            question.on,
            question.matter,
            question.department,
            question.concerning,
        )
        failing = tuple(sorted(why_not(self.world, asked)))
        return WhyNot(1, "", question.subject, question.measure, question.on, failing, ())


def as_verdict(text: str) -> Verdict:
    """The text as one of the verdicts."""
    for verdict in VERDICTS:
        if verdict == text:
            return verdict
    raise ValueError(text)


VERDICTS: tuple[Verdict, ...] = ("bar", "limit", "weigh", "unknown", "unresolved", "watch", "favour", "clear")


def as_decision(question: Check, on: date, found: Answer) -> Decision:
    """What scenarios compare; the oracle gives no proof, no sentence and no remedy."""
    return Decision(
        version=1,
        rulebook="",
        on=on,
        subject=question.subject,
        matter=question.matter,
        department=question.department,
        concerning=question.concerning,
        verdict=as_verdict(found.verdict),
        could_be=None if found.could_be is None else as_verdict(found.could_be),
        duties=tuple(
            Duty(d.measure, d.effect, d.department, d.role, d.start, d.end, d.disputed, "", d.designation, {}, ())
            for d in found.duties
        ),
        withheld=tuple(Withheld(*one) for one in found.withheld),
        unresolved=tuple(
            Unresolved(measure, effect, department, role, designation, tuple(reasons), "")
            for measure, department, designation, role, effect, reasons in found.unresolved
        ),
        left_out=tuple(LeftOut(*one) for one in found.left_out),
        lifting_set=tuple(sorted(found.lifting_set)),
        verdict_if_lifted=None if found.verdict_if_lifted is None else as_verdict(found.verdict_if_lifted),
        narrower=tuple(sorted(found.narrower)),
    )
