//! `spinetriage analyze`: the worker's own path on files, without a daemon.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::fresh::{self, Named, Refused};
use super::outcome::{FOUND_PROBLEMS, Outcome};
use super::table;
use crate::RESEARCH_USE_ONLY;
use crate::analysis;
use crate::dicom::scan;
use crate::findings::{
    Call, Companions, Findings, Language, Morphometry, ReportImage, ReportRequest, SopClass, Vertebra,
};
use crate::identifiers::Uid;
use crate::imaging::decode;
use crate::model::{Bundle, Model};
use crate::report::{self, overlay};

/// Arguments of `analyze`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// DICOM files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder of the bundle
    #[arg(long)]
    bundle: PathBuf,
    /// One JSON object a file
    #[arg(long)]
    json: bool,
    /// Write a picture with the findings drawn in for each file; one that is there is not replaced
    #[arg(long, value_name = "DIR")]
    overlay: Option<PathBuf>,
    /// Write a structured report for each file
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Threads of a network; the answer does not depend on it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
    /// ONNX Runtime's library
    #[arg(long)]
    onnxruntime: Option<PathBuf>,
}

/// What names the pictures.
const DRAWN: Named = Named::Folder("--overlay");

/// Analyses each file; exit code 1 when one of them cannot be.
pub fn run(arguments: &Arguments) -> Outcome {
    if let Some(folder) = &arguments.overlay {
        may_draw(&arguments.files, folder)?;
    }
    for folder in arguments.overlay.iter().chain(&arguments.report) {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut model = Model::open(
        Bundle::load(&arguments.bundle)?,
        arguments.onnxruntime.as_deref(),
        usize::from(arguments.threads),
    )?;
    let mut all_good = true;
    for file in &arguments.files {
        match analyse(&mut model, file, arguments) {
            Ok(findings) if arguments.json => println!("{}", serde_json::to_string(&findings)?),
            Ok(findings) => println!("{}\n{}\n{RESEARCH_USE_ONLY}.\n", file.display(), as_table(&findings)),
            Err(problem) => {
                all_good = false;
                eprintln!("{}: {problem}", file.display());
            }
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(FOUND_PROBLEMS) })
}

fn analyse(model: &mut Model, file: &Path, arguments: &Arguments) -> Result<Findings, String> {
    scan::check(file)?;
    let (radiograph, identity) = decode::read(file).map_err(|e| e.to_string())?;
    let findings = analysis::analyse(model, &radiograph, identity).map_err(|e| e.to_string())?;
    let write = |path: &Path, bytes: &[u8], by| fresh::write(path, bytes, by).map_err(|e| e.to_string());
    if let Some(folder) = &arguments.overlay {
        let picture = overlay::draw(&radiograph, &findings, &[&findings], Language::English);
        write(&picture_of(file, folder), &picture.png(), DRAWN)?;
    }
    if let Some(folder) = &arguments.report {
        for object in report::write(&request(file, &findings)).map_err(|e| e.to_string())? {
            // A name with the report's UID, which nothing else has.
            let path = folder.join(format!("{}-{}", stem(file), object.file_name));
            write(&path, &object.bytes, Named::Folder("--report"))?;
        }
    }
    Ok(findings)
}

/// Refuses when the picture of a file is there, or two files would have the same one.
fn may_draw(files: &[PathBuf], folder: &Path) -> Result<(), Refused> {
    let pictures: Vec<PathBuf> = files.iter().map(|file| picture_of(file, folder)).collect();
    let mut drawn = HashMap::new();
    for (file, path) in files.iter().zip(&pictures) {
        if let Some(first) = drawn.insert(path, file) {
            let (path, first, second) = (path.clone(), first.clone(), file.clone());
            return Err(Refused::SameName { path, first, second, option: "--overlay" });
        }
    }
    fresh::absent(&pictures, DRAWN)
}

fn picture_of(file: &Path, folder: &Path) -> PathBuf {
    folder.join(format!("{}.png", stem(file)))
}

fn stem(file: &Path) -> String {
    file.file_stem().map_or_else(|| "image".into(), |s| s.to_string_lossy().into_owned())
}

/// A report of one image outside of any installation.
fn request(file: &Path, findings: &Findings) -> ReportRequest {
    ReportRequest {
        report_uid: Uid::generate(),
        series_uid: Uid::generate(),
        overlay_series_uid: Uid::generate(),
        series_number: 901,
        version: 1,
        content_time: crate::store::now(),
        device_uid: Uid::generate(),
        observer_name: "SPINETRIAGE".into(),
        sop_classes: vec![SopClass::Comprehensive3dSr],
        predecessor: None,
        companions: Companions { pictures: false, presentation_states: false, key_object: false },
        language: Language::English,
        bundle: findings.bundle.clone(),
        patient_number: 1,
        images: vec![ReportImage { file: Some(file.to_owned()), findings: findings.clone(), told: false }],
        failed: Vec::new(),
    }
}

/// The findings as a person reads them: the result first, of the film as a study of its own.
fn as_table(findings: &Findings) -> String {
    let result = in_a_line(findings);
    if findings.vertebrae.is_empty() {
        return format!("{result}\nno vertebra found");
    }
    let measured = findings.vertebrae.iter().any(|v| v.morphometry.is_some());
    let rows: Vec<Vec<String>> = findings.vertebrae.iter().map(|v| vertebra_row(findings, v, measured)).collect();
    let table = table::format(&vertebra_columns(measured), &rows);
    let table = format!("{result}\n{table}");
    match &findings.image.spacing_refused {
        Some(why) => format!("{table}\n{why}."),
        None => table,
    }
}

/// `suspected, probability of a fracture 0.97, 7 of 9 bodies assessed`.
pub(super) fn in_a_line(findings: &Findings) -> String {
    let Some(study) = Findings::triage_of(&[findings]) else {
        return "no operating point: the bundle has no [triage], nothing is flagged".into();
    };
    let probability = study.probability.map(|p| format!(", probability of a fracture {p:.2}")).unwrap_or_default();
    let missed = match study.missed {
        0 => String::new(),
        missed => format!(", {missed} not found where their neighbours leave room for them"),
    };
    let why = findings.not_assessed.map(|why| format!(": {}", why.words())).unwrap_or_default();
    let (result, assessed, found) = (study.result.words(), study.assessed, study.found);
    format!("{result}{probability}{why}, {assessed} of {found} bodies assessed{missed}")
}

/// Header of [`vertebra_row`].
pub(super) fn vertebra_columns(measured: bool) -> Vec<&'static str> {
    let mut columns = vec!["vertebra", "class", "probabilities"];
    if measured {
        columns.extend(["heights a/m/p", "Genant grade"]);
    }
    columns
}

/// Label, class, probabilities of one vertebra; with `measured` heights and grade.
pub(super) fn vertebra_row(findings: &Findings, vertebra: &Vertebra, measured: bool) -> Vec<String> {
    let class = &findings.bundle.classes[vertebra.class];
    let probabilities: Vec<_> = vertebra.probabilities.iter().map(|p| format!("{p:.2}")).collect();
    let said = match (vertebra.not_assessed, vertebra.called) {
        (Some(why), _) => format!("not assessed: {}", why.words()),
        (None, Some(Call::Sensitive)) => format!("possible {} {}", class.code, class.name),
        (None, _) => format!("{} {}", class.code, class.name),
    };
    let probabilities = if vertebra.is_assessed() { probabilities.join(" ") } else { "-".into() };
    let mut row = vec![vertebra.label(), said, probabilities];
    if measured {
        row.extend(vertebra.morphometry.as_ref().map_or(["-".into(), "-".into()], heights_and_grade));
    }
    row
}

/// Heights in mm, or as parts of the posterior one without pixel spacing; grade, shape and loss.
fn heights_and_grade(m: &Morphometry) -> [String; 2] {
    let heights = match &m.heights_mm {
        Some(h) => format!("{:.1} {:.1} {:.1} mm", h.anterior, h.middle, h.posterior),
        None => format!("{:.2} {:.2} 1 (no mm)", m.wedge_ratio, m.biconcave_ratio),
    };
    let shape = m.deformity.map_or("normal", |d| d.word());
    [heights, format!("{} {shape}, {:.0} % lost", m.genant_grade.number(), m.height_loss_percent)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_that_no_film_can_have_is_said_below_the_table() {
        let json = |refused: &str| {
            format!(
                r#"{{"notice":"","image":{{"sop_class_uid":"1.2","sop_instance_uid":"1.3","series_instance_uid":"1.4",
                "study_instance_uid":"1.5","modality":"DX","body_part":"","view_position":"","patient_orientation":null,
                "rows":9,"columns":9,"pixel_spacing":null{refused}}},"bundle":{{"name":"demo","version":"1",
                "digest":"ab","classes":[{{"code":"A0","name":"none"}}]}},"vertebrae":[{{"ordinal":3,"level":null,
                "bounding_box":{{"x0":1.0,"y0":2.0,"x1":3.0,"y1":4.0}},"detection_score":0.5,"class":0,
                "probabilities":[1.0]}}]}}"#
            )
        };
        let table = |refused| as_table(&serde_json::from_str(&json(refused)).unwrap());
        assert_eq!(table(r#","spacing_refused":"396 mm are none""#), table("") + "\n396 mm are none.");
    }
}
