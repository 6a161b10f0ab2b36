"""A neighbourhood as a few hundred bytes, and back: how hundreds of thousands of them fit into memory."""

import marshal

from graph_model.nodes import Neighbourhood, Registration, Subject
from graph_model.statements import attributes_of, statement_row
from graph_model.stores import rows


def packed(neighbourhood: Neighbourhood) -> bytes:
    """Spell a neighbourhood as bytes. They are for this process: another version of Python may read them otherwise."""
    subject = neighbourhood.subject
    return marshal.dumps(
        (
            subject.id,
            [statement_row(Registration(subject.id, attributes))[1:] for attributes in subject.attributes],
            list(map(rows.relation_row, neighbourhood.relations)),
            list(map(rows.designation_row, neighbourhood.designations)),
            list(map(rows.exemption_row, neighbourhood.exemptions)),
            list(map(rows.objection_row, neighbourhood.objections)),
            dict(neighbourhood.names),
        )
    )


def unpacked(spelled: bytes) -> Neighbourhood:
    """Read `packed` bytes: an equal neighbourhood.

    >>> from graph_model.nodes import Attributes
    >>> one = Neighbourhood(Subject("ORG", (Attributes(name="某公司"),)), names={"ORG": "某公司"})
    >>> unpacked(packed(one)) == one
    True
    """
    parts = marshal.loads(spelled)  # noqa: S302 - our own bytes, from this process
    subject, statements, relations, designations, exemptions, objections, names = parts
    return Neighbourhood(
        subject=Subject(subject, tuple(attributes_of((subject, *row)) for row in statements)),
        relations=tuple(map(rows.relation_of, relations)),
        designations=tuple(map(rows.designation_of, designations)),
        exemptions=tuple(map(rows.exemption_of, exemptions)),
        objections=tuple(map(rows.objection_of, objections)),
        names=names,
    )
