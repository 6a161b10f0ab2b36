"""Every error that is raised on purpose.

.. code-block:: text

    XinhengError                     has a stable `code`, maybe a `detail_code`, and a hint
    ├── InvalidQuestion              the question cannot be asked
    │   ├── MalformedSubject         subject.malformed
    │   ├── UnknownMatter            matter.unknown
    │   ├── UnknownDepartment        department.unknown
    │   ├── UnknownMeasure           measure.unknown
    │   ├── MalformedDay             day.malformed
    │   ├── UnknownVersion           version.unknown
    │   ├── VersionNotYet            version.not-yet
    │   ├── MalformedRequest         request.malformed
    │   ├── RequestTooLarge          request.too-large
    │   └── BatchTooLarge            batch.too-large
    ├── RulebookRefused              rulebook.refused
    ├── FactsRefused                 facts.refused
    │   └── ChangeRefused            change.refused (the store would not take it)
    ├── ChangeConflict               change.conflict
    ├── StoreUnavailable             store.unavailable
    ├── Overloaded                   overloaded
    └── SettingsRefused              settings.refused (the environment; only at the start of a program)
"""

from typing import ClassVar


class XinhengError(Exception):
    """Raised on purpose. `code` never changes meaning; `hint` tells the reader what to do next.

    >>> raise UnknownMatter("no matter `x`", hint="see `xinheng rulebook search`")
    Traceback (most recent call last):
    graph_model.errors.UnknownMatter: no matter `x`; see `xinheng rulebook search`
    """

    code: ClassVar[str] = "xinheng"

    def __init__(self, what: str, *, hint: str, detail_code: str | None = None) -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint
        self.detail_code = detail_code


class InvalidQuestion(XinhengError):
    """The question cannot be asked as it stands; no decision is given."""

    code = "request.malformed"


class MalformedSubject(InvalidQuestion):
    """Empty, with white space, or 18 letters and digits that are no USCC and not registered (J1)."""

    code = "subject.malformed"


class UnknownMatter(InvalidQuestion):
    """The rulebook has no such matter (J2)."""

    code = "matter.unknown"


class UnknownDepartment(InvalidQuestion):
    """The rulebook has no such department (J2)."""

    code = "department.unknown"


class UnknownMeasure(InvalidQuestion):
    """The rulebook has no such measure."""

    code = "measure.unknown"


class MalformedDay(InvalidQuestion):
    """Not a day written YYYY-MM-DD."""

    code = "day.malformed"


class UnknownVersion(InvalidQuestion):
    """No such version, or no rulebook was published at it."""

    code = "version.unknown"


class VersionNotYet(InvalidQuestion):
    """The caller wants a fresher version than there is (C2)."""

    code = "version.not-yet"


class MalformedRequest(InvalidQuestion):
    """The request has another shape than the contract's."""

    code = "request.malformed"


class RequestTooLarge(InvalidQuestion):
    """The request is larger or nested deeper than the stated limit."""

    code = "request.too-large"


class BatchTooLarge(InvalidQuestion):
    """More checks in one batch than the stated limit."""

    code = "batch.too-large"


class RulebookRefused(XinhengError):
    """A rulebook file cannot be used as it stands. `what` begins with the file and the line."""

    code = "rulebook.refused"


class FactsRefused(XinhengError):
    """Facts cannot be taken as they stand: malformed, dangling, duplicate, or an illegal move."""

    code = "facts.refused"


class ChangeRefused(FactsRefused):
    """The store would not take a change set; nothing of it was written (C1)."""

    code = "change.refused"


class ChangeConflict(XinhengError):
    """The idempotency key was used before with other content (C1)."""

    code = "change.conflict"


class StoreUnavailable(XinhengError):
    """The store cannot be opened, read or written now."""

    code = "store.unavailable"


class Overloaded(XinhengError):
    """More work than can be answered in time; try again."""

    code = "overloaded"


class SettingsRefused(XinhengError):
    """An environment variable of ours is unknown or cannot be read as meant; nothing was started."""

    code = "settings.refused"
