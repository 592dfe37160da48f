//! Requests and what becomes of them.

use dicom_ul::pdu::RequestorRoles;

use super::*;
use crate::dicom::uids::{CR_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN, VERIFICATION};

fn context(id: u8, abstract_syntax: &str, transfer_syntaxes: &[&str]) -> PresentationContextProposed {
    PresentationContextProposed {
        id,
        abstract_syntax: abstract_syntax.to_owned(),
        transfer_syntaxes: transfer_syntaxes.iter().map(|uid| (*uid).to_owned()).collect(),
    }
}

fn request(presentation_contexts: Vec<PresentationContextProposed>) -> AssociationRQ {
    AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "DX_ROOM1".to_owned(),
        called_ae_title: "SPINETRIAGE".to_owned(),
        application_context_name: APPLICATION_CONTEXT.to_owned(),
        presentation_contexts,
        user_variables: vec![],
    }
}

#[test]
fn contexts_are_taken_in_the_requestors_order_and_refused_one_by_one() {
    let request = request(vec![
        context(1, CR_IMAGE_STORAGE, &["1.2.840.10008.1.2.4.100", EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2"]),
        context(3, "1.2.3.4.5", &[EXPLICIT_VR_LITTLE_ENDIAN]),
        context(5, CR_IMAGE_STORAGE, &["1.2.840.10008.1.2.4.100"]),
        context(7, VERIFICATION, &["1.2.840.10008.1.2\0"]),
    ]);
    let (answer, accepted) = accept(&request, &Rules::default());
    let reasons: Vec<_> = answer.presentation_contexts.iter().map(|result| result.reason.clone()).collect();
    use PresentationContextResultReason::*;
    assert_eq!(reasons, [Acceptance, AbstractSyntaxNotSupported, TransferSyntaxesNotSupported, Acceptance]);
    let chosen: Vec<_> = accepted.iter().map(|context| (context.id, context.transfer_syntax.as_str())).collect();
    assert_eq!(chosen, [(1, EXPLICIT_VR_LITTLE_ENDIAN), (7, "1.2.840.10008.1.2")]);
}

#[test]
fn a_transfer_syntax_the_scanner_cannot_walk_is_never_taken() {
    let rules = Rules { transfer_syntaxes: vec!["1.2.3.4".to_owned()], ..Rules::default() };
    let (_, accepted) = accept(&request(vec![context(1, VERIFICATION, &["1.2.3.4"])]), &rules);
    assert!(accepted.is_empty());
}

#[test]
fn requests_outside_the_protocol_are_rejected_with_their_code() {
    let code = |request: &AssociationRQ| check(request).map_err(|rejection| rejection.code);
    let good = request(vec![context(1, VERIFICATION, &[]), context(3, VERIFICATION, &[])]);
    assert_eq!(code(&good), Ok(()));
    // PS3.8 9.3.2: only bit 0 is tested.
    assert_eq!(code(&AssociationRQ { protocol_version: 3, ..good.clone() }), Ok(()));
    let other_version = AssociationRQ { protocol_version: 2, ..good.clone() };
    assert_eq!(code(&other_version), Err(RejectionCode::ProtocolVersionNotSupported));
    let other_application = AssociationRQ { application_context_name: "1.2.3".to_owned(), ..good };
    assert_eq!(code(&other_application), Err(RejectionCode::ApplicationContextNotSupported));
    for ids in [[2, 3], [5, 5]] {
        let contexts = ids.map(|id| context(id, VERIFICATION, &[])).to_vec();
        assert_eq!(code(&request(contexts)), Err(RejectionCode::NoReasonGiven), "{ids:?}");
    }
}

#[test]
fn every_rejection_is_sent_with_the_code_it_names() {
    use RejectionCode::*;
    for code in [
        NoReasonGiven,
        ApplicationContextNotSupported,
        CallingAeTitleNotRecognised,
        CalledAeTitleNotRecognised,
        ProtocolVersionNotSupported,
        TemporaryCongestion,
        LocalLimitExceeded,
    ] {
        let mut bytes = Vec::new();
        dicom_ul::write_pdu(&mut bytes, &reject(code).unwrap().into()).unwrap();
        assert_eq!(code.triple(), Some((bytes[7], bytes[8], bytes[9])), "{code:?}");
    }
    assert_eq!(reject(NoRequest), None);
    assert_eq!(NoRequest.triple(), None);
}

/// Rules of an association with an archive that was asked for commitment.
fn with_commitment() -> Rules {
    Rules { abstract_syntaxes: vec![VERIFICATION.to_owned(), STORAGE_COMMITMENT.to_owned()], ..Rules::default() }
}

/// The outcome for a storage commitment context, and the roles that are answered.
fn commitment(
    roles: Option<(bool, bool)>,
    transfer_syntaxes: &[&str],
    rules: &Rules,
) -> (PresentationContextResultReason, Vec<(bool, bool)>) {
    let mut request = request(vec![context(1, STORAGE_COMMITMENT, transfer_syntaxes)]);
    let item = |class: &str, scu, scp| {
        UserVariableItem::ScuScpRoleSelectionSubItem(class.to_owned(), RequestorRoles { scu, scp })
    };
    // A proposal for another class is none for this one.
    request.user_variables.push(item(VERIFICATION, true, true));
    request.user_variables.extend(roles.map(|(scu, scp)| item(STORAGE_COMMITMENT, scu, scp)));
    let (answer, accepted) = accept(&request, rules);
    let reason = answer.presentation_contexts[0].reason.clone();
    assert_eq!(accepted.len(), usize::from(reason == PresentationContextResultReason::Acceptance));
    let answered = answer.user_variables.iter().filter_map(|item| match item {
        UserVariableItem::ScuScpRoleSelectionSubItem(class, roles) => {
            assert_eq!(class, STORAGE_COMMITMENT);
            Some((roles.scu, roles.scp))
        }
        _ => None,
    });
    (reason, answered.collect())
}

#[test]
fn an_archive_may_be_the_provider_of_storage_commitment_and_nothing_else() {
    use PresentationContextResultReason::*;
    let syntaxes = [EXPLICIT_VR_LITTLE_ENDIAN];
    let rules = with_commitment();
    assert_eq!(commitment(Some((false, true)), &syntaxes, &rules), (Acceptance, vec![(false, true)]));
    // One that would be both is the provider only.
    assert_eq!(commitment(Some((true, true)), &syntaxes, &rules), (Acceptance, vec![(false, true)]));
    // One that says nothing of roles gets the context, and no answer to what it did not propose.
    assert_eq!(commitment(None, &syntaxes, &rules), (Acceptance, vec![]));
    // One that would have us commit is refused.
    assert_eq!(commitment(Some((true, false)), &syntaxes, &rules), (AbstractSyntaxNotSupported, vec![]));
    assert_eq!(commitment(Some((false, true)), &syntaxes, &Rules::default()), (AbstractSyntaxNotSupported, vec![]));
}

#[test]
fn storage_commitment_is_spoken_in_plain_little_endian() {
    use PresentationContextResultReason::*;
    let outcome = |syntaxes: &[&str]| commitment(Some((false, true)), syntaxes, &with_commitment()).0;
    assert_eq!(outcome(&["1.2.840.10008.1.2"]), Acceptance);
    assert_eq!(outcome(&["1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1"]), Acceptance);
    assert_eq!(outcome(&["1.2.840.10008.1.2.2"]), TransferSyntaxesNotSupported);
    assert_eq!(outcome(&["1.2.840.10008.1.2.4.70"]), TransferSyntaxesNotSupported);
    // What is taken of images does not matter here.
    let rules = Rules { transfer_syntaxes: vec![], ..with_commitment() };
    assert_eq!(commitment(None, &["1.2.840.10008.1.2"], &rules).0, Acceptance);
}
