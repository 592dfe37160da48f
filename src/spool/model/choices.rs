//! What chance decides in a power cut, as a list of choices: all of them one after the other, or those a seed names.

/// Choices still to be made.
pub struct Choices<'a> {
    /// What was chosen, and of how many.
    taken: Vec<(usize, usize)>,
    next: usize,
    /// Decides what is not taken yet; the first of all where there is none.
    seeds: &'a [u16],
}

impl<'a> Choices<'a> {
    /// Calls `look` with every possible list of choices; says how many there were.
    pub fn every(mut look: impl FnMut(&mut Choices)) -> usize {
        let mut choices = Choices::by(&[]);
        let mut lists = 0;
        loop {
            choices.next = 0;
            look(&mut choices);
            lists += 1;
            choices.taken.truncate(choices.next);
            while choices.taken.pop_if(|(taken, of)| *taken + 1 == *of).is_some() {}
            match choices.taken.last_mut() {
                None => return lists,
                Some((taken, _)) => *taken += 1,
            }
        }
    }

    /// One list: the seeds decide in turn, and again from the first when they are used up.
    pub fn by(seeds: &'a [u16]) -> Self {
        Self { taken: Vec::new(), next: 0, seeds }
    }

    /// A number below `of`.
    pub fn one_of(&mut self, of: usize) -> usize {
        if self.next == self.taken.len() {
            let seed = self.seeds.get(self.next % self.seeds.len().max(1)).copied().unwrap_or(0);
            self.taken.push((usize::from(seed) % of, of));
        }
        let (taken, said) = self.taken[self.next];
        assert_eq!(said, of, "the same choices lead to the same question");
        self.next += 1;
        taken
    }
}

#[test]
fn every_list_of_choices_comes_once() {
    let mut seen = Vec::new();
    // The second question is asked only after a 1.
    let lists = Choices::every(|choices| {
        let first = choices.one_of(2);
        seen.push((first, if first == 1 { choices.one_of(3) } else { 0 }));
    });
    assert_eq!((lists, seen), (4, vec![(0, 0), (1, 0), (1, 1), (1, 2)]));
    assert_eq!(Choices::every(|_| ()), 1, "nothing to choose is one list");
}
