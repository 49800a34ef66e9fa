//! Work on every core: most of it is signatures.

use std::thread;

/// What `of` makes of each number below `count`, in their order.
pub fn map<T: Send>(count: usize, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let of = &of;
    let mut made: Vec<(usize, T)> = thread::scope(|scope| {
        let spawned: Vec<_> = (0..workers)
            .map(|first| {
                scope.spawn(move || (first..count).step_by(workers).map(|at| (at, of(at))).collect::<Vec<_>>())
            })
            .collect();
        spawned.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, made)| made).collect()
}
