//! The steps of one received image, found among the system calls.

use std::path::Path;

use spinetriage::dicom::Status;
use spinetriage::dimse::command::{C_STORE_RQ, CommandSet, RESPONSE};

use crate::trace::Call;

/// An image that the daemon received.
pub struct Image {
    pub sop_instance_uid: String,
    /// Its file below the state folder, as its row names it.
    file: String,
    /// The state folder.
    state: String,
}

impl Image {
    pub fn new(state: &Path, sop_instance_uid: &str, file: &str) -> Self {
        // As the kernel names it.
        let state = state.canonicalize().unwrap_or_else(|_| state.to_owned()).display().to_string();
        Self { sop_instance_uid: sop_instance_uid.to_owned(), file: file.to_owned(), state }
    }

    /// Whether its one C-STORE response, a success, began to leave after each step had returned, and each step began
    /// after the one before it had returned.
    pub fn check(&self, calls: &[Call]) -> Result<(), String> {
        let (name, log) = (format!("{}/{}", self.state, self.file), format!("{}/spinetriage.sqlite-wal", self.state));
        let named = first(calls, 0, "rename into spool/images", |c| is_rename(c) && c.path(1) == name)?;
        let temporary = named.path(0);
        if !temporary.starts_with(&format!("{}/spool/incoming/", self.state)) {
            return Err(format!("the file was not written in spool/incoming but in {temporary}"));
        }
        let written = calls.iter().rfind(|c| is_write(c) && c.descriptor == temporary).ok_or("no write of the file")?;
        let data =
            first(calls, written.returned, "sync of the file's data", |c| is_sync(c) && c.descriptor == temporary)?;
        let named =
            first(calls, data.returned, "rename into spool/images after that", |c| is_rename(c) && c.path(1) == name)?;
        let images = format!("{}/spool/images", self.state);
        let name = first(calls, named.returned, "sync of spool/images", |c| is_sync(c) && c.descriptor == images)?;
        // The row's page, which names the file, on its way into the write-ahead log.
        let row = first(calls, 0, "row in the write-ahead log", |c| {
            c.descriptor == log && is_write(c) && has(c, &self.file)
        })?;
        if row.begun <= name.returned {
            return Err("the row was written before the sync of spool/images had returned".into());
        }
        let commit = first(calls, row.returned, "sync of the write-ahead log", |c| is_sync(c) && c.descriptor == log)?;
        self.check_response(calls, commit)
    }

    fn check_response(&self, calls: &[Call], commit: &Call) -> Result<(), String> {
        let responses = calls.iter().filter_map(|call| Some((call, store_response(call)?)));
        let ours = |(_, response): &(&Call, CommandSet)| response.affected_sop_instance_uid() == self.sop_instance_uid;
        let responses: Vec<_> = responses.filter(ours).collect();
        let [(call, response)] = &responses[..] else { return Err(format!("{} C-STORE responses", responses.len())) };
        if response.status() != Ok(Status::SUCCESS) {
            return Err(format!("the C-STORE response says {:?}", response.status()));
        }
        if call.begun <= commit.returned {
            return Err("the C-STORE response left before the sync of the write-ahead log had returned".into());
        }
        Ok(())
    }
}

/// The first successful call of this kind that began after this line of the trace.
fn first<'a>(calls: &'a [Call], after: usize, what: &str, is: impl Fn(&Call) -> bool) -> Result<&'a Call, String> {
    let found = calls.iter().find(|call| call.begun > after && call.result >= 0 && is(call));
    found.ok_or_else(|| format!("there is no {what}"))
}

fn is_sync(call: &Call) -> bool {
    ["fsync", "fdatasync"].contains(&call.name.as_str())
}

fn is_rename(call: &Call) -> bool {
    call.name.starts_with("rename")
}

fn is_write(call: &Call) -> bool {
    ["write", "writev", "pwrite64"].contains(&call.name.as_str())
}

fn has(call: &Call, text: &str) -> bool {
    call.texts.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

/// The C-STORE response that a call sends: a P-DATA-TF PDU (type 04H, PS3.8 9.3.5) with the last fragment of a command
/// (message control header 03H, PS3.8 E.2). An A-ASSOCIATE-AC has type 02H, an A-RELEASE-RP 06H.
fn store_response(call: &Call) -> Option<CommandSet> {
    let [0x04, _, _, _, _, _, _, _, _, _, _, 0x03, command @ ..] = call.texts.first()?.as_slice() else { return None };
    let command = CommandSet::parse(command).ok()?;
    (call.descriptor.starts_with("socket:") && command.command_field() == Ok(C_STORE_RQ | RESPONSE)).then_some(command)
}

#[cfg(test)]
mod tests {
    use spinetriage::identifiers::Uid;

    use super::*;
    use crate::trace::parse;

    /// One image, received by thread 21 (blocking work), 22 (database) and 20 (network). `HEX:` stands for a text,
    /// `RESPONSE` for the PDU with the C-STORE response.
    const TRACE: &str = "\
20 sendto(9<socket:[5]>, HEX:\u{2}acceptance, 11, MSG_NOSIGNAL, NULL, 0) = 11
21 write(12<HEX:/s/spool/incoming/a1>, HEX:pixels, 6) = 6
21 fdatasync(12<HEX:/s/spool/incoming/a1>) = 0
21 rename(HEX:/s/spool/incoming/a1, HEX:/s/spool/images/b2.dcm) = 0
21 fsync(13<HEX:/s/spool/images>) = 0
22 pwrite64(8<HEX:/s/spinetriage.sqlite-wal>, HEX:1.2.3spool/images/b2.dcm, 24, 4152) = 24
22 fdatasync(8<HEX:/s/spinetriage.sqlite-wal> <unfinished ...>
20 write(2<HEX:/log>, HEX:started, 7) = 7
22 <... fdatasync resumed>) = 0
20 sendto(9<socket:[5]>, RESPONSE, 100, MSG_NOSIGNAL, NULL, 0) = 100";

    /// The lines in another order, checked.
    fn check(order: impl IntoIterator<Item = usize>) -> Result<(), String> {
        let lines: Vec<&str> = TRACE.lines().collect();
        let trace: Vec<String> = order.into_iter().map(|number| encoded(lines[number])).collect();
        Image::new(Path::new("/s"), "1.2.3", "spool/images/b2.dcm").check(&parse(&trace.join("\n")))
    }

    fn encoded(line: &str) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let words = line.split(' ').map(|word| {
            let Some((before, text)) = word.split_once("HEX:") else { return word.to_owned() };
            let end = text.find([',', '>', ')']).unwrap_or(text.len());
            let quote = if before.ends_with('<') { "" } else { "\"" };
            format!("{before}{quote}{}{quote}{}", hex(&text.as_bytes()[..end]), &text[end..])
        });
        let line = words.collect::<Vec<_>>().join(" ");
        line.replace("RESPONSE", &format!("\"{}\"", hex(&response())))
    }

    /// A P-DATA-TF with the response to the C-STORE of image 1.2.3.
    fn response() -> Vec<u8> {
        let request = CommandSet::store_request(7, &Uid::new("1.2").unwrap(), &Uid::new("1.2.3").unwrap());
        let command = request.response(Status::SUCCESS, "").unwrap().encode();
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
        [&[4, 0][..], &length(command.len() + 6), &length(command.len() + 2), &[1, 3], &command].concat()
    }

    #[test]
    fn the_promised_order_is_accepted() {
        assert_eq!(check(0..10), Ok(()));
    }

    #[test]
    fn a_response_before_the_commit_had_returned_is_found() {
        let error = check([0, 1, 2, 3, 4, 5, 6, 9, 7, 8]).unwrap_err();
        assert!(error.starts_with("the C-STORE response left before"), "{error}");
        let error = check([0, 1, 2, 3, 4, 5, 9, 6, 7, 8]).unwrap_err();
        assert!(error.starts_with("the C-STORE response left before"), "{error}");
    }

    #[test]
    fn a_step_that_is_missing_or_comes_too_early_is_found() {
        for (order, expected) in [
            (vec![0, 1, 3, 4, 5, 6, 7, 8, 9], "there is no sync of the file's data"),
            (vec![0, 2, 1, 3, 4, 5, 6, 7, 8, 9], "there is no sync of the file's data"),
            (vec![0, 1, 3, 2, 4, 5, 6, 7, 8, 9], "there is no rename into spool/images after that"),
            (vec![0, 1, 2, 3, 5, 6, 7, 8, 9], "there is no sync of spool/images"),
            (vec![0, 1, 2, 4, 3, 5, 6, 7, 8, 9], "there is no sync of spool/images"),
            (vec![0, 1, 2, 3, 5, 4, 6, 7, 8, 9], "the row was written before the sync of spool/images had returned"),
            (vec![0, 1, 2, 3, 4, 5, 9], "there is no sync of the write-ahead log"),
            (vec![0, 1, 2, 3, 4, 5, 6, 7, 8], "0 C-STORE responses"),
            (vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9], "2 C-STORE responses"),
        ] {
            assert_eq!(check(order.clone()), Err(expected.to_owned()), "{order:?}");
        }
    }
}
