-- Received images are delivered too (forwarding); a destination can be asked to commit itself to what it took
-- (storage commitment); conditions that last, as an outage, have a row from their begin to their end.
--
-- Columns that say when something is due (jobs.not_before and lease_until, deliveries.next_attempt_at, deadline and
-- commitment_at, instances.queued_at, jobs.first_image_at) follow the daemon's own clock, which no setting of the system's clock moves;
-- '' is due at once. All others tell the system's time.

DROP VIEW audit_deliveries;

CREATE TABLE new_deliveries (
    id              INTEGER PRIMARY KEY,
    object_id       INTEGER REFERENCES objects (id),        -- an object of a report, or
    instance_id     INTEGER REFERENCES instances (id),      -- a received image that is passed on
    destination     TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    deadline        TEXT NOT NULL,                          -- '': a new time begins with the next attempt
    last_status     TEXT NOT NULL DEFAULT '',               -- DIMSE status of the last answer, hexadecimal
    last_error      TEXT NOT NULL DEFAULT '',
    delivered_at    TEXT,
    commitment      TEXT NOT NULL DEFAULT '' CHECK (commitment IN ('', 'due', 'requested', 'committed', 'failed')),
    commitment_at   TEXT NOT NULL DEFAULT '',               -- when to ask for it, or to ask again
    commitment_attempts INTEGER NOT NULL DEFAULT 0,
    committed_at    TEXT,
    CHECK ((object_id IS NULL) <> (instance_id IS NULL)),
    UNIQUE (object_id, destination),
    UNIQUE (instance_id, destination)
);
INSERT INTO new_deliveries (id, object_id, destination, state, attempts, next_attempt_at, deadline, last_status, last_error, delivered_at)
SELECT id, object_id, destination, state, attempts, next_attempt_at, deadline, last_status, last_error, delivered_at FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE INDEX deliveries_waiting ON deliveries (state, destination, next_attempt_at);
CREATE INDEX deliveries_uncommitted ON deliveries (destination, commitment_at) WHERE commitment IN ('due', 'requested');

-- Each N-ACTION, written down before it is sent.
CREATE TABLE commitments (
    id              INTEGER PRIMARY KEY,
    transaction_uid TEXT NOT NULL UNIQUE,
    destination     TEXT NOT NULL,
    requested_at    TEXT NOT NULL,
    answered_at     TEXT                                    -- of the N-EVENT-REPORT
);
CREATE TABLE commitment_members (
    commitment_id INTEGER NOT NULL REFERENCES commitments (id),
    delivery_id   INTEGER NOT NULL REFERENCES deliveries (id),
    PRIMARY KEY (commitment_id, delivery_id)
) WITHOUT ROWID;

CREATE TABLE conditions (
    id      INTEGER PRIMARY KEY,
    what    TEXT NOT NULL CHECK (what IN ('destination', 'storage', 'paused')),
    subject TEXT NOT NULL DEFAULT '',                       -- of several, which: a destination's name
    detail  TEXT NOT NULL,
    since   TEXT NOT NULL,
    until   TEXT                                            -- NULL while it lasts
);
CREATE UNIQUE INDEX conditions_that_last ON conditions (what, subject) WHERE until IS NULL;

-- When the image came, for the time a study takes to settle.
ALTER TABLE instances ADD COLUMN queued_at TEXT NOT NULL DEFAULT '';
UPDATE instances SET queued_at = received_at;
-- When the oldest image came that the job is about: jobs are done in this order.
ALTER TABLE jobs ADD COLUMN first_image_at TEXT NOT NULL DEFAULT '';
UPDATE jobs SET first_image_at = coalesce(
    (SELECT queued_at FROM instances i WHERE i.id = jobs.instance_id),
    (SELECT min(i.queued_at) FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = jobs.report_id), '');
CREATE INDEX jobs_in_order ON jobs (state, first_image_at, id);
-- When the files of an object were deleted as past keep_days.
ALTER TABLE objects ADD COLUMN removed_at TEXT;
-- A report's objects are looked up at each delivery and each deletion.
CREATE INDEX objects_by_report ON objects (report_id);

CREATE VIEW audit_deliveries AS
SELECT coalesce(r.study_instance_uid, i.study_instance_uid) AS study, r.version AS report_version, coalesce(o.kind, 'image') AS kind,
       coalesce(o.sop_instance_uid, i.sop_instance_uid) AS object, d.destination, d.state,
       d.attempts, d.last_status, d.last_error, d.next_attempt_at AS next_attempt, d.deadline, d.delivered_at AS delivered,
       coalesce(d.committed_at, '') AS committed, d.commitment
FROM deliveries d
LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN reports r ON r.id = o.report_id
LEFT JOIN instances i ON i.id = d.instance_id;

CREATE VIEW audit_conditions AS
SELECT what, subject, detail, since, coalesce(until, '') AS until FROM conditions;
