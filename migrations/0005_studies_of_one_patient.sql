-- A report tells of one patient's study: an image is itself by patient, study, series, SOP Instance UID and
-- content, not by its UID alone. What is due follows the service's own clock. A delivery can be given up.
--
-- The service clock counts milliseconds in which a daemon ran on this database, from one start to the next, and
-- knows no date: columns that say when something is due (jobs.not_before and lease_until, deliveries.next_attempt_at,
-- deadline and commitment_at, studies.waiting_since, last_image_at and next_report_at) and how old a file is
-- (instances.received_service_ms, reports.written_service_ms) are in it. 0 is due at once. All others tell the
-- system's time.

DROP VIEW audit_trail;
DROP VIEW audit_turnaround;
DROP VIEW audit_findings;
DROP VIEW audit_deliveries;
DROP VIEW audit_reports;

-- Where the service clock stood, and what the system's clock said then. One row.
CREATE TABLE service_clock (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    service_ms INTEGER NOT NULL,
    at         TEXT NOT NULL
);
INSERT INTO service_clock VALUES (1, 0, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

-- What this migration put right in rows of the version before; the next start tells it and empties the table.
CREATE TABLE put_right (
    id                 INTEGER PRIMARY KEY,
    study_instance_uid TEXT NOT NULL,
    sop_instance_uid   TEXT NOT NULL,
    detail             TEXT NOT NULL
);

-- A study of one patient. Several with one Study Instance UID are of several patients.
CREATE TABLE studies (
    id                   INTEGER PRIMARY KEY,
    study_instance_uid   TEXT NOT NULL,
    patient_number       INTEGER NOT NULL,          -- 1, or more for another patient under the same UID
    patient_id           TEXT NOT NULL,
    issuer_of_patient_id TEXT NOT NULL DEFAULT '',
    patient_name         TEXT NOT NULL DEFAULT '',
    patient_birth_date   TEXT NOT NULL DEFAULT '',
    report_due           INTEGER NOT NULL DEFAULT 0, -- whether there is something that no report tells
    waiting_since        INTEGER,                    -- when the first image came that waits for a report
    last_image_at        INTEGER NOT NULL DEFAULT 0,
    next_report_at       INTEGER NOT NULL DEFAULT 0, -- not before, so that versions keep a growing distance
    UNIQUE (study_instance_uid, patient_number)
);
CREATE INDEX studies_to_report ON studies (id) WHERE report_due;

INSERT INTO studies (study_instance_uid, patient_number, patient_id)
SELECT study_instance_uid, row_number() OVER (PARTITION BY study_instance_uid ORDER BY min(id)), patient_id
FROM instances WHERE sha256 IS NOT NULL GROUP BY study_instance_uid, patient_id ORDER BY min(id);
INSERT INTO studies (study_instance_uid, patient_number, patient_id)
SELECT DISTINCT study_instance_uid, 1, '' FROM reports
WHERE study_instance_uid NOT IN (SELECT study_instance_uid FROM studies);

CREATE TABLE new_instances (
    id                  INTEGER PRIMARY KEY,
    study_id            INTEGER REFERENCES studies (id), -- NULL when it was refused
    sop_instance_uid    TEXT NOT NULL,
    sop_class_uid       TEXT NOT NULL,
    revision            INTEGER NOT NULL,   -- 1, or more when the same object came with other content
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
    received_service_ms INTEGER NOT NULL DEFAULT 0,
    state               TEXT NOT NULL CHECK (state IN ('queued', 'skipped', 'analysed', 'reported', 'failed')),
    reason              TEXT NOT NULL DEFAULT '',
    findings            TEXT,               -- JSON of the analysis
    analysed_at         TEXT,
    reported_at         TEXT,               -- when every destination had taken the report
    report_failure      INTEGER NOT NULL DEFAULT 0, -- whether the report shall say that the analysis failed
    UNIQUE (study_id, series_instance_uid, sop_instance_uid, revision)
);
INSERT INTO new_instances
SELECT i.id, s.id, i.sop_instance_uid, i.sop_class_uid,
       CASE WHEN i.sha256 IS NULL THEN i.revision
            ELSE row_number() OVER (PARTITION BY s.id, i.series_instance_uid, i.sop_instance_uid, i.sha256 IS NULL ORDER BY i.revision) END,
       i.sha256, i.study_instance_uid, i.series_instance_uid, i.patient_id, i.accession_number, i.modality, i.body_part,
       i.study_description, i.series_description, i.transfer_syntax, i.bytes, i.file, i.sender_ae_title, i.sender_address, i.received_at,
       -- The service clock begins now; what is older came before its 0. No more than ten years, whatever a wrong clock wrote.
       -min(max(coalesce(CAST((julianday('now') - julianday(i.received_at)) * 86400000 AS INTEGER), 0), 0), 315360000000),
       i.state, i.reason, i.findings, i.analysed_at, i.reported_at, i.report_failure
FROM instances i
LEFT JOIN studies s ON i.sha256 IS NOT NULL AND s.study_instance_uid = i.study_instance_uid AND s.patient_id = i.patient_id;
DROP TABLE instances;
ALTER TABLE new_instances RENAME TO instances;
CREATE INDEX instances_by_study ON instances (study_id, state);
CREATE INDEX instances_by_study_uid ON instances (study_instance_uid);
CREATE INDEX instances_by_uid ON instances (sop_instance_uid);
CREATE INDEX instances_by_state ON instances (state);

CREATE TABLE new_reports (
    id                  INTEGER PRIMARY KEY,
    study_id            INTEGER NOT NULL REFERENCES studies (id),
    version             INTEGER NOT NULL,
    sop_instance_uid    TEXT NOT NULL UNIQUE,
    series_instance_uid TEXT NOT NULL,
    overlay_series_uid  TEXT NOT NULL,
    content_time        TEXT NOT NULL,
    written_at          TEXT,
    written_service_ms  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (study_id, version)
);
-- A report speaks of the patient of its first image.
INSERT INTO new_reports
SELECT r.id,
       coalesce((SELECT i.study_id FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = r.id ORDER BY i.id LIMIT 1),
                (SELECT s.id FROM studies s WHERE s.study_instance_uid = r.study_instance_uid AND s.patient_number = 1)),
       r.version, r.sop_instance_uid, r.series_instance_uid, r.overlay_series_uid, r.content_time, r.written_at,
       -min(max(coalesce(CAST((julianday('now') - julianday(r.written_at)) * 86400000 AS INTEGER), 0), 0), 315360000000)
FROM reports r;
DROP TABLE reports;
ALTER TABLE new_reports RENAME TO reports;

-- Of which analysis the report tells: an image that is analysed anew is told anew.
ALTER TABLE report_images ADD COLUMN analysed_at TEXT;
UPDATE report_images SET analysed_at = (SELECT analysed_at FROM instances i WHERE i.id = instance_id) WHERE NOT failed;

CREATE TABLE new_jobs (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('analyse', 'report')),
    instance_id INTEGER REFERENCES instances (id),
    report_id   INTEGER REFERENCES reports (id),
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL,
    lease_until INTEGER,
    worker      TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    created_at  TEXT NOT NULL,
    finished_at TEXT,
    first_image INTEGER NOT NULL,           -- row of the oldest image that the job is about: jobs are done in this order
    CHECK ((kind = 'analyse') = (instance_id IS NOT NULL) AND (kind = 'report') = (report_id IS NOT NULL))
);
INSERT INTO new_jobs
SELECT id, kind, instance_id, report_id, state, attempts, 0, CASE state WHEN 'running' THEN 0 END, worker, reason, created_at, finished_at,
       coalesce(instance_id, (SELECT min(m.instance_id) FROM report_images m WHERE m.report_id = jobs.report_id), 0)
FROM jobs;
DROP TABLE jobs;
ALTER TABLE new_jobs RENAME TO jobs;
CREATE INDEX jobs_waiting ON jobs (state, not_before);
CREATE INDEX jobs_in_order ON jobs (state, first_image, id);
CREATE INDEX jobs_by_instance ON jobs (instance_id);
CREATE INDEX jobs_by_report ON jobs (report_id);

CREATE TABLE new_deliveries (
    id              INTEGER PRIMARY KEY,
    object_id       INTEGER REFERENCES objects (id),        -- an object of a report, or
    instance_id     INTEGER REFERENCES instances (id),      -- a received image that is passed on
    destination     TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'given-up')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    deadline        INTEGER,                                -- NULL: a new time begins with the next attempt
    last_status     TEXT NOT NULL DEFAULT '',               -- DIMSE status of the last answer, hexadecimal
    last_error      TEXT NOT NULL DEFAULT '',
    delivered_at    TEXT,                                   -- when the destination took it last
    commitment      TEXT NOT NULL DEFAULT '' CHECK (commitment IN ('', 'due', 'requested', 'committed', 'failed', 'given-up')),
    commitment_at   INTEGER NOT NULL DEFAULT 0,             -- when to ask for it, or to ask again
    commitment_attempts INTEGER NOT NULL DEFAULT 0,
    committed_at    TEXT,
    CHECK ((object_id IS NULL) <> (instance_id IS NULL)),
    UNIQUE (object_id, destination),
    UNIQUE (instance_id, destination)
);
-- Their time to give up begins anew: the old deadlines are of a clock that may have been wrong.
INSERT INTO new_deliveries
SELECT id, object_id, instance_id, destination, state, attempts, 0, NULL, last_status, last_error, delivered_at,
       commitment, 0, commitment_attempts, committed_at
FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE INDEX deliveries_waiting ON deliveries (state, destination, next_attempt_at);
CREATE INDEX deliveries_uncommitted ON deliveries (destination, commitment_at) WHERE commitment IN ('due', 'requested');

CREATE TABLE new_conditions (
    id      INTEGER PRIMARY KEY,
    what    TEXT NOT NULL CHECK (what IN ('destination', 'storage', 'paused', 'refused')),
    subject TEXT NOT NULL DEFAULT '',                       -- of several, which: a destination's name, a study
    detail  TEXT NOT NULL,
    since   TEXT NOT NULL,
    until   TEXT                                            -- NULL while it lasts
);
INSERT INTO new_conditions SELECT * FROM conditions;
DROP VIEW audit_conditions;
DROP TABLE conditions;
ALTER TABLE new_conditions RENAME TO conditions;
CREATE UNIQUE INDEX conditions_that_last ON conditions (what, subject) WHERE until IS NULL;

-- Two patients in one report: whoever is not its first image's patient gets a report of their own, and the first
-- one's next version tells of that patient alone.
INSERT INTO put_right (study_instance_uid, sop_instance_uid, detail)
SELECT i.study_instance_uid, i.sop_instance_uid,
       'report ' || r.sop_instance_uid || ' told of this image too, which is of another patient: the image '
       || CASE WHEN i.findings IS NOT NULL AND i.file IS NOT NULL THEN 'is reported by itself, and the report gets a version without it'
               ELSE 'cannot be reported again, for its file or its findings are gone; the report gets a version without it where its own images are still here' END
FROM report_images m JOIN reports r ON r.id = m.report_id JOIN instances i ON i.id = m.instance_id
WHERE i.study_id <> r.study_id AND r.written_at IS NOT NULL;
UPDATE studies SET report_due = 1 WHERE id IN (
    SELECT r.study_id FROM report_images m JOIN reports r ON r.id = m.report_id JOIN instances i ON i.id = m.instance_id
    WHERE i.study_id <> r.study_id AND EXISTS (SELECT 1 FROM instances o WHERE o.study_id = r.study_id AND o.findings IS NOT NULL AND o.file IS NOT NULL));
UPDATE instances SET state = 'analysed', reason = '' WHERE state IN ('reported', 'skipped') AND findings IS NOT NULL AND file IS NOT NULL AND id IN (
    SELECT m.instance_id FROM report_images m JOIN reports r ON r.id = m.report_id JOIN instances i ON i.id = m.instance_id WHERE i.study_id <> r.study_id);
DELETE FROM report_images WHERE EXISTS (
    SELECT 1 FROM reports r JOIN instances i ON i.id = report_images.instance_id
    WHERE r.id = report_images.report_id AND r.written_at IS NULL AND i.study_id <> r.study_id);

-- One SOP Instance UID in two studies: the image that was taken for an older revision of the other one.
INSERT INTO put_right (study_instance_uid, sop_instance_uid, detail)
SELECT i.study_instance_uid, i.sop_instance_uid,
       'this image shares its SOP Instance UID with one of another study, patient or series and was taken for an older revision of it: it is reported as what it is'
FROM instances i
WHERE i.findings IS NOT NULL AND i.file IS NOT NULL
  AND (i.state = 'analysed' OR (i.state = 'skipped' AND i.reason = 'a newer revision is reported') OR i.state = 'reported')
  AND i.revision = (SELECT max(n.revision) FROM instances n WHERE n.study_id = i.study_id AND n.series_instance_uid = i.series_instance_uid
                    AND n.sop_instance_uid = i.sop_instance_uid AND n.findings IS NOT NULL)
  AND EXISTS (SELECT 1 FROM instances o WHERE o.sop_instance_uid = i.sop_instance_uid AND o.id > i.id AND o.sha256 IS NOT NULL
              AND (o.study_id <> i.study_id OR o.series_instance_uid <> i.series_instance_uid))
  AND NOT EXISTS (SELECT 1 FROM report_images m JOIN reports r ON r.id = m.report_id WHERE m.instance_id = i.id AND r.study_id = i.study_id
                  AND r.version = (SELECT max(n.version) FROM reports n WHERE n.study_id = i.study_id));
UPDATE instances SET state = 'analysed', reason = '' WHERE state = 'skipped' AND reason = 'a newer revision is reported'
  AND findings IS NOT NULL AND file IS NOT NULL
  AND revision = (SELECT max(n.revision) FROM instances n WHERE n.study_id = instances.study_id AND n.series_instance_uid = instances.series_instance_uid
                  AND n.sop_instance_uid = instances.sop_instance_uid AND n.findings IS NOT NULL);
UPDATE studies SET report_due = 1 WHERE id IN (
    SELECT i.study_id FROM put_right p JOIN instances i ON i.sop_instance_uid = p.sop_instance_uid AND i.study_instance_uid = p.study_instance_uid
    WHERE p.detail LIKE '%as what it is' AND i.findings IS NOT NULL AND i.file IS NOT NULL);

-- What no report tells.
UPDATE studies SET report_due = 1 WHERE id IN (
    SELECT i.study_id FROM instances i
    WHERE (i.state = 'analysed' OR (i.state = 'failed' AND i.report_failure AND i.file IS NOT NULL))
      AND NOT EXISTS (SELECT 1 FROM report_images m JOIN reports r ON r.id = m.report_id
                      WHERE m.instance_id = i.id AND r.study_id = i.study_id AND m.failed = (i.state = 'failed')));

-- Images whose report was written for nobody, and which waited for it to be delivered.
INSERT INTO put_right (study_instance_uid, sop_instance_uid, detail)
SELECT i.study_instance_uid, i.sop_instance_uid, 'its report was written and is to be sent to nobody: the image is reported'
FROM instances i WHERE i.state = 'analysed' AND EXISTS (
    SELECT 1 FROM report_images m JOIN reports r ON r.id = m.report_id
    WHERE m.instance_id = i.id AND r.written_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM objects o JOIN deliveries d ON d.object_id = o.id WHERE o.report_id = r.id))
  AND NOT EXISTS (SELECT 1 FROM studies s WHERE s.id = i.study_id AND s.report_due);
UPDATE instances SET state = 'reported', reported_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE state = 'analysed' AND EXISTS (
    SELECT 1 FROM put_right p WHERE p.sop_instance_uid = instances.sop_instance_uid AND p.study_instance_uid = instances.study_instance_uid
      AND p.detail LIKE 'its report was written%');

-- Refused objects that were sent again and stored.
INSERT INTO put_right (study_instance_uid, sop_instance_uid, detail)
SELECT i.study_instance_uid, i.sop_instance_uid, 'row ' || i.id || ', which was refused, is closed: the object was sent again and kept as row ' || max(k.id)
FROM instances i JOIN instances k ON k.sop_instance_uid = i.sop_instance_uid AND k.sha256 IS NOT NULL AND k.id > i.id
 AND (k.study_instance_uid = i.study_instance_uid OR (i.study_instance_uid = '' AND k.sender_ae_title = i.sender_ae_title))
WHERE i.sha256 IS NULL AND i.state = 'failed' GROUP BY i.id;
UPDATE instances SET state = 'skipped', reason = reason || '; sent again and kept as row ' || (
    SELECT max(k.id) FROM instances k WHERE k.sop_instance_uid = instances.sop_instance_uid AND k.sha256 IS NOT NULL AND k.id > instances.id
     AND (k.study_instance_uid = instances.study_instance_uid OR (instances.study_instance_uid = '' AND k.sender_ae_title = instances.sender_ae_title)))
WHERE sha256 IS NULL AND state = 'failed' AND EXISTS (
    SELECT 1 FROM instances k WHERE k.sop_instance_uid = instances.sop_instance_uid AND k.sha256 IS NOT NULL AND k.id > instances.id
     AND (k.study_instance_uid = instances.study_instance_uid OR (instances.study_instance_uid = '' AND k.sender_ae_title = instances.sender_ae_title)));

CREATE VIEW audit_trail AS
SELECT id, at AS "when", event AS what, actor AS who, study_instance_uid AS study, sop_instance_uid AS image, outcome, detail
FROM audit;

CREATE VIEW audit_turnaround AS
SELECT i.study_instance_uid AS study, i.sop_instance_uid AS image, i.revision, i.state, i.received_at AS received,
       i.analysed_at AS analysed, r.written_at AS reported, i.reported_at AS delivered,
       round((julianday(i.analysed_at) - julianday(i.received_at)) * 86400, 3) AS seconds_to_analysis,
       round((julianday(r.written_at) - julianday(i.received_at)) * 86400, 3) AS seconds_to_report,
       round((julianday(i.reported_at) - julianday(i.received_at)) * 86400, 3) AS seconds_to_delivery,
       i.patient_id AS patient
FROM instances i
LEFT JOIN reports r ON r.id = (SELECT min(m.report_id) FROM report_images m JOIN reports t ON t.id = m.report_id
                               WHERE m.instance_id = i.id AND t.study_id = i.study_id);

CREATE VIEW audit_findings AS
WITH told AS (
    -- The newest written report of its own patient that tells of an image, and the newest of its study.
    SELECT m.instance_id, r.study_id, max(r.version) AS version,
           (SELECT max(n.version) FROM reports n WHERE n.study_id = r.study_id AND n.written_at IS NOT NULL) AS newest
    FROM report_images m JOIN reports r ON r.id = m.report_id JOIN instances t ON t.id = m.instance_id AND t.study_id = r.study_id
    WHERE r.written_at IS NOT NULL AND m.failed = 0 GROUP BY m.instance_id
)
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
       json_extract(i.findings, '$.notice') AS notice,
       coalesce(json_extract(v.value, '$.level_source'), '') AS level_source,
       json_extract(v.value, '$.morphometry.genant_grade') AS genant_grade,
       coalesce(json_extract(v.value, '$.morphometry.deformity'), '') AS deformity,
       json_extract(v.value, '$.morphometry.height_loss_percent') AS height_loss_percent,
       t.version AS report_version,
       r.sop_instance_uid AS report,
       coalesce(t.version = t.newest, 0) AS current,
       i.patient_id AS patient
FROM instances i JOIN json_each(i.findings, '$.vertebrae') v
LEFT JOIN told t ON t.instance_id = i.id
LEFT JOIN reports r ON r.study_id = t.study_id AND r.version = t.version
WHERE i.findings IS NOT NULL;

CREATE VIEW audit_reports AS
SELECT s.study_instance_uid AS study, r.version, r.sop_instance_uid AS report, r.series_instance_uid AS series,
       r.content_time, r.written_at AS written,
       (SELECT p.sop_instance_uid FROM reports p WHERE p.study_id = r.study_id AND p.version < r.version
          AND p.written_at IS NOT NULL ORDER BY p.version DESC LIMIT 1) AS predecessor,
       r.written_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reports n WHERE n.study_id = r.study_id
          AND n.version > r.version AND n.written_at IS NOT NULL) AS current,
       (SELECT count(*) FROM report_images m WHERE m.report_id = r.id AND m.failed = 0) AS images,
       (SELECT count(*) FROM report_images m WHERE m.report_id = r.id AND m.failed = 1) AS failed_images,
       s.patient_id AS patient, s.issuer_of_patient_id AS issuer_of_patient
FROM reports r JOIN studies s ON s.id = r.study_id;

CREATE VIEW audit_deliveries AS
SELECT coalesce(s.study_instance_uid, i.study_instance_uid) AS study, r.version AS report_version, coalesce(o.kind, 'image') AS kind,
       coalesce(o.sop_instance_uid, i.sop_instance_uid) AS object, d.destination, d.state,
       d.attempts, d.last_status, d.last_error,
       -- The service clock's time as the system's clock would tell it.
       CASE WHEN d.state = 'pending' AND d.next_attempt_at > 0
            THEN strftime('%Y-%m-%dT%H:%M:%fZ', k.at, ((d.next_attempt_at - k.service_ms) / 1000.0) || ' seconds') ELSE '' END AS next_attempt,
       CASE WHEN d.state = 'pending' AND d.deadline IS NOT NULL
            THEN strftime('%Y-%m-%dT%H:%M:%fZ', k.at, ((d.deadline - k.service_ms) / 1000.0) || ' seconds') ELSE '' END AS deadline,
       d.delivered_at AS delivered,
       coalesce(d.committed_at, '') AS committed, d.commitment
FROM deliveries d JOIN service_clock k
LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN reports r ON r.id = o.report_id LEFT JOIN studies s ON s.id = r.study_id
LEFT JOIN instances i ON i.id = d.instance_id;

CREATE VIEW audit_conditions AS
SELECT what, subject, detail, since, coalesce(until, '') AS until FROM conditions;
