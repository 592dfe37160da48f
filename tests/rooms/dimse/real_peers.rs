//! DCMTK as the peer: its senders against our receiver, our sender against its receiver.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use spinetriage::dicom::Status;
use spinetriage::dicom::part10::FileHeader;
use spinetriage::dicom::uids::{
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
};
use spinetriage::dimse::{Peer, ProposedContext, ScuError, StoreAssociation, Timeouts, echo};
use spinetriage::identifiers::{AeTitle, Uid};
use tempfile::TempDir;

use crate::dimse::archive::{AE_TITLE, Archive, STRANGER, within};
use crate::dimse::objects::{image_file, image_with, ramp, write_file};
use crate::support::ports::free_port;
use crate::support::programs::{self, text};

/// Runs a DCMTK tool to its end.
async fn run(tool: &str, arguments: &[&str]) -> Output {
    let (tool, arguments) = (tool.to_owned(), arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
    let run = tokio::task::spawn_blocking(move || programs::run(tool, arguments));
    within(Duration::from_secs(60), run).await.unwrap()
}

/// Runs a sender of DCMTK against `address`.
async fn send(tool: &str, address: SocketAddr, options: &[&str], files: &[&Path]) -> Output {
    let port = address.port().to_string();
    let mut arguments = options.to_vec();
    if !options.contains(&"-aec") {
        arguments.extend(["-aec", AE_TITLE]);
    }
    arguments.extend(["127.0.0.1", &port]);
    arguments.extend(files.iter().map(|path| path.to_str().unwrap()));
    run(tool, &arguments).await
}

/// DCMTK's storescp on a free port, ended when dropped.
struct StoreScp {
    process: Child,
    address: String,
    folder: TempDir,
}

impl StoreScp {
    async fn start(options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let process = Command::new("storescp")
            .args(options)
            .args(["-aet", "PACS", "-od", folder.path().to_str().unwrap(), &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("storescp of DCMTK cannot be run ({error}): scripts/test installs it"));
        let address = format!("127.0.0.1:{port}");
        within(Duration::from_secs(10), async {
            while tokio::net::TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        Self { process, address, folder }
    }

    fn peer(&self) -> Peer {
        Peer { ae_title: AeTitle::new("PACS").unwrap(), address: self.address.clone() }
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for StoreScp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn us() -> AeTitle {
    AeTitle::new(AE_TITLE).unwrap()
}

fn dx() -> ProposedContext {
    context(DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN)
}

fn context(sop_class_uid: &str, transfer_syntax: &str) -> ProposedContext {
    ProposedContext { sop_class_uid: sop_class_uid.to_owned(), transfer_syntax: transfer_syntax.to_owned() }
}

/// The dataset of a file, as it stands there.
fn dataset_of(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let header = FileHeader::parse(&bytes).unwrap();
    bytes[header.dataset_offset as usize..].to_vec()
}

#[tokio::test]
async fn echoscu_is_answered_and_strangers_are_rejected() {
    let receiver = Archive::default().start().await;
    let good = send("echoscu", receiver.address, &["-aet", "DX_ROOM1", "--repeat", "5"], &[]).await;
    assert!(good.status.success(), "{}", text(&good));
    let end = receiver.end().await;
    assert!(end.reason.is_orderly() && end.echoes == 5, "{end:?}");
    let stranger = send("echoscu", receiver.address, &["-v", "-aet", STRANGER], &[]).await;
    assert!(!stranger.status.success());
    assert!(text(&stranger).contains("Calling AE Title Not Recognized"), "{}", text(&stranger));
    let misled = send("echoscu", receiver.address, &["-v", "-aec", "OTHER"], &[]).await;
    assert!(text(&misled).contains("Called AE Title Not Recognized"), "{}", text(&misled));
}

#[tokio::test]
async fn storescu_sends_in_every_transfer_syntax_it_can_write() {
    let folder = TempDir::new().unwrap();
    let (explicit, uid, _) = image_file(folder.path(), "explicit.dcm");
    // File, the option with which storescu proposes its transfer syntax, that syntax.
    let mut files = vec![(explicit.clone(), "-xe", EXPLICIT_VR_LITTLE_ENDIAN)];
    for (option, propose, syntax) in [
        ("+ti", "-xi", IMPLICIT_VR_LITTLE_ENDIAN),
        ("+tb", "-xb", EXPLICIT_VR_BIG_ENDIAN),
        ("+td", "-xd", DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN),
    ] {
        let path = folder.path().join(option);
        let converted = run("dcmconv", &[option, explicit.to_str().unwrap(), path.to_str().unwrap()]).await;
        assert!(converted.status.success(), "{}", text(&converted));
        files.push((path, propose, syntax));
    }
    let jpeg = folder.path().join("jpeg");
    let compressed = run("dcmcjpeg", &[explicit.to_str().unwrap(), jpeg.to_str().unwrap()]).await;
    assert!(compressed.status.success(), "{}", text(&compressed));
    files.push((jpeg, "-xs", "1.2.840.10008.1.2.4.70"));

    let receiver = Archive::default().start().await;
    for (path, propose, _) in &files {
        let sent = send("storescu", receiver.address, &["-v", propose], &[path]).await;
        assert!(sent.status.success(), "{propose}: {}", text(&sent));
    }
    let record = receiver.archive.record();
    assert_eq!(record.stored.len(), files.len());
    for ((request, bytes, summary), (path, _, syntax)) in record.stored.iter().zip(&files) {
        assert_eq!(&request.transfer_syntax, syntax);
        assert_eq!(summary.bytes, bytes.len() as u64);
        assert_eq!(summary.study_description.as_deref(), Some("Lumbar spine lateral"), "{syntax}");
        assert_eq!((summary.rows, summary.columns), (Some(64), Some(64)), "{syntax}");
        assert!(summary.has_pixel_data, "{syntax}");
        // dcmcjpeg writes explicit lengths that storescu rewrites; the native ones pass unchanged.
        if *syntax == EXPLICIT_VR_LITTLE_ENDIAN {
            assert_eq!(bytes.len(), dataset_of(path).len());
            assert_eq!(request.sop_instance_uid, uid);
        }
    }
}

#[tokio::test]
async fn several_storescu_at_once_are_served_side_by_side() {
    let folder = TempDir::new().unwrap();
    let receiver = Archive { commit_takes: Duration::from_millis(50), ..Archive::default() }.start().await;
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let paths: Vec<_> = (0..5).map(|image| image_file(folder.path(), &format!("{sender}-{image}")).0).collect();
            let address = receiver.address;
            tokio::spawn(async move {
                let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
                send("storescu", address, &["-v"], &paths).await
            })
        })
        .collect();
    for sender in senders {
        let output = sender.await.unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
    assert_eq!(receiver.archive.record().stored.len(), 20);
}

#[tokio::test]
async fn storescu_shows_our_failure_to_its_user() {
    let folder = TempDir::new().unwrap();
    let (path, ..) = image_file(folder.path(), "image.dcm");
    let refusal = spinetriage::dimse::Refusal::new(Status::OUT_OF_RESOURCES, "the disk is full");
    let receiver = Archive { commit: Some(Err(refusal)), ..Archive::default() }.start().await;
    let output = send("storescu", receiver.address, &["-v"], &[&path]).await;
    assert!(!output.status.success());
    assert!(text(&output).contains("Refused: OutOfResources"), "{}", text(&output));
}

#[tokio::test]
async fn our_echo_reaches_storescp_and_says_when_nobody_is_there() {
    let pacs = StoreScp::start(&[]).await;
    let took = echo(&pacs.peer(), &us(), Timeouts::default()).await.unwrap();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let peer = pacs.peer();
    drop(pacs);
    let error = echo(&peer, &us(), Timeouts::default()).await.unwrap_err();
    assert!(matches!(error, ScuError::Connect { .. }) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn our_objects_arrive_at_storescp_as_they_stand_in_their_files() {
    let pacs = StoreScp::start(&["+B"]).await;
    let folder = TempDir::new().unwrap();
    let mut association =
        StoreAssociation::open(&pacs.peer(), &us(), &[dx(), dx()], Timeouts::default()).await.unwrap();
    assert!(association.accepts(DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN));
    let class = Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap();
    let mut sent = Vec::new();
    for (name, size) in [("small", 8192), ("large", 3_000_000)] {
        let uid = Uid::generate();
        let dataset = image_with(uid.as_str(), &ramp(size));
        let path = folder.path().join(name);
        write_file(&path, class.as_str(), uid.as_str(), EXPLICIT_VR_LITTLE_ENDIAN, &dataset);
        let response = association.store(&path, &class, &uid).await.unwrap();
        assert!(response.status.is_success(), "{response:?}");
        sent.push((uid, dataset));
    }
    association.release().await.unwrap();
    let files = pacs.files();
    assert_eq!(files.len(), sent.len());
    for (uid, dataset) in sent {
        // With +B storescp writes the dataset exactly as received.
        let path = files.iter().find(|path| path.to_string_lossy().contains(uid.as_str())).unwrap();
        assert!(dataset_of(path) == dataset, "{uid} was changed on its way");
    }
}

#[tokio::test]
async fn what_storescp_refuses_is_a_named_and_permanent_error() {
    let pacs = StoreScp::start(&["--refuse"]).await;
    let error = StoreAssociation::open(&pacs.peer(), &us(), &[dx()], Timeouts::default()).await.unwrap_err();
    assert!(matches!(error, ScuError::Rejected { result: 1, .. }) && !error.is_transient(), "{error}");
    let pacs = StoreScp::start(&[]).await;
    let unknown = context("1.2.3.4.5", EXPLICIT_VR_LITTLE_ENDIAN);
    let error = StoreAssociation::open(&pacs.peer(), &us(), &[unknown], Timeouts::default()).await.unwrap_err();
    assert!(matches!(error, ScuError::NotAccepted { .. }), "{error}");
    assert!(error.to_string().contains("SOP class 1.2.3.4.5"), "{error}");
}
