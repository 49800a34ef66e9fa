//! What is left of a panic that was caught.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic was raised with.
type Payload = Box<dyn Any + Send>;

/// The message of a panic, where it has one.
#[cfg(any(feature = "rayon", feature = "redb"))]
pub(crate) fn text_of(payload: Payload) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned();
    discard(payload);
    text
}

/// Drops what a panic was raised with. Its destructor is foreign code and may panic itself, which on a thread of a pool, or while another
/// panic is under way, ends the process.
pub(crate) fn discard(payload: Payload) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Somewhere this must end, and a leak is the smallest harm.
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    /// Panics when it is dropped, with itself once more as often as it says.
    struct Grenade(u32);

    impl Drop for Grenade {
        fn drop(&mut self) {
            if let Some(left) = self.0.checked_sub(1) {
                panic_any(Grenade(left));
            }
        }
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_is_discarded() {
        for panics in 0..5 {
            discard(Box::new(Grenade(panics)));
        }
    }

    #[test]
    #[cfg(any(feature = "rayon", feature = "redb"))]
    fn the_message_of_a_panic_is_its_text() {
        assert_eq!(text_of(Box::new("text")), "text");
        assert_eq!(text_of(Box::new("text".to_owned())), "text");
        assert_eq!(text_of(Box::new(Grenade(3))), "no message");
    }
}
