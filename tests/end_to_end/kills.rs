//! `kill -9` of the daemon and of its workers at random moments, under four senders: what was answered Success is
//! reported, and reported once, in its own study and with its own patient.
//!
//! Among the films are two patients under one Study Instance UID, one SOP Instance UID in two studies, and chests,
//! which selection leaves out until the configuration changes half way; then a destination that never answered
//! leaves it too, and what waited for it is given up at the end.
//!
//! `SPINETRIAGE_KILLS` and `SPINETRIAGE_WORKER_KILLS` say how many of each (12 and 4). `SPINETRIAGE_SEED` draws the
//! moments of an earlier run again, though not what the processes were doing in them.

mod proofs;
mod sender;

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::daemon::{Options, SENDER, Site, destination, forward, sender, signal_if_there};
use crate::orthanc::Orthanc;
use crate::recording_archive::RecordingArchive;
use crate::support::ports::free_port;
use crate::tools::{setting, wait_for};
use sender::{LEFT_OUT, Senders};

/// So long the recording archive holds an answer back: kills fall between what was sent and what was answered.
const SLOW_ANSWER: Duration = Duration::from_millis(100);
/// Seconds from the start of a daemon in which a kill meets its recovery, its trial of the bundle and the first images.
const STARTING: std::ops::Range<f64> = 0.0..3.0;
/// Seconds in which a kill meets everything at work.
const WORKING: std::ops::Range<f64> = 3.0..10.0;

/// Who is killed, so long after the last start or blow.
#[derive(Clone, Copy)]
enum Blow {
    Daemon(Duration),
    /// One of those there are, by this number.
    Worker(Duration, usize),
}

/// All blows of a run in their order. Every second one to the daemon meets it while it starts.
fn blows(kills: usize, worker_kills: usize, chance: &mut StdRng) -> Vec<Blow> {
    let mut blows = Vec::new();
    for number in 0..kills {
        let moments = if number % 2 == 0 { STARTING } else { WORKING };
        blows.push(Blow::Daemon(Duration::from_secs_f64(chance.random_range(moments))));
    }
    for _ in 0..worker_kills {
        let after = Duration::from_millis(chance.random_range(0..1000));
        blows.push(Blow::Worker(after, chance.random_range(0..usize::MAX)));
    }
    blows.shuffle(chance);
    blows
}

fn strike(site: &mut Site, blow: Blow) {
    match blow {
        Blow::Daemon(after) => {
            sleep(after);
            site.kill();
            site.launch();
        }
        Blow::Worker(after, number) => {
            wait_for(60, "a worker is ready", || (!ready_workers(site).is_empty()).then_some(()));
            sleep(after);
            // One that was killed just before may still be listed.
            wait_for(60, "a worker is killed", || {
                let workers = ready_workers(site);
                (!workers.is_empty() && signal_if_there(workers[number % workers.len()], "KILL")).then_some(())
            });
        }
    }
}

/// The workers that take jobs. Another child may be the trial of the bundle, without which no daemon starts.
fn ready_workers(site: &Site) -> Vec<u32> {
    let log = site.log();
    let is_ready = |pid: &u32| log.contains(&format!("pid={pid} "));
    site.workers().into_iter().filter(is_ready).collect()
}

/// A destination that never answers and half way leaves the configuration.
const LOST: &str = "lost";

/// Films go to a destination that nobody is at, too.
fn first_half() -> String {
    let nobody = destination(LOST, 9, "retry_at_most_seconds = 30");
    format!("{nobody}{}{}", forward(&[LOST]), sender(SENDER, "127.0.0.0/8"))
}

/// That is over, and chests are wanted.
fn second_half() -> String {
    let bodies = format!("[\"SPINE\", \"LSPINE\", \"TLSPINE\", \"{LEFT_OUT}\"]");
    format!("\n[select]\nbody_parts = {bodies}\n{}", sender(SENDER, "127.0.0.0/8"))
}

#[test]
fn what_was_answered_success_is_reported_once_however_often_processes_are_killed() {
    let (kills, worker_kills) = (setting("SPINETRIAGE_KILLS", 12), setting("SPINETRIAGE_WORKER_KILLS", 4));
    let seed = setting("SPINETRIAGE_SEED", rand::random::<u32>().into());
    println!("SPINETRIAGE_SEED={seed}: {kills} kills of the daemon and {worker_kills} of its workers");
    let begun = Instant::now();
    let pacs = Orthanc::start(free_port(), false);
    let archive = Arc::new(RecordingArchive::start(SLOW_ANSWER));
    // A job that several kills of workers hit must not fail: each is an attempt.
    let options = Options {
        pacs_port: pacs.dicom_port,
        workers: 2,
        overlay: "secondary-capture",
        analysis: "attempts = 10\n",
        destinations: archive.destination(""),
        ..Options::default()
    };
    let mut site = Site::at(free_port(), &options);
    site.write_configuration(&first_half());
    site.launch();
    let senders = Senders::start(site.port, &archive, seed);
    let mut chance = StdRng::seed_from_u64(seed);
    let blows = blows(kills as usize, worker_kills as usize, &mut chance);
    let half = blows.len() / 2;
    for (number, blow) in blows.into_iter().enumerate() {
        if number == half {
            site.write_configuration(&second_half());
        }
        strike(&mut site, blow);
    }
    site.wait_until_ready();
    let sent = senders.stop();
    let killing = begun.elapsed();
    println!(
        "{} films were sent and {} answered Success in {:.0} s",
        sent.films,
        sent.answered.len(),
        killing.as_secs_f64()
    );
    println!("{} times there was no answer, {} times a film was sent again", sent.unanswered, sent.again);
    assert!(!sent.answered.is_empty(), "no film was answered between the kills: nothing was tried");
    proofs::everything_was_met(&sent);
    proofs::drained(&site, 120 + 2 * sent.films as u64);
    proofs::what_waited_for_the_lost_one_is_given_up(&site, LOST);
    println!("the queue was empty {:.0} s later", (begun.elapsed() - killing).as_secs_f64());
    proofs::every_film_is_reported(&site, &sent);
    proofs::the_pacs_holds_each_version_once(&site, &pacs);
    proofs::the_archive_saw_one_content_of_each(&site, &archive);
    site.stop();
    proofs::the_state_folder_is_whole(&site);
}
