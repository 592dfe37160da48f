//! The receiver: accepts connections, decides on association requests, and drains at shutdown.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use dicom_ul::pdu::{AbortRQServiceProviderReason, AssociationRQ, Pdu};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument;

use super::association::Association;
use super::negotiation;
use super::service::{AssociationInfo, Rejection, RejectionCode, Rules, StorageService};
use super::transport::{Transport, TransportError, pdu_name};

/// Connections that have not made their request yet. They hold no association, so silent sockets
/// cannot lock out those who talk.
const MAX_CONNECTIONS_WITHOUT_REQUEST: usize = 256;

/// How long associations may go on with the object they receive once shutdown has begun.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Pause after a failed accept (mostly: no file descriptor left), and how long failing is borne.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
const ACCEPT_FAILS_FOR: Duration = Duration::from_secs(120);

/// Why the receiver stopped.
#[derive(Debug, thiserror::Error)]
pub enum DimseError {
    /// Accepting has failed for two minutes without a break.
    #[error("no connection could be accepted for {} s: {source}; check the limit of open files", ACCEPT_FAILS_FOR.as_secs())]
    Accept {
        /// The last failure.
        source: io::Error,
    },
}

/// What all connections share.
struct Receiver<S> {
    service: Arc<S>,
    /// Associations being served, against [`Rules::max_associations`], which may change at a reload.
    associations: AtomicUsize,
    /// Gives each association its number.
    numbers: AtomicU64,
    /// Bounds connections that have not made their request yet.
    requests: Arc<Semaphore>,
}

/// Receives objects on every one of `listeners` until `shutdown` completes: then no connection is
/// accepted any more, idle associations are aborted, and those in the middle of an object may
/// finish it (at most 20 s).
///
/// # Errors
/// [`DimseError::Accept`] when the system refuses connections for minutes.
///
/// # Panics
/// Never by itself; a panic in the service ends that one association and is logged as an error.
pub async fn serve<S: StorageService>(
    listeners: Vec<TcpListener>,
    service: Arc<S>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DimseError> {
    let receiver = Arc::new(Receiver {
        service,
        associations: AtomicUsize::new(0),
        numbers: AtomicU64::new(0),
        requests: Arc::new(Semaphore::new(MAX_CONNECTIONS_WITHOUT_REQUEST)),
    });
    // Its value turns true at shutdown; each association watches it between two messages.
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut failing_since: Option<Instant> = None;
    tokio::pin!(shutdown);
    let result = loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break Ok(()),
            Some(ended) = connections.join_next() => report_panic(ended),
            accepted = accept(&listeners) => match accepted {
                Ok((stream, peer)) => {
                    failing_since = None;
                    receiver.spawn(&mut connections, stream, peer, stopping.clone());
                }
                Err(source) => {
                    let since = *failing_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > ACCEPT_FAILS_FOR {
                        break Err(DimseError::Accept { source });
                    }
                    tracing::warn!(error = %source, "A connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    };
    drop(listeners);
    stop.send_replace(true);
    drain(connections).await;
    result
}

/// The next connection on any of `listeners`.
async fn accept(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    std::future::poll_fn(|cx| {
        for listener in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

/// Waits for all connections, then ends those that take too long; their objects are dropped.
async fn drain(mut connections: JoinSet<()>) {
    let all = async {
        while let Some(ended) = connections.join_next().await {
            report_panic(ended);
        }
    };
    if timeout(DRAIN_TIMEOUT, all).await.is_err() {
        tracing::warn!(associations = connections.len(), "Associations cut off at shutdown");
        connections.shutdown().await;
    }
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "An association ended in a panic: this is a bug, please report it");
    }
}

impl<S: StorageService> Receiver<S> {
    fn spawn(
        self: &Arc<Self>,
        connections: &mut JoinSet<()>,
        stream: TcpStream,
        peer: SocketAddr,
        stopping: watch::Receiver<bool>,
    ) {
        // Without a permit the connection is closed unread: there is no association to reject yet.
        let Ok(permit) = Arc::clone(&self.requests).try_acquire_owned() else {
            tracing::warn!(%peer, limit = MAX_CONNECTIONS_WITHOUT_REQUEST, "Connection closed: too many that say nothing");
            return;
        };
        let receiver = Arc::clone(self);
        connections.spawn(async move { receiver.connection(stream, peer, permit, stopping).await });
    }

    /// One connection from its first byte to its last.
    async fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
        stopping: watch::Receiver<bool>,
    ) {
        // Small answers must not wait for the peer's delayed acknowledgement; failing to ask for
        // that costs speed, not correctness.
        let _ = stream.set_nodelay(true);
        let rules = self.service.rules();
        let mut transport = Transport::new(stream);
        let mut stop = stopping.clone();
        let request = tokio::select! {
            biased;
            _ = stop.wait_for(|&stopping| stopping) => return,
            request = receive_request(&mut transport, &rules) => request,
        };
        let request = match request {
            Ok(Some(request)) => request,
            // Opened and closed without a byte: a port check, not a peer.
            Ok(None) => return,
            Err((abort, rejection)) => {
                transport.abort(abort).await;
                self.service.rejected(peer, "", "", &rejection).await;
                return transport.close().await;
            }
        };
        let (calling, called) = (request.calling_ae_title.as_str(), request.called_ae_title.as_str());
        let (slot, rules) = match self.decide(&request, peer, &rules) {
            Ok(decided) => decided,
            Err(rejection) => {
                reject(&mut transport, &rejection, &rules).await;
                self.service.rejected(peer, calling, called, &rejection).await;
                return transport.close().await;
            }
        };
        drop(permit);
        let (answer, contexts) = negotiation::accept(&request, &rules);
        let max_pdu = negotiation::max_pdu(&request.user_variables);
        let info = AssociationInfo {
            number: self.numbers.fetch_add(1, Ordering::Relaxed) + 1,
            peer,
            calling: calling.to_owned(),
            called: called.to_owned(),
        };
        if let Err(error) = transport.send(&Pdu::AssociationAC(answer), rules.idle_timeout).await {
            let reason = format!("the acceptance could not be sent: {error}");
            let rejection = Rejection { code: RejectionCode::NoRequest, reason };
            return self.service.rejected(peer, calling, called, &rejection).await;
        }
        // Every line below it carries these.
        let span = tracing::info_span!("association", number = info.number, %peer, calling);
        let association = Association::new(&*self.service, info, rules, transport, contexts, max_pdu, stopping);
        let transport = association.run().instrument(span).await;
        // The next association need not wait until this peer has hung up.
        drop(slot);
        transport.close().await;
    }

    /// Whether the request becomes an association; if so, it holds a slot, and has rules of its own.
    fn decide(&self, request: &AssociationRQ, peer: SocketAddr, rules: &Rules) -> Result<(Slot<'_>, Rules), Rejection> {
        negotiation::check(request)?;
        let (calling, called) = (&request.calling_ae_title, &request.called_ae_title);
        let rules = self.service.admit(peer, calling, called, rules.clone())?;
        let slot = Slot::take(&self.associations, rules.max_associations).ok_or_else(|| Rejection {
            code: RejectionCode::LocalLimitExceeded,
            reason: format!("{} associations are open, which is the limit", rules.max_associations),
        })?;
        Ok((slot, rules))
    }
}

/// Sends the rejection. The connection ends here in any case, and the rejection is recorded.
async fn reject(transport: &mut Transport<TcpStream>, rejection: &Rejection, rules: &Rules) {
    if let Some(answer) = negotiation::reject(rejection.code) {
        let _ = transport.send(&Pdu::AssociationRJ(answer), rules.idle_timeout).await;
    } else {
        transport.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
    }
}

/// Reads the A-ASSOCIATE-RQ within its time limit. `None`: the peer left without a byte.
async fn receive_request(
    transport: &mut Transport<TcpStream>,
    rules: &Rules,
) -> Result<Option<AssociationRQ>, (AbortRQServiceProviderReason, Rejection)> {
    let no_request = |abort, reason| Err((abort, Rejection { code: RejectionCode::NoRequest, reason }));
    use AbortRQServiceProviderReason::{InvalidPduParameter, ReasonNotSpecified, UnexpectedPdu, UnrecognizedPdu};
    match transport.receive(rules.association_timeout).await {
        Ok(Pdu::AssociationRQ(request)) => Ok(Some(request)),
        Ok(other @ Pdu::Unknown { .. }) => no_request(UnrecognizedPdu, format!("the peer sent {}", pdu_name(&other))),
        Ok(other) => no_request(UnexpectedPdu, format!("the peer sent {} before any association", pdu_name(&other))),
        Err(TransportError::Closed) => Ok(None),
        Err(TransportError::TimedOut(limit)) => {
            let what = if transport.has_partial_pdu() { "a part of its request" } else { "nothing" };
            no_request(ReasonNotSpecified, format!("the peer sent {what} within {} s", limit.as_secs_f32()))
        }
        Err(error) => no_request(InvalidPduParameter, error.to_string()),
    }
}

/// A place among the associations served at the same time; free again when dropped.
struct Slot<'a>(&'a AtomicUsize);

impl<'a> Slot<'a> {
    fn take(associations: &'a AtomicUsize, limit: usize) -> Option<Self> {
        let one_more = |open: usize| (open < limit).then_some(open + 1);
        associations.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok().map(|_| Self(associations))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
