//! An auditor with sqlite3 and docs/audit.md, nothing else.

use std::fs;

use crate::daemon::{AE_TITLE, Options, SENDER, Site, forward, sender};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::support::programs::{run, text};
use crate::support::root;
use crate::tools::storescu;

/// The ```sql blocks of the page, in order.
fn queries() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/audit.md")).unwrap();
    page.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_questions_of_the_page_have_answers() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, ..Options::default() });
    site.write_configuration(&format!("{}{}", sender(SENDER, "127.0.0.0/8"), forward(&["pacs"])));
    site.start();
    for action in ["pause", "resume"] {
        assert!(site.command(&["queue", action]).status.success());
    }
    let image = film(site.folder.path(), "compression");
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&image.file]);
    assert!(sent, "{said}");
    site.wait_sql(90, "SELECT state FROM instances", "reported");

    let database = site.database();
    let parameter = format!(".parameter set :uid \"'{}'\"", image.image);
    let answers: Vec<String> = queries()
        .iter()
        .map(|query| {
            let output = run("sqlite3", ["-cmd", &parameter, database.to_str().unwrap(), query]);
            assert!(output.status.success(), "{query}\n{}", text(&output));
            text(&output)
        })
        .collect();
    assert_eq!(answers.len(), 13);
    assert!(
        answers[0].contains(SENDER) && answers[0].contains("127.0.0.1") && answers[0].contains("success"),
        "{}",
        answers[0]
    );
    assert!(
        answers[1].lines().count() >= 5 && answers[1].contains("ASTLOF-") && answers[1].contains("|demo|"),
        "{}",
        answers[1]
    );
    assert!(answers[2].starts_with("suspected|0.") && answers[2].contains("|demo|"), "the study: {}", answers[2]);
    assert!(answers[3].contains("|outside-field||lateral"), "what is not assessed: {}", answers[3]);
    assert!(
        answers[4].contains("pacs|structured-report|") && answers[4].contains("|delivered|0000|20"),
        "{}",
        answers[4]
    );
    assert!(answers[5].starts_with("pacs|delivered|1|0000||20"), "passed on: {}", answers[5]);
    assert!(
        answers[6].starts_with("1|2.25.") && answers[6].contains("||1|1|0|20"),
        "the current report: {}",
        answers[6]
    );
    assert!(answers[9].starts_with("paused||images are received"), "what lasted: {}", answers[9]);
    for answer in &answers[..7] {
        println!("{answer}");
    }
}

#[test]
fn the_audit_cannot_be_changed_unnoticed() {
    let mut site = Site::new(&Options::default());
    site.start();
    let image = film(site.folder.path(), "intact");
    assert!(storescu(SENDER, AE_TITLE, site.port, &[&image.file]).0);
    assert!(!storescu("NOBODY", AE_TITLE, site.port, &[&image.file]).0);
    site.wait_sql(10, "SELECT count(*) FROM audit_rejections", "1");
    site.stop();
    assert!(site.command(&["audit", "verify"]).status.success());
    let database = site.database();
    for statement in [
        "UPDATE audit SET detail = 'x' WHERE id = 2",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM rejections",
        "UPDATE rejections SET peer = ''",
    ] {
        let output = run("sqlite3", [database.to_str().unwrap(), statement]);
        assert!(!output.status.success() && text(&output).contains("append-only"), "{statement}: {}", text(&output));
    }
    site.sql("DROP TRIGGER audit_is_append_only_update; UPDATE audit SET detail = 'nothing happened' WHERE id = 2;");
    let output = site.command(&["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("row 2"), "{}", text(&output));
}
