//! Who may send, and configurations with mistakes.

use std::fs;

use crate::daemon::{AE_TITLE, Options, SENDER, Site, sender};
use crate::films::film;
use crate::support::programs::{run, text};
use crate::tools::{storescu, wait_for};

fn echo(calling: &str, site: &Site) -> (bool, String) {
    let port = site.port.to_string();
    let output = run("echoscu", ["-v", "-aet", calling, "-aec", AE_TITLE, "127.0.0.1", &port]);
    (output.status.success(), text(&output))
}

#[test]
fn strangers_are_rejected_with_code_and_audit_row() {
    let mut site = Site::new(&Options::default());
    site.write_configuration(&(sender(SENDER, "127.0.0.0/8") + &sender("ELSEWHERE", "10.20.0.0/16")));
    site.start();
    let image = film(site.folder.path(), "intact");
    for stranger in ["NOBODY", "ELSEWHERE"] {
        let (sent, said) = storescu(stranger, AE_TITLE, site.port, &[&image.file]);
        assert!(!sent && said.contains("Calling AE Title Not Recognized"), "{said}");
    }
    let port = site.port.to_string();
    let wrong_called = text(&run("echoscu", ["-aet", SENDER, "-aec", "SOMEBODY", "127.0.0.1", &port]));
    assert!(wrong_called.contains("Called AE Title Not Recognized"), "{wrong_called}");
    site.wait_sql(10, "SELECT count(*) FROM audit_rejections", "3");
    let rows = site.sql("SELECT calling_ae_title, called_ae_title, reason FROM audit_rejections");
    assert!(rows.contains("NOBODY|SPINETRIAGE|") && rows.contains("is no [[sender]]"), "{rows}");
    assert!(rows.contains("ELSEWHERE|SPINETRIAGE|") && rows.contains("not among the hosts"), "{rows}");
    assert!(rows.contains("|SOMEBODY|"), "{rows}");
    assert_eq!(site.sql("SELECT count(*) FROM instances"), "0");
}

#[test]
fn three_mistakes_are_three_messages_with_their_lines() {
    let site = Site::new(&Options::default());
    let valid = fs::read_to_string(site.configuration()).unwrap();
    let broken = valid
        .replace("ae_title = \"ORTHANC\"", "ae_title = \"A_TITLE_THAT_IS_TOO_LONG\"")
        .replace("workers = 1", "wrokers = 1")
        .replace("\"127.0.0.0/8\"", "\"127.0.0.0/88\"");
    fs::write(site.configuration(), &broken).unwrap();
    let output = site.command(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output);
    for mistake in ["A_TITLE_THAT_IS_TOO_LONG", "wrokers", "127.0.0.0/88"] {
        let line = broken.lines().position(|l| l.contains(mistake)).unwrap() + 1;
        let message = said.lines().find(|m| m.contains(&format!("spinetriage.toml:{line}:")));
        assert!(message.is_some(), "no message for line {line}:\n{said}");
        println!("{}", message.unwrap());
    }
    assert_eq!(said.matches("spinetriage.toml:").count(), 3, "{said}");
    assert_eq!(site.command(&["serve"]).status.code(), Some(2));
}

#[test]
fn senders_change_while_the_daemon_runs() {
    let mut site = Site::new(&Options::default());
    site.start();
    assert!(echo(SENDER, &site).0);
    assert!(!echo("CR_ROOM2", &site).0);

    site.write_configuration(&(sender(SENDER, "127.0.0.0/8") + &sender("CR_ROOM2", "127.0.0.1")));
    wait_for(2, "the new sender is accepted", || echo("CR_ROOM2", &site).0.then_some(()));

    let valid = fs::read_to_string(site.configuration()).unwrap();
    fs::write(site.configuration(), valid.replace("[[sender]]", "[[sendre]]")).unwrap();
    site.wait_sql(10, "SELECT count(*) FROM audit_trail WHERE what = 'configuration' AND outcome = 'refused'", "1");
    assert!(echo("CR_ROOM2", &site).0 && echo(SENDER, &site).0, "the rules before stay in force");
    let rows = site.sql("SELECT outcome, detail FROM audit_trail WHERE what = 'configuration'");
    assert!(rows.contains("applied|") && rows.contains("CR_ROOM2"), "{rows}");
    site.stop();
}
