//! The acceptor's side of association negotiation (PS3.8 7.1.1 and PS3.7 Annex D): which request is
//! refused, which presentation contexts are taken.

mod roles;

use std::collections::BTreeSet;

use dicom_ul::pdu::{
    AssociationAC, AssociationRJ, AssociationRJResult, AssociationRJServiceProviderASCEReason as AsceReason,
    AssociationRJServiceProviderPresentationReason as PresentationReason, AssociationRJServiceUserReason as UserReason,
    AssociationRJSource, AssociationRQ, PresentationContextProposed, PresentationContextResult,
    PresentationContextResultReason, UserVariableItem,
};

use crate::identifiers::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};

use super::presentation_context::{Context, trimmed};
use super::service::{Rejection, RejectionCode, Rules};
use super::transport::MAX_PDATA_BYTES;
use crate::dicom::TransferSyntax;
use crate::dicom::uids::{
    APPLICATION_CONTEXT, COMMITMENT_TRANSFER_SYNTAXES, IMPLICIT_VR_LITTLE_ENDIAN, STORAGE_COMMITMENT,
};

/// Maximum Length assumed of a peer that states none: what every implementation takes.
const DEFAULT_MAX_PDU: u32 = 16 * 1024;

/// Checks what every association needs, whoever calls (PS3.8 9.3.2): protocol version, application
/// context, odd and unique context identifiers.
pub(super) fn check(request: &AssociationRQ) -> Result<(), Rejection> {
    let rejection = |code, reason: String| Err(Rejection { code, reason });
    if request.protocol_version & 1 == 0 {
        let version = request.protocol_version;
        return rejection(
            RejectionCode::ProtocolVersionNotSupported,
            format!("the request does not offer version 1 of the upper layer protocol (its versions: {version:04X})"),
        );
    }
    let application_context = trimmed(&request.application_context_name);
    if application_context != APPLICATION_CONTEXT {
        return rejection(
            RejectionCode::ApplicationContextNotSupported,
            format!("the application context \"{application_context}\" is not DICOM's"),
        );
    }
    let mut seen = BTreeSet::new();
    match request.presentation_contexts.iter().find(|context| context.id % 2 == 0 || !seen.insert(context.id)) {
        Some(context) => rejection(
            RejectionCode::NoReasonGiven,
            format!("presentation context identifier {} is even or occurs twice", context.id),
        ),
        None => Ok(()),
    }
}

/// The A-ASSOCIATE-AC for a request that was admitted, and the contexts it accepts.
pub(super) fn accept(request: &AssociationRQ, rules: &Rules) -> (AssociationAC, Vec<Context>) {
    let mut accepted = Vec::new();
    let mut results = Vec::with_capacity(request.presentation_contexts.len());
    for proposed in &request.presentation_contexts {
        let outcome = choose(proposed, &request.user_variables, rules);
        let (reason, transfer_syntax) = match outcome {
            Ok(transfer_syntax) => {
                accepted.push(Context {
                    id: proposed.id,
                    abstract_syntax: trimmed(&proposed.abstract_syntax).to_owned(),
                    transfer_syntax: transfer_syntax.to_owned(),
                });
                (PresentationContextResultReason::Acceptance, transfer_syntax)
            }
            // The transfer syntax of a refused context is not significant, but must be there.
            Err(reason) => (reason, IMPLICIT_VR_LITTLE_ENDIAN),
        };
        results.push(PresentationContextResult {
            id: proposed.id,
            reason,
            transfer_syntax: transfer_syntax.to_owned(),
        });
    }
    let mut user_variables = our_user_variables();
    user_variables.extend(roles::answer(&request.user_variables, &accepted));
    let answer = AssociationAC {
        protocol_version: 1,
        calling_ae_title: request.calling_ae_title.clone(),
        called_ae_title: request.called_ae_title.clone(),
        application_context_name: APPLICATION_CONTEXT.to_owned(),
        presentation_contexts: results,
        user_variables,
    };
    (answer, accepted)
}

/// The transfer syntax for one context: the first of the requestor's that we take.
fn choose<'a>(
    proposed: &'a PresentationContextProposed,
    user_variables: &[UserVariableItem],
    rules: &Rules,
) -> Result<&'a str, PresentationContextResultReason> {
    let abstract_syntax = trimmed(&proposed.abstract_syntax);
    if !rules.abstract_syntaxes.iter().any(|ours| ours == abstract_syntax)
        || roles::would_use_us(user_variables, abstract_syntax)
    {
        return Err(PresentationContextResultReason::AbstractSyntaxNotSupported);
    }
    let ours = |uid: &&str| match abstract_syntax {
        STORAGE_COMMITMENT => COMMITMENT_TRANSFER_SYNTAXES.contains(uid),
        _ => rules.transfer_syntaxes.iter().any(|accepted| accepted == uid) && TransferSyntax::of(uid).is_some(),
    };
    let mut offered = proposed.transfer_syntaxes.iter().map(|uid| trimmed(uid));
    offered.find(ours).ok_or(PresentationContextResultReason::TransferSyntaxesNotSupported)
}

/// Maximum length, implementation class and version (PS3.7 D.3.3.1, D.3.3.2): the same on both sides.
pub(super) fn our_user_variables() -> Vec<UserVariableItem> {
    vec![
        UserVariableItem::MaxLength(MAX_PDATA_BYTES),
        UserVariableItem::ImplementationClassUID(IMPLEMENTATION_CLASS_UID.to_owned()),
        UserVariableItem::ImplementationVersionName(IMPLEMENTATION_VERSION_NAME.to_owned()),
    ]
}

/// The peer's Maximum Length; 0 means that it has none.
pub(super) fn max_pdu(user_variables: &[UserVariableItem]) -> u32 {
    let stated = user_variables.iter().find_map(|item| match item {
        UserVariableItem::MaxLength(length) => Some(*length),
        _ => None,
    });
    stated.unwrap_or(DEFAULT_MAX_PDU)
}

/// The A-ASSOCIATE-RJ for a rejection; `None` when none can be sent.
pub(super) fn reject(code: RejectionCode) -> Option<AssociationRJ> {
    let (permanent, transient) = (AssociationRJResult::Permanent, AssociationRJResult::Transient);
    let (result, source) = match code {
        RejectionCode::NoReasonGiven => (permanent, AssociationRJSource::ServiceUser(UserReason::NoReasonGiven)),
        RejectionCode::ApplicationContextNotSupported => {
            (permanent, AssociationRJSource::ServiceUser(UserReason::ApplicationContextNameNotSupported))
        }
        RejectionCode::CallingAeTitleNotRecognised => {
            (permanent, AssociationRJSource::ServiceUser(UserReason::CallingAETitleNotRecognized))
        }
        RejectionCode::CalledAeTitleNotRecognised => {
            (permanent, AssociationRJSource::ServiceUser(UserReason::CalledAETitleNotRecognized))
        }
        RejectionCode::ProtocolVersionNotSupported => {
            (permanent, AssociationRJSource::ServiceProviderASCE(AsceReason::ProtocolVersionNotSupported))
        }
        RejectionCode::TemporaryCongestion => {
            (transient, AssociationRJSource::ServiceProviderPresentation(PresentationReason::TemporaryCongestion))
        }
        RejectionCode::LocalLimitExceeded => {
            (transient, AssociationRJSource::ServiceProviderPresentation(PresentationReason::LocalLimitExceeded))
        }
        RejectionCode::NoRequest => return None,
    };
    Some(AssociationRJ { result, source })
}

#[cfg(test)]
mod tests;
