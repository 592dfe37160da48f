//! A wall around third-party parsers and codecs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::causes::causes;

/// Runs `decode` and turns a panic in it into an error text: a codec fed with corrupt data may
/// panic, and one bad file must cost one attempt, not the worker. What cannot be caught (an abort,
/// a crash) ends the worker process, which is the outer wall.
///
/// `decode` must own or rebuild everything it changes, because nothing it touched is used after a
/// panic.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason given".to_owned());
        Err(format!("the decoder gave up on corrupt data ({})", shortened(&text)))
    })
}

/// `error` and its sources as one text of bounded length.
pub(crate) fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    shortened(&text)
}

fn shortened(text: &str) -> String {
    const LIMIT: usize = 300;
    if text.chars().count() <= LIMIT { text.to_owned() } else { text.chars().take(LIMIT).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_quotes_it() {
        let empty: Vec<u8> = Vec::new();
        let outcome = guarded(|| Ok(empty[3]));
        assert!(outcome.unwrap_err().contains("index out of bounds"));
        assert_eq!(guarded(|| Ok(7)), Ok(7));
        assert_eq!(guarded::<()>(|| Err("broken".to_owned())), Err("broken".to_owned()));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shortened(&"é".repeat(1000)).chars().count(), 301);
    }
}
