use super::*;

/// An image whose second vertebra has a counted level and heights, as of later findings.
const IMAGE: &str = r#"INSERT INTO instances (sop_instance_uid, sop_class_uid, revision, study_instance_uid,
    series_instance_uid, patient_id, accession_number, modality, body_part, study_description, series_description,
    transfer_syntax, bytes, sender_ae_title, sender_address, received_at, state, findings)
    VALUES ('1.2', '1.3', 1, '1.4', '1.5', '', '', 'DX', '', '', '', '1.6', 1, 'CR1', '', '', 'analysed',
    '{"notice": "n", "bundle": {"name": "demo", "version": "0.1.0", "digest": "d", "classes": [{"code": "A", "name": "a"}]},
      "vertebrae": [
        {"ordinal": 1, "level": null, "class": 0, "bounding_box": {"x0": 1}, "probabilities": [1.0]},
        {"ordinal": 2, "level": "L3", "level_source": "counted-from-sacrum", "class": 0, "bounding_box": {"x0": 1},
         "probabilities": [1.0], "morphometry": {"genant_grade": 2, "deformity": "wedge", "height_loss_percent": 31.5}}]}')"#;

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date_with_its_findings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    let mut old = Connection::open(&path).unwrap();
    Migrations::from_slice(&MIGRATIONS[..1]).to_latest(&mut old).unwrap();
    old.execute(IMAGE, []).unwrap();
    drop(old);
    let _store = Store::open(&path).unwrap();
    let rows: Vec<String> = open_existing(&path)
        .unwrap()
        .prepare(
            "SELECT concat_ws('|', ordinal, level, level_source, genant_grade, deformity, height_loss_percent, notice)
             FROM audit_findings ORDER BY ordinal",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(rows, ["1||||n", "2|L3|counted-from-sacrum|2|wedge|31.5|n"]);
}
