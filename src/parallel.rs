//! One function on many items, on several threads.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `f` of each item, in the order of the items, on up to `threads` threads; on the caller's alone
/// when one is enough.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], threads: NonZeroUsize, f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_with(&mut vec![(); threads.get()], items, |(), item| f(item))
}

/// As [`map`], on as many threads as there are `states`, of which each thread has one to itself.
pub(crate) fn map_with<S: Send, T: Sync, R: Send>(
    states: &mut [S],
    items: &[T],
    f: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let threads = states.len().min(items.len());
    if threads <= 1 {
        let Some(state) = states.first_mut() else { return Vec::new() };
        return items.iter().map(|item| f(state, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let work = |state: &mut S| {
        let mut done = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            done.push((index, f(state, item)));
        }
        done
    };
    let work = &work;
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = states[..threads].iter_mut().map(|state| scope.spawn(move || work(state))).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        for threads in [1, 3, 200] {
            let squares = map(&items, NonZeroUsize::new(threads).unwrap(), |item| item * item);
            assert!(squares.iter().zip(&items).all(|(square, item)| *square == item * item), "{threads} threads");
            assert_eq!(squares.len(), 100);
        }
    }
}
