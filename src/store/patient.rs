//! Whether two images are of one patient, by what they say of the patient.
//!
//! The Patient ID with its issuer names the patient; name and birth date are witnesses. IDs are typed, reused and
//! left empty ("0", "UNKNOWN", nothing at all), so that one witness who contradicts is enough for two patients: two
//! reports where one would do can be read, a report of two patients cannot be trusted. Who says nothing contradicts
//! nobody.

/// What an image says of its patient. For the database only, never for a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patient {
    /// Patient ID (0010,0020).
    pub id: String,
    /// Issuer of Patient ID (0010,0021).
    pub issuer: String,
    /// Patient's Name (0010,0010).
    pub name: String,
    /// Patient's Birth Date (0010,0030).
    pub birth_date: String,
}

/// Why two images are of two patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Id,
    Issuer,
    Name,
    BirthDate,
}

impl Difference {
    /// As the audit names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "Patient ID",
            Self::Issuer => "Issuer of Patient ID",
            Self::Name => "Patient's Name",
            Self::BirthDate => "Patient's Birth Date",
        }
    }
}

impl Patient {
    /// The first thing that says that `other` is another patient.
    pub(super) fn difference(&self, other: &Self) -> Option<Difference> {
        if self.id.trim() != other.id.trim() {
            return Some(Difference::Id);
        }
        let contradict = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        if contradict(self.issuer.trim(), other.issuer.trim()) {
            Some(Difference::Issuer)
        } else if contradict(&comparable_name(&self.name), &comparable_name(&other.name)) {
            Some(Difference::Name)
        } else if contradict(&digits(&self.birth_date), &digits(&other.birth_date)) {
            Some(Difference::BirthDate)
        } else {
            None
        }
    }

    /// What both say together.
    pub(super) fn completed_by(&self, other: &Self) -> Self {
        let known = |own: &String, other: &String| if own.is_empty() { other.clone() } else { own.clone() };
        Self {
            id: self.id.clone(),
            issuer: known(&self.issuer, &other.issuer),
            name: known(&self.name, &other.name),
            birth_date: known(&self.birth_date, &other.birth_date),
        }
    }
}

/// A name without what senders write differently: letter case, empty components and padding. Of its component
/// groups (alphabetic, ideographic, phonetic: PS3.5 6.2) the first that says anything, for some senders leave the
/// others out.
fn comparable_name(name: &str) -> String {
    let group = |group: &str| {
        let components = group.split('^').map(|c| c.split_whitespace().collect::<Vec<_>>().join(" "));
        components.filter(|component| !component.is_empty()).collect::<Vec<_>>().join("^").to_lowercase()
    };
    name.split('=').map(group).find(|group| !group.is_empty()).unwrap_or_default()
}

/// `YYYYMMDD`, as it is or with the separators of ACR-NEMA.
fn digits(date: &str) -> String {
    date.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patient([id, issuer, name, birth_date]: [&str; 4]) -> Patient {
        let [id, issuer, name, birth_date] = [id, issuer, name, birth_date].map(str::to_owned);
        Patient { id, issuer, name, birth_date }
    }

    #[test]
    fn one_contradiction_makes_two_patients() {
        let anna = patient(["P-A", "CLINIC", "Alpha^Anna", "19400101"]);
        let cases = [
            (["P-B", "CLINIC", "Alpha^Anna", "19400101"], Some(Difference::Id)),
            (["", "CLINIC", "Alpha^Anna", "19400101"], Some(Difference::Id)),
            (["p-a", "CLINIC", "Alpha^Anna", "19400101"], Some(Difference::Id)),
            (["P-A", "OTHER", "Alpha^Anna", "19400101"], Some(Difference::Issuer)),
            (["P-A", "CLINIC", "Beta^Berta", "19400101"], Some(Difference::Name)),
            (["P-A", "CLINIC", "Alpha^Anna", "19500101"], Some(Difference::BirthDate)),
            (["P-A ", "CLINIC", "ALPHA^ANNA^^^", "1940.01.01"], None),
            (["P-A", "", "", ""], None),
            (["P-A", "", "alpha ^ anna=\u{963f}\u{5c14}^\u{5b89}", ""], None),
        ];
        for (other, expected) in cases {
            assert_eq!(anna.difference(&patient(other)), expected, "{other:?}");
        }
        let nobody = Patient::default();
        assert_eq!(nobody.difference(&nobody), None);
        let ideographic = patient(["1", "", "=\u{5c71}\u{7530}^\u{592a}\u{90ce}", ""]);
        let other = patient(["1", "", "=\u{5c71}\u{7530}^\u{82b1}\u{5b50}", ""]);
        assert_eq!(ideographic.difference(&other), Some(Difference::Name));
    }

    fn any_patient() -> impl Strategy<Value = Patient> {
        let word = || prop_oneof![Just(""), Just("a"), Just("A"), Just("b^c"), Just("19400101")];
        [word(), word(), word(), word()].prop_map(patient)
    }

    proptest! {
        #[test]
        fn whoever_is_the_same_is_so_both_ways_and_stays_so(one in any_patient(), other in any_patient()) {
            prop_assert_eq!(one.difference(&one), None);
            prop_assert_eq!(one.difference(&other), other.difference(&one));
            if one.difference(&other).is_none() {
                let both = one.completed_by(&other);
                prop_assert_eq!(both.difference(&one), None);
                prop_assert_eq!(both.difference(&other), None);
            }
        }
    }
}
