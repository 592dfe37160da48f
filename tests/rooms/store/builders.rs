//! Rows to begin with.

use std::time::Duration;

use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::findings::{BundleIdentity, Findings, ImageIdentity, ObjectKind};
use spinetriage::identifiers::Uid;
use spinetriage::retry::Retry;
use spinetriage::store::{
    Addressee, Delivery, Job, NewInstance, NewObject, ObjectFile, Patient, Settling, Share, Store, Terms, Work,
};

pub use crate::support::count;

/// A destination without storage commitment.
pub const TERMS: Terms = Terms {
    retry: Retry { after: Duration::from_secs(2), at_most: Duration::from_secs(600) },
    give_up_after: LONG,
    commitment: false,
};
/// The deliveries of a destination with one association.
pub const ALL: Share = Share { part: 0, of: 1 };

pub const ATTEMPTS: u32 = 2;
/// Attempts that no test uses up.
pub const MANY: u32 = 100;
pub const LONG: Duration = Duration::from_secs(600);

pub fn uid(kind: u32, n: usize) -> Uid {
    Uid::new(&format!("2.25.{kind}{n:04}")).unwrap()
}

pub fn instance(n: usize, content: &str) -> NewInstance {
    NewInstance {
        sop_instance_uid: uid(1, n),
        sop_class_uid: uid(2, 1),
        study_instance_uid: uid(3, n / 2),
        series_instance_uid: uid(4, n / 2),
        sha256: format!("{content}{n}"),
        patient: Patient::default(),
        accession_number: String::new(),
        modality: "DX".into(),
        body_part: "LSPINE".into(),
        study_description: String::new(),
        series_description: String::new(),
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
        bytes: 10,
        file: format!("spool/images/{n}{content}.dcm"),
        sender_ae_title: "DX".into(),
        sender_address: "127.0.0.1".into(),
        skipped: None,
        forward_to: vec![],
    }
}

pub fn findings(n: usize) -> Findings {
    let image = ImageIdentity {
        sop_class_uid: uid(2, 1),
        sop_instance_uid: uid(1, n),
        series_instance_uid: uid(4, n / 2),
        study_instance_uid: uid(3, n / 2),
        modality: "DX".into(),
        body_part: String::new(),
        view_position: String::new(),
        patient_orientation: None,
        rows: 1,
        columns: 1,
        pixel_spacing: None,
        spacing_refused: None,
    };
    let bundle =
        BundleIdentity { name: "b".into(), version: "1".into(), digest: "d".into(), ..BundleIdentity::default() };
    Findings {
        notice: RESEARCH_USE_ONLY.into(),
        image,
        bundle,
        view: None,
        not_assessed: None,
        missed: 0,
        vertebrae: vec![],
    }
}

pub fn addressee(name: &str) -> Addressee {
    Addressee { name: name.to_owned(), give_up_after: LONG, report_class: uid(2, 2).to_string() }
}

pub async fn finish(store: &Store, job: &Job, destinations: usize) {
    match &job.work {
        Work::Analyse { image, .. } => {
            let n = image.trim_start_matches("2.25.1").parse().unwrap();
            store.finish_analysis(job, &findings(n)).await.unwrap();
        }
        Work::Report { report } => {
            let input = store.report_input(*report).await.unwrap();
            assert!(!input.images.is_empty());
            let object = NewObject {
                kind: ObjectKind::StructuredReport,
                sop_class_uid: uid(2, 2),
                sop_instance_uid: input.plan.sop_instance_uid,
                file: ObjectFile { file: "spool/reports/r.dcm".into(), sha256: "x".into() },
                compressed: None,
            };
            let destinations = (0..destinations).map(|d| addressee(&format!("pacs{d}"))).collect();
            store.finish_report(job, vec![object], destinations).await.unwrap();
        }
    }
}

/// Everything that is due at a destination.
pub async fn what_is_due(store: &Store, destination: &str) -> Vec<Delivery> {
    store.due_deliveries(destination, ALL, 100).await.unwrap()
}

/// When a study is reported.
pub fn settling(quiet: Duration, at_most: Duration, no_vertebra_found: bool) -> Settling {
    Settling { quiet, at_most, no_vertebra_found }
}
