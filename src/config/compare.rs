//! What a new configuration changes, and which of it can apply without a restart.

use std::fmt::{Debug, Display};

use super::{Destination, Forward, Sender, Settings};
use crate::identifiers::AeTitle;

/// The difference between the settings in force and those of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// What applies at once, in words: `sender CR_ROOM2 added`.
    pub live: Vec<String>,
    /// What waits for a restart, in words.
    pub needs_restart: Vec<String>,
    /// The new settings, with the old value of every key that needs a restart.
    pub in_force: Settings,
}

impl Changes {
    /// Whether the file says what is in force.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.needs_restart.is_empty()
    }
}

/// Compares the settings in force (`old`) with those of the file (`new`).
///
/// Needs a restart: `server.listen` and `server.max_associations` (sockets and their permits are
/// made at the start), `analysis.workers` and `analysis.onnxruntime` (processes run with them) and
/// `storage.state_dir` (the database is open in it). Everything else is live.
pub fn compare(old: &Settings, new: &Settings) -> Changes {
    let mut in_force = new.clone();
    let mut restart = Differences::default();
    restart.key("server.listen", &old.server.listen, &new.server.listen);
    restart.key("server.max_associations", &old.server.max_associations, &new.server.max_associations);
    restart.key("analysis.workers", &old.analysis.workers, &new.analysis.workers);
    restart.key("analysis.onnxruntime", &old.analysis.onnxruntime, &new.analysis.onnxruntime);
    restart.key("storage.state_dir", &old.storage.state_dir, &new.storage.state_dir);
    in_force.server.listen.clone_from(&old.server.listen);
    in_force.server.max_associations = old.server.max_associations;
    in_force.analysis.workers = old.analysis.workers;
    in_force.analysis.onnxruntime.clone_from(&old.analysis.onnxruntime);
    in_force.storage.state_dir.clone_from(&old.storage.state_dir);

    let mut live = Differences::default();
    live.key("server.ae_title", &old.server.ae_title.as_str(), &new.server.ae_title.as_str());
    live.key("server.idle_timeout_seconds", &old.server.idle_timeout, &new.server.idle_timeout);
    live.named("sender", &old.senders, &new.senders, |sender| &sender.ae_title, compare_sender);
    live.named("destination", &old.destinations, &new.destinations, |d| &d.name, compare_destination);
    live.key("forward", &texts_of(&old.forwards), &texts_of(&new.forwards));
    live.key("select.modalities", &old.select.modalities, &new.select.modalities);
    live.key("select.body_parts", &old.select.body_parts, &new.select.body_parts);
    let pattern = |settings: &Settings| settings.select.description_matches.as_ref().map(|r| r.as_str().to_owned());
    live.key("select.description_matches", &pattern(old).unwrap_or_default(), &pattern(new).unwrap_or_default());
    live.key("analysis.bundle", &old.analysis.bundle, &new.analysis.bundle);
    live.key("analysis.timeout_seconds", &old.analysis.timeout, &new.analysis.timeout);
    live.key("analysis.attempts", &old.analysis.attempts, &new.analysis.attempts);
    live.key("analysis.settle_seconds", &old.analysis.settle, &new.analysis.settle);
    live.key("analysis.settle_at_most_seconds", &old.analysis.settle_at_most, &new.analysis.settle_at_most);
    live.key("report.sop_class", &old.report.sop_class, &new.report.sop_class);
    live.key("report.overlay", &old.report.overlay, &new.report.overlay);
    live.key("report.key_object", &old.report.key_object, &new.report.key_object);
    live.key("report.language", &old.report.language, &new.report.language);
    live.key("report.no_vertebra_found", &old.report.no_vertebra_found, &new.report.no_vertebra_found);
    live.key("report.analysis_failed", &old.report.analysis_failed, &new.report.analysis_failed);
    live.key("report.send_to", &old.report.send_to, &new.report.send_to);
    live.key("storage.keep_days", &old.storage.keep_days, &new.storage.keep_days);
    let gib = |bytes: u64| bytes as f64 / super::defaults::GIB;
    let (was, is) = (old.storage.minimum_free_bytes, new.storage.minimum_free_bytes);
    live.key("storage.minimum_free_gib", &gib(was), &gib(is));

    live.key("log.level", &old.log.level.name(), &new.log.level.name());

    Changes { live: live.0, needs_restart: restart.0, in_force }
}

/// Each [[forward]] in words: they have no names to compare them by.
fn texts_of(forwards: &[Forward]) -> Vec<String> {
    let text = |forward: &Forward| {
        let from: Vec<&str> = forward.from.iter().map(AeTitle::as_str).collect();
        format!("{} to {}", from.join(", "), forward.send_to.join(", "))
    };
    forwards.iter().map(text).collect()
}

fn compare_sender(differences: &mut Differences, label: &str, old: &Sender, new: &Sender) {
    let texts = |sender: &Sender| sender.hosts.iter().map(ToString::to_string).collect::<Vec<_>>();
    differences.key(&format!("{label} hosts"), &texts(old), &texts(new));
}

fn compare_destination(differences: &mut Differences, label: &str, old: &Destination, new: &Destination) {
    differences.key(&format!("{label} ae_title"), &old.ae_title.as_str(), &new.ae_title.as_str());
    differences.key(&format!("{label} address"), &old.address, &new.address);
    differences.key(&format!("{label} give_up_after_hours"), &old.give_up_after, &new.give_up_after);
    differences.key(&format!("{label} retry_after_seconds"), &old.retry.after, &new.retry.after);
    differences.key(&format!("{label} retry_at_most_seconds"), &old.retry.at_most, &new.retry.at_most);
    differences.key(&format!("{label} associations"), &old.associations, &new.associations);
    differences.key(&format!("{label} storage_commitment"), &old.storage_commitment, &new.storage_commitment);
    differences.key(&format!("{label} sop_class"), &old.sop_class, &new.sop_class);
    differences.key(&format!("{label} fallback_sop_class"), &old.fallback_sop_class, &new.fallback_sop_class);
}

/// Differences in words, in the order they were looked at.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn key<T: PartialEq + Debug>(&mut self, key: &str, old: &T, new: &T) {
        if old != new {
            self.0.push(format!("{key} changed from {old:?} to {new:?}"));
        }
    }

    /// Sections that are told apart by a name: added, removed, or changed in a key. Their order
    /// means nothing.
    fn named<T, N: PartialEq + Display>(
        &mut self,
        kind: &str,
        old: &[T],
        new: &[T],
        name: impl Fn(&T) -> &N,
        compare: impl Fn(&mut Self, &str, &T, &T),
    ) {
        let find = |list: &[T], wanted: &T| list.iter().position(|item| name(item) == name(wanted));
        for item in new {
            match find(old, item) {
                Some(index) => compare(self, &format!("{kind} {}", name(item)), &old[index], item),
                None => self.0.push(format!("{kind} {} added", name(item))),
            }
        }
        for item in old.iter().filter(|item| find(new, item).is_none()) {
            self.0.push(format!("{kind} {} removed", name(item)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "
        [[sender]]\nae_title = 'DX1'\nhosts = ['10.0.0.0/8']
        [[destination]]\nname = 'pacs'\nae_title = 'PACS'\naddress = 'pacs:104'\n";

    fn settings(extra: &str) -> Settings {
        super::super::parse(&format!("{BASE}{extra}"), "test.toml").unwrap()
    }

    #[test]
    fn equal_settings_have_no_changes() {
        let changes = compare(&settings(""), &settings("# a remark"));
        assert!(changes.is_empty());
        assert_eq!(changes.in_force, settings(""));
    }

    #[test]
    fn peers_are_compared_by_name() {
        let new = settings("[[sender]]\nae_title = 'CR_ROOM2'\nhosts = ['10.1.0.0/16']");
        assert_eq!(compare(&settings(""), &new).live, ["sender CR_ROOM2 added"]);
        assert_eq!(compare(&new, &settings("")).live, ["sender CR_ROOM2 removed"]);
        let mut moved = settings("");
        moved.destinations[0].address = "pacs2:104".to_owned();
        let words = ["destination pacs address changed from \"pacs:104\" to \"pacs2:104\""];
        assert_eq!(compare(&settings(""), &moved).live, words);
    }

    #[test]
    fn keys_that_need_a_restart_keep_their_value() {
        let old = settings("");
        let new = settings(
            "[analysis]\nworkers = 7\nattempts = 9\n[storage]\nstate_dir = '/srv/x'\n[server]\nmax_associations = 3\nlisten = ['127.0.0.1:0']",
        );
        let changes = compare(&old, &new);
        assert_eq!(changes.live, ["analysis.attempts changed from 3 to 9"]);
        assert_eq!(changes.needs_restart.len(), 4, "{:?}", changes.needs_restart);
        assert_eq!(changes.in_force.analysis.workers, 2);
        assert_eq!(changes.in_force.analysis.attempts, 9);
        assert_eq!((&changes.in_force.server, &changes.in_force.storage), (&old.server, &old.storage));
        assert_eq!(compare(&changes.in_force, &new).needs_restart, changes.needs_restart, "named again at a reload");
    }

    #[test]
    fn every_live_key_is_seen() {
        let new = settings(
            "[server]\nae_title = 'X'\nidle_timeout_seconds = 9\n[select]\nmodalities = ['CR']\nbody_parts = []\n\
             description_matches = 'x'\n[analysis]\nbundle = '/b'\ntimeout_seconds = 9\nattempts = 9\nsettle_seconds = 9\n\
             settle_at_most_seconds = 99\n[report]\nsop_class = 'comprehensive-sr'\noverlay = 'none'\n\
             [storage]\nkeep_days = 9\nminimum_free_gib = 0.5\n[log]\nlevel = 'debug'",
        );
        let changes = compare(&settings(""), &new);
        assert_eq!(changes.live.len(), 15, "{:#?}", changes.live);
        assert_eq!(changes.in_force, new);
    }
}
