//! What makes two images one object, one study and one patient's.

use std::time::Duration;

use spinetriage::store::{
    self, DeliveryId, InstanceId, NewInstance, Patient, Recipient, Recorded, RefusedInstance, ReportInput, Store, Work,
};

use super::builders::*;
use crate::support::change;

fn open() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    (folder, database, store)
}

fn patient(id: &str, name: &str) -> Patient {
    Patient { id: id.into(), name: name.into(), ..Patient::default() }
}

async fn plan(store: &Store) -> usize {
    store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap()
}

/// Analyses whatever waits.
async fn analyse_all(store: &Store) {
    while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
        finish(store, &job, 1).await;
    }
}

/// What the reports that are planned now are made from, each finished as written.
async fn planned(store: &Store) -> Vec<ReportInput> {
    let mut inputs = Vec::new();
    while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
        let Work::Report { report } = job.work else { panic!("{job:?}") };
        inputs.push(store.report_input(report).await.unwrap());
        store.finish_report(&job, vec![], vec![]).await.unwrap();
    }
    inputs
}

fn files(input: &ReportInput) -> Vec<&str> {
    input.images.iter().filter_map(|image| image.file.as_deref()).collect()
}

async fn details(store: &Store, outcome: &'static str) -> Vec<String> {
    let connection = store::open_existing(store.path()).unwrap();
    let query = "SELECT detail FROM audit WHERE event = 'received' AND outcome = ?1 ORDER BY id";
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([outcome], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
}

/// Two films with one SOP Instance UID in two studies were two revisions of one image: the report of the first study
/// told of no image, which the database refused, and the daemon ended at every start.
#[tokio::test]
async fn one_uid_in_two_studies_ended_the_daemon() {
    let (_folder, database, store) = open();
    let first = instance(2, "a");
    let second = NewInstance { study_instance_uid: uid(3, 99), series_instance_uid: uid(4, 99), ..instance(2, "b") };
    store.record_instance(first).await.unwrap();
    let Recorded::Kept { revision: 1, conflict: Some(conflict), .. } = store.record_instance(second).await.unwrap()
    else {
        panic!("an object of its own, and a conflict")
    };
    assert!(conflict.contains(uid(3, 1).as_str()), "{conflict}");
    analyse_all(&store).await;
    assert_eq!(plan(&store).await, 2);
    let reports = planned(&store).await;
    assert_eq!(reports.iter().map(files).collect::<Vec<_>>(), [["spool/images/2a.dcm"], ["spool/images/2b.dcm"]]);
    // A later film of the first study: its report does not drop the first.
    store.record_instance(NewInstance { series_instance_uid: uid(4, 1), ..instance(3, "a") }).await.unwrap();
    analyse_all(&store).await;
    assert_eq!(plan(&store).await, 1);
    let [later] = &planned(&store).await[..] else { panic!("one report") };
    assert_eq!(files(later), ["spool/images/2a.dcm", "spool/images/3a.dcm"]);
    assert_eq!(later.images.iter().map(|image| image.told).collect::<Vec<_>>(), [true, false]);
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state <> 'reported'"), 0);
}

#[tokio::test]
async fn one_uid_in_two_series_of_a_study_was_one_film() {
    let (_folder, _database, store) = open();
    store.record_instance(instance(2, "a")).await.unwrap();
    store.record_instance(NewInstance { series_instance_uid: uid(4, 99), ..instance(2, "b") }).await.unwrap();
    analyse_all(&store).await;
    assert_eq!(plan(&store).await, 1);
    assert_eq!(planned(&store).await[0].images.len(), 2);
    assert_eq!(details(&store, "conflict").await.len(), 1);
}

/// Content X, then Y, then X again: the second X was "a duplicate", and Y stayed.
#[tokio::test]
async fn a_content_that_came_back_was_a_duplicate() {
    let (_folder, _database, store) = open();
    for (content, file, expected) in [("x", "1", 1), ("y", "2", 2), ("x", "3", 3)] {
        let new = NewInstance { file: format!("spool/images/{file}.dcm"), ..instance(2, content) };
        let recorded = store.record_instance(new).await.unwrap();
        assert!(matches!(recorded, Recorded::Kept { revision, .. } if revision == expected), "{recorded:?}");
    }
    assert_eq!(store.record_instance(instance(2, "x")).await.unwrap(), Recorded::Duplicate);
    analyse_all(&store).await;
    plan(&store).await;
    assert_eq!(files(&planned(&store).await[0]), ["spool/images/3.dcm"]);
}

/// Two patients under one Study Instance UID became one report with the first one's name.
#[tokio::test]
async fn two_patients_under_one_study_became_one_report() {
    let (_folder, database, store) = open();
    let study = |n, patient: Patient| NewInstance { study_instance_uid: uid(3, 1), patient, ..instance(n, "a") };
    let anna = patient("P-A", "Alpha^Anna");
    for (n, patient) in [
        (2, anna.clone()),
        (3, patient("P-B", "Beta^Berta")),
        (4, Patient { name: "ALPHA^ANNA^^".into(), birth_date: "19400101".into(), ..anna.clone() }),
        (5, patient("P-A", "Gamma^Gerda")),
        (6, Patient { issuer: "OTHER CLINIC".into(), ..patient("P-B", "Beta^Berta") }),
        (7, Patient { issuer: "THIRD CLINIC".into(), ..patient("P-B", "Beta^Berta") }),
    ] {
        store.record_instance(study(n, patient)).await.unwrap();
    }
    analyse_all(&store).await;
    assert_eq!(plan(&store).await, 4, "a report each");
    let reports = planned(&store).await;
    let told: Vec<_> =
        reports.iter().map(|input| (input.plan.patient_number, input.plan.version, files(input))).collect();
    let file = |n: usize| format!("spool/images/{n}a.dcm");
    let (f2, f3, f4, f5, f6, f7) = (file(2), file(3), file(4), file(5), file(6), file(7));
    let expected: [(u32, u32, Vec<&str>); 4] =
        [(1, 1, vec![&f2, &f4]), (2, 1, vec![&f3, &f6]), (3, 1, vec![&f5]), (4, 1, vec![&f7])];
    assert_eq!(told, expected);
    let conflicts = details(&store, "conflict").await;
    assert_eq!(conflicts.len(), 3, "{conflicts:?}");
    assert!(conflicts.iter().all(|c| c.contains("another patient") && !c.contains("Berta")), "{conflicts:?}");
    let shown = "SELECT count(*) FROM audit_reports WHERE study = '2.25.30001' AND patient IN ('P-A', 'P-B')";
    assert_eq!(count(&database, shown), 4);
}

/// An image without a word of its patient may be of any of two: it is reported by itself.
#[tokio::test]
async fn who_says_nothing_is_taken_for_nobody_in_particular() {
    let (_folder, _database, store) = open();
    for (n, name) in [(2, "Alpha^Anna"), (3, "Beta^Berta"), (4, ""), (5, "Beta^Berta")] {
        let new = NewInstance { study_instance_uid: uid(3, 1), patient: patient("", name), ..instance(n, "a") };
        store.record_instance(new).await.unwrap();
    }
    analyse_all(&store).await;
    assert_eq!(plan(&store).await, 3);
    let images: Vec<_> = planned(&store).await.iter().map(|input| input.images.len()).collect();
    assert_eq!(images, [1, 2, 1]);
}

fn recipient(name: &str) -> Recipient {
    Recipient { name: name.into(), give_up_after: LONG }
}

/// A film that [select] left out could never be analysed: sending it again was "a duplicate", and retry found no job.
#[tokio::test]
async fn a_film_that_selection_left_out_was_left_out_for_ever() {
    let (_folder, database, store) = open();
    let left_out = |n| NewInstance { skipped: Some("body part \"CHEST\"".into()), ..instance(n, "a") };
    for n in [2, 4] {
        store.record_instance(left_out(n)).await.unwrap();
        assert_eq!(store.record_instance(left_out(n)).await.unwrap(), Recorded::Duplicate, "selection still says no");
    }
    assert_eq!(count(&database, "SELECT count(*) FROM jobs"), 0);
    assert_eq!(store.record_instance(instance(2, "a")).await.unwrap(), Recorded::Duplicate, "its file is here");
    assert_eq!(store::queue::retry(&database, None).unwrap(), 0, "not everything that was ever left out");
    assert_eq!(store::queue::retry(&database, Some(uid(1, 4).as_str())).unwrap(), 0, "its SOP class is not analysed");
    change(&store, "UPDATE instances SET sop_class_uid = '1.2.840.10008.5.1.4.1.1.1'");
    assert_eq!(store::queue::retry(&database, Some(uid(1, 4).as_str())).unwrap(), 1, "by its name");
    analyse_all(&store).await;
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'analysed'"), 2);
    let duplicates = details(&store, "duplicate").await;
    assert!(duplicates.iter().any(|d| d.contains("selection takes it now")), "{duplicates:?}");
    // What an operator took out stays out.
    store.record_instance(instance(6, "a")).await.unwrap();
    store::queue::cancel(&database, uid(1, 6).as_str()).unwrap();
    assert_eq!(store.record_instance(instance(6, "a")).await.unwrap(), Recorded::Duplicate);
    assert!(store.lease_job("w", LONG, MANY).await.unwrap().is_none());
}

/// A film of a [[forward]] sender, sent again because the PACS had lost it, was answered Success and went nowhere.
#[tokio::test]
async fn a_film_sent_again_was_not_passed_on_again() {
    let (_folder, database, store) = open();
    let film = || NewInstance { forward_to: vec![recipient("pacs0")], ..instance(2, "a") };
    store.record_instance(film()).await.unwrap();
    assert_eq!(store.record_instance(film()).await.unwrap(), Recorded::Duplicate);
    let [due] = &what_is_due(&store, "pacs0").await[..] else { panic!("once, while it waits anyway") };
    store.record_delivery(due.id, delivered(), TERMS).await.unwrap();
    assert_eq!(store.record_instance(film()).await.unwrap(), Recorded::Duplicate);
    assert_eq!(what_is_due(&store, "pacs0").await.len(), 1, "once more");
    assert_eq!(count(&database, "SELECT count(*) FROM jobs"), 1, "no second analysis");
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE event = 'delivery' AND outcome = 'sent again'"), 1);
    // Its file may be past keep_days by then.
    let [due] = &what_is_due(&store, "pacs0").await[..] else { panic!("it is due") };
    store.record_delivery(due.id, delivered(), TERMS).await.unwrap();
    change(&store, "UPDATE instances SET file = NULL, state = 'reported'");
    let again = store.record_instance(NewInstance { file: "spool/images/again.dcm".into(), ..film() }).await.unwrap();
    assert!(matches!(again, Recorded::Kept { id: InstanceId(1), .. }), "{again:?}");
    assert_eq!(what_is_due(&store, "pacs0").await[0].file.as_deref(), Some("spool/images/again.dcm"));
    assert_eq!(count(&database, "SELECT count(*) FROM jobs WHERE state = 'queued'"), 1, "the first one's alone");
}

/// After its file was deleted as past keep_days a film sent again got a second analysis and a second report.
#[tokio::test]
async fn a_film_sent_again_after_its_file_was_retired_got_a_second_report() {
    let (_folder, database, store) = open();
    store.record_instance(instance(2, "a")).await.unwrap();
    analyse_all(&store).await;
    plan(&store).await;
    planned(&store).await;
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'reported'"), 1);
    change(&store, "UPDATE instances SET file = NULL");
    assert_eq!(store.record_instance(instance(2, "a")).await.unwrap(), Recorded::Duplicate);
    assert_eq!(count(&database, "SELECT count(*) FROM instances"), 1);
    assert_eq!(plan(&store).await, 0);
    // And a later film of its study could not be reported, for the first one's file was gone.
    store.record_instance(NewInstance { study_instance_uid: uid(3, 1), ..instance(5, "a") }).await.unwrap();
    analyse_all(&store).await;
    assert_eq!(plan(&store).await, 1);
    let [later] = &planned(&store).await[..] else { panic!("one report") };
    let told: Vec<_> = later.images.iter().map(|image| (image.file.is_some(), image.told)).collect();
    assert_eq!(told, [(false, true), (true, false)]);
}

/// A row that was refused stayed failed for ever although the object was sent again and stored.
#[tokio::test]
async fn a_refused_row_stayed_failed_although_the_object_was_sent_again() {
    let (_folder, database, store) = open();
    let refused = |study: &str| RefusedInstance {
        sop_instance_uid: uid(1, 2),
        sop_class_uid: uid(2, 1),
        study_instance_uid: study.into(),
        series_instance_uid: String::new(),
        sender_ae_title: "DX".into(),
        sender_address: "127.0.0.1".into(),
        reason: "A700 out of resources".into(),
    };
    for study in [uid(3, 1).as_str(), "", uid(3, 7).as_str()] {
        store.record_refused(refused(study)).await.unwrap();
    }
    store.record_instance(instance(2, "a")).await.unwrap();
    let failed = store::queue::list(&database, Some("failed"), 10).unwrap();
    let [of_another_study] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(of_another_study.study, uid(3, 7).as_str());
    let closed = store::queue::list(&database, Some("skipped"), 10).unwrap();
    assert_eq!(closed.len(), 2);
    assert!(closed.iter().all(|row| row.reason.ends_with("sent again and kept as row 4")), "{closed:?}");
    store.record_refused(refused(uid(3, 1).as_str())).await.unwrap();
    assert_eq!(store.record_instance(instance(2, "a")).await.unwrap(), Recorded::Duplicate);
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'failed'"), 1, "by a duplicate too");
}

fn delivered() -> store::DeliveryOutcome {
    store::DeliveryOutcome::Delivered { status: "0000".into() }
}

/// A PACS that keeps what it has answers 0111 to a newer revision: that counted as delivered.
#[tokio::test]
async fn what_a_duplicate_means_depends_on_what_the_destination_took_before() {
    let (_folder, _database, store) = open();
    let film = |content: &str| NewInstance { forward_to: vec![recipient("pacs0")], ..instance(2, content) };
    store.record_instance(film("a")).await.unwrap();
    let meaning = async || what_is_due(&store, "pacs0").await.iter().map(|d| d.duplicate).collect::<Vec<_>>();
    assert_eq!(meaning().await, [store::Duplicate::MayBeAnother], "others may have sent it");
    store.record_delivery(DeliveryId(1), delivered(), TERMS).await.unwrap();
    store.record_instance(film("a")).await.unwrap();
    assert_eq!(meaning().await, [store::Duplicate::IsThis], "it took this very content");
    store.record_delivery(DeliveryId(1), delivered(), TERMS).await.unwrap();
    store.record_instance(film("b")).await.unwrap();
    assert_eq!(meaning().await, [store::Duplicate::MayBeAnother], "an older revision");
    store.record_delivery(DeliveryId(2), delivered(), TERMS).await.unwrap();
    store.record_instance(film("a")).await.unwrap();
    assert!(meaning().await.contains(&store::Duplicate::MayBeAnother), "a third revision");
}
