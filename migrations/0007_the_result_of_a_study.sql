-- The study is the unit of triage: each written report has its result, and audit_studies shows the newest one's.
-- audit_findings says after its columns what was not assessed, and why.

-- What the report says of the study, with the bundle's operating points, as JSON; NULL of a bundle without them.
ALTER TABLE reports ADD COLUMN triage TEXT;

CREATE VIEW audit_studies AS
WITH newest AS (
    SELECT study_id, max(version) AS version FROM reports WHERE written_at IS NOT NULL GROUP BY study_id
)
SELECT s.study_instance_uid AS study, s.patient_id AS patient, s.issuer_of_patient_id AS issuer_of_patient,
       coalesce(json_extract(r.triage, '$.study.result'), 'no operating point') AS result,
       json_extract(r.triage, '$.study.probability') AS probability,
       json_extract(r.triage, '$.sensitive') AS sensitive_from, json_extract(r.triage, '$.specific') AS specific_from,
       json_extract(r.triage, '$.study.found') AS bodies_found, json_extract(r.triage, '$.study.assessed') AS bodies_assessed,
       json_extract(r.triage, '$.study.missed') AS bodies_missed,
       coalesce((SELECT group_concat(value, ', ') FROM json_each(r.triage, '$.study.not_assessed')), '') AS not_assessed,
       (SELECT count(*) FROM report_images m WHERE m.report_id = r.id AND m.failed = 0) AS images,
       (SELECT count(*) FROM report_images m WHERE m.report_id = r.id AND m.failed = 1) AS failed_images,
       coalesce(json_extract(r.triage, '$.bundle'), '') AS bundle,
       coalesce(json_extract(r.triage, '$.bundle_version'), '') AS bundle_version,
       coalesce(json_extract(r.triage, '$.bundle_digest'), '') AS bundle_digest,
       r.version AS report_version, r.sop_instance_uid AS report, r.written_at AS written,
       'Research use only, not for diagnosis' AS notice
FROM newest n JOIN reports r ON r.study_id = n.study_id AND r.version = n.version JOIN studies s ON s.id = n.study_id;

DROP VIEW audit_findings;

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
       i.patient_id AS patient,
       coalesce(json_extract(v.value, '$.not_assessed'), '') AS not_assessed,
       coalesce(json_extract(v.value, '$.called'), '') AS called,
       json_extract(v.value, '$.points_spread') AS points_spread,
       json_extract(v.value, '$.morphometry.wedge_score') AS wedge_score,
       json_extract(v.value, '$.morphometry.biconcave_score') AS biconcave_score,
       coalesce(json_extract(i.findings, '$.view'), '') AS view,
       coalesce(json_extract(i.findings, '$.not_assessed'), '') AS film_not_assessed
FROM instances i JOIN json_each(i.findings, '$.vertebrae') v
LEFT JOIN told t ON t.instance_id = i.id
LEFT JOIN reports r ON r.study_id = t.study_id AND r.version = t.version
WHERE i.findings IS NOT NULL;
