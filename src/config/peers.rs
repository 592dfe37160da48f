//! The peers of the file: who may send, where things can go, and what is passed on to whom.

use super::defaults::{GIVE_UP_AFTER, RETRY};
use super::lists::{refuse_empty, refuse_repeated, values};
use super::section::{HOUR, Located, SECOND, Section, nearest};
use super::{Destination, Forward, Sender, Server, checks};
use crate::retry::Retry;

pub(super) fn read_senders(sections: Vec<Section>) -> Vec<Sender> {
    let mut senders: Vec<Sender> = Vec::new();
    for section in sections {
        section.require("ae_title", "\"DX_ROOM1\"");
        section.require("hosts", "[\"10.20.0.0/16\"]");
        let ae_title = section.text("ae_title", checks::ae_title);
        let hosts = section.texts("hosts", checks::network);
        if let Some(hosts) = &hosts {
            refuse_empty(
                &section,
                "hosts",
                hosts,
                "write the networks it calls from, or [\"0.0.0.0/0\", \"::/0\"] for any",
            );
        }
        if let Some(ae_title) = ae_title {
            if senders.iter().any(|known| known.ae_title == ae_title) {
                let message =
                    format!("there is a [[sender]] {ae_title} already: put all its networks into one hosts list");
                section.report("ae_title", &message);
            }
            senders.push(Sender { ae_title, hosts: hosts.map_or_else(Vec::new, values) });
        }
        section.finish();
    }
    senders
}

pub(super) fn read_destinations(root: &Section) -> Vec<Destination> {
    let mut destinations: Vec<Destination> = Vec::new();
    let sections = root.sections("destination");
    root.require_any(
        "destination",
        &sections,
        "a report needs a place to go: add a section [[destination]] with name, ae_title and address",
    );
    for section in sections {
        section.require("name", "\"pacs\"");
        section.require("ae_title", "\"ORTHANC\"");
        section.require("address", "\"pacs.example:11112\"");
        let name = section.text("name", checks::name);
        let ae_title = section.text("ae_title", checks::ae_title);
        let address = section.text("address", checks::peer_address);
        let give_up_after = section.duration("give_up_after_hours", HOUR, 0.001..=8760.0).unwrap_or(GIVE_UP_AFTER);
        let storage_commitment = section.flag("storage_commitment").unwrap_or(false);
        let associations = section.integer("associations", 1..=16).map_or(1, |n| n as usize);
        let retry = read_retry(&section);
        if let Some(name) = &name
            && destinations.iter().any(|known| known.name == *name)
        {
            section
                .report("name", &format!("there is a [[destination]] \"{name}\" already: give this one another name"));
        }
        let sop_class = section.text("sop_class", checks::sop_class);
        let fallback_sop_class = section.text("fallback_sop_class", checks::sop_class);
        if fallback_sop_class.is_some() && fallback_sop_class == sop_class {
            section.report("fallback_sop_class", "is the class it gets anyway: write the other one or remove the key");
        }
        // A destination whose other keys are wrong still counts as named: `send_to` may mean it.
        if let Some(name) = name {
            destinations.push(Destination {
                name,
                ae_title: ae_title.unwrap_or(Server::default().ae_title),
                address: address.unwrap_or_default(),
                give_up_after,
                retry,
                associations,
                storage_commitment,
                sop_class,
                fallback_sop_class,
            });
        }
        section.finish();
    }
    destinations
}

/// The pauses between the attempts at a destination.
fn read_retry(section: &Section) -> Retry {
    let retry = Retry {
        after: section.duration("retry_after_seconds", SECOND, 0.01..=3600.0).unwrap_or(RETRY.after),
        at_most: section.duration("retry_at_most_seconds", SECOND, 0.01..=86_400.0).unwrap_or(RETRY.at_most),
    };
    if retry.at_most < retry.after {
        let message = format!("the longest pause is shorter than the first, {:?}: write that or more", retry.after);
        section.report("retry_at_most_seconds", &message);
    }
    retry
}

pub(super) fn read_forwards(sections: Vec<Section>, senders: &[Sender], destinations: &[Destination]) -> Vec<Forward> {
    let mut forwards = Vec::new();
    for section in sections {
        section.require("from", "[\"DX_ROOM1\"]");
        section.require("send_to", "[\"pacs\"]");
        let from = section.texts("from", checks::ae_title);
        if let Some(from) = &from {
            refuse_empty(&section, "from", from, "write the AE titles of the senders whose images are passed on");
            refuse_repeated(&section, "from", from, |ae_title| Some(ae_title.clone()));
            for stranger in from.iter().filter(|title| senders.iter().all(|s| s.ae_title != title.value)) {
                let message = format!("there is no [[sender]] {}: nothing would come to pass on", stranger.value);
                section.report_item("from", stranger, &message);
            }
        }
        let send_to = send_to(&section, destinations, Some("name the destinations of these images"));
        forwards.push(Forward { from: from.map_or_else(Vec::new, values), send_to: send_to.unwrap_or_default() });
        section.finish();
    }
    forwards
}

/// The names of destinations in `send_to`; `None` without the key. `unless_empty` says what to write instead of
/// an empty list; `None` where that is fine.
pub(super) fn send_to(
    section: &Section,
    destinations: &[Destination],
    unless_empty: Option<&str>,
) -> Option<Vec<String>> {
    let names: Vec<&str> = destinations.iter().map(|destination| destination.name.as_str()).collect();
    let send_to: Vec<Located<String>> = section.texts("send_to", |name| Ok(name.to_owned()))?;
    if let Some(hint) = unless_empty {
        refuse_empty(section, "send_to", &send_to, hint);
    }
    refuse_repeated(section, "send_to", &send_to, |name| Some(name.clone()));
    for unknown in send_to.iter().filter(|name| !names.contains(&name.value.as_str())) {
        let hint = match nearest(&unknown.value, &names) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => "write the name of a [[destination]]".to_owned(),
        };
        let message = format!("there is no [[destination]] {:?}: {hint}", unknown.value);
        section.report_item("send_to", unknown, &message);
    }
    Some(values(send_to))
}
