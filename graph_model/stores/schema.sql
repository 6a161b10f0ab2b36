-- The tables of the embedded store. Schema version: `PRAGMA user_version`, see sqlite_schema.py.
--
-- Every record of a fact is dated by versions (F1): it stands at the versions v with recorded_from <= v < recorded_until.
-- An open record has recorded_until = 9223372036854775807, not NULL, so that a unique key that ends in
-- recorded_until lets only one record of a fact stand. Records are only ever inserted, and closed once.
-- Days are ISO text; where a day is part of a key, the empty text says that none is stated.

CREATE TABLE change (
    version         INTEGER PRIMARY KEY,           -- gapless from 1 (C1)
    kind            TEXT    NOT NULL,              -- facts | rulebook
    actor           TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    key             TEXT    NOT NULL UNIQUE,       -- idempotency
    recorded_at     TEXT    NOT NULL,              -- the database's clock, UTC; for people only (P7)
    rulebook        TEXT,                          -- the digest it published
    content_digest  TEXT    NOT NULL,              -- sha256 of what was sent, to tell the same content from other
    written_digest  TEXT    NOT NULL,              -- sha256 of the records closed and opened
    opened          INTEGER NOT NULL,
    closed          INTEGER NOT NULL,
    unchanged       INTEGER NOT NULL,
    chain           TEXT    NOT NULL,              -- sha256 of the chain before it and all columns but itself
    subjects        TEXT    NOT NULL               -- JSON array, sorted; last, for it can be long
) STRICT;

CREATE INDEX change_rulebook ON change (version, rulebook) WHERE rulebook IS NOT NULL;

CREATE TABLE rulebook (
    digest      TEXT PRIMARY KEY,
    content     BLOB NOT NULL,
    vocabulary  TEXT NOT NULL                      -- JSON
) STRICT;

CREATE TABLE registration (
    subject           TEXT    NOT NULL,
    valid_from        TEXT    NOT NULL,
    recorded_until    INTEGER NOT NULL,
    recorded_from     INTEGER NOT NULL,
    name              TEXT,
    kind              TEXT,
    region            TEXT,
    status            TEXT,
    industry          TEXT,
    foreign_invested  INTEGER,
    registered_on     TEXT,
    PRIMARY KEY (subject, valid_from, recorded_until)
) STRICT, WITHOUT ROWID;

CREATE TABLE relation (
    type            TEXT    NOT NULL,
    holder          TEXT    NOT NULL,
    organisation    TEXT,
    designation     TEXT,
    held_from       TEXT,
    held_until      TEXT,
    share           TEXT,                          -- exact decimal
    responsible     INTEGER,
    document_no     TEXT,
    authority       TEXT,
    recorded_from   INTEGER NOT NULL,
    recorded_until  INTEGER NOT NULL
) STRICT;

CREATE INDEX relation_holder ON relation (holder);
CREATE INDEX relation_organisation ON relation (organisation) WHERE organisation IS NOT NULL;
CREATE INDEX relation_designation ON relation (designation) WHERE designation IS NOT NULL;

-- One record is a designation with all its moves: a move closes it and opens another with one move more.
CREATE TABLE designation (
    id                  TEXT    NOT NULL,
    subject             TEXT    NOT NULL,
    list                TEXT    NOT NULL,
    authority           TEXT    NOT NULL,
    status              TEXT    NOT NULL,          -- at entry
    document_no         TEXT,
    decided_on          TEXT,
    conduct_on          TEXT,
    event_on            TEXT,
    effective_from      TEXT,
    until               TEXT,
    severity            TEXT,
    notice_served_on    TEXT,
    notice_document_no  TEXT,
    origin              TEXT,
    facts               TEXT,                      -- JSON object: name -> [type, text]; NULL: none
    moves               TEXT,                      -- JSON array of [to, on, reason, actor, document_no]; NULL: none
    recorded_from       INTEGER NOT NULL,
    recorded_until      INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX designation_id ON designation (id, recorded_until);
CREATE INDEX designation_subject ON designation (subject);
CREATE INDEX designation_list ON designation (list, id);

CREATE TABLE exemption (
    id              TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    ground          TEXT    NOT NULL,
    list            TEXT,
    measure         TEXT,
    matter          TEXT,
    document_no     TEXT,
    start           TEXT,
    "end"           TEXT,
    recorded_from   INTEGER NOT NULL,
    recorded_until  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX exemption_id ON exemption (id, recorded_until);
CREATE INDEX exemption_subject ON exemption (subject);

CREATE TABLE objection (
    id                     TEXT    NOT NULL,
    filed_on               TEXT    NOT NULL,
    closed_on              TEXT,
    designation            TEXT,
    relation_type          TEXT,
    relation_holder        TEXT,
    relation_organisation  TEXT,
    document_no            TEXT,
    recorded_from          INTEGER NOT NULL,
    recorded_until         INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX objection_id ON objection (id, recorded_until);
CREATE INDEX objection_designation ON objection (designation) WHERE designation IS NOT NULL;
CREATE INDEX objection_holder ON objection (relation_holder) WHERE relation_holder IS NOT NULL;
CREATE INDEX objection_organisation ON objection (relation_organisation) WHERE relation_organisation IS NOT NULL;
