-- Times are UTC text, YYYY-MM-DDTHH:MM:SS.mmmZ: they sort, and an auditor can read them.
-- docs/audit.md documents the views; they are stable: a column may be added, none is renamed.

CREATE TABLE installation (
    device_uid TEXT NOT NULL,               -- identifies this installation in its reports
    created_at TEXT NOT NULL
);

CREATE TABLE instances (
    id                  INTEGER PRIMARY KEY,
    sop_instance_uid    TEXT NOT NULL,
    sop_class_uid       TEXT NOT NULL,
    revision            INTEGER NOT NULL,   -- 1, or more when the same UID came with other content
    sha256              TEXT,               -- of the data set as received; NULL when it was refused
    study_instance_uid  TEXT NOT NULL,
    series_instance_uid TEXT NOT NULL,
    patient_id          TEXT NOT NULL,
    accession_number    TEXT NOT NULL,
    modality            TEXT NOT NULL,
    body_part           TEXT NOT NULL,
    study_description   TEXT NOT NULL,
    series_description  TEXT NOT NULL,
    transfer_syntax     TEXT NOT NULL,
    bytes               INTEGER NOT NULL,
    file                TEXT,               -- below the state folder; NULL when nothing is kept
    sender_ae_title     TEXT NOT NULL,
    sender_address      TEXT NOT NULL,
    received_at         TEXT NOT NULL,
    state               TEXT NOT NULL CHECK (state IN ('queued', 'skipped', 'analysed', 'reported', 'failed')),
    reason              TEXT NOT NULL DEFAULT '',
    findings            TEXT,               -- JSON of the analysis
    analysed_at         TEXT,
    reported_at         TEXT,               -- when every destination had taken the report
    UNIQUE (sop_instance_uid, revision)
);
CREATE INDEX instances_by_study ON instances (study_instance_uid, state);
CREATE INDEX instances_by_state ON instances (state);

CREATE TABLE reports (
    id                  INTEGER PRIMARY KEY,
    study_instance_uid  TEXT NOT NULL,
    version             INTEGER NOT NULL,
    sop_instance_uid    TEXT NOT NULL UNIQUE,
    series_instance_uid TEXT NOT NULL,
    overlay_series_uid  TEXT NOT NULL,
    content_time        TEXT NOT NULL,
    written_at          TEXT,
    UNIQUE (study_instance_uid, version)
);
CREATE TABLE report_images (
    report_id   INTEGER NOT NULL REFERENCES reports (id),
    instance_id INTEGER NOT NULL REFERENCES instances (id),
    PRIMARY KEY (report_id, instance_id)
);
CREATE INDEX report_images_by_instance ON report_images (instance_id);

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('analyse', 'report')),
    instance_id INTEGER REFERENCES instances (id),
    report_id   INTEGER REFERENCES reports (id),
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  TEXT NOT NULL,
    lease_until TEXT,
    worker      TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    created_at  TEXT NOT NULL,
    finished_at TEXT,
    CHECK ((kind = 'analyse') = (instance_id IS NOT NULL) AND (kind = 'report') = (report_id IS NOT NULL))
);
CREATE INDEX jobs_waiting ON jobs (state, not_before);
CREATE INDEX jobs_by_instance ON jobs (instance_id);
CREATE INDEX jobs_by_report ON jobs (report_id);

CREATE TABLE objects (
    id               INTEGER PRIMARY KEY,
    report_id        INTEGER NOT NULL REFERENCES reports (id),
    kind             TEXT NOT NULL CHECK (kind IN ('structured-report', 'overlay')),
    sop_class_uid    TEXT NOT NULL,
    sop_instance_uid TEXT NOT NULL UNIQUE,
    file             TEXT NOT NULL,
    sha256           TEXT NOT NULL
);

CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY,
    object_id       INTEGER NOT NULL REFERENCES objects (id),
    destination     TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    deadline        TEXT NOT NULL,
    last_status     TEXT NOT NULL DEFAULT '',   -- DIMSE status of the last answer, hexadecimal
    last_error      TEXT NOT NULL DEFAULT '',
    delivered_at    TEXT,
    UNIQUE (object_id, destination)
);
CREATE INDEX deliveries_waiting ON deliveries (state, destination, next_attempt_at);

CREATE TABLE bundles (
    id         INTEGER PRIMARY KEY,
    at         TEXT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('live', 'refused')),
    name       TEXT NOT NULL,
    version    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    path       TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    reason     TEXT NOT NULL
);

CREATE TABLE audit (
    id                 INTEGER PRIMARY KEY,
    at                 TEXT NOT NULL,
    event              TEXT NOT NULL,
    actor              TEXT NOT NULL,
    study_instance_uid TEXT NOT NULL,
    sop_instance_uid   TEXT NOT NULL,
    outcome            TEXT NOT NULL,
    detail             TEXT NOT NULL,
    hash               TEXT NOT NULL            -- SHA-256 over the row before and this one
);
CREATE INDEX audit_by_instance ON audit (sop_instance_uid);
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TABLE rejections (
    id       INTEGER PRIMARY KEY,
    at       TEXT NOT NULL,
    peer     TEXT NOT NULL,
    calling  TEXT NOT NULL,
    called   TEXT NOT NULL,
    reason   TEXT NOT NULL
);
CREATE TRIGGER rejections_are_append_only_update BEFORE UPDATE ON rejections
BEGIN SELECT RAISE(ABORT, 'rejections are append-only'); END;
CREATE TRIGGER rejections_are_append_only_delete BEFORE DELETE ON rejections
BEGIN SELECT RAISE(ABORT, 'rejections are append-only'); END;

CREATE VIEW audit_trail AS
SELECT id, at AS "when", event AS what, actor AS who, study_instance_uid AS study, sop_instance_uid AS image, outcome, detail
FROM audit;

CREATE VIEW audit_turnaround AS
SELECT i.study_instance_uid AS study, i.sop_instance_uid AS image, i.revision, i.state, i.received_at AS received,
       i.analysed_at AS analysed, r.written_at AS reported, i.reported_at AS delivered,
       round((julianday(i.analysed_at) - julianday(i.received_at)) * 86400, 3) AS seconds_to_analysis,
       round((julianday(r.written_at) - julianday(i.received_at)) * 86400, 3) AS seconds_to_report,
       round((julianday(i.reported_at) - julianday(i.received_at)) * 86400, 3) AS seconds_to_delivery
FROM instances i
LEFT JOIN reports r ON r.id = (SELECT min(report_id) FROM report_images WHERE instance_id = i.id);

CREATE VIEW audit_findings AS
SELECT i.study_instance_uid AS study, i.sop_instance_uid AS image, i.revision, i.analysed_at AS analysed,
       json_extract(v.value, '$.ordinal') AS ordinal,
       coalesce(json_extract(v.value, '$.level'), '') AS level,
       json_extract(v.value, '$.bounding_box.x0') AS x0, json_extract(v.value, '$.bounding_box.y0') AS y0,
       json_extract(v.value, '$.bounding_box.x1') AS x1, json_extract(v.value, '$.bounding_box.y1') AS y1,
       json_extract(v.value, '$.detection_score') AS detection_score,
       json_extract(i.findings, '$.bundle.classes[' || json_extract(v.value, '$.class') || '].code') AS class,
       json_extract(i.findings, '$.bundle.classes[' || json_extract(v.value, '$.class') || '].name') AS class_name,
       json_extract(v.value, '$.probabilities') AS probabilities,
       json_extract(i.findings, '$.bundle.name') AS bundle, json_extract(i.findings, '$.bundle.version') AS bundle_version,
       json_extract(i.findings, '$.bundle.digest') AS bundle_digest,
       json_extract(i.findings, '$.notice') AS notice
FROM instances i, json_each(i.findings, '$.vertebrae') v
WHERE i.findings IS NOT NULL;

CREATE VIEW audit_deliveries AS
SELECT r.study_instance_uid AS study, r.version AS report_version, o.kind, o.sop_instance_uid AS object, d.destination, d.state,
       d.attempts, d.last_status, d.last_error, d.next_attempt_at AS next_attempt, d.deadline, d.delivered_at AS delivered,
       '' AS committed
FROM deliveries d JOIN objects o ON o.id = d.object_id JOIN reports r ON r.id = o.report_id;

CREATE VIEW audit_rejections AS
SELECT at AS "when", peer, calling AS calling_ae_title, called AS called_ae_title, reason FROM rejections;

CREATE VIEW audit_bundles AS
SELECT at AS "when", outcome, name, version, digest, path, changed_by, reason,
       CASE outcome WHEN 'live' THEN (SELECT min(n.at) FROM bundles n WHERE n.outcome = 'live' AND n.id > b.id) END AS until
FROM bundles b;
