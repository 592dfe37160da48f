//! Lists of the file once they are read: what each must hold, and what may stand in it once.

use super::section::{Located, Section};

/// The items without their places.
pub(super) fn values<T>(items: Vec<Located<T>>) -> Vec<T> {
    items.into_iter().map(|item| item.value).collect()
}

/// Notes a list that says nothing. A list whose items are all wrong has their problems instead.
pub(super) fn refuse_empty<T>(section: &Section, key: &'static str, items: &[Located<T>], hint: &str) {
    if items.is_empty() && section.is_empty_list(key) {
        section.report(key, &format!("the list is empty: {hint}"));
    }
}

/// Notes every item that an earlier one equals; `identity` gives `None` for what may stand twice.
pub(super) fn refuse_repeated<T, I: PartialEq>(
    section: &Section,
    key: &'static str,
    items: &[Located<T>],
    identity: impl Fn(&T) -> Option<I>,
) {
    let identities: Vec<Option<I>> = items.iter().map(|item| identity(&item.value)).collect();
    for (index, item) in items.iter().enumerate() {
        if identities[index].is_some() && identities[..index].contains(&identities[index]) {
            section.report_item(key, item, "stands in this list twice: remove one");
        }
    }
}
