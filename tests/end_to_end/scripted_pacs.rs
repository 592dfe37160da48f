//! A PACS that does as its script says: answers an object with any status or not at all, aborts in the middle
//! of it, refuses SOP classes, commits itself to what it took or does not. It notes what it was sent and when.
//!
//! It speaks through dicom-ul's PDUs and none of the code under test but the reader of command sets.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use dicom_ul::pdu::{
    AbortRQSource, AssociationAC, MAXIMUM_PDU_SIZE, PDataValue, PDataValueType, Pdu, PresentationContextResult,
    PresentationContextResultReason, UserVariableItem,
};
use spinetriage::dicom::Status;
use spinetriage::dimse::command::{C_STORE_RQ, CommandSet};

use crate::commitment_messages::{self as messages, N_ACTION_RQ, Request};

/// Largest PDU it takes: small, so that a report comes in several and can be cut off between two.
const MAX_PDU: u32 = 4096;

/// What it does with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Takes all of it and answers with this status.
    Answer(u16),
    /// Aborts the association after the first fragment of the data set.
    Abort,
    /// Takes all of it and never says a word.
    Silence,
}

/// What it does when it is asked to commit itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commitment {
    /// Says that it will tell, and never does.
    Never,
    /// Tells on the same association that it has everything.
    Committed,
    /// Tells on the same association that it failed for everything, with this reason.
    Failed(u16),
}

/// What is done with an object that came this often before, by its SOP class.
pub type Acts = dyn Fn(usize, &str) -> Act + Send + Sync;

/// What a PACS does.
pub struct Script {
    /// SOP classes refused at the negotiation.
    pub refuses: &'static [&'static str],
    pub store: Box<Acts>,
    /// What is done with the request for commitment after this many others.
    pub commit: fn(usize) -> Commitment,
}

impl Default for Script {
    /// Takes everything and commits itself to it.
    fn default() -> Self {
        Self::acting(|_, _| Act::Answer(0))
    }
}

impl Script {
    pub fn acting(store: impl Fn(usize, &str) -> Act + Send + Sync + 'static) -> Self {
        Self { refuses: &[], store: Box::new(store), commit: |_| Commitment::Committed }
    }
}

/// One C-STORE.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When its command was read.
    pub at: Instant,
    pub sop_class: String,
    pub sop_instance: String,
    pub transfer_syntax: String,
    /// As far as it was read.
    pub dataset: Vec<u8>,
    pub act: Act,
}

/// One N-ACTION.
#[derive(Debug, Clone)]
pub struct Asked {
    pub request: Request,
    /// The answer to our N-EVENT-REPORT.
    pub answered: Option<Status>,
}

#[derive(Default)]
struct Record {
    attempts: Vec<Attempt>,
    asked: Vec<Asked>,
}

/// A PACS on a port of the loopback until it is dropped.
pub struct ScriptedPacs {
    pub port: u16,
    record: Arc<Mutex<Record>>,
    stopped: Arc<AtomicBool>,
}

impl ScriptedPacs {
    pub fn start(script: Script) -> Self {
        Self::at(0, script)
    }

    /// A PACS on this port, as one that comes back after an outage.
    pub fn at(port: u16, script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (record, stopped, script) = (Arc::default(), Arc::<AtomicBool>::default(), Arc::new(script));
        let pacs = Self { port, record: Arc::clone(&record), stopped: Arc::clone(&stopped) };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let (script, record) = (Arc::clone(&script), Arc::clone(&record));
                let (contexts, values) = (HashMap::new(), VecDeque::new());
                // An association that breaks is what some scripts are about: the tests look at the record.
                thread::spawn(move || Association { stream, script, record, contexts, values }.serve());
            }
        });
        pacs
    }

    /// Every C-STORE so far, in order.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.record.lock().unwrap().attempts.clone()
    }

    /// Those of one object.
    pub fn attempts_of(&self, sop_instance: &str) -> Vec<Attempt> {
        self.attempts().into_iter().filter(|attempt| attempt.sop_instance == sop_instance).collect()
    }

    /// Every N-ACTION so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.record.lock().unwrap().asked.clone()
    }
}

impl Drop for ScriptedPacs {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the one who accepts, so that the port is free again.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

struct Association {
    stream: TcpStream,
    script: Arc<Script>,
    record: Arc<Mutex<Record>>,
    /// SOP class and transfer syntax of each accepted presentation context.
    contexts: HashMap<u8, (String, String)>,
    /// Read, and not yet looked at.
    values: VecDeque<PDataValue>,
}

impl Association {
    fn serve(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.accept()?;
        while let Some((context, bytes)) = self.part()? {
            let command = CommandSet::parse(&bytes).map_err(io::Error::other)?;
            match command.command_field().map_err(io::Error::other)? {
                C_STORE_RQ => self.store(context, &command)?,
                N_ACTION_RQ => self.commit(context, &command)?,
                _ => self.respond(context, &command, Status::SUCCESS)?,
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        let Pdu::AssociationRQ(request) = self.read()? else { return Err(ErrorKind::InvalidData.into()) };
        let results = request.presentation_contexts.iter().map(|proposed| {
            let class = proposed.abstract_syntax.trim_end_matches('\0').to_owned();
            let transfer_syntax = proposed.transfer_syntaxes[0].trim_end_matches('\0').to_owned();
            let refused = self.script.refuses.contains(&class.as_str());
            let reason = if refused {
                PresentationContextResultReason::AbstractSyntaxNotSupported
            } else {
                self.contexts.insert(proposed.id, (class, transfer_syntax.clone()));
                PresentationContextResultReason::Acceptance
            };
            PresentationContextResult { id: proposed.id, reason, transfer_syntax }
        });
        let presentation_contexts = results.collect();
        self.write(&Pdu::AssociationAC(AssociationAC {
            protocol_version: 1,
            calling_ae_title: request.calling_ae_title,
            called_ae_title: request.called_ae_title,
            application_context_name: request.application_context_name,
            presentation_contexts,
            user_variables: vec![
                UserVariableItem::MaxLength(MAX_PDU),
                UserVariableItem::ImplementationClassUID("1.2.3.4".into()),
            ],
        }))
    }

    fn store(&mut self, context: u8, command: &CommandSet) -> io::Result<()> {
        let at = Instant::now();
        let (sop_class, transfer_syntax) = self.contexts.get(&context).cloned().ok_or(ErrorKind::InvalidData)?;
        let sop_instance = command.affected_sop_instance_uid();
        let earlier = |record: &Record| record.attempts.iter().filter(|a| a.sop_instance == sop_instance).count();
        let before = earlier(&self.record.lock().unwrap());
        let act = (self.script.store)(before, &sop_class);
        let dataset = match act {
            Act::Abort => self.value()?.ok_or(ErrorKind::UnexpectedEof)?.data,
            Act::Answer(_) | Act::Silence => self.part()?.ok_or(ErrorKind::UnexpectedEof)?.1,
        };
        let attempt = Attempt { at, sop_class, sop_instance, transfer_syntax, dataset, act };
        self.record.lock().unwrap().attempts.push(attempt);
        match act {
            Act::Answer(status) => self.respond(context, command, Status(status)),
            Act::Abort => {
                self.write(&Pdu::AbortRQ { source: AbortRQSource::ServiceUser })?;
                Err(ErrorKind::ConnectionAborted.into())
            }
            // Until the other side has had enough.
            Act::Silence => self.read().map(drop),
        }
    }

    fn commit(&mut self, context: u8, command: &CommandSet) -> io::Result<()> {
        let (_, transfer_syntax) = self.contexts.get(&context).cloned().ok_or(ErrorKind::InvalidData)?;
        let (_, dataset) = self.part()?.ok_or(ErrorKind::UnexpectedEof)?;
        let request = messages::read_request(&dataset, &transfer_syntax);
        let number = {
            let asked = &mut self.record.lock().unwrap().asked;
            asked.push(Asked { request: request.clone(), answered: None });
            asked.len() - 1
        };
        self.respond(context, command, Status::SUCCESS)?;
        let failure = match (self.script.commit)(number) {
            Commitment::Never => return Ok(()),
            Commitment::Committed => None,
            Commitment::Failed(reason) => Some(reason),
        };
        let (command, report) = messages::report(&request, failure, &transfer_syntax);
        self.send(context, PDataValueType::Command, command)?;
        self.send(context, PDataValueType::Data, report)?;
        let (_, answer) = self.part()?.ok_or(ErrorKind::UnexpectedEof)?;
        let answer = CommandSet::parse(&answer).map_err(io::Error::other)?;
        self.record.lock().unwrap().asked[number].answered = answer.status().ok();
        Ok(())
    }

    fn respond(&mut self, context: u8, command: &CommandSet, status: Status) -> io::Result<()> {
        let response = command.response(status, "").map_err(io::Error::other)?;
        self.send(context, PDataValueType::Command, response.encode())
    }

    fn send(&mut self, context: u8, value_type: PDataValueType, data: Vec<u8>) -> io::Result<()> {
        let value = PDataValue { presentation_context_id: context, value_type, is_last: true, data };
        self.write(&Pdu::PData { data: vec![value] })
    }

    /// A whole command set or data set and its presentation context; nothing once the association is released.
    fn part(&mut self) -> io::Result<Option<(u8, Vec<u8>)>> {
        let mut bytes = Vec::new();
        while let Some(value) = self.value()? {
            bytes.extend(value.data);
            if value.is_last {
                return Ok(Some((value.presentation_context_id, bytes)));
            }
        }
        Ok(None)
    }

    fn value(&mut self) -> io::Result<Option<PDataValue>> {
        loop {
            if let Some(value) = self.values.pop_front() {
                return Ok(Some(value));
            }
            match self.read()? {
                Pdu::PData { data } => self.values.extend(data),
                Pdu::ReleaseRQ => return self.write(&Pdu::ReleaseRP).map(|()| None),
                other => return Err(io::Error::other(format!("{other:?}"))),
            }
        }
    }

    fn read(&mut self) -> io::Result<Pdu> {
        let mut bytes = vec![0; 6];
        self.stream.read_exact(&mut bytes)?;
        let length = u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]) as usize;
        bytes.resize(6 + length, 0);
        self.stream.read_exact(&mut bytes[6..])?;
        let pdu = dicom_ul::read_pdu(&bytes[..], MAXIMUM_PDU_SIZE, true).map_err(io::Error::other)?;
        pdu.ok_or_else(|| ErrorKind::InvalidData.into())
    }

    fn write(&mut self, pdu: &Pdu) -> io::Result<()> {
        let mut bytes = Vec::new();
        dicom_ul::write_pdu(&mut bytes, pdu).map_err(io::Error::other)?;
        self.stream.write_all(&bytes)
    }
}
