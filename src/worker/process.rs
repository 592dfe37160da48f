//! The daemon's side of a worker: start it, hand it a job, kill it when it is late.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::protocol::{Reply, Request};
use crate::findings::BundleIdentity;

/// So long a killed process may take to end. One that takes longer hangs in the system, on a file server that does
/// not answer perhaps, where no signal reaches it.
const END_WITHIN: Duration = Duration::from_secs(5);
/// Longest reply accepted from a worker, bytes.
const LONGEST_REPLY: u64 = 16 << 20;

/// How to start a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerCommand {
    /// The `spinetriage` executable.
    pub executable: PathBuf,
    /// Folder of the bundle.
    pub bundle: PathBuf,
    /// ONNX Runtime's library, when the configuration names one.
    pub onnxruntime: Option<PathBuf>,
    /// Longest time to load the bundle and pass its self-test.
    pub start_within: Duration,
}

/// A running worker that has passed its bundle's self-test.
#[derive(Debug)]
pub struct WorkerProcess {
    child: Child,
    requests: ChildStdin,
    replies: Lines<BufReader<tokio::io::Take<ChildStdout>>>,
    bundle: BundleIdentity,
}

/// Why a worker did not answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process could not be started.
    #[error("the worker {executable} cannot be started: {source}")]
    Start {
        /// The executable.
        executable: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The bundle or ONNX Runtime is refused.
    #[error("{0}")]
    Unusable(String),
    /// The process ended in the middle.
    #[error("the worker process ended unexpectedly ({0})")]
    Ended(String),
    /// No reply in time; the process is killed.
    #[error("the worker gave no answer within {} seconds and was killed", .0.as_secs())]
    TimedOut(Duration),
    /// No reply in time; the process was killed and does not end.
    #[error(
        "the worker gave no answer within {} seconds, was killed and does not end: it hangs in the system, on a disk or a file \
         server that does not answer perhaps",
        .0.as_secs()
    )]
    Stuck(Duration),
    /// The reply is not of the protocol.
    #[error("the worker's answer is not understood: {0}")]
    Garbled(String),
}

impl WorkerProcess {
    /// Starts a worker and waits until its bundle has passed the self-test.
    ///
    /// # Errors
    /// [`WorkerError::Unusable`] with the reason when the bundle is refused; the others when the
    /// process does not come up.
    pub async fn start(command: &WorkerCommand) -> Result<Self, WorkerError> {
        let mut process = Command::new(&command.executable);
        process.arg("worker").arg("--bundle").arg(&command.bundle);
        if let Some(library) = &command.onnxruntime {
            process.arg("--onnxruntime").arg(library);
        }
        process.arg("--parent").arg(std::process::id().to_string());
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let start_error = |source| WorkerError::Start { executable: command.executable.clone(), source };
        let mut child = process.spawn().map_err(start_error)?;
        let (Some(requests), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(WorkerError::Ended("no pipe".into()));
        };
        let replies = BufReader::new(stdout.take(LONGEST_REPLY)).lines();
        let bundle = BundleIdentity::default();
        let mut worker = Self { child, requests, replies, bundle };
        match worker.reply(command.start_within).await? {
            Reply::Ready { bundle } => worker.bundle = *bundle,
            Reply::Unusable { reason } => return Err(WorkerError::Unusable(reason)),
            other => return Err(WorkerError::Garbled(format!("{other:?}"))),
        }
        Ok(worker)
    }

    /// The bundle it runs.
    pub fn bundle(&self) -> &BundleIdentity {
        &self.bundle
    }

    /// Process id while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether the process is still there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until the process has ended.
    pub async fn ended(&mut self) {
        // An error says that there is no such process any more.
        let _ = self.child.wait().await;
    }

    /// Hands the worker one job and waits for the reply. After an error the worker is dead and must
    /// be dropped; after [`WorkerError::Stuck`] only once it has [`Self::ended`].
    pub async fn run(&mut self, request: &Request, within: Duration) -> Result<Reply, WorkerError> {
        let mut line = serde_json::to_vec(request).map_err(|e| WorkerError::Garbled(e.to_string()))?;
        line.push(b'\n');
        self.replies.get_mut().get_mut().set_limit(LONGEST_REPLY);
        let answered = async {
            // A worker that does not read must not block the daemon either: the time limit covers both.
            let sent = async {
                self.requests.write_all(&line).await?;
                self.requests.flush().await
            };
            match sent.await {
                Ok(()) => self.replies.next_line().await,
                Err(e) => Err(e),
            }
        };
        let outcome = timeout(within, answered).await;
        self.understand(outcome, within).await
    }

    async fn reply(&mut self, within: Duration) -> Result<Reply, WorkerError> {
        let outcome = timeout(within, self.replies.next_line()).await;
        self.understand(outcome, within).await
    }

    async fn understand(
        &mut self,
        outcome: Result<std::io::Result<Option<String>>, tokio::time::error::Elapsed>,
        within: Duration,
    ) -> Result<Reply, WorkerError> {
        match outcome {
            Ok(Ok(Some(line))) => match serde_json::from_str(&line) {
                Ok(reply) => Ok(reply),
                Err(e) => {
                    self.kill(within).await?;
                    Err(WorkerError::Garbled(e.to_string()))
                }
            },
            Ok(Ok(None) | Err(_)) => Err(WorkerError::Ended(self.kill(within).await?)),
            Err(_) => {
                self.kill(within).await?;
                Err(WorkerError::TimedOut(within))
            }
        }
    }

    /// Kills the process, reaps it, and says how it ended.
    async fn kill(&mut self, within: Duration) -> Result<String, WorkerError> {
        // A process that is ending by itself gets a moment, so that its own exit status is reported.
        if let Ok(Ok(status)) = timeout(Duration::from_millis(200), self.child.wait()).await {
            return Ok(status.to_string());
        }
        let _ = self.child.start_kill();
        match timeout(END_WITHIN, self.child.wait()).await {
            Ok(Ok(status)) => Ok(status.to_string()),
            Ok(Err(e)) => Ok(e.to_string()),
            Err(_) => Err(WorkerError::Stuck(within)),
        }
    }
}
