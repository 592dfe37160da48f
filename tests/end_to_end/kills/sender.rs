//! Four modalities that go on sending whatever happens to the daemon, and remember what they were promised.

use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use spinetriage::dicom::Status;

use crate::daemon::SENDER;
use crate::films::{Film, film, film_with};
use crate::modality::Modality;
use crate::recording_archive::RecordingArchive;

/// What each of them sends: small films, so that the kills and not the analyses take the time.
const SAMPLES: [&str; 4] = ["no_spine/hand", "no_spine/chest", "no_spine/hip", "study/lateral"];
/// Studies of each that may wait for a report before it sends nothing new. Else the queue would only grow while kills
/// go on, and none of them would meet a report or a delivery.
const UNREPORTED: usize = 6;

/// Body part of the films that selection leaves out at first.
pub const LEFT_OUT: &str = "CHEST";

/// What was sent, and what came of it.
#[derive(Default)]
pub struct Sent {
    /// Study and SOP Instance UIDs of the films that were answered Success.
    pub answered: BTreeSet<(String, String)>,
    /// Films of another patient under a study's UID, and of another study under an image's UID.
    pub of_others: usize,
    /// Films that selection left out first.
    pub left_out: usize,
    /// Films that were sent at least once.
    pub films: usize,
    /// Attempts without an answer.
    pub unanswered: usize,
    /// Attempts with films that had been sent before.
    pub again: usize,
}

impl AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.answered.extend(other.answered);
        self.of_others += other.of_others;
        self.left_out += other.left_out;
        self.films += other.films;
        self.unanswered += other.unanswered;
        self.again += other.again;
    }
}

/// The four at work.
pub struct Senders {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Sent>>,
}

impl Senders {
    /// Starts them against the daemon at `port`, whose reports come to `archive` too.
    pub fn start(port: u16, archive: &Arc<RecordingArchive>, seed: u64) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let numbered = SAMPLES.iter().zip(seed + 1..);
        let threads = numbered.map(|(sample, seed)| {
            let (archive, over) = (archive.clone(), over.clone());
            spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                Sender::new(folder.path(), sample, port, archive, over, seed).run()
            })
        });
        let threads = threads.collect();
        Self { over, threads }
    }

    /// Ends them after the film they are at.
    pub fn stop(mut self) -> Sent {
        self.over.store(true, Ordering::Relaxed);
        let mut sent = Sent::default();
        for thread in self.threads.drain(..) {
            sent += thread.join().expect("a sender met something that must not happen");
        }
        sent
    }
}

impl Drop for Senders {
    /// Where the test fails they must not go on.
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

struct Sender {
    modality: Modality,
    film: Film,
    /// Another patient's, in the same study.
    of_another: Film,
    /// The same image's UID in another study.
    twin: Film,
    /// Selection leaves it out at first.
    chest: Film,
    /// Numbers of the chests that were sent.
    chests: Vec<usize>,
    archive: Arc<RecordingArchive>,
    over: Arc<AtomicBool>,
    chance: StdRng,
    sent: Sent,
}

impl Sender {
    fn new(
        folder: &Path,
        sample: &str,
        port: u16,
        archive: Arc<RecordingArchive>,
        over: Arc<AtomicBool>,
        seed: u64,
    ) -> Self {
        let film = film(folder, sample);
        let text = |object: &mut DefaultDicomObject, tag, vr, value: &str| {
            object.put(DataElement::new(tag, vr, value));
        };
        let mut of_another = film_with(folder, sample, |object| {
            text(object, tags::STUDY_INSTANCE_UID, VR::UI, &film.study);
            text(object, tags::PATIENT_ID, VR::LO, "ANOTHER");
            text(object, tags::PATIENT_NAME, VR::PN, "Another^Anne");
        });
        of_another.study.clone_from(&film.study);
        let mut twin = film_with(folder, sample, |object| {
            text(object, tags::SOP_INSTANCE_UID, VR::UI, &film.image);
            object.meta_mut().media_storage_sop_instance_uid.clone_from(&film.image);
        });
        twin.image.clone_from(&film.image);
        let chest = film_with(folder, sample, |object| text(object, tags::BODY_PART_EXAMINED, VR::CS, LEFT_OUT));
        Self {
            modality: Modality::new(SENDER, port),
            film,
            of_another,
            twin,
            chest,
            chests: Vec::new(),
            archive,
            over,
            chance: StdRng::seed_from_u64(seed),
            sent: Sent::default(),
        }
    }

    /// Sends study after study until it is over.
    fn run(mut self) -> Sent {
        let mut unreported: Vec<String> = Vec::new();
        for number in 0.. {
            self.film.renumber_study(number);
            self.of_another.renumber_study(number);
            if self.send_study() {
                unreported.push(self.film.study.clone());
            }
            while unreported.len() > UNREPORTED && !self.is_over() {
                self.send_again();
                unreported.retain(|study| !self.archive.has_of_study(study));
            }
            if self.is_over() {
                break;
            }
        }
        self.send_chests_again();
        self.sent
    }

    /// Sends one to three images, some so late that their study is reported already and gets another version. Whether
    /// any was answered Success.
    fn send_study(&mut self) -> bool {
        let before = self.sent.answered.len();
        for _ in 0..self.chance.random_range(1..=3) {
            if self.is_over() {
                break;
            }
            self.film.renumber(self.sent.films);
            self.sent.films += 1;
            self.send_film(|sender| &sender.film);
            self.send_of_others();
            if self.chance.random_bool(0.3) {
                self.wait_for_report();
            }
            self.pause(0..200);
        }
        self.sent.answered.len() > before
    }

    /// Now and then what must not be mixed with the film just sent, and what is left out.
    fn send_of_others(&mut self) {
        let number = self.sent.films;
        if self.chance.random_bool(0.15) {
            self.of_another.renumber(number);
            self.count_other(|sender| &sender.of_another);
        }
        if self.chance.random_bool(0.15) {
            self.twin.renumber_study(number);
            // The number of the film before.
            self.twin.renumber(number - 1);
            self.count_other(|sender| &sender.twin);
        }
        if self.chance.random_bool(0.1) {
            self.renumber_chest(number);
            self.chests.push(number);
            self.sent.left_out += 1;
            self.sent.films += 1;
            // Whether it is left out depends on when it comes: what counts is that it is reported in the end.
            let _ = self.modality.send(&self.chest.file);
        }
    }

    fn count_other(&mut self, film: fn(&Self) -> &Film) {
        self.sent.of_others += 1;
        self.sent.films += 1;
        self.send_film(film);
    }

    fn renumber_chest(&mut self, number: usize) {
        self.chest.renumber_study(number);
        self.chest.renumber(number);
    }

    /// Selection takes them by now: each is sent until it is answered.
    fn send_chests_again(&mut self) {
        for number in std::mem::take(&mut self.chests) {
            self.renumber_chest(number);
            while !self.send_once(|sender| &sender.chest) {
                self.sent.again += 1;
                sleep(Duration::from_millis(200));
            }
        }
    }

    /// Waits until the study is reported, but not for ever: nothing of it may have been taken.
    fn wait_for_report(&mut self) {
        for _ in 0..200 {
            if self.is_over() || self.archive.has_of_study(&self.film.study) {
                return;
            }
            self.send_again();
        }
    }

    /// Sends the last film once more, so that kills meet a receiver at work although nothing new is sent.
    fn send_again(&mut self) {
        self.sent.again += 1;
        self.send_once(|sender| &sender.film);
        self.pause(20..100);
    }

    /// Sends a film; without an answer once more or not at all, as it happens.
    fn send_film(&mut self, film: fn(&Self) -> &Film) {
        while !self.send_once(film) {
            self.pause(20..200);
            if self.is_over() || self.chance.random_bool(0.5) {
                return;
            }
            self.sent.again += 1;
        }
    }

    /// Whether the film was answered Success. No answer is what a killed daemon gives; any other answer is wrong.
    fn send_once(&mut self, film: fn(&Self) -> &Film) -> bool {
        let Film { file, study, image, .. } = film(self);
        let (file, study, image) = (file.clone(), study.clone(), image.clone());
        match self.modality.send(&file) {
            Ok(status) => {
                assert_eq!(status, Status::SUCCESS, "film {image}");
                self.sent.answered.insert((study, image));
                true
            }
            Err(error) => {
                assert!(error.is_transient(), "film {image}: {error}");
                self.sent.unanswered += 1;
                false
            }
        }
    }

    fn pause(&mut self, milliseconds: std::ops::Range<u64>) {
        sleep(Duration::from_millis(self.chance.random_range(milliseconds)));
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}
