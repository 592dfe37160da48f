//! Character sets: what is copied from a film is the film's bytes, and what is said beside it can be read.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, open_file};
use proptest::prelude::*;
use spinetriage::findings::{BundleIdentity, Language, ObjectKind, ReportRequest};
use spinetriage::report::{ReportObject, write};

use crate::report::requests::*;
use crate::support::programs::run;
use crate::support::root;

/// A Specific Character Set, a name in it, and the name.
struct Case {
    set: Option<&'static [u8]>,
    name: &'static [u8],
    reads: &'static str,
}

const fn case(set: &'static [u8], name: &'static [u8], reads: &'static str) -> Case {
    Case { set: Some(set), name, reads }
}

/// Names of PS3.5 annexes H to K where it has one, else encoded by Python's codecs.
const CASES: [Case; 24] = [
    Case { set: None, name: b"DOE^JANE", reads: "DOE^JANE" },
    case(b"ISO_IR 100", b"M\xfcller^J\xf6rg", "Müller^Jörg"),
    case(b"ISO_IR 101", b"Dvo\xf8\xe1k^Ji\xf8\xed", "Dvořák^Jiří"),
    case(b"ISO_IR 109", b"\xa1a\xf5ar^\xd5or\xf5", "Ħaġar^Ġorġ"),
    case(b"ISO_IR 110", b"B\xbarzi\xf1\xb9^J\xe0nis", "Bērziņš^Jānis"),
    case(b"ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    case(b"ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"),
    case(b"ISO_IR 138", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"),
    case(b"ISO_IR 144", b"\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг"),
    case(b"ISO_IR 148", b"\xc7avu\xfeo\xf0lu^\xddbrahim", "Çavuşoğlu^İbrahim"),
    case(b"ISO_IR 166", b"\xb9\xd2\xc1\xca\xa1\xd8\xc5^\xaa\xd7\xe8\xcd", "นามสกุล^ชื่อ"),
    case(b"ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    case(
        b"\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    case(
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    case(b"\\ISO 2022 IR 159", b"Ohtori=\x1b$(Dl?\x1b(B", "Ohtori=鷗"),
    case(
        b"\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    case(b"\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"),
    case(b"ISO 2022 IR 100\\ISO 2022 IR 144", b"Lux=\x1b-L\xbb\xee\xda^\x1b-A\xfc", "Lux=Люк^ü"),
    case(b"ISO_IR 192", "Wang^XiaoDong=王^小東".as_bytes(), "Wang^XiaoDong=王^小東"),
    case(b"GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
    case(b"GB18030", b"\x825\x8f3\x819\xef1^\x954\xb25", "龦㐂^𠮷"),
    case(b"GBK", b"Zhang^XiaoDong=\xd5\xc5^\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"),
    // The last byte is a backslash.
    case(b"GBK", b"\xc0\xee^\xd5\x5c", "李^誠"),
    case(b"GB18030", b"\xc0\xee^\xd5\x5c", "李^誠"),
];

/// Sets that have Chinese.
fn is_wide(set: Option<&[u8]>) -> bool {
    matches!(set, Some(b"ISO_IR 192" | b"GB18030" | b"GBK"))
}

/// Names that are not in the set they are said to be in.
const WRONG: [Case; 6] = [
    Case { set: None, name: b"M\xfcller^J\xf6rg", reads: "" },
    case(b"ISO_IR 6", b"M\xfcller^J\xf6rg", ""),
    case(b"ISO_IR 100", b"\x93M\xfcller\x94", ""),
    case(b"ISO_IR 999", b"M\xfcller^J\xf6rg", ""),
    case(b"\\ISO 2022 IR 149", b"Hong^Gildong=\xc8\xab^\xb1\xe6\xb5\xbf", ""),
    case(b"\\ISO 2022 IR 87", b"Yamada=\x1b$B;3E", ""),
];

/// What is compared, by tag and VR.
const COPIED: [(Tag, &[u8; 2]); 12] = [
    (tags::SPECIFIC_CHARACTER_SET, b"CS"),
    (tags::ACCESSION_NUMBER, b"SH"),
    (tags::LOCAL_NAMESPACE_ENTITY_ID, b"UT"),
    (tags::INSTITUTION_NAME, b"LO"),
    (tags::STUDY_DESCRIPTION, b"LO"),
    (tags::PATIENT_NAME, b"PN"),
    (tags::PATIENT_ID, b"LO"),
    (tags::ISSUER_OF_PATIENT_ID, b"LO"),
    (tags::PATIENT_BIRTH_DATE, b"DA"),
    (tags::PATIENT_WEIGHT, b"DS"),
    (tags::PATIENT_COMMENTS, b"LT"),
    (tags::STUDY_INSTANCE_UID, b"UI"),
];

fn raw(tag: Tag, vr: VR, value: &[u8]) -> DataElement<InMemDicomObject> {
    let padding: &[u8] = if value.len() % 2 == 1 { b" " } else { b"" };
    DataElement::new(tag, vr, PrimitiveValue::U8([value, padding].concat().into()))
}

fn one(tag: Tag, elements: Vec<DataElement<InMemDicomObject>>) -> DataElement<InMemDicomObject> {
    let item = InMemDicomObject::from_element_iter(elements);
    DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item]))
}

/// A film that has `name` in every kind of text, and `short` in the short ones.
fn film(set: Option<&[u8]>, name: &[u8], short: &[u8]) -> DefaultDicomObject {
    let mut film = open_file(sample("compression")).unwrap();
    film.remove_element(tags::SPECIFIC_CHARACTER_SET);
    film.extend(set.map(|set| raw(tags::SPECIFIC_CHARACTER_SET, VR::CS, set)));
    film.extend([
        raw(tags::PATIENT_NAME, VR::PN, name),
        raw(tags::PATIENT_ID, VR::LO, short),
        raw(tags::ACCESSION_NUMBER, VR::SH, short),
        raw(tags::STUDY_DESCRIPTION, VR::LO, name),
        raw(tags::INSTITUTION_NAME, VR::LO, name),
        raw(tags::PATIENT_COMMENTS, VR::LT, name),
        DataElement::new(tags::PATIENT_WEIGHT, VR::DS, "70.5"),
        one(
            tags::OTHER_PATIENT_I_DS_SEQUENCE,
            vec![
                raw(tags::PATIENT_ID, VR::LO, name),
                raw(tags::ISSUER_OF_PATIENT_ID, VR::LO, name),
                raw(tags::TYPE_OF_PATIENT_ID, VR::CS, b"TEXT"),
            ],
        ),
        one(tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, vec![raw(tags::LOCAL_NAMESPACE_ENTITY_ID, VR::UT, name)]),
        one(tags::REQUEST_ATTRIBUTES_SEQUENCE, vec![raw(tags::REQUESTED_PROCEDURE_DESCRIPTION, VR::LO, name)]),
    ]);
    film
}

/// A part of a name that fits into 16 bytes, in UTF-8 too: dciodvfy counts those.
fn short<'a>(case: &Case, name: &'a [u8]) -> &'a [u8] {
    let part = name.split(|byte| b"^=".contains(byte)).next().unwrap_or(name);
    let is_single_byte = case.set.is_some_and(|set| set.starts_with(b"ISO_IR 1") && set != b"ISO_IR 192");
    if is_single_byte { &part[..part.len().min(4)] } else { part }
}

/// A film in a file, and a request for its report.
fn asked(folder: &Path, case: &Case) -> (PathBuf, ReportRequest) {
    let file = folder.join("film.dcm");
    film(case.set, case.name, short(case, case.name)).write_to_file(&file).unwrap();
    let found = findings(&file, vec![vertebra(1, Some("L1"), 1)]);
    (file.clone(), request(vec![image(file, found)]))
}

/// Gives the classes Chinese names.
fn in_chinese(request: &mut ReportRequest) {
    let rename = |bundle: &mut BundleIdentity| {
        for (class, name) in bundle.classes.iter_mut().zip(["无骨折", "压缩性骨折", "爆裂性骨折"]) {
            class.name = name.into();
        }
    };
    rename(&mut request.bundle);
    rename(&mut request.images[0].findings.bundle);
    request.language = Language::Chinese;
}

/// Every value of an element in an Explicit VR Little Endian file, by searching for its header: nothing
/// of it is decoded.
fn values(file: &[u8], tag: Tag, vr: &[u8; 2]) -> Vec<Vec<u8>> {
    let header = [&tag.group().to_le_bytes(), &tag.element().to_le_bytes(), &vr[..]].concat();
    let starts = (0..file.len()).filter(|&at| file[at..].starts_with(&header));
    let value = |at: usize| {
        let after = &file[at + 6..];
        let (length, value) = match vr {
            b"UT" => (u32::from_le_bytes(after[2..6].try_into().unwrap()) as usize, &after[6..]),
            _ => (usize::from(u16::from_le_bytes(after[..2].try_into().unwrap())), &after[2..]),
        };
        value[..length].to_vec()
    };
    starts.map(value).collect()
}

/// The header of a file, without its pixels.
fn header(file: &[u8]) -> &[u8] {
    let pixels = file.windows(6).position(|bytes| bytes == b"\xe0\x7f\x10\x00OW" || bytes == b"\xe0\x7f\x10\x00OB");
    &file[..pixels.unwrap_or(file.len())]
}

fn assert_same_bytes(source: &[u8], written: &[u8], what: &str) {
    for (tag, vr) in COPIED {
        let (from, to) = (values(header(source), tag, vr), values(header(written), tag, vr));
        assert!(from.is_empty() == to.is_empty() && to.starts_with(&from), "{what}: {tag} {from:x?} {to:x?}");
    }
    let of = |file| values(header(file), tags::REQUESTED_PROCEDURE_DESCRIPTION, b"LO");
    let is_report = !values(header(written), tags::COMPLETION_FLAG, b"CS").is_empty();
    assert_eq!(of(written), if is_report { of(source) } else { vec![] }, "{what}: of the request");
}

/// What pydicom reads of files: a name, and every class of the report.
fn read_by_pydicom(files: &[PathBuf]) -> Vec<(String, String)> {
    const PROGRAM: &str = "
import sys, pydicom
def walk(item):
    for child in item.get('ContentSequence', []):
        yield child
        yield from walk(child)
sys.stdout.reconfigure(encoding='utf-8', newline='\\n')
for path in sys.argv[1:]:
    report = pydicom.dcmread(path)
    classes = [i.ConceptCodeSequence[0].CodeMeaning for i in walk(report)
               if i.ConceptNameCodeSequence[0].CodeValue == 'CLASS']
    print(str(report.PatientName), '|'.join(classes), sep='\\t')
";
    let (flag, python) = ([OsStr::new("-c"), OsStr::new(PROGRAM)], root().join("vendor/python/bin/python"));
    let output = run(python, flag.into_iter().chain(files.iter().map(|f| f.as_os_str())));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| line.split_once('\t').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap()).collect()
}

/// pydicom takes every byte 5C for a delimiter, and leaves the escape sequences of GB 2312 in.
fn pydicom_can_read(case: &Case) -> bool {
    !case.name.contains(&b'\\') && case.set != Some(b"\\ISO 2022 IR 58")
}

/// DCMTK has the C library decode, which has none of these by itself.
fn dcmtk_can_read(case: &Case) -> bool {
    let names = |number: &[u8]| case.set.is_some_and(|set| set.ends_with(number));
    !names(b"IR 87") && !names(b"IR 159")
}

/// The patient's name as DCMTK reads it.
fn read_by_dcmtk(file: &Path) -> String {
    let output = run("dcmdump", ["+U8", "+P", "0010,0010", file.to_str().unwrap()]);
    let (said, failed) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    let name = said.split_once("PN [").and_then(|(_, rest)| rest.split_once(']')).map(|(name, _)| name.to_owned());
    name.unwrap_or_else(|| panic!("dcmdump: {said}{failed}"))
}

/// What dciodvfy finds wrong.
fn errors(file: &Path) -> Vec<String> {
    let output = run("dciodvfy", [file]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().filter(|line| line.starts_with("Error")).map(str::to_owned).collect()
}

/// dciodvfy has no repertoire for these: it takes every byte that is not ASCII for a wrong one, and 5C for a
/// delimiter.
fn dciodvfy_knows(set: Option<&[u8]>) -> bool {
    !matches!(set, Some(b"ISO_IR 13" | b"ISO 2022 IR 13\\ISO 2022 IR 87" | b"GB18030" | b"GBK"))
}

/// The files of what was asked for, the report first. dciodvfy finds no errors, or where it does not know
/// the set those that it finds in the film, and in what the report has of it elsewhere or says itself; dsrdump
/// reads the report.
fn written(folder: &Path, film: &Path, asked: &ReportRequest, set: Option<&[u8]>) -> Vec<PathBuf> {
    let known = if dciodvfy_knows(set) { vec![] } else { errors(film) };
    let write_out = |object: ReportObject| {
        let file = folder.join(&object.file_name);
        fs::write(&file, &object.bytes).unwrap();
        let places = ["Code Meaning", "RequestedProcedureDescription", "Character invalid for character repertoire"];
        let misread = |line: &str| places.iter().any(|name| line.contains(name));
        let of_repertoire = |line: &str| !dciodvfy_knows(set) && misread(line);
        let new: Vec<_> =
            errors(&file).into_iter().filter(|line| !known.contains(line) && !of_repertoire(line)).collect();
        assert!(new.is_empty(), "{}: {new:#?}", object.file_name);
        if object.kind == ObjectKind::StructuredReport {
            let dump = run("dsrdump", [&file]);
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        }
        file
    };
    write(asked).unwrap().into_iter().map(write_out).collect()
}

#[test]
fn what_is_copied_is_byte_for_byte_the_film_s() {
    let (mut reports, mut names, mut films) = (vec![], vec![], vec![]);
    for case in &CASES {
        let film = tempfile::tempdir().unwrap();
        let (file, asked) = asked(film.path(), case);
        let files = written(film.path(), &file, &asked, case.set);
        assert_eq!(files.len(), 2, "report and picture");
        for written in &files {
            assert_same_bytes(&fs::read(&file).unwrap(), &fs::read(written).unwrap(), case.reads);
        }
        if dcmtk_can_read(case) {
            assert_eq!(read_by_dcmtk(&files[0]), case.reads);
        }
        if pydicom_can_read(case) {
            reports.push(files[0].clone());
            names.push((case.reads.to_owned(), "compression fracture".to_owned()));
        }
        films.push(film);
    }
    assert_eq!(read_by_pydicom(&reports), names);
}

#[test]
fn chinese_is_written_in_the_film_s_set_or_all_in_utf_8() {
    let (mut reports, mut names, mut films) = (vec![], vec![], vec![]);
    for case in &CASES {
        let film = tempfile::tempdir().unwrap();
        let (file, mut asked) = asked(film.path(), case);
        in_chinese(&mut asked);
        let files = written(film.path(), &file, &asked, case.set);
        let report = fs::read(&files[0]).unwrap();
        if is_wide(case.set) {
            assert_same_bytes(&fs::read(&file).unwrap(), &report, case.reads);
        } else {
            assert_eq!(values(&report, tags::SPECIFIC_CHARACTER_SET, b"CS"), [b"ISO_IR 192"], "{}", case.reads);
            for (tag, vr) in [
                (tags::PATIENT_NAME, b"PN"),
                (tags::STUDY_DESCRIPTION, b"LO"),
                (tags::PATIENT_COMMENTS, b"LT"),
                (tags::ISSUER_OF_PATIENT_ID, b"LO"),
                (tags::LOCAL_NAMESPACE_ENTITY_ID, b"UT"),
                (tags::REQUESTED_PROCEDURE_DESCRIPTION, b"LO"),
            ] {
                let read: Vec<String> =
                    values(&report, tag, vr).into_iter().map(|value| String::from_utf8(value).unwrap()).collect();
                assert_eq!(read.iter().map(|value| value.trim_end()).collect::<Vec<_>>(), [case.reads], "{tag}");
            }
        }
        if dcmtk_can_read(case) {
            assert_eq!(read_by_dcmtk(&files[0]), case.reads);
        }
        if pydicom_can_read(case) {
            reports.push(files[0].clone());
            names.push((case.reads.to_owned(), "压缩性骨折".to_owned()));
        }
        films.push(film);
    }
    assert_eq!(read_by_pydicom(&reports), names);
}

#[test]
fn a_name_in_an_unknown_set_stays_as_it_is_in_every_language() {
    for case in &WRONG {
        let film = tempfile::tempdir().unwrap();
        let (file, mut asked) = asked(film.path(), case);
        let source = fs::read(file).unwrap();
        let what = format!("{:?}", case.set);
        for object in write(&asked).unwrap() {
            assert_same_bytes(&source, &object.bytes, &what);
        }
        in_chinese(&mut asked);
        for object in write(&asked).unwrap() {
            assert_same_bytes(&source, &object.bytes, &what);
        }
        let report = &write(&asked).unwrap()[0].bytes;
        let meanings = values(report, tags::CODE_MEANING, b"LO");
        assert!(meanings.iter().all(|meaning| meaning.is_ascii()), "{what}: {meanings:?}");
        assert!(meanings.contains(&b"ASTLOF-1".to_vec()), "{what}: the class by its code");
    }
}

/// UTF-8 that is declared and is none: our texts are what is declared, the name is as the film has it.
#[test]
fn a_name_that_is_no_utf_8_stays_beside_texts_that_are() {
    let film = tempfile::tempdir().unwrap();
    let (file, mut asked) = asked(film.path(), &case(b"ISO_IR 192", b"M\xfcller^J\xf6rg", ""));
    in_chinese(&mut asked);
    let report = &write(&asked).unwrap()[0].bytes;
    assert_same_bytes(&fs::read(file).unwrap(), report, "no UTF-8");
    assert!(values(report, tags::CODE_MEANING, b"LO").iter().any(|m| m.starts_with("压缩性骨折".as_bytes())));
}

/// GBK has no bone (U+1F9B4).
#[test]
fn what_gbk_cannot_say_makes_the_report_utf_8() {
    let film = tempfile::tempdir().unwrap();
    let (_, mut asked) = asked(film.path(), &case(b"GBK", b"\xc0\xee^\xd5\x5c", ""));
    asked.images[0].findings.bundle.classes[1].name = "\u{1F9B4}".into();
    let written = write(&asked).unwrap();
    let found = |object: usize, tag, vr| values(header(&written[object].bytes), tag, vr).concat();
    assert_eq!(found(0, tags::SPECIFIC_CHARACTER_SET, b"CS"), b"ISO_IR 192");
    assert_eq!(found(0, tags::PATIENT_NAME, b"PN"), "李^誠 ".as_bytes());
    assert_eq!(found(1, tags::SPECIFIC_CHARACTER_SET, b"CS"), b"GBK ", "the picture says nothing of it");
}

#[test]
fn an_item_with_a_set_of_its_own_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.dcm");
    let mut object = film(Some(b"ISO_IR 100"), b"M\xfcller", b"\xe4-1");
    object.put(one(
        tags::REQUEST_ATTRIBUTES_SEQUENCE,
        vec![
            raw(tags::SPECIFIC_CHARACTER_SET, VR::CS, b"ISO_IR 144"),
            raw(tags::REQUESTED_PROCEDURE_DESCRIPTION, VR::LO, b"\xbb\xee\xda"),
        ],
    ));
    object.write_to_file(&file).unwrap();
    let mut asked = request(vec![image(&file, findings(&file, vec![vertebra(1, None, 1)]))]);
    let (_folder, objects) = judged(&asked);
    let item = &items(&objects[0], tags::REFERENCED_REQUEST_SEQUENCE)[0];
    assert_eq!(text(item, tags::SPECIFIC_CHARACTER_SET), "ISO_IR 144");
    assert_eq!(text(item, tags::ACCESSION_NUMBER), "", "the film's is not in the item's set");
    let report = &write(&asked).unwrap()[0].bytes;
    assert_eq!(values(report, tags::REQUESTED_PROCEDURE_DESCRIPTION, b"LO"), [b"\xbb\xee\xda "]);
    in_chinese(&mut asked);
    let report = &write(&asked).unwrap()[0].bytes;
    let read = |tag, vr| values(report, tag, vr).concat();
    assert_eq!(read(tags::REQUESTED_PROCEDURE_DESCRIPTION, b"LO"), "Люк  ".as_bytes());
    assert_eq!(read(tags::SPECIFIC_CHARACTER_SET, b"CS"), b"ISO_IR 192ISO_IR 192");
}

#[test]
fn the_transfer_syntax_of_the_film_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    for syntax in ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"] {
        let mut object = film(Some(b"\\ISO 2022 IR 87"), b"Yamada=\x1b$B;3ED\x1b(B", b"Yamada");
        let explicit = folder.path().join("explicit.dcm");
        object.write_to_file(&explicit).unwrap();
        object.meta_mut().transfer_syntax = syntax.into();
        object.meta_mut().update_information_group_length();
        let file = folder.path().join(syntax);
        object.write_to_file(&file).unwrap();
        let mut asked = request(vec![image(&file, findings(&explicit, vec![]))]);
        asked.companions.pictures = false;
        let report = fs::read(&written(folder.path(), &explicit, &asked, None)[0]).unwrap();
        assert_same_bytes(&fs::read(explicit).unwrap(), &report, syntax);
    }
}

fn any_set() -> impl Strategy<Value = Option<&'static [u8]>> {
    let sets: Vec<_> = CASES.iter().chain(&WRONG).map(|case| case.set).collect();
    prop::sample::select(sets)
}

fn any_text(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(&b"\x1b$()BCDJ\\^="[..])];
    prop::collection::vec(byte, 2..longest)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_bytes_are_kept_or_become_utf_8(set in any_set(), name in any_text(64), short in any_text(16)) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("film.dcm");
        let mut object = film(set, &name, &short);
        object.remove_element(tags::PIXEL_DATA);
        object.write_to_file(&file).unwrap();
        let mut asked = request(vec![image(&file, findings(&sample("compression"), vec![vertebra(1, None, 1)]))]);
        asked.companions.pictures = false;
        let source = fs::read(&file).unwrap();
        assert_same_bytes(&source, &write(&asked).unwrap()[0].bytes, "in English");

        in_chinese(&mut asked);
        let report = &write(&asked).unwrap()[0].bytes;
        let declared = |file: &[u8]| values(file, tags::SPECIFIC_CHARACTER_SET, b"CS");
        if declared(report) == declared(&source) {
            assert_same_bytes(&source, report, "in Chinese");
        } else {
            prop_assert_eq!(declared(report), [b"ISO_IR 192"]);
            for (tag, vr) in COPIED {
                for value in values(report, tag, vr) {
                    let text = String::from_utf8(value);
                    prop_assert!(text.is_ok_and(|text| !text.contains(char::REPLACEMENT_CHARACTER)), "{}", tag);
                }
            }
        }
    }
}
