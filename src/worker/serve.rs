//! A worker's own loop.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;

use super::limits;
use super::protocol::{Reply, Request, WrittenObject};
use crate::analysis;
use crate::findings::ReportRequest;
use crate::imaging::decode;
use crate::model::{Bundle, Model};
use crate::report::{self, ReportObject};

/// Loads the bundle, says whether it is usable, then answers one request after the other until
/// standard input ends. `parent` is the process id that must still be the parent.
///
/// # Errors
/// Only when standard input or output is broken; a job that fails is a [`Reply::Failed`].
pub fn serve(bundle: &Path, onnxruntime: Option<&Path>, threads: usize, parent: Option<u32>) -> io::Result<()> {
    let mut model = match limits::apply(parent).and_then(|()| open(bundle, onnxruntime, threads)) {
        Ok(model) => model,
        Err(reason) => return send(&Reply::Unusable { reason }),
    };
    send(&Reply::Ready { bundle: Box::new(model.identity().clone()) })?;
    for line in io::stdin().lock().lines() {
        let reply = match serde_json::from_str(&line?) {
            Ok(Request::Analyse { file }) => analyse(&mut model, &file),
            Ok(Request::Report { request, folder }) => write_report(&request, &folder),
            Err(e) => {
                Reply::Failed { reason: format!("the worker does not understand its request: {e}"), permanent: true }
            }
        };
        send(&reply)?;
    }
    Ok(())
}

fn open(bundle: &Path, onnxruntime: Option<&Path>, threads: usize) -> Result<Model, String> {
    let bundle = Bundle::load(bundle).map_err(|e| e.to_string())?;
    Model::open(bundle, onnxruntime, threads).map_err(|e| e.to_string())
}

fn send(reply: &Reply) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, reply)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn analyse(model: &mut Model, file: &Path) -> Reply {
    let (radiograph, identity) = match decode::read(file) {
        Ok(read) => read,
        Err(e) => return Reply::Failed { permanent: e.is_permanent(), reason: e.to_string() },
    };
    match analysis::analyse(model, &radiograph, identity) {
        Ok(findings) => Reply::Findings { findings: Box::new(findings) },
        Err(e) => Reply::Failed { reason: e.to_string(), permanent: false },
    }
}

fn write_report(request: &ReportRequest, folder: &Path) -> Reply {
    let objects = match report::write(request) {
        Ok(objects) => objects,
        Err(e) => return Reply::Failed { reason: e.to_string(), permanent: false },
    };
    let mut written = Vec::with_capacity(objects.len());
    for object in objects {
        match save(object, folder) {
            Ok(object) => written.push(object),
            Err(reason) => return Reply::Failed { reason, permanent: false },
        }
    }
    Reply::Written { objects: written }
}

/// Writes the files of an object; an error says which cannot be.
fn save(object: ReportObject, folder: &Path) -> Result<WrittenObject, String> {
    let save = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        fs::write(&file, bytes).map_err(|e| format!("{} cannot be written: {e}", file.display())).map(|()| file)
    };
    let compressed = object.compressed.map(|bytes| save(&format!("compressed-{}", object.file_name), &bytes));
    Ok(WrittenObject {
        kind: object.kind,
        sop_class_uid: object.sop_class_uid,
        sop_instance_uid: object.sop_instance_uid,
        file: save(&object.file_name, &object.bytes)?,
        compressed: compressed.transpose()?,
    })
}
