use super::*;
use crate::config::parse;
use crate::store::open_existing;

const SETTINGS: &str = "
    [[sender]]\nae_title = 'DX1'\nhosts = ['10.0.0.0/8']
    [[destination]]\nname = 'pacs'\nae_title = 'PACS'\naddress = 'pacs:104'
    [[forward]]\nfrom = ['DX1']\nsend_to = ['pacs']
    [storage]\nminimum_free_gib = 0\n";

fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

fn announced(instance: &str) -> Announced {
    Announced {
        sop_class_uid: uid("1.2.840.10008.5.1.4.1.1.1.1"),
        sop_instance_uid: uid(instance),
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
    }
}

fn of_a_spine() -> DatasetSummary {
    let some = |text: &str| Some(text.to_owned());
    DatasetSummary {
        study_instance_uid: some("1.4"),
        series_instance_uid: some("1.5"),
        modality: some("DX"),
        body_part_examined: some("LSPINE"),
        ..DatasetSummary::default()
    }
}

fn association() -> Origin {
    Origin::Association { calling: "DX1".into(), address: [10, 0, 0, 1].into() }
}

fn intake(folder: &std::path::Path, settings: &str) -> (Intake, SettingsHandle) {
    let settings = SettingsHandle::new(parse(settings, "test.toml").unwrap());
    let (spool, store) = (Spool::open(folder).unwrap(), Store::open(&folder.join("db.sqlite")).unwrap());
    (Intake::new(settings.clone(), Arc::new(spool), store), settings)
}

fn rows(folder: &std::path::Path, query: &str) -> Vec<String> {
    let connection = open_existing(&folder.join("db.sqlite")).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

async fn keep(intake: &Intake, origin: Origin, instance: &str, summary: DatasetSummary) -> Result<(), IntakeError> {
    let mut arrival = intake.begin(origin, announced(instance));
    arrival.make_room().await?;
    for part in ["data ", "set"] {
        arrival.write(Bytes::from_static(part.as_bytes())).await?;
    }
    arrival.keep(summary).await
}

#[tokio::test]
async fn an_object_is_kept_whatever_door_it_came_by() {
    let folder = tempfile::tempdir().unwrap();
    let (intake, _) = intake(folder.path(), SETTINGS);
    keep(&intake, association(), "1.6.1", of_a_spine()).await.unwrap();
    keep(&intake, Origin::Folder("/srv/inbox".into()), "1.6.2", of_a_spine()).await.unwrap();
    let kept =
        "SELECT concat_ws(' ', state, sender_ae_title, sender_address, sha256 IS NOT NULL) FROM instances ORDER BY id";
    assert_eq!(rows(folder.path(), kept), ["queued DX1 10.0.0.1 1", "queued  /srv/inbox 1"]);
    let passed_on = "SELECT i.sop_instance_uid FROM deliveries d JOIN instances i ON i.id = d.instance_id";
    assert_eq!(rows(folder.path(), passed_on), ["1.6.1"], "a folder has no AE title that [[forward]] could name");
    for file in rows(folder.path(), "SELECT file FROM instances") {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        assert!(bytes[128..].starts_with(b"DICM") && bytes.ends_with(b"data set"));
    }
}

/// The settings were looked at once for selection and once for the recipients.
#[tokio::test]
async fn one_object_sees_one_snapshot_of_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let (intake, settings) = intake(folder.path(), SETTINGS);
    let mut arrival = intake.begin(association(), announced("1.6.1"));
    settings.replace(parse(&format!("{SETTINGS}[select]\nmodalities = ['CR']\n"), "test.toml").unwrap());
    arrival.make_room().await.unwrap();
    arrival.keep(of_a_spine()).await.unwrap();
    assert_eq!(rows(folder.path(), "SELECT state FROM instances"), ["queued"]);
    keep(&intake, association(), "1.6.2", of_a_spine()).await.unwrap();
    assert_eq!(rows(folder.path(), "SELECT state FROM instances ORDER BY id"), ["queued", "skipped"]);
}

#[tokio::test]
async fn what_is_not_kept_leaves_a_row_that_says_why_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (intake, settings) = intake(folder.path(), SETTINGS);
    let nameless = DatasetSummary { study_instance_uid: None, ..of_a_spine() };
    let refused = keep(&intake, association(), "1.6.1", nameless).await.unwrap_err();
    assert!(matches!(refused, IntakeError::Identity { name: "Study Instance UID", .. }), "{refused}");
    settings.replace(parse(&SETTINGS.replace("gib = 0", "gib = 1000000"), "test.toml").unwrap());
    let refused = intake.begin(association(), announced("1.6.2")).make_room().await.unwrap_err();
    assert!(matches!(refused, IntakeError::TooLittleSpace), "{refused}");
    let reasons = rows(folder.path(), "SELECT reason FROM instances");
    assert!(
        reasons.len() == 1
            && reasons[0].starts_with("refused: A900 (dataset does not match the SOP class): Study Instance UID: "),
        "{reasons:?}"
    );
    for place in ["incoming", "images"] {
        assert_eq!(std::fs::read_dir(folder.path().join("spool").join(place)).unwrap().count(), 0, "{place}");
    }
}

/// A peer that sends one byte at a time made the pieces cost a hundred times their bytes.
#[tokio::test]
async fn what_is_held_is_bounded_however_small_the_pieces_are() {
    let folder = tempfile::tempdir().unwrap();
    let (intake, _) = intake(folder.path(), SETTINGS);
    let mut arrival = intake.begin(association(), announced("1.6.1"));
    arrival.make_room().await.unwrap();
    for _ in 0..5000 {
        arrival.write(Bytes::from_static(b"x")).await.unwrap();
        assert!(arrival.held.len() < PIECES);
    }
    arrival.keep(of_a_spine()).await.unwrap();
    let file = rows(folder.path(), "SELECT file FROM instances").remove(0);
    assert!(std::fs::read(folder.path().join(file)).unwrap().ends_with(&[b'x'; 5000]));
}
