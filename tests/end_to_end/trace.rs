//! System calls as strace writes them down (`strace -f -y -xx`): which one had returned before which one began.
//!
//! A line is `THREAD [TIME] NAME(ARGUMENTS) = RESULT`. A call during which another thread's call is written down
//! comes in two: `NAME(ARGUMENTS <unfinished ...>` where it begins, `<... NAME resumed>ARGUMENTS) = RESULT` where it
//! returns. With `-xx` every text is `\x2f\x74...`, so that no byte of it looks like strace's own punctuation.

use std::collections::HashMap;

/// A system call that has returned.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    /// What its first argument, a file descriptor, stands for: a path, or `socket:[NUMBER]`.
    pub descriptor: String,
    /// Its text arguments.
    pub texts: Vec<Vec<u8>>,
    /// What it returned; below zero is a failure.
    pub result: i64,
    /// Line of the trace at which it began, 1 the first.
    pub begun: usize,
    /// Line at which it returned: the same, where nothing came in between.
    pub returned: usize,
}

impl Call {
    /// A text argument that is a path.
    pub fn path(&self, number: usize) -> String {
        self.texts.get(number).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }
}

/// All calls of a trace that have returned, in the order in which they began.
pub fn parse(trace: &str) -> Vec<Call> {
    let mut unfinished: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in (1..).zip(trace.lines()) {
        let (thread, event) = split(line);
        if let Some(beginning) = event.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, (number, beginning.to_owned()));
        } else if let Some((_, end)) = event.strip_prefix("<... ").and_then(|e| e.split_once(" resumed>")) {
            // The beginning of a call that strace met halfway was never written down.
            let Some((begun, beginning)) = unfinished.remove(thread) else { continue };
            calls.extend(call(&format!("{beginning}{end}"), begun, number));
        } else {
            // Signals and ends of threads are no calls.
            calls.extend(call(event, number, number));
        }
    }
    calls.sort_by_key(|call| call.begun);
    calls
}

/// The thread's number, and the line without it and without the time of day.
fn split(line: &str) -> (&str, &str) {
    let (thread, event) = line.trim_start().split_once(' ').unwrap_or((line, ""));
    let event = event.trim_start();
    match event.split_once(' ') {
        Some((time, rest)) if time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':') => (thread, rest),
        _ => (thread, event),
    }
}

fn call(event: &str, begun: usize, returned: usize) -> Option<Call> {
    let (call, result) = event.rsplit_once(" = ")?;
    let (name, arguments) = call.trim_end().strip_suffix(')')?.split_once('(')?;
    let result = result.split(' ').next()?.parse().ok()?;
    let descriptor = match arguments.split_once('<') {
        Some((number, rest)) if number.parse::<u32>().is_ok() => rest.split('>').next().unwrap_or_default(),
        _ => "",
    };
    let descriptor = String::from_utf8_lossy(&bytes(descriptor)).into_owned();
    // Between the first and the second quote, between the third and the fourth, and so on.
    let texts = arguments.split('"').skip(1).step_by(2).map(bytes).collect();
    Some(Call { name: name.to_owned(), descriptor, texts, result, begun, returned })
}

/// What `\x2f\x74` stands for; other characters stand for themselves.
fn bytes(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(piece.len().min(2));
        bytes.extend(u8::from_str_radix(digits, 16));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

#[test]
fn a_call_in_two_lines_has_returned_at_the_second() {
    let trace = "\
81 10:00:00.000001 fdatasync(12<\\x2f\\x61> <unfinished ...>
82 10:00:00.000002 sendto(9<socket:[77]>, \"\\x04\\x00\", 2, MSG_NOSIGNAL, NULL, 0) = 2
82 10:00:00.000003 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
81 10:00:00.000004 <... fdatasync resumed>)        = 0
81 10:00:00.000005 rename(\"\\x2f\\x61\", \"\\x2f\\x62\") = -1 ENOENT (No such file or directory)
83 10:00:00.000006 <... write resumed>) = 7
81 10:00:00.000007 fsync(3<\\x2f> <unfinished ...>
81 10:00:00.000008 +++ killed by SIGKILL +++";
    let calls = parse(trace);
    let names: Vec<_> = calls.iter().map(|c| (c.name.as_str(), c.begun, c.returned, c.result)).collect();
    assert_eq!(names, [("fdatasync", 1, 4, 0), ("sendto", 2, 2, 2), ("rename", 5, 5, -1)]);
    assert_eq!([&calls[0].descriptor, &calls[1].descriptor, &calls[2].descriptor], ["/a", "socket:[77]", ""]);
    assert_eq!(calls[1].texts, [[4, 0]]);
    assert_eq!([calls[2].path(0), calls[2].path(1)], ["/a", "/b"]);
}
