//! A bounded pool of things that are opened when needed, used by one thread at a time, and thrown away when they fail.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) struct Pool<T> {
    state: Mutex<State<T>>,
    freed: Condvar,
    max: usize,
    wait: Duration,
}

struct State<T> {
    idle: Vec<T>,
    /// Those in use, those being opened, and the idle ones.
    open: usize,
}

/// All members were in use for as long as the pool waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Busy;

impl<T> Pool<T> {
    pub(super) fn new(max: usize, wait: Duration) -> Pool<T> {
        let state = State { idle: Vec::new(), open: 0 };
        Pool { state: Mutex::new(state), freed: Condvar::new(), max: max.max(1), wait }
    }

    /// Adds a member that is open already.
    pub(super) fn seed(&self, member: T) {
        let mut state = self.state();
        state.open += 1;
        state.idle.push(member);
    }

    /// Does `work` with a member. No lock is held meanwhile.
    ///
    /// A member that fails is dropped. If it had been idle and the failure says that it had gone `stale`, the work is done
    /// once more with a fresh one.
    pub(super) fn run<R, E: From<Busy>>(
        &self,
        open: impl FnOnce() -> Result<T, E>,
        stale: impl FnOnce(&E) -> bool,
        work: impl Fn(&T) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut lease = self.lease()?;
        if let Some(member) = lease.member.take() {
            match work(&member) {
                Ok(result) => {
                    lease.member = Some(member);
                    return Ok(result);
                }
                Err(error) if !stale(&error) => return Err(error),
                Err(_) => {}
            }
        }
        let member = open()?;
        let result = work(&member)?;
        lease.member = Some(member);
        Ok(result)
    }

    fn lease(&self) -> Result<Lease<'_, T>, Busy> {
        let exhausted = |state: &mut State<T>| state.idle.is_empty() && state.open >= self.max;
        let waited = self.freed.wait_timeout_while(self.state(), self.wait, exhausted);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if exhausted(&mut state) {
            return Err(Busy);
        }
        let member = state.idle.pop();
        state.open += usize::from(member.is_none());
        Ok(Lease { pool: self, member })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one member. Gives it back when dropped, or, if it was not put back, its place.
struct Lease<'a, T> {
    pool: &'a Pool<T>,
    member: Option<T>,
}

impl<T> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        match self.member.take() {
            Some(member) => state.idle.push(member),
            None => state.open -= 1,
        }
        drop(state);
        self.pool.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::SeqCst;

    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    enum Failure {
        Busy,
        Stale,
        Other,
    }

    impl From<Busy> for Failure {
        fn from(_: Busy) -> Self {
            Failure::Busy
        }
    }

    const STALE: fn(&Failure) -> bool = |failure| *failure == Failure::Stale;

    fn idle<T: Clone>(pool: &Pool<T>) -> (Vec<T>, usize) {
        let state = pool.state();
        (state.idle.clone(), state.open)
    }

    #[test]
    fn members_are_reused() {
        let pool = Pool::new(3, Duration::ZERO);
        assert_eq!(pool.run(|| Ok(1), STALE, |n| Ok(*n)), Ok(1));
        assert_eq!(pool.run(|| Err(Failure::Other), STALE, |n| Ok(*n)), Ok(1));
        pool.seed(2);
        assert_eq!(idle(&pool), (vec![1, 2], 2));
    }

    #[test]
    fn a_stale_member_is_replaced_once() {
        let pool = Pool::new(1, Duration::ZERO);
        pool.seed(1);
        let only = |good: usize| move |n: &usize| if *n == good { Ok(*n) } else { Err(Failure::Stale) };
        assert_eq!(pool.run(|| Ok(2), STALE, only(2)), Ok(2));
        assert_eq!(idle(&pool), (vec![2], 1));
        assert_eq!(pool.run(|| Ok(3), STALE, only(4)), Err(Failure::Stale));
        assert_eq!(idle(&pool), (vec![], 0));
        // A fresh one is not replaced.
        assert_eq!(pool.run(|| Ok(5), STALE, only(6)), Err(Failure::Stale));
    }

    #[test]
    fn other_failures_are_not_tried_again() {
        let pool = Pool::new(1, Duration::ZERO);
        pool.seed(1);
        let worked = AtomicUsize::new(0);
        let failed = pool.run(
            || Ok(2),
            STALE,
            |_| {
                worked.fetch_add(1, SeqCst);
                Err::<(), _>(Failure::Other)
            },
        );
        assert_eq!((failed, worked.into_inner(), idle(&pool)), (Err(Failure::Other), 1, (vec![], 0)));
        assert_eq!(pool.run(|| Err(Failure::Other), STALE, |n| Ok(*n)), Err(Failure::Other));
        assert_eq!(pool.run(|| Ok(3), STALE, |n| Ok(*n)), Ok(3));
    }

    #[test]
    fn a_panic_gives_the_place_back() {
        let pool = Pool::new(1, Duration::ZERO);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.run(|| Ok(1), STALE, |_| -> Result<(), _> { panic!("on purpose") })
        }));
        assert!(panicked.is_err());
        assert_eq!(pool.run(|| Ok(2), STALE, |n| Ok(*n)), Ok(2));
    }

    #[test]
    fn never_more_than_the_bound() {
        let pool = Pool::new(3, Duration::from_secs(60));
        let (opened, busy, most) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let open = || Ok(opened.fetch_add(1, SeqCst));
                        let work = |_: &usize| {
                            most.fetch_max(busy.fetch_add(1, SeqCst) + 1, SeqCst);
                            std::thread::yield_now();
                            busy.fetch_sub(1, SeqCst);
                            Ok::<_, Failure>(())
                        };
                        assert_eq!(pool.run(open, STALE, work), Ok(()));
                    }
                });
            }
        });
        assert!(opened.into_inner() <= 3);
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn waiting_has_an_end() {
        let pool = Pool::new(1, Duration::from_millis(10));
        let inner = pool.run(|| Ok(1), STALE, |_| Ok::<_, Failure>(pool.run(|| Ok(2), STALE, |n| Ok(*n))));
        assert_eq!(inner, Ok(Err(Failure::Busy)));
        assert_eq!(idle(&pool), (vec![1], 1));
    }
}
