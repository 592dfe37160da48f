//! Storage commitment: delivered is not enough, the PACS must say that it keeps what it took.

use std::time::Duration;

use crate::daemon::{Options, Site, destination};
use crate::films::{dataset_of, film};
use crate::orthanc::Orthanc;
use crate::recording_archive::RecordingArchive;
use crate::scripted_pacs::{Commitment, Script, ScriptedPacs};
use crate::support::ports::free_port;

/// A PACS that answers 0000 to the first report and has lost it before it is asked to keep it.
const LOSES_THE_FIRST: &str = r#"
lost = false
function ReceivedInstanceFilter(dicom, origin, info)
   if dicom['Modality'] == 'SR' and not lost then
      lost = true
      return false
   end
   return true
end
"#;

const COMMITMENT: &str = "storage_commitment = true\nretry_after_seconds = 0.5\nretry_at_most_seconds = 2\n";

#[test]
fn orthanc_commits_itself_and_gets_a_report_that_it_lost_once_more() {
    let daemon_port = free_port();
    let pacs = Orthanc::at(free_port(), daemon_port, LOSES_THE_FIRST);
    let options = Options { pacs_port: pacs.dicom_port, pacs: COMMITMENT, ..Options::default() };
    let mut site = Site::at(daemon_port, &options);
    site.start();
    let films = [(); 2].map(|()| film(site.folder.path(), "intact"));
    site.send(&films.each_ref());
    // One it never kept, as the script has it.
    site.wait_sql(
        120,
        "SELECT state, commitment, committed > delivered, attempts FROM audit_deliveries ORDER BY attempts",
        "delivered|committed|1|1\ndelivered|committed|1|2",
    );
    for film in &films {
        // Orthanc writes data sets in its own way: the name must do.
        let kept = pacs.report(&film.study, 5);
        let uid = dataset_of(&kept).0.sop_instance_uid.unwrap();
        let written =
            format!("SELECT count(*) FROM audit_deliveries WHERE study = '{}' AND object = '{uid}'", film.study);
        assert_eq!(site.sql(&written), "1");
    }
    site.wait_sql(10, "SELECT group_concat(DISTINCT state) FROM instances", "reported");
}

#[test]
fn a_report_that_is_deleted_before_the_commitment_is_sent_again() {
    let daemon_port = free_port();
    let pacs = Orthanc::start(daemon_port, false);
    let patient = "storage_commitment = true\nretry_after_seconds = 4\n";
    let mut site = Site::at(daemon_port, &Options { pacs_port: pacs.dicom_port, pacs: patient, ..Options::default() });
    site.start();
    let film = film(site.folder.path(), "intact");
    site.send(&[&film]);
    pacs.report(&film.study, 60);
    pacs.delete(&site.sql("SELECT object FROM audit_deliveries"));
    assert!(pacs.instances(&film.study, "SR").is_empty());
    assert_eq!(site.sql("SELECT commitment FROM audit_deliveries"), "due", "deleted in time");
    site.wait_sql(60, "SELECT state, commitment, attempts FROM audit_deliveries", "delivered|committed|2");
    assert_eq!(pacs.instances(&film.study, "SR").len(), 1);
    assert_eq!(site.sql("SELECT count(*) FROM audit_trail WHERE what = 'commitment' AND outcome = 'sent again'"), "1");
}

#[test]
fn what_an_archive_says_of_a_transaction_is_followed() {
    let committing = |commit| ScriptedPacs::start(Script { commit, ..Script::default() });
    let at_once = committing(|_| Commitment::Committed);
    let forgetful = committing(|before| if before == 0 { Commitment::Never } else { Commitment::Committed });
    let failing = committing(|before| if before == 0 { Commitment::Failed(0x0110) } else { Commitment::Committed });
    let lossy = committing(|before| if before == 0 { Commitment::Failed(0x0112) } else { Commitment::Committed });
    let hopeless = committing(|_| Commitment::Failed(0x0122));
    let named = [("failing", &failing), ("forgetful", &forgetful), ("hopeless", &hopeless), ("lossy", &lossy)];
    let destinations = named.iter().map(|(name, peer)| destination(name, peer.port, COMMITMENT)).collect();
    let mut site =
        Site::new(&Options { pacs_port: at_once.port, pacs: COMMITMENT, destinations, ..Options::default() });
    site.start();
    site.send(&[&film(site.folder.path(), "intact")]);
    site.wait_sql(
        180,
        "SELECT destination, commitment, committed <> '' FROM audit_deliveries ORDER BY destination",
        "failing|committed|1\nforgetful|committed|1\nhopeless|failed|0\nlossy|committed|1\npacs|committed|1",
    );
    let report = site.sql("SELECT DISTINCT object FROM audit_deliveries");
    for (name, peer) in named.iter().chain([&("pacs", &at_once)]) {
        let asked = peer.asked();
        assert!(asked.iter().all(|asked| asked.request.objects[0].1 == report), "{name}: {asked:#?}");
        let mut transactions: Vec<_> = asked.iter().map(|asked| &asked.request.transaction).collect();
        transactions.sort_unstable();
        transactions.dedup();
        assert_eq!(transactions.len(), asked.len(), "{name}: each request is a transaction of its own");
        let reported = asked.iter().filter(|asked| asked.answered.is_some_and(|status| status.code() == 0)).count();
        let silent = usize::from(*name == "forgetful");
        assert_eq!(reported, asked.len() - silent, "{name}: every report is answered Success");
    }
    assert_eq!(at_once.asked().len(), 1);
    assert_eq!(forgetful.asked().len(), 2, "asked again when no answer came");
    assert_eq!(failing.asked().len(), 2);
    let [first, again] = &lossy.attempts()[..] else { panic!("sent again once, when it was lost") };
    assert!(first.dataset == again.dataset, "the same bytes again");
    let sent = [&failing, &forgetful, &hopeless, &at_once].map(|peer| peer.attempts().len());
    assert_eq!(sent, [1; 4], "what was not lost is not sent again");
    let reason = site.sql("SELECT last_error FROM audit_deliveries WHERE destination = 'hopeless'");
    assert!(reason.contains("0122"), "{reason}");
}

#[test]
fn a_pacs_that_knows_no_commitment_gets_its_reports_all_the_same() {
    let archive = RecordingArchive::start(Duration::ZERO);
    let destinations = archive.destination("storage_commitment = true\nretry_after_seconds = 1\n");
    let mut site = Site::new(&Options { report: "send_to = [\"recorder\"]\n", destinations, ..Options::default() });
    site.start();
    let asked =
        "SELECT count(*) FROM audit_deliveries WHERE commitment = 'due' AND last_error LIKE '%storage commitment%'";
    for number in 1..=3 {
        site.send(&[&film(site.folder.path(), "intact")]);
        site.wait_sql(30, "SELECT count(*) FROM audit_deliveries WHERE state = 'delivered'", &number.to_string());
        site.wait_sql(30, asked, &number.to_string());
    }
    assert_eq!(site.sql("SELECT count(*) FROM audit_conditions"), "0", "it takes objects: that is no outage");
    assert_eq!(site.log().matches("Storage commitment cannot be asked for").count(), 1);
}
