//! Many certificates on all cores, in order, without holding them all.

mod gather;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::iter::{Fuse, FusedIterator};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::gather::Gather;
use super::attempt::Asked;
use super::course::{Course, Step, only};
use super::issuer::Issuer;
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::unwind::{discard, text_of};
use crate::ledger::waiter::{Wait, Waiter};
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateRequestBuilder};
use crate::request::violation::RequestError;

/// How many items there are at a time for each thread by default.
const WINDOW_PER_THREAD: usize = 128;

/// How long finished outcomes may wait for company: to be woken for each would cost a fast signer a tenth of its rate.
const PATIENCE: Duration = Duration::from_millis(2);

type Outcome = Result<Arc<IssuedCertificate>, Error>;

/// One item of a batch: a request, alone or with a CSR whose possession is shown already (see [`Issuer::issue_proven`]).
///
/// Requests, builders of requests and the results of building become items. Your own type does with `TryFrom`, which
/// runs on the thread that issues: what takes time in the making of a request is shared among the cores, too.
///
/// ```
/// use issuance::{Csr, Error, IssueCertificateRequest, SigningAlgorithm, Validity};
/// use issuance::issue::BatchItem;
/// use issuance::x509::KeyPolicy;
///
/// /// A row of an enrolment whose registration authority has seen to the proof.
/// struct Device { csr: Vec<u8> }
///
/// impl TryFrom<Device> for BatchItem {
///     type Error = Error;
///
///     fn try_from(device: Device) -> Result<BatchItem, Error> {
///         let csr = Csr::decode(&device.csr)?.assume_proven(&KeyPolicy::default())?.into_owned();
///         let request = IssueCertificateRequest::builder()
///             .certificate_authority_arn(
///                 "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012",
///             )
///             .csr(device.csr)
///             .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
///             .validity(Validity::days(365))
///             .build()?;
///         Ok(BatchItem::proven(request, csr))
///     }
/// }
/// ```
#[derive(Debug)]
pub struct BatchItem {
    request: IssueCertificateRequest,
    proven: Option<Csr<'static, Proven>>,
}

impl BatchItem {
    /// A request whose own CSR is replaced by one that is proven already.
    pub fn proven(request: IssueCertificateRequest, csr: Csr<'static, Proven>) -> BatchItem {
        BatchItem { request, proven: Some(csr) }
    }
}

impl From<IssueCertificateRequest> for BatchItem {
    fn from(request: IssueCertificateRequest) -> Self {
        BatchItem { request, proven: None }
    }
}

impl TryFrom<IssueCertificateRequestBuilder> for BatchItem {
    type Error = RequestError;

    fn try_from(builder: IssueCertificateRequestBuilder) -> Result<Self, RequestError> {
        builder.build().map(BatchItem::from)
    }
}

impl TryFrom<Result<IssueCertificateRequest, RequestError>> for BatchItem {
    type Error = RequestError;

    fn try_from(built: Result<IssueCertificateRequest, RequestError>) -> Result<Self, RequestError> {
        built.map(BatchItem::from)
    }
}

/// What becomes an item without fail is an item as well.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// How far a batch has come. [`BatchItem`](crate::issue::BatchItem) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BatchProgress {
    /// Items that have a certificate.
    pub issued: usize,
    /// Items that have an error.
    pub failed: usize,
}

impl BatchProgress {
    /// Items that are finished, with a certificate or an error.
    pub fn finished(self) -> usize {
        self.issued + self.failed
    }
}

/// The outcomes of a batch, in the order of its items: see [`Issuer::issue_batch`].
/// [`BatchItem`](crate::issue::BatchItem) has an example.
#[must_use = "a batch issues while its outcomes are taken"]
pub struct Batch<'p, I: Iterator> {
    items: Fuse<I>,
    shared: Arc<Shared>,
    window: usize,
    progress: Option<Box<dyn FnMut(BatchProgress) + Send + 'p>>,
    reported: BatchProgress,
}

/// What the taker of the outcomes and the threads that issue have in common.
struct Shared {
    issuer: Arc<Issuer>,
    /// The outcomes are not wanted any more.
    stopped: AtomicBool,
    state: Mutex<State>,
    news: Condvar,
    gather: Gather,
}

#[derive(Default)]
struct State {
    /// How many outcomes were taken: the index of the item in the first slot.
    taken: usize,
    /// One for each item that was read and whose outcome was not taken; empty until it is finished.
    slots: VecDeque<Option<Outcome>>,
    progress: BatchProgress,
    /// Items whose token was another's and is free now.
    freed: Vec<(usize, BatchItem, Course)>,
    /// Items finished or freed since the taker last looked.
    news: usize,
    /// At how many news the taker wants to be woken; 0 while it does not wait.
    wanted: usize,
}

impl Issuer {
    /// Issues a certificate for each item, on the threads of rayon. The outcomes come in the order of the items.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use issuance::{Error, IssueCertificateRequest, IssuedCertificate, Issuer};
    /// # fn store(_: &IssuedCertificate) -> Result<(), std::io::Error> { Ok(()) }
    /// # fn run(issuer: &Arc<Issuer>, requests: Vec<IssueCertificateRequest>) -> Result<(), std::io::Error> {
    /// for (number, outcome) in issuer.issue_batch(requests).enumerate() {
    ///     match outcome {
    ///         Ok(certificate) => store(&certificate)?,
    ///         Err(error) => eprintln!("item {number}: {error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Each item by itself
    /// Each outcome is what [`Issuer::issue`] or [`Issuer::issue_proven`] would give for the item, and nothing that goes wrong
    /// with one touches another; a signer, ledger or `TryFrom` that panics makes [`Error::Panic`] of this one item. (Where panics
    /// abort the process, they still do.) Idempotency tokens count between items as between calls. An item whose token another
    /// caller or item holds gives its thread back until the token is free, so waiting blocks nothing.
    ///
    /// # One call for many
    /// Where the issuer's [ledger](crate::ledger::Ledger) keeps everything, intents and certificates go to it in calls of up to 64 and
    /// more, so that many share one transaction. A call that fails is an error of each of its items.
    ///
    /// # Memory
    /// Items are read lazily, at most [`Batch::window`] ahead of the outcomes that were taken. So no more than that many items
    /// and outcomes are held, however long the input is, and however far a slow item falls behind those after it. Who takes
    /// outcomes slowly slows the batch down.
    ///
    /// # Threads
    /// The iterators of items and outcomes run on the thread that takes the outcomes, and so does [`Batch::progress`]. Items
    /// are converted and issued on rayon's global pool, or, where the outcomes are taken on a thread of a pool (as inside
    /// `ThreadPool::install`), on that pool; this thread then works along while it waits. Input that blocks holds up outcomes
    /// that are finished; where it waits for them, the window must be 1.
    ///
    /// # Stopping early
    /// When the [`Batch`] is dropped, no further item is begun. Up to a window of items has been read by then, and some of these
    /// may have been issued: their certificates are lost, except to a retry with the same idempotency token. Who wants an outcome
    /// for every item that was read ends the input instead (`take_while`, say) and takes the rest.
    pub fn issue_batch<'p, I>(self: &Arc<Self>, items: I) -> Batch<'p, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: TryInto<BatchItem, Error: Into<Error>> + Send + 'static,
    {
        Batch {
            items: items.into_iter().fuse(),
            shared: Arc::new(Shared {
                issuer: Arc::clone(self),
                stopped: AtomicBool::new(false),
                state: Mutex::default(),
                news: Condvar::new(),
                gather: Gather::default(),
            }),
            window: WINDOW_PER_THREAD * rayon::current_num_threads(),
            progress: None,
            reported: BatchProgress::default(),
        }
    }
}

impl<'p, I: Iterator> Batch<'p, I> {
    /// Sets how many items at most have been read and not been handed out, finished or not: at least 1; by default 128 for each
    /// thread. A window should be several times as long as a slow item is slower than the others, or threads wait for it.
    pub fn window(mut self, items: usize) -> Self {
        self.window = items.max(1);
        self
    }

    /// Calls `report` when items have been finished since the last call, with the totals, on the thread that takes the outcomes
    /// and while that is in `next`: at most once an item, also for items behind one that is still being waited for. The last
    /// call, before the last outcome, counts every item. If `report` panics, so does `next`, and no outcome is lost: the next call of
    /// `next` gives it.
    pub fn progress(mut self, report: impl FnMut(BatchProgress) + Send + 'p) -> Self {
        self.progress = Some(Box::new(report));
        self
    }

    fn report(&mut self, progress: BatchProgress) {
        if progress != self.reported {
            self.reported = progress;
            if let Some(report) = &mut self.progress {
                report(progress);
            }
        }
    }
}

impl<I> Iterator for Batch<'_, I>
where
    I: Iterator,
    I::Item: TryInto<BatchItem, Error: Into<Error>> + Send + 'static,
{
    type Item = Result<Arc<IssuedCertificate>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.shared.has_room(self.window) {
                let Some(item) = self.items.next() else { break };
                let shared = Arc::clone(&self.shared);
                let index = shared.open_slot();
                shared.gather.begin();
                rayon::spawn_fifo(move || {
                    quietly(|| shared.start(index, item));
                    shared.end_of_work();
                });
            }
            let Look { freed, first, progress } = self.shared.look();
            // Before anything is taken: `report` is foreign and may panic, and who catches that goes on with the outcomes.
            for (index, item, course) in freed {
                let shared = Arc::clone(&self.shared);
                shared.gather.begin();
                rayon::spawn_fifo(move || {
                    quietly(|| shared.resume(index, item, course));
                    shared.end_of_work();
                });
            }
            self.report(progress);
            match first {
                First::Finished => return self.shared.take(),
                First::None => return None,
                // On a thread of the pool, something of what is to be done is done here.
                First::Unfinished if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
                First::Unfinished => self.shared.wait(),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let held = self.shared.lock().slots.len();
        let (least, most) = self.items.size_hint();
        (least.saturating_add(held), most.and_then(|most| most.checked_add(held)))
    }
}

impl<I> FusedIterator for Batch<'_, I>
where
    I: Iterator,
    I::Item: TryInto<BatchItem, Error: Into<Error>> + Send + 'static,
{
}

impl<I: Iterator> Drop for Batch<'_, I> {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // The holder of a token that an item waits for keeps what is shared alive; that should not be much.
        let held = std::mem::take(&mut *self.shared.lock());
        drop(held);
    }
}

impl<I: Iterator> fmt::Debug for Batch<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("issuer", &self.shared.issuer)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// What the taker finds.
struct Look {
    freed: Vec<(usize, BatchItem, Course)>,
    first: First,
    progress: BatchProgress,
}

/// What there is to hand out next.
enum First {
    Finished,
    Unfinished,
    None,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, window: usize) -> bool {
        self.lock().slots.len() < window
    }

    /// Makes a place for one more outcome, and says the index of its item.
    fn open_slot(&self) -> usize {
        let mut state = self.lock();
        state.slots.push_back(None);
        state.taken + state.slots.len() - 1
    }

    /// Looks at what there is, and takes the items that were freed.
    fn look(&self) -> Look {
        let mut state = self.lock();
        state.news = 0;
        let first = match state.slots.front() {
            None => First::None,
            Some(None) => First::Unfinished,
            Some(Some(_)) => First::Finished,
        };
        Look { freed: std::mem::take(&mut state.freed), first, progress: state.progress }
    }

    /// Takes the first outcome, if it is finished.
    fn take(&self) -> Option<Outcome> {
        let mut state = self.lock();
        let outcome = state.slots.front_mut()?.take()?;
        state.slots.pop_front();
        state.taken += 1;
        Some(outcome)
    }

    /// Waits for news: for as many as keep the threads busy until the taker is back, but not long; then for any.
    fn wait(self: &Arc<Self>) {
        let mut state = self.lock();
        let unfinished = state.slots.iter().filter(|slot| slot.is_none()).count();
        state.wanted = unfinished.div_ceil(2);
        let waited = self.news.wait_timeout_while(state, PATIENCE, |state| state.news < state.wanted);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.wanted = 1;
        while state.news == 0 {
            if self.gathers() {
                // What is ready for the ledger does not wait for an item that takes long.
                drop(state);
                self.ask(true);
                state = self.lock();
                let waited = self.news.wait_timeout_while(state, PATIENCE, |state| state.news == 0);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.wanted = 0;
    }

    /// Notes that an item is finished or freed, and wakes the taker where it waits for that.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        state.news += 1;
        let wake = state.news == state.wanted;
        drop(state);
        if wake {
            self.news.notify_one();
        }
    }

    /// The first that a thread does for an item.
    fn start(self: &Arc<Self>, index: usize, item: impl TryInto<BatchItem, Error: Into<Error>>) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        match caught(|| item.try_into().map_err(Into::into)) {
            Ok(item) => self.attempt(index, item, Course::default(), |course, asked| course.begin(asked)),
            Err(error) => self.finish(index, Err(error)),
        }
    }

    /// Goes on with an item whose token is free.
    fn resume(self: &Arc<Self>, index: usize, item: BatchItem, course: Course) {
        self.attempt(index, item, course, |course, _| course.is_free());
    }

    fn attempt(
        self: &Arc<Self>,
        index: usize,
        item: BatchItem,
        mut course: Course,
        first: impl FnOnce(&mut Course, Asked<'_>) -> Step,
    ) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        let outcome = caught(|| {
            let driver = self.issuer.driver();
            let asked = Asked { core: driver.core, request: &item.request, proven: item.proven.as_ref() };
            let mut step = first(&mut course, asked);
            loop {
                step = match step {
                    Step::Find(key) => course.found(driver.core, driver.find(&key)),
                    Step::Order(order) => {
                        let first = driver.take_places(&order);
                        course.placed(asked, order, first)
                    }
                    Step::Reserve(intent) if self.gathers() => {
                        self.reserve_later(index, item, course, intent);
                        return Ok(None);
                    }
                    Step::Reserve(intent) => {
                        course.reserved(driver.core, only(driver.reserve(slice::from_ref(&intent))))
                    }
                    Step::Again => course.again(asked),
                    Step::Settle(settle) => return self.issuer.settle(&mut course, settle).map(Some),
                    Step::Wait(busy) => {
                        let parked = Parked { shared: Arc::clone(self), index, item, course };
                        driver.when_free(&busy.key, Waiter::of(parked));
                        return Ok(None);
                    }
                };
            }
        });
        if let Some(outcome) = outcome.transpose() {
            self.finish(index, outcome);
        }
    }

    fn finish(&self, index: usize, outcome: Outcome) {
        let mut state = self.lock();
        let State { taken, slots, progress, .. } = &mut *state;
        // After the batch was dropped, there is no slot.
        let Some(slot) = index.checked_sub(*taken).and_then(|place| slots.get_mut(place)) else { return };
        if slot.is_none() {
            *(if outcome.is_ok() { &mut progress.issued } else { &mut progress.failed }) += 1;
            *slot = Some(outcome);
            self.tell(state);
        }
    }

    /// The token that an item waited for is free. The taker sends the item to its pool again: here, any thread may be running.
    fn free(&self, index: usize, item: BatchItem, course: Course) {
        if !self.stopped.load(Ordering::Relaxed) {
            let mut state = self.lock();
            state.freed.push((index, item, course));
            self.tell(state);
        }
    }
}

/// An item that waits for its token.
struct Parked {
    shared: Arc<Shared>,
    index: usize,
    item: BatchItem,
    course: Course,
}

impl Wait for Parked {
    fn wake(self: Box<Self>) {
        let Parked { shared, index, item, course } = *self;
        shared.free(index, item, course);
    }

    fn is_gone(&self) -> bool {
        self.shared.stopped.load(Ordering::Relaxed)
    }
}

/// A panic as the item's error.
fn caught<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // What a panic can leave behind are the caller's own parts, which other threads use after a panic of `issue` as well.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| Err(Error::Panic(text_of(payload))))
}

/// Runs what a thread of the pool does. A panic that reached the pool would end the process: all that is left to panic are
/// destructors of what is not wanted any more.
fn quietly(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        discard(payload);
    }
}
