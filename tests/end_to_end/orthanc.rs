//! A real Orthanc on loopback ports, asked by its REST interface.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::daemon::AE_TITLE;
use crate::support::ports::free_port;
use crate::support::programs::start_orthanc;
use crate::tools::wait_for;

pub struct Orthanc {
    pub dicom_port: u16,
    http_port: u16,
    child: Child,
    _folder: TempDir,
}

/// Orthanc's own auto-routing: every image that a modality stored goes on to the daemon.
const ROUTE_TO_DAEMON: &str = r#"
function OnStoredInstance(id, tags, metadata, origin)
   if tags['Modality'] == 'DX' then
      SendToModality(id, 'router')
   end
end
"#;

impl Orthanc {
    /// A PACS that knows the daemon at `router_port`; with `routing` it forwards images to it.
    pub fn start(router_port: u16, routing: bool) -> Self {
        Self::at(free_port(), router_port, if routing { ROUTE_TO_DAEMON } else { "" })
    }

    /// A PACS on this port, with a script in Lua.
    pub fn at(dicom_port: u16, router_port: u16, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let http_port = free_port();
        let lua = folder.path().join("script.lua");
        fs::write(&lua, script).unwrap();
        let configuration = json!({
            "Name": "PACS", "StorageDirectory": folder.path().join("db"), "IndexDirectory": folder.path().join("db"),
            "HttpServerEnabled": true, "HttpPort": http_port, "RemoteAccessAllowed": false, "AuthenticationEnabled": false,
            "DicomServerEnabled": true, "DicomAet": "ORTHANC", "DicomPort": dicom_port, "DicomCheckCalledAet": false,
            "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true, "OverwriteInstances": false,
            "LuaScripts": [lua],
            "DicomModalities": {
                "router": { "AET": AE_TITLE, "Host": "127.0.0.1", "Port": router_port, "AllowStorageCommitment": true },
            },
        });
        let child = start_orthanc(folder.path(), &configuration);
        let orthanc = Self { dicom_port, http_port, child, _folder: folder };
        wait_for(60, "Orthanc answers", || orthanc.request("GET", "/system", "").ok());
        wait_for(60, "Orthanc takes DICOM", || TcpStream::connect(("127.0.0.1", dicom_port)).ok());
        orthanc
    }

    fn request(&self, method: &str, path: &str, body: &str) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http_port))?;
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").ok_or(std::io::ErrorKind::InvalidData)?;
        if !answer.starts_with(b"HTTP/1.1 200") && !answer.starts_with(b"HTTP/1.0 200") {
            return Err(std::io::Error::other(String::from_utf8_lossy(&answer).into_owned()));
        }
        Ok(answer[end + 4..].to_vec())
    }

    /// Orthanc's ids of the instances of a modality in a study.
    pub fn instances(&self, study: &str, modality: &str) -> Vec<String> {
        self.find(&json!({ "StudyInstanceUID": study, "Modality": modality }))
    }

    /// The file of an object as it is kept, once it is there.
    pub fn kept(&self, sop_instance: &str) -> Vec<u8> {
        let id = wait_for(60, "the PACS holds the object", || {
            self.find(&json!({ "SOPInstanceUID": sop_instance })).into_iter().next()
        });
        self.request("GET", &format!("/instances/{id}/file"), "").unwrap()
    }

    pub fn delete(&self, sop_instance: &str) {
        for id in self.find(&json!({ "SOPInstanceUID": sop_instance })) {
            self.request("DELETE", &format!("/instances/{id}"), "").unwrap();
        }
    }

    fn find(&self, query: &Value) -> Vec<String> {
        let query = json!({ "Level": "Instance", "Query": query });
        let answer = self.request("POST", "/tools/find", &query.to_string()).unwrap();
        let ids: Vec<Value> = serde_json::from_slice(&answer).unwrap();
        ids.into_iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Waits for the one structured report of a study and gives its file's bytes.
    pub fn report(&self, study: &str, seconds: u64) -> Vec<u8> {
        wait_for(seconds, "the PACS holds the report", || (!self.instances(study, "SR").is_empty()).then_some(()));
        let [file] = <[Vec<u8>; 1]>::try_from(self.files(study, "SR")).expect("one report of the study");
        file
    }

    /// Waits until the PACS holds `number` objects of a modality in a study, and gives their files' bytes.
    pub fn wait_files(&self, study: &str, modality: &str, number: usize) -> Vec<Vec<u8>> {
        let what = format!("the PACS holds {number} of modality {modality}");
        wait_for(60, &what, || (self.instances(study, modality).len() >= number).then_some(()));
        let files = self.files(study, modality);
        assert_eq!(files.len(), number, "{modality} of study {study}");
        files
    }

    /// The files of the instances of a modality in a study, as they were sent.
    fn files(&self, study: &str, modality: &str) -> Vec<Vec<u8>> {
        let ids = self.instances(study, modality).into_iter();
        ids.map(|id| self.request("GET", &format!("/instances/{id}/file"), "").unwrap()).collect()
    }
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
