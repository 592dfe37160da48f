//! Programs of others that judge a file. One that is missing is a failure that says what installs it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::support::{programs, root};

/// Ends an answer of a program that judges file after file.
const END: &str = "== end";
const JARS: [&str; 5] = ["bsh", "pixelmed", "commons-codec", "jaxb-api", "slf4j-api"];

/// The errors dciodvfy finds: modules, types, values, relationships.
pub fn dciodvfy(path: &Path) -> Vec<String> {
    let (_, said) = run("dciodvfy", &[], path);
    assert!(said.lines().any(|line| !line.contains(' ')), "dciodvfy names no object: {said}");
    said.lines().filter(|line| line.starts_with("Error")).map(str::to_owned).collect()
}

/// dsrdump's complaint about a structured report or key object.
pub fn dsrdump(path: &Path) -> Option<String> {
    let (well, said) = run("dsrdump", &["-q"], path);
    (!well).then_some(said)
}

/// dcmpschk's warnings about a presentation state, also of one that it lets pass. What it calls errors
/// are values, which dciodvfy checks too; it knows no name in several scripts. A patient without a name may be.
pub fn dcmpschk(path: &Path) -> Vec<String> {
    let (_, said) = run("dcmpschk", &[], path);
    assert!(said.contains("Test passed") || said.contains("Test failed"), "dcmpschk did not test: {said}");
    let frame = |line: &str| {
        ["Testing: ", "Test passed", "Test failed", "patientName absent or empty"]
            .iter()
            .any(|words| line.contains(words))
    };
    said.lines().filter(|line| line.starts_with("W:") && !frame(line)).map(str::to_owned).collect()
}

fn run(program: &str, options: &[&str], path: &Path) -> (bool, String) {
    let output = programs::run(program, options.iter().map(OsStr::new).chain([path.as_os_str()]));
    (output.status.success(), programs::text(&output))
}

/// Starts dciodvfy on all files at once; the errors of each.
pub fn dciodvfy_all(paths: &[PathBuf]) -> Vec<Vec<String>> {
    std::thread::scope(|scope| {
        let started: Vec<_> = paths.iter().map(|path| scope.spawn(|| dciodvfy(path))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// What PixelMed's DicomSRValidator says of a structured report. Two processes for all tests: each
/// takes about a second of a processor to start, and seconds a file.
pub fn pixelmed(path: &Path) -> String {
    static PROGRAMS: LazyLock<[Mutex<Resident>; 2]> = LazyLock::new(|| [pixelmed_program(), pixelmed_program()]);
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let program = &PROGRAMS[NEXT.fetch_add(1, Ordering::Relaxed) % 2];
    program.lock().unwrap_or_else(PoisonError::into_inner).ask(path)
}

fn pixelmed_program() -> Mutex<Resident> {
    let jars = JARS.map(|jar| PathBuf::from(format!("/usr/share/java/{jar}.jar")));
    for jar in &jars {
        assert!(jar.exists(), "{} is not installed: scripts/test installs it", jar.display());
    }
    let mut command = Command::new("java");
    // A recent Java gives up on the template's XPath expressions and on its depth without these.
    command.args(
        ["jdk.xml.xpathExprGrpLimit=0", "jdk.xml.xpathExprOpLimit=0", "jdk.xml.xpathTotalOpLimit=0"]
            .map(|p| format!("-D{p}")),
    );
    command.args(["-Xss64m", "-XX:+UseSerialGC", "-cp"]).arg(std::env::join_paths(jars).unwrap());
    command.arg("bsh.Interpreter").arg(beside("pixelmed.bsh"));
    Mutex::new(Resident::start(command, "PixelMed's validator"))
}

/// What pydicom and highdicom read in a file, as `highdicom_reads.py` prints it.
pub fn highdicom(path: &Path) -> serde_json::Value {
    static PROGRAM: LazyLock<Mutex<Resident>> = LazyLock::new(|| {
        let mut command = Command::new(root().join("vendor/python/bin/python"));
        command.arg(beside("highdicom_reads.py"));
        Mutex::new(Resident::start(command, "highdicom"))
    });
    let said = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner).ask(path);
    serde_json::from_str(&said).unwrap_or_else(|e| panic!("highdicom: {e}: {said}"))
}

fn beside(name: &str) -> PathBuf {
    root().join("tests/rooms/report/judges").join(name)
}

/// A program that takes a path a line and answers each until [`END`]. It ends with the tests, when
/// its input does.
struct Resident {
    name: &'static str,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
}

impl Resident {
    fn start(mut command: Command, name: &'static str) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.unwrap_or_else(|e| panic!("{name} cannot be run ({e}): scripts/test installs it"));
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { name, input, output: BufReader::new(output), _process: process }
    }

    fn ask(&mut self, path: &Path) -> String {
        let asked = writeln!(self.input, "{}", path.display());
        asked.unwrap_or_else(|e| panic!("{} has ended ({e}): scripts/test installs it", self.name));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "{} has ended: scripts/test installs it. It said: {said}", self.name);
            if line.trim_end() == END {
                return said;
            }
            said += &line;
        }
    }
}
