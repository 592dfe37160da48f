//! SCP/SCU role selection (PS3.7 D.3.3.4): who is the user of a class, and who its provider.
//!
//! The requestor is the user unless it proposes otherwise, which is right for storing and echoing.
//! An archive that reports on a storage commitment opens the association as the provider of the class.

use dicom_ul::pdu::{RequestorRoles, UserVariableItem};

use crate::dicom::uids::STORAGE_COMMITMENT;
use crate::dimse::presentation_context::{Context, trimmed};

/// Whether the requestor wants to be the user, and not the provider, of the one class of which only
/// we are the user. One that says nothing of roles may just have forgotten to.
pub(super) fn would_use_us(user_variables: &[UserVariableItem], abstract_syntax: &str) -> bool {
    abstract_syntax == STORAGE_COMMITMENT && proposed(user_variables).is_some_and(|roles| !roles.scp)
}

/// The answer to what was proposed for storage commitment, where a context of it is accepted. Other
/// proposals stay unanswered, which leaves their classes with the default roles.
pub(super) fn answer(user_variables: &[UserVariableItem], accepted: &[Context]) -> Option<UserVariableItem> {
    let is_accepted = accepted.iter().any(|context| context.abstract_syntax == STORAGE_COMMITMENT);
    let RequestorRoles { scp, .. } = proposed(user_variables).filter(|_| is_accepted)?;
    let roles = RequestorRoles { scu: false, scp: *scp };
    Some(UserVariableItem::ScuScpRoleSelectionSubItem(STORAGE_COMMITMENT.to_owned(), roles))
}

/// The roles that the requestor proposes to have in storage commitment.
fn proposed(user_variables: &[UserVariableItem]) -> Option<&RequestorRoles> {
    user_variables.iter().find_map(|item| match item {
        UserVariableItem::ScuScpRoleSelectionSubItem(class, roles) if trimmed(class) == STORAGE_COMMITMENT => {
            Some(roles)
        }
        _ => None,
    })
}
