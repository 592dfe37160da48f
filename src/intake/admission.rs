//! What an association may be used for, by who calls.

use crate::dicom::transfer_syntax;
use crate::dicom::uids::{COMMITMENT_TRANSFER_SYNTAXES, FORWARDED_SOP_CLASSES, STORAGE_COMMITMENT, VERIFICATION};
use crate::dimse::Rules;

/// A sender sends images; what is passed on may be more than what is analysed.
pub fn for_sender(mut rules: Rules, is_forwarded: bool, commits: bool) -> Rules {
    if is_forwarded {
        rules.abstract_syntaxes.extend(FORWARDED_SOP_CLASSES.map(str::to_owned));
        rules.transfer_syntaxes.extend(transfer_syntax::forwarded().map(str::to_owned));
    }
    if commits {
        rules.abstract_syntaxes.push(STORAGE_COMMITMENT.to_owned());
    }
    rules
}

/// A destination that is no sender comes to report on storage commitment, and for nothing else. From whatever address:
/// what it says counts only for a transaction whose UID it was told.
pub fn for_archive(rules: Rules) -> Rules {
    let owned = |uids: [&str; 2]| uids.map(str::to_owned).to_vec();
    Rules {
        abstract_syntaxes: owned([VERIFICATION, STORAGE_COMMITMENT]),
        transfer_syntaxes: owned(COMMITMENT_TRANSFER_SYNTAXES),
        ..rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::uids::{CR_IMAGE_STORAGE, DX_IMAGE_FOR_PRESENTATION};

    fn takes(rules: &Rules, uid: &str) -> bool {
        rules.abstract_syntaxes.iter().chain(&rules.transfer_syntaxes).any(|known| known == uid)
    }

    #[test]
    fn only_forwarded_senders_may_send_what_cannot_be_analysed() {
        const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
        const RADIOGRAPHIC_DOSE_SR: &str = "1.2.840.10008.5.1.4.1.1.88.67";
        let plain = for_sender(Rules::default(), false, false);
        let forwarded = for_sender(Rules::default(), true, false);
        for uid in [JPEG_EXTENDED, RADIOGRAPHIC_DOSE_SR] {
            assert_eq!((takes(&plain, uid), takes(&forwarded, uid)), (false, true), "{uid}");
        }
        assert!(takes(&forwarded, DX_IMAGE_FOR_PRESENTATION));
        assert!(!takes(&forwarded, STORAGE_COMMITMENT));
    }

    #[test]
    fn an_archive_may_report_but_not_send() {
        let archive = for_archive(Rules::default());
        assert!(takes(&archive, STORAGE_COMMITMENT) && takes(&archive, VERIFICATION));
        assert!(!takes(&archive, CR_IMAGE_STORAGE));
        assert!(takes(&for_sender(Rules::default(), false, true), STORAGE_COMMITMENT));
    }
}
