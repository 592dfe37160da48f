//! A steady day: two modalities that send a film every two seconds each, most of them spines.

use std::fs;
use std::ops::AddAssign;
use std::path::Path;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use spinetriage::dicom::Status;
use spinetriage::dimse::ScuError;

use crate::daemon::SENDER;
use crate::films::{Film, film, film_with};
use crate::modality::Modality;

const SENDERS: u32 = 2;
/// From one film of a sender to its next.
const PACE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    /// A film in a study of its own, to be analysed and reported.
    Spine,
    /// The film before, sent again.
    Again,
    /// A chest, to be kept and skipped.
    Chest,
    /// A film whose data set ends too early, to be refused.
    Truncated,
    /// A film without pixels: it is taken, and its analysis fails.
    Blind,
    /// A caller that is no [[sender]].
    Stranger,
}

/// What a sender does again and again.
const ROUND: [Turn; 10] = {
    use Turn::{Again, Blind, Chest, Spine, Stranger, Truncated};
    [Spine, Chest, Spine, Spine, Again, Truncated, Spine, Blind, Spine, Stranger]
};

/// What was sent.
#[derive(Debug, Default)]
pub struct Sent {
    pub spines: usize,
    pub again: usize,
    pub chests: usize,
    pub truncated: usize,
    pub blind: usize,
    pub strangers: usize,
}

impl AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.spines += other.spines;
        self.again += other.again;
        self.chests += other.chests;
        self.truncated += other.truncated;
        self.blind += other.blind;
        self.strangers += other.strangers;
    }
}

impl Sent {
    pub fn turns(&self) -> usize {
        self.spines + self.again + self.chests + self.truncated + self.blind + self.strangers
    }
}

/// The senders at work; each ends after `for_so_long`.
pub struct Traffic(Vec<JoinHandle<Sent>>);

impl Traffic {
    pub fn start(port: u16, for_so_long: Duration) -> Self {
        let sender = |number| {
            spawn(move || {
                // Not all at the same moment.
                sleep(PACE / SENDERS * number);
                let folder = tempfile::tempdir().unwrap();
                Sender::new(folder.path(), port).run(for_so_long)
            })
        };
        Self((0..SENDERS).map(sender).collect())
    }

    /// Whether a sender has ended, at its time or because an answer was wrong.
    pub fn has_ended(&self) -> bool {
        self.0.iter().any(JoinHandle::is_finished)
    }

    /// What was sent in all.
    pub fn finish(self) -> Sent {
        let mut sent = Sent::default();
        for sender in self.0 {
            sent += sender.join().expect("each turn is answered as it must be");
        }
        sent
    }
}

struct Sender {
    modality: Modality,
    stranger: Modality,
    spine: Film,
    chest: Film,
    truncated: Film,
    blind: Film,
    sent: Sent,
}

impl Sender {
    fn new(folder: &Path, port: u16) -> Self {
        let truncated = film(folder, "no_spine/hand");
        let bytes = fs::read(&truncated.file).unwrap();
        fs::write(&truncated.file, &bytes[..bytes.len() - 1001]).unwrap();
        Self {
            modality: Modality::new(SENDER, port),
            stranger: Modality::new("STRANGER", port),
            spine: film(folder, "study/lateral"),
            chest: film_with(folder, "no_spine/chest", |object| {
                object.put(DataElement::new(tags::BODY_PART_EXAMINED, VR::CS, "CHEST"));
            }),
            truncated,
            blind: film_with(folder, "no_spine/hip", |object| {
                object.remove_element(tags::PIXEL_DATA);
            }),
            sent: Sent::default(),
        }
    }

    fn run(mut self, for_so_long: Duration) -> Sent {
        let begun = Instant::now();
        for (number, turn) in ROUND.iter().cycle().enumerate() {
            // By the clock: what a film takes does not delay the ones after it.
            sleep((PACE * number as u32).saturating_sub(begun.elapsed()));
            if begun.elapsed() >= for_so_long {
                break;
            }
            self.take(*turn, number);
        }
        self.sent
    }

    fn take(&mut self, turn: Turn, number: usize) {
        let film = match turn {
            Turn::Spine | Turn::Again | Turn::Stranger => &mut self.spine,
            Turn::Chest => &mut self.chest,
            Turn::Truncated => &mut self.truncated,
            Turn::Blind => &mut self.blind,
        };
        if turn != Turn::Again {
            film.renumber_study(number);
            film.renumber(number);
        }
        let by = if turn == Turn::Stranger { &self.stranger } else { &self.modality };
        let answer = by.send(&film.file);
        let (count, expected) = match turn {
            Turn::Spine => (&mut self.sent.spines, is_success(&answer)),
            Turn::Again => (&mut self.sent.again, is_success(&answer)),
            Turn::Chest => (&mut self.sent.chests, is_success(&answer)),
            Turn::Truncated => (&mut self.sent.truncated, matches!(answer, Ok(Status(0xC000..=0xCFFF)))),
            Turn::Blind => (&mut self.sent.blind, is_success(&answer)),
            Turn::Stranger => (&mut self.sent.strangers, matches!(answer, Err(ScuError::Rejected { .. }))),
        };
        assert!(expected, "turn {number}, {turn:?}: {answer:?}");
        *count += 1;
    }
}

fn is_success(answer: &Result<Status, ScuError>) -> bool {
    matches!(answer, Ok(Status::SUCCESS))
}
