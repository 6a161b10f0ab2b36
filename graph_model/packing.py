"""A neighbourhood as a few hundred bytes, and back: how hundreds of thousands of them fit into memory."""

import marshal
import zlib
from collections.abc import Iterable
from itertools import starmap

from graph_model.nodes import DesignationId, Neighbourhood, Registration, Subject
from graph_model.statements import stated, statement_row
from graph_model.stores import rows

_RAW = -13
"""Deflate in a window of 8 KB, without header and checksum: the bytes never leave this process."""
_LEVEL, _MEMORY_LEVEL = 1, 5
_SAMPLE_BYTES = 7_900
"""What fits into the window."""


class Packer:
    """Packs neighbourhoods that resemble each other: what they have in common is kept once.

    >>> from graph_model.nodes import Attributes
    >>> one = Neighbourhood(Subject("ORG", (Attributes(name="某公司"),)), names={"ORG": "某公司"})
    >>> packer = Packer([one])
    >>> packer.unpacked(packer.packed(one)) == one
    True
    """

    def __init__(self, sample: Iterable[Neighbourhood] = ()) -> None:
        """`sample`: some of those that are to be packed; the more alike, the smaller they become."""
        self._common = b"".join(_spelled(one, {}) for one in sample)[-_SAMPLE_BYTES:]
        # Copied for each neighbourhood: to read what is common anew would take a third of the time.
        self._begun = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY_LEVEL, zdict=self._common)

    def packed(self, neighbourhood: Neighbourhood, spelled: dict[DesignationId, rows.Row] | None = None) -> bytes:
        """Spell a neighbourhood as bytes, for this process alone.

        `spelled` keeps the rows of designations, for whoever packs many neighbourhoods of one version.
        """
        press = self._begun.copy()
        return press.compress(_spelled(neighbourhood, {} if spelled is None else spelled)) + press.flush()

    def unpacked(self, packed: bytes) -> Neighbourhood:
        """Read a neighbourhood: one that equals the one that was packed."""
        parts = marshal.loads(zlib.decompressobj(_RAW, zdict=self._common).decompress(packed))  # noqa: S302 - our own bytes, of this process
        subject, statements, relations, designations, exemptions, objections, names = parts
        return Neighbourhood(
            Subject(subject, tuple(starmap(stated, statements))),
            tuple(map(rows.relation_of, relations)),
            tuple(map(rows.designation_of, designations)),
            tuple(map(rows.exemption_of, exemptions)),
            tuple(map(rows.objection_of, objections)),
            names,
        )


def _spelled(neighbourhood: Neighbourhood, designations: dict[DesignationId, rows.Row]) -> bytes:
    subject = neighbourhood.subject
    for designation in neighbourhood.designations:
        if designation.id not in designations:
            designations[designation.id] = rows.designation_row(designation)
    return marshal.dumps(
        (
            subject.id,
            [statement_row(Registration(subject.id, attributes))[1:] for attributes in subject.attributes],
            list(map(rows.relation_row, neighbourhood.relations)),
            [designations[designation.id] for designation in neighbourhood.designations],
            list(map(rows.exemption_row, neighbourhood.exemptions)),
            list(map(rows.objection_row, neighbourhood.objections)),
            dict(neighbourhood.names),
        ),
        0,  # without references between equal texts: they would cost more than the pressing takes
    )
