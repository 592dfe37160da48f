use std::sync::Mutex;

use super::*;
use crate::config::parse;
use crate::store::{NewInstance, Patient, Recipient};

const SETTINGS: &str = "
    [[sender]]\nae_title = 'DX1'\nhosts = ['10.0.0.0/8']
    [[destination]]\nname = 'pacs'\nae_title = 'PACS'\naddress = 'pacs:104'
    retry_after_seconds = 0.01\nretry_at_most_seconds = 0.02\n";

/// A channel to nowhere, which says one thing after the other and then that it has the object.
struct Scripted<'a> {
    says: &'a Mutex<Vec<Attempt>>,
    open: bool,
    closed: &'a Mutex<u32>,
}

impl Channel for Scripted<'_> {
    async fn attempt(&mut self, _: &Settings, _: &Destination, waiting: &[Delivery]) -> Attempt {
        assert!(!waiting.is_empty());
        self.open = true;
        let delivered = DeliveryOutcome::Delivered { status: "0000".into() };
        self.says.lock().unwrap().pop().unwrap_or(Attempt::Concluded(delivered))
    }

    async fn rest(&mut self) -> bool {
        self.open
    }

    async fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            *self.closed.lock().unwrap() += 1;
        }
    }
}

fn film(n: u32) -> NewInstance {
    let uid = |text: String| crate::identifiers::Uid::new(&text).unwrap();
    NewInstance {
        sop_instance_uid: uid(format!("1.2.{n}")),
        sop_class_uid: uid("1.3".into()),
        study_instance_uid: uid("1.4".into()),
        series_instance_uid: uid("1.5".into()),
        sha256: n.to_string(),
        patient: Patient { id: String::new(), issuer: String::new(), name: String::new(), birth_date: String::new() },
        accession_number: String::new(),
        modality: String::new(),
        body_part: String::new(),
        study_description: String::new(),
        series_description: String::new(),
        transfer_syntax: String::new(),
        bytes: 1,
        file: format!("spool/images/{n}"),
        sender_ae_title: String::new(),
        sender_address: String::new(),
        skipped: Some("only passed on".into()),
        forward_to: vec![Recipient { name: "pacs".into(), give_up_after: Duration::from_secs(600) }],
    }
}

/// Whatever a kind of destination says, its words are written down and everything gets there in the end.
#[tokio::test]
async fn a_lane_carries_any_channel_s_words_to_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    for n in [1, 2] {
        store.record_instance(film(n)).await.unwrap();
    }
    let settings = SettingsHandle::new(parse(SETTINGS, "test.toml").unwrap());
    // The last is said first.
    let says = Mutex::new(vec![
        Attempt::Concluded(DeliveryOutcome::Failed { status: "A900".into(), error: "no such class".into() }),
        Attempt::Concluded(DeliveryOutcome::Later { status: "A700".into(), error: "full".into() }),
        Attempt::Broken("cut".into()),
        Attempt::Unreachable("nobody answers".into()),
    ]);
    let (stopping, stop) = watch::channel(false);
    let (key, outage, closed) = (("pacs".to_owned(), 0), Arc::new(Outage::default()), Mutex::new(0));
    let lane = Lane::new(&settings, &store, &key, &outage, Scripted { says: &says, open: false, closed: &closed });
    let until_done = async {
        let states =
            "SELECT group_concat(state || ' ' || last_status || ' ' || last_error, ', ') FROM deliveries ORDER BY id";
        let done = "failed A900 no such class, delivered 0000 ";
        for _ in 0..500 {
            let connection = crate::store::open_existing(&database).unwrap();
            let seen: String = connection.query_row(states, [], |row| row.get(0)).unwrap();
            if seen == done || seen == "delivered 0000 , failed A900 no such class" {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        stopping.send_replace(true);
    };
    let (ended, ()) = tokio::join!(lane.run(stop), until_done);
    ended.unwrap();
    let connection = crate::store::open_existing(&database).unwrap();
    let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM deliveries WHERE state = 'delivered' AND last_status = '0000'"), 1);
    assert_eq!(count("SELECT count(*) FROM deliveries WHERE state = 'failed' AND last_error = 'no such class'"), 1);
    assert_eq!(
        count("SELECT count(*) FROM audit_conditions WHERE what = 'destination' AND until <> ''"),
        1,
        "the outage"
    );
    assert!(says.lock().unwrap().is_empty() && *closed.lock().unwrap() >= 1);
}
