//! The supervisor: N slots, each with one worker process that does one job after the other.
//!
//! A worker that crashes, hangs or talks nonsense costs one attempt of one job; its slot starts
//! another. A failure to start is retried with pauses and costs no job anything. A worker that cannot even be
//! killed keeps its job until it ends, and its slot starts another (`stuck.rs`).

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::error::DaemonError;
use super::supervisor::{LEASE_MARGIN, Supervisor, unless_too_late};
use crate::config::Settings;
use crate::endure::endure;
use crate::findings::{Companions, FailedImage, NotAssessed, ReportImage, ReportRequest, SopClass};
use crate::spool::SpooledFile;
use crate::store::{Addressee, Changes, Job, NewObject, ObjectFile, ReportInput, StoreError, Work};
use crate::worker::{Reply, Request, WorkerError, WorkerProcess, WrittenObject};

/// Longest time between two looks of an idle slot at the queue.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Shortest, so that what is due and cannot be had never spins.
const A_MOMENT: Duration = Duration::from_millis(10);
/// Pause before a job is tried again that failed because the database was busy.
const UNTIL_THE_DATABASE_ANSWERS: Duration = Duration::from_secs(2);
impl Supervisor {
    /// Runs the slots until `stop` turns true; jobs under way go back to the queue at no cost.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
        let mut slots = JoinSet::new();
        for number in 1..=self.settings.current().analysis.workers {
            let name = format!("worker-{number}");
            slots.spawn(self.clone().work(name, stop.clone()));
        }
        while let Some(ended) = slots.join_next().await {
            ended.map_err(DaemonError::Task)??;
        }
        Ok(())
    }
}

impl Supervisor {
    /// Keeps one slot at work.
    async fn work(self, name: String, stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
        // It outlives a run that ended for want of disk space: a worker takes seconds to start.
        let process = Mutex::new(None);
        endure(&name, stop.clone(), || async {
            let mut process = process.lock().await;
            let changes = self.store.job_changes();
            Slot { supervisor: self.clone(), name: name.clone(), process: &mut process, changes }
                .run(stop.clone())
                .await
        })
        .await
    }
}

struct Slot<'a> {
    supervisor: Supervisor,
    name: String,
    process: &'a mut Option<(u64, WorkerProcess)>,
    /// Of what may make a job due.
    changes: Changes,
}

impl Slot<'_> {
    async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
        // What an earlier run had when the database failed it.
        self.supervisor.store.release_jobs_of(&self.name).await?;
        while !*stop.borrow() {
            tokio::select! {
                worked = self.turn() => worked?,
                _ = stop.changed() => break,
            }
        }
        self.supervisor.store.release_jobs_of(&self.name).await?;
        Ok(())
    }

    /// Does the next job, or waits a moment for one.
    async fn turn(&mut self) -> Result<(), DaemonError> {
        if !self.ensure_process().await {
            return Ok(());
        }
        let store = self.supervisor.store.clone();
        self.changes.begin_look();
        let analysis = self.supervisor.settings.current().analysis.clone();
        let limit = analysis.timeout;
        match store.lease_job(&self.name, limit + LEASE_MARGIN, analysis.attempts).await? {
            Some(job) => {
                let span = span_of(&job);
                self.attempt(job, limit).instrument(span).await
            }
            None => {
                let pause = store.until_next_job().await?.map_or(LOOK_AGAIN, |until| until.clamp(A_MOMENT, LOOK_AGAIN));
                let mut bundle = self.supervisor.bundle.clone();
                bundle.mark_unchanged();
                tokio::select! {
                    () = self.changes.since_look() => {}
                    () = sleep(pause) => {}
                    // A new bundle's worker is to be ready before it is needed.
                    _ = bundle.changed() => {}
                }
                Ok(())
            }
        }
    }

    /// Has a worker of the live bundle ready, or pauses and says no.
    async fn ensure_process(&mut self) -> bool {
        let live = self.supervisor.bundle.borrow().clone();
        if self.process.as_mut().is_some_and(|(generation, worker)| *generation == live.generation && worker.is_alive())
        {
            return true;
        }
        *self.process = None;
        if !self.supervisor.stuck.may_start(self.supervisor.settings.current().analysis.workers).await {
            return false;
        }
        match WorkerProcess::start(&live.command).await {
            Ok(worker) => {
                tracing::info!(slot = %self.name, pid = worker.id(), bundle = %live.identity.name, "A worker is ready");
                *self.process = Some((live.generation, worker));
                true
            }
            Err(error) => {
                tracing::error!(slot = %self.name, %error, "A worker cannot be started; it is tried again in five seconds");
                sleep(Duration::from_secs(5)).await;
                false
            }
        }
    }

    async fn attempt(&mut self, job: Job, limit: Duration) -> Result<(), DaemonError> {
        let begun = Instant::now();
        let request = match self.request_for(&job).await {
            Ok(request) => request,
            // That says nothing about this job.
            Err(error) if error.may_heal() => {
                tracing::warn!(%error, "A job cannot be begun now: it costs nothing");
                return unless_too_late(self.supervisor.store.give_back(&job, UNTIL_THE_DATABASE_ANSWERS).await)
                    .map(drop);
            }
            // Something is wrong with this job alone: it must not take the daemon with it.
            Err(error) => return self.supervisor.attempt_failed(&job, &error.to_string(), false).await,
        };
        let Some((_, worker)) = self.process.as_mut() else { return Ok(()) };
        let outcome = worker.run(&request, limit).await;
        let seconds = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(reply) => self.conclude(&job, reply, seconds).await,
            Err(error) => {
                tracing::warn!(%error, "A worker did not survive its job");
                match (self.process.take(), &error) {
                    (Some((_, worker)), WorkerError::Stuck(_)) => {
                        self.supervisor.wait_for_stuck(worker, job, limit, error.to_string()).await
                    }
                    _ => self.supervisor.attempt_failed(&job, &error.to_string(), false).await,
                }
            }
        }
    }

    /// What the worker is asked; paths are made whole here.
    async fn request_for(&self, job: &Job) -> Result<Request, StoreError> {
        let Supervisor { settings, store, spool, device_uid, .. } = &self.supervisor;
        let report = match &job.work {
            Work::Analyse { file, .. } => return Ok(Request::Analyse { file: spool.path(file) }),
            Work::Report { report } => *report,
        };
        let ReportInput { plan, images, failed } = store.report_input(report).await?;
        let settings = settings.current();
        let request = ReportRequest {
            report_uid: plan.sop_instance_uid,
            series_uid: plan.series_instance_uid,
            overlay_series_uid: plan.overlay_series_uid,
            series_number: SERIES_NUMBER,
            version: plan.version,
            patient_number: plan.patient_number,
            content_time: plan.content_time,
            device_uid: device_uid.clone(),
            observer_name: settings.server.ae_title.to_string(),
            sop_classes: sop_classes(&settings),
            predecessor: plan.predecessor,
            companions: Companions {
                pictures: settings.report.overlay.has_picture(),
                presentation_states: settings.report.overlay.has_presentation_state(),
                key_object: settings.report.key_object,
            },
            language: settings.report.language,
            bundle: self.supervisor.bundle.borrow().identity.clone(),
            images: images
                .into_iter()
                .map(|i| ReportImage { file: i.file.map(|file| spool.path(&file)), findings: i.findings, told: i.told })
                .collect(),
            failed: failed
                .into_iter()
                .map(|f| FailedImage { file: f.file.map(|file| spool.path(&file)), image: f.image, reason: f.reason })
                .collect(),
        };
        Ok(Request::Report { request: Box::new(request), folder: spool.incoming() })
    }

    /// Writes down what the worker answered.
    async fn conclude(&mut self, job: &Job, reply: Reply, seconds: f64) -> Result<(), DaemonError> {
        let store = self.supervisor.store.clone();
        match (reply, &job.work) {
            (Reply::Findings { findings }, Work::Analyse { .. }) => {
                let (vertebrae, assessed) =
                    (&findings.vertebrae, findings.vertebrae.iter().filter(|v| v.is_assessed()));
                let (vertebrae, assessed) = (vertebrae.len(), assessed.count());
                let not_assessed = findings.not_assessed.map(NotAssessed::words);
                tracing::info!(vertebrae, assessed, not_assessed, seconds, "An image is analysed");
                self.supervisor.attempt_concluded(job, store.finish_analysis(job, &findings).await).await.map(drop)
            }
            (Reply::Written { objects }, Work::Report { .. }) => self.take_report(job, objects, seconds).await,
            (Reply::Failed { reason, permanent }, _) => self.supervisor.attempt_failed(job, &reason, permanent).await,
            (other, _) => {
                *self.process = None;
                self.supervisor
                    .attempt_failed(
                        job,
                        &format!("the worker answered something else than was asked: {other:?}"),
                        false,
                    )
                    .await
            }
        }
    }

    /// Makes a report's files durable and queues them for their destinations.
    async fn take_report(&self, job: &Job, written: Vec<WrittenObject>, seconds: f64) -> Result<(), DaemonError> {
        let mut objects = Vec::with_capacity(written.len());
        for object in written {
            let adopt = |file: &PathBuf| self.supervisor.spool.adopt(file);
            let adopted =
                adopt(&object.file).and_then(|file| Ok((file, object.compressed.as_ref().map(adopt).transpose()?)));
            let (spooled, compressed) = match adopted {
                Ok(adopted) => adopted,
                // What was adopted before is an orphan that the next start removes.
                Err(error) => return self.supervisor.attempt_failed(job, &error.to_string(), false).await,
            };
            objects.push(NewObject {
                kind: object.kind,
                sop_class_uid: object.sop_class_uid,
                sop_instance_uid: object.sop_instance_uid,
                file: object_file(spooled),
                compressed: compressed.map(object_file),
            });
        }
        let settings = self.supervisor.settings.current();
        let destinations = settings
            .report_destinations()
            .map(|d| Addressee {
                name: d.name.clone(),
                give_up_after: d.give_up_after,
                report_class: settings.sop_class_for(d).uid().to_owned(),
            })
            .collect();
        let count = objects.len();
        let files: Vec<String> = objects.iter().flat_map(NewObject::files).map(|file| file.file.clone()).collect();
        let finished = self.supervisor.store.finish_report(job, objects, destinations).await;
        if let Ok(triage) = &finished {
            let result = triage.as_ref().map_or("no operating point", |triage| triage.result.words());
            let probability = triage.as_ref().and_then(|triage| triage.probability);
            tracing::info!(result, probability, objects = count, seconds, "A report is written, for research use only");
        }
        if !self.supervisor.attempt_concluded(job, finished.map(drop)).await? {
            // Another attempt brings its own.
            files.iter().try_for_each(|file| self.supervisor.spool.remove(file))?;
        }
        Ok(())
    }
}

/// The SOP classes that the destinations of reports want, or get when they refuse that one, each once.
fn sop_classes(settings: &Settings) -> Vec<SopClass> {
    let of = |destination| [Some(settings.sop_class_for(destination)), destination.fallback_sop_class];
    let mut classes = Vec::new();
    for class in settings.report_destinations().flat_map(of).flatten() {
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    classes
}

fn object_file(spooled: SpooledFile) -> ObjectFile {
    ObjectFile { file: spooled.file, sha256: spooled.sha256 }
}

/// What every line about a job carries.
fn span_of(job: &Job) -> tracing::Span {
    let (id, attempt, study) = (job.id, job.attempt, &job.study);
    match &job.work {
        Work::Analyse { image, .. } => tracing::info_span!("job", %id, attempt, study, image),
        Work::Report { report } => tracing::info_span!("job", %id, attempt, study, %report),
    }
}

/// Series Number of reports; viewers list them after the images.
const SERIES_NUMBER: u32 = 901;
