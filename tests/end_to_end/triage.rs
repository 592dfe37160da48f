//! The result of a study, from the film to everywhere that it is shown: report, series description, views, queue, log.

use dicom_dictionary_std::tags;

use crate::daemon::{Options, Site};
use crate::films::{Film, film};
use crate::objects::{read, value};
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::support::programs::text;

/// Report and row of `audit_studies` of a film that is a study of its own.
fn reported(site: &Site, pacs: &Orthanc, film: &Film) -> (String, String) {
    site.send(&[film]);
    let report = read(&pacs.report(&film.study, 90));
    let columns = "result, bodies_found >= bodies_assessed, bodies_assessed > 0, not_assessed, bundle, notice";
    let row = site.sql(&format!("SELECT {columns} FROM audit_studies WHERE study = '{}'", film.study));
    (value(&report, tags::SERIES_DESCRIPTION), row)
}

#[test]
fn a_study_has_its_result_everywhere_it_is_shown() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, ..Options::default() });
    site.start();
    let [burst, intact, frontal] = ["burst", "intact", "study/frontal"].map(|sample| film(site.folder.path(), sample));
    let notice = "Research use only, not for diagnosis";

    let (series, row) = reported(&site, &pacs, &burst);
    assert_eq!(series, "Triage: suspected, research use only, not for diagnosis");
    assert!(row.starts_with("suspected|1|1|") && row.ends_with(&format!("|demo|{notice}")), "{row}");
    let (series, row) = reported(&site, &pacs, &intact);
    assert_eq!(series, "Triage: nothing suspected, research use only, not for diagnosis");
    assert!(row.starts_with("nothing-suspected|1|1|"), "{row}");
    let (series, row) = reported(&site, &pacs, &frontal);
    assert_eq!(series, "Triage: not assessed, research use only, not for diagnosis");
    assert_eq!(row, format!("not-assessed|1|0|view|demo|{notice}"));

    let probability = site.sql(&format!(
        "SELECT probability >= specific_from AND specific_from >= sensitive_from FROM audit_studies WHERE study = '{}'",
        burst.study
    ));
    assert_eq!(probability, "1");
    let called = "SELECT count(*) FROM audit_findings WHERE called = 'specific' AND not_assessed = ''";
    assert_ne!(site.sql(called), "0");
    let of_frontal = format!(
        "SELECT DISTINCT view, film_not_assessed, not_assessed, called FROM audit_findings WHERE study = '{}'",
        frontal.study
    );
    assert_eq!(site.sql(&of_frontal), "frontal|view|view|");

    let shown = text(&site.command(&["queue", "show", &burst.study]));
    assert!(shown.starts_with(&format!("result     suspected ({notice})")), "{shown}");
    let listed = text(&site.command(&["queue", "list"]));
    assert!(
        ["suspected", "nothing suspected", "not assessed"].iter().all(|result| listed.contains(result)),
        "{listed}"
    );
    let written = site.sql("SELECT detail FROM audit_trail WHERE what = 'report' AND outcome = 'written' ORDER BY id");
    assert!(written.starts_with("suspected; "), "{written}");
    site.stop();
    let log = site.log();
    assert!(log.contains("A report is written, for research use only"), "{log}");
    assert!(log.contains("nothing suspected"), "{log}");
}
