-- audit_findings as before, and after its columns: how the level is known, and what the heights say.

DROP VIEW audit_findings;

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
       json_extract(i.findings, '$.notice') AS notice,
       coalesce(json_extract(v.value, '$.level_source'), '') AS level_source,
       json_extract(v.value, '$.morphometry.genant_grade') AS genant_grade,
       coalesce(json_extract(v.value, '$.morphometry.deformity'), '') AS deformity,
       json_extract(v.value, '$.morphometry.height_loss_percent') AS height_loss_percent
FROM instances i, json_each(i.findings, '$.vertebrae') v
WHERE i.findings IS NOT NULL;
