//! What a bad PACS costs: an outage, silence, an abort in the middle, every kind of answer. It costs its own
//! deliveries time or, with a reason, success; nobody else's.
//!
//! `SPINETRIAGE_DOWN_SECONDS` is how long the PACS is down (20 if it is not set). With 120 or more the silent
//! PACS is silent once more after it took an object, for as long as a PACS may take to answer.

use std::net::TcpListener;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::daemon::{Options, Site, destination};
use crate::films::{dataset_of, film};
use crate::orthanc::Orthanc;
use crate::scripted_pacs::{Act, Attempt, Script, ScriptedPacs};
use crate::support::ports::free_port;
use crate::support::programs::text;
use crate::tools::wait_for;

const COMPREHENSIVE_SR: &str = "1.2.840.10008.5.1.4.1.1.88.33";
const COMPREHENSIVE_3D_SR: &str = "1.2.840.10008.5.1.4.1.1.88.34";
/// Pauses so short that fifty fit into a test.
const IMPATIENT: &str = "retry_after_seconds = 0.05\nretry_at_most_seconds = 0.2\n";
const STATES: &str = "SELECT destination, state, attempts, last_status FROM audit_deliveries ORDER BY destination";

fn down() -> Duration {
    let text = std::env::var("SPINETRIAGE_DOWN_SECONDS").unwrap_or_else(|_| "20".into());
    Duration::from_secs(text.parse().unwrap_or_else(|e| panic!("SPINETRIAGE_DOWN_SECONDS is {text:?}: {e}")))
}

/// Whatever was sent again was the same, byte by byte: the whole of it, or its begin where the PACS aborted.
fn assert_same_bytes(attempts: &[Attempt]) {
    let whole = attempts.iter().find(|attempt| attempt.act != Act::Abort).expect("one attempt that was read whole");
    for attempt in attempts {
        let cut = attempt.act == Act::Abort && attempt.dataset.len() < whole.dataset.len();
        assert!(whole.dataset.starts_with(&attempt.dataset));
        assert!(cut || attempt.dataset.len() == whole.dataset.len(), "{} bytes", attempt.dataset.len());
    }
}

/// Most attempts that pauses from 2 s to 10 min, doubling, a quarter shorter at most, leave room for.
fn most_attempts(elapsed: Duration) -> u32 {
    let (mut attempts, mut at, mut pause) = (1, 1.5, 3.0f64);
    while at <= elapsed.as_secs_f64() {
        (attempts, at, pause) = (attempts + 1, at + pause, (pause * 2.0).min(450.0));
    }
    attempts
}

/// The log's lines of a level that name a destination.
fn said_of(site: &Site, level: &str, destination: &str) -> Vec<String> {
    let log = site.log().replace('"', "");
    let named = format!("destination={destination}");
    log.lines().filter(|line| line.contains(level) && line.contains(&named)).map(str::to_owned).collect()
}

#[test]
fn an_outage_costs_time_and_nothing_else() {
    let port = free_port();
    let other = ScriptedPacs::start(Script::default());
    let destinations = destination("other", other.port, "");
    let mut site = Site::new(&Options { pacs_port: port, destinations, ..Options::default() });
    site.start();
    let films = [(); 3].map(|()| film(site.folder.path(), "intact"));
    let begun = Instant::now();
    site.send(&films.each_ref());
    let at = |name: &str, what: &str| format!("SELECT {what} FROM audit_deliveries WHERE destination = '{name}'");
    site.wait_sql(90, &at("other", "count(*), group_concat(DISTINCT state)"), "3|delivered");
    assert_eq!(site.sql(&at("pacs", "count(*), group_concat(DISTINCT state)")), "3|pending");
    let condition = "SELECT what, subject, since <> '', until FROM audit_conditions";
    site.wait_sql(10, condition, "destination|pacs|1|");
    assert!(site.sql("SELECT detail FROM audit_conditions").contains("cannot be reached"));

    sleep(down().saturating_sub(begun.elapsed()));
    let pacs = Orthanc::at(port, site.port, "");
    // The pause that is under way when the PACS comes back is about as long as the outage was.
    let patience = down().as_secs() + 60;
    for film in &films {
        pacs.report(&film.study, patience);
    }
    site.wait_sql(10, &at("pacs", "count(*), group_concat(DISTINCT state)"), "3|delivered");
    let attempts: u32 = site.sql(&at("pacs", "max(attempts)")).parse().unwrap();
    let most = most_attempts(begun.elapsed());
    assert!((2..=most).contains(&attempts), "{attempts} attempts, and not 2 to {most}");
    let ended = "SELECT what, subject, until > since FROM audit_conditions";
    site.wait_sql(10, ended, "destination|pacs|1");
    assert_eq!(site.sql(&at("other", "max(attempts)")), "1");
    site.wait_sql(10, "SELECT group_concat(DISTINCT state) FROM instances", "reported");
    let warnings = said_of(&site, "WARN", "pacs");
    assert_eq!(warnings.len(), 1, "one warning for one outage: {warnings:#?}");
    let over = said_of(&site, "INFO", "pacs");
    let over: Vec<_> = over.iter().filter(|line| line.contains("again")).collect();
    assert_eq!(over.len(), 1, "one line when it is over: {over:#?}");
    println!("down for {} s: at most {attempts} attempts, {most} allowed", down().as_secs());
}

#[test]
fn a_pacs_that_says_nothing_holds_up_nobody_else() {
    // The system accepts connections for a port on which somebody listens and does nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let other = ScriptedPacs::start(Script::default());
    let destinations = destination("other", other.port, "");
    let options = Options { pacs_port: port, pacs: "retry_after_seconds = 0.5\n", destinations, ..Options::default() };
    let mut site = Site::new(&options);
    site.start();
    let film = film(site.folder.path(), "intact");
    site.send(&[&film]);
    site.wait_sql(60, "SELECT state FROM audit_deliveries WHERE destination = 'other'", "delivered");
    let at_pacs = "FROM audit_deliveries WHERE destination = 'pacs'";
    assert_eq!(site.sql(&format!("SELECT state, attempts {at_pacs}")), "pending|0", "under way");
    site.wait_sql(
        40,
        &format!("SELECT state, attempts, last_error LIKE '%nothing moved for 20 s%' {at_pacs}"),
        "pending|1|1",
    );

    drop(silent);
    let silent_again = down() >= Duration::from_secs(120);
    let pacs = ScriptedPacs::at(
        port,
        Script::acting(move |before, _| if silent_again && before == 0 { Act::Silence } else { Act::Answer(0) }),
    );
    let patience = if silent_again { 180 } else { 40 };
    site.wait_sql(patience, &format!("SELECT state {at_pacs}"), "delivered");
    let attempts = pacs.attempts();
    assert_eq!(attempts.len(), if silent_again { 2 } else { 1 });
    assert_same_bytes(&[attempts, other.attempts()].concat());
}

#[test]
fn what_each_answer_means() {
    let always = |status| ScriptedPacs::start(Script::acting(move |_, _| Act::Answer(status)));
    let at_first = |times, act| {
        ScriptedPacs::start(Script::acting(move |before, _| if before < times { act } else { Act::Answer(0) }))
    };
    let pacs = always(0);
    let bad = [
        ("aborts", at_first(3, Act::Abort)),
        ("busy", at_first(50, Act::Answer(0xA700))),
        ("has_it", always(0x0111)),
        ("mismatch", always(0xA900)),
        ("remarks", always(0xB006)),
        ("unclear", at_first(1, Act::Answer(0xC001))),
    ];
    let destinations = bad.iter().map(|(name, peer)| destination(name, peer.port, IMPATIENT)).collect();
    let mut site = Site::new(&Options { pacs_port: pacs.port, destinations, ..Options::default() });
    site.start();
    let film = film(site.folder.path(), "intact");
    site.send(&[&film]);
    let expected = "aborts|delivered|4|0000\nbusy|delivered|51|0000\nhas_it|delivered|1|0111\nmismatch|failed|1|A900\n\
                    pacs|delivered|1|0000\nremarks|delivered|1|B006\nunclear|failed|1|C001";
    site.wait_sql(120, STATES, expected);
    for (name, code) in [("mismatch", "A900"), ("unclear", "C001")] {
        let reason = site.sql(&format!("SELECT last_error FROM audit_deliveries WHERE destination = '{name}'"));
        assert!(reason.contains(code) && reason.len() > 10, "{name}: {reason}");
        let queue = text(&site.command(&["queue", "list"]));
        assert!(queue.contains(&format!("{name} failed")) && queue.contains(&reason), "{queue}");
    }
    assert_eq!(site.sql("SELECT state FROM instances"), "analysed", "not reported before everybody has the report");
    let everything: Vec<Attempt> = bad.iter().flat_map(|(_, peer)| peer.attempts()).chain(pacs.attempts()).collect();
    assert_eq!(everything.len(), 4 + 51 + 4 + 1, "no more attempts than SQLite tells");
    assert_same_bytes(&everything);
    // From 0.05 s the pauses double to 0.2 s, a quarter shorter at most.
    let busy = bad[1].1.attempts();
    let pauses = busy.windows(2).map(|pair| pair[1].at - pair[0].at);
    for (pause, least) in pauses.zip([0.0375, 0.075].into_iter().chain(std::iter::repeat(0.15))) {
        assert!(pause >= Duration::from_secs_f64(least), "{pause:?} and not {least} s");
    }

    // A person thinks that it is worth another attempt.
    assert!(text(&site.command(&["queue", "retry", "--failed"])).starts_with("2 queued again"));
    site.wait_sql(
        30,
        STATES,
        &expected
            .replace("mismatch|failed|1", "mismatch|failed|2")
            .replace("unclear|failed|1|C001", "unclear|delivered|2|0000"),
    );
    for (name, peer) in &bad[3..] {
        assert_same_bytes(&[peer.attempts(), pacs.attempts()].concat());
        assert!(peer.attempts().len() <= 2, "{name}");
    }
}

#[test]
fn an_object_that_breaks_the_pacs_holds_up_no_other() {
    const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";
    let act = |_, class: &str| if class == SECONDARY_CAPTURE { Act::Abort } else { Act::Answer(0) };
    let pacs = ScriptedPacs::start(Script::acting(act));
    let overlay = "secondary-capture";
    let options = Options { pacs_port: pacs.port, pacs: IMPATIENT, overlay, ..Options::default() };
    let mut site = Site::new(&options);
    site.start();
    site.send(&[(); 3].map(|()| film(site.folder.path(), "intact")).each_ref());
    site.wait_sql(
        90,
        "SELECT kind, state, count(*), min(attempts) > 0 FROM audit_deliveries GROUP BY kind, state ORDER BY kind",
        "overlay|pending|3|1\nstructured-report|delivered|3|1",
    );
}

#[test]
fn a_refused_sop_class_has_a_fallback_or_a_reason() {
    const FALLBACK: &str = "fallback_sop_class = \"comprehensive-sr\"\n";
    let negotiates = || ScriptedPacs::start(Script { refuses: &[COMPREHENSIVE_3D_SR], ..Script::default() });
    let answers = || {
        let act = |_, class: &str| Act::Answer(if class == COMPREHENSIVE_3D_SR { 0x0122 } else { 0 });
        ScriptedPacs::start(Script::acting(act))
    };
    let pacs = ScriptedPacs::start(Script::default());
    let with_fallback = [("answers", answers()), ("negotiates", negotiates())];
    let without = [("answers_alone", answers()), ("negotiates_alone", negotiates())];
    let tables = |peers: &[(&str, ScriptedPacs)], more: &str| -> String {
        peers.iter().map(|(name, peer)| destination(name, peer.port, &format!("{IMPATIENT}{more}"))).collect()
    };
    let destinations = tables(&with_fallback, FALLBACK) + &tables(&without, "");
    let mut site = Site::new(&Options { pacs_port: pacs.port, destinations, ..Options::default() });
    site.start();
    let film = film(site.folder.path(), "compression");
    site.send(&[&film]);
    site.wait_sql(
        90,
        "SELECT destination, state FROM audit_deliveries ORDER BY destination",
        "answers|delivered\nanswers_alone|failed\nnegotiates|delivered\nnegotiates_alone|failed\npacs|delivered",
    );
    for (name, peer) in &with_fallback {
        let taken = peer.attempts().pop().unwrap();
        assert_eq!((taken.sop_class.as_str(), taken.act), (COMPREHENSIVE_SR, Act::Answer(0)), "{name}");
        assert_eq!(
            site.sql(&format!("SELECT kind, object FROM audit_deliveries WHERE destination = '{name}'")),
            format!("structured-report|{}", taken.sop_instance),
            "{name}"
        );
    }
    for (name, peer) in &without {
        let reason = site.sql(&format!("SELECT last_error FROM audit_deliveries WHERE destination = '{name}'"));
        assert!(reason.contains(COMPREHENSIVE_3D_SR) && reason.contains("fallback_sop_class"), "{name}: {reason}");
        assert!(peer.attempts().len() <= 1, "{name} is not asked again what it has refused");
    }
    assert_eq!(pacs.attempts()[0].sop_class, COMPREHENSIVE_3D_SR, "who takes the first choice gets it");
}

#[test]
fn past_its_deadline_a_delivery_waits_for_a_person() {
    let port = free_port();
    let hurried = "give_up_after_hours = 0.001\nretry_after_seconds = 0.5\nretry_at_most_seconds = 1\n";
    let mut site = Site::new(&Options { pacs_port: port, pacs: hurried, ..Options::default() });
    site.start();
    let film = film(site.folder.path(), "intact");
    site.send(&[&film]);
    site.wait_sql(60, "SELECT state, last_error LIKE '%cannot be reached%' FROM audit_deliveries", "failed|1");
    let attempts: u32 = site.sql("SELECT attempts FROM audit_deliveries").parse().unwrap();
    assert!((2..=10).contains(&attempts), "{attempts} attempts within 3.6 s");
    let queue = text(&site.command(&["queue", "list"]));
    assert!(queue.contains("pacs failed") && queue.contains("cannot be reached"), "{queue}");

    let pacs = ScriptedPacs::at(port, Script::default());
    sleep(Duration::from_secs(2));
    assert!(pacs.attempts().is_empty(), "what has failed is not sent by itself");
    assert!(text(&site.command(&["queue", "retry", &film.study])).starts_with("1 queued again"));
    site.wait_sql(20, "SELECT state FROM audit_deliveries", "delivered");
    site.wait_sql(10, "SELECT state FROM instances", "reported");
    let [sent] = &pacs.attempts()[..] else { panic!("sent once") };
    let file = wait_for(5, "the report's file", || {
        let name = site.sql("SELECT file FROM objects");
        std::fs::read(site.folder.path().join("state").join(name)).ok()
    });
    assert!(dataset_of(&file).1 == sent.dataset, "the bytes that were written with the report");
}
