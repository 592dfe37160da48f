-- A report may be of more kinds of objects, a picture may lie here compressed as well, and an image whose
-- analysis failed may be reported as such. audit_findings says which report tells of a finding and whether
-- that report is the current one; audit_reports lists every version.

DROP VIEW audit_deliveries;

-- SQLite cannot change a CHECK: the table is made anew, and with it the one that refers to it.
CREATE TABLE kept_deliveries AS SELECT * FROM deliveries;
DROP TABLE deliveries;

CREATE TABLE new_objects (
    id                INTEGER PRIMARY KEY,
    report_id         INTEGER NOT NULL REFERENCES reports (id),
    kind              TEXT NOT NULL CHECK (kind IN ('structured-report', 'overlay', 'presentation-state', 'key-object')),
    sop_class_uid     TEXT NOT NULL,
    sop_instance_uid  TEXT NOT NULL UNIQUE,
    file              TEXT NOT NULL,
    sha256            TEXT NOT NULL,
    compressed_file   TEXT,                     -- the same image losslessly compressed, for who takes it
    compressed_sha256 TEXT,
    CHECK ((compressed_file IS NULL) = (compressed_sha256 IS NULL))
);
INSERT INTO new_objects (id, report_id, kind, sop_class_uid, sop_instance_uid, file, sha256)
SELECT id, report_id, kind, sop_class_uid, sop_instance_uid, file, sha256 FROM objects;
DROP TABLE objects;
ALTER TABLE new_objects RENAME TO objects;

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
INSERT INTO deliveries SELECT * FROM kept_deliveries;
DROP TABLE kept_deliveries;
CREATE INDEX deliveries_waiting ON deliveries (state, destination, next_attempt_at);

CREATE VIEW audit_deliveries AS
SELECT r.study_instance_uid AS study, r.version AS report_version, o.kind, o.sop_instance_uid AS object, d.destination, d.state,
       d.attempts, d.last_status, d.last_error, d.next_attempt_at AS next_attempt, d.deadline, d.delivered_at AS delivered,
       '' AS committed
FROM deliveries d JOIN objects o ON o.id = d.object_id JOIN reports r ON r.id = o.report_id;

-- Whether the configuration asked, when the analysis failed, for a report that says so.
ALTER TABLE instances ADD COLUMN report_failure INTEGER NOT NULL DEFAULT 0;
-- Whether the report says of the image only that its analysis failed.
ALTER TABLE report_images ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;

DROP VIEW audit_findings;

CREATE VIEW audit_findings AS
WITH told AS (
    -- The newest written report that tells of an image, and the newest of its study.
    SELECT m.instance_id, max(r.version) AS version, r.study_instance_uid,
           (SELECT max(n.version) FROM reports n WHERE n.study_instance_uid = r.study_instance_uid AND n.written_at IS NOT NULL) AS newest
    FROM report_images m JOIN reports r ON r.id = m.report_id
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
       coalesce(t.version = t.newest, 0) AS current
FROM instances i JOIN json_each(i.findings, '$.vertebrae') v
LEFT JOIN told t ON t.instance_id = i.id
LEFT JOIN reports r ON r.study_instance_uid = t.study_instance_uid AND r.version = t.version
WHERE i.findings IS NOT NULL;

CREATE VIEW audit_reports AS
SELECT r.study_instance_uid AS study, r.version, r.sop_instance_uid AS report, r.series_instance_uid AS series,
       r.content_time, r.written_at AS written,
       (SELECT p.sop_instance_uid FROM reports p WHERE p.study_instance_uid = r.study_instance_uid AND p.version < r.version
          AND p.written_at IS NOT NULL ORDER BY p.version DESC LIMIT 1) AS predecessor,
       r.written_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reports n WHERE n.study_instance_uid = r.study_instance_uid
          AND n.version > r.version AND n.written_at IS NOT NULL) AS current,
       (SELECT count(*) FROM report_images m WHERE m.report_id = r.id AND m.failed = 0) AS images,
       (SELECT count(*) FROM report_images m WHERE m.report_id = r.id AND m.failed = 1) AS failed_images
FROM reports r;
