//! `spinetriage radiomics` as a user runs it: files, parameter files, batches, refusals.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::support::programs::spinetriage;
use crate::support::{npy, root};

fn data(file: &str) -> String {
    root().join("tests/data/radiomics").join(file).to_str().unwrap().to_owned()
}

fn radiomics(arguments: &[&str]) -> Output {
    spinetriage(root(), ["radiomics"].iter().chain(arguments))
}

/// Standard output of a run that must succeed.
fn answer(arguments: &[&str]) -> String {
    let output = radiomics(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn features(arguments: &[&str]) -> Map<String, Value> {
    serde_json::from_str(&answer(arguments)).unwrap()
}

/// Standard error of a run that must end with exit code 2.
fn refusal(arguments: &[&str]) -> String {
    let output = radiomics(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn case() -> [String; 2] {
    [data("c1_main_bc32.image.npy"), data("c1_main_bc32.mask.npy")]
}

/// A 16-bit or 8-bit grey PNG of an array.
fn write_png(path: &Path, array: &npy::Array, bits: png::BitDepth) {
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), array.columns as u32, array.rows as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(bits);
    let bytes: Vec<u8> = match bits {
        png::BitDepth::Sixteen => array.values.iter().flat_map(|&value| (value as u16).to_be_bytes()).collect(),
        _ => array.values.iter().map(|&value| value as u8).collect(),
    };
    encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
}

#[test]
fn numpy_and_png_give_what_pyradiomics_gives() {
    let folder = TempDir::new().unwrap();
    let [image, mask] = case();
    let (image_png, mask_png) = (folder.path().join("film.png"), folder.path().join("mask.PNG"));
    write_png(&image_png, &npy::read(Path::new(&image)), png::BitDepth::Sixteen);
    write_png(&mask_png, &npy::read(Path::new(&mask)), png::BitDepth::Eight);

    let options = ["--spacing", "0.15,0.15", "--bin-count", "32", "--json", "--filters", "Original,Wavelet,LBP2D"];
    let from_numpy = features(&[&[image.as_str(), &mask], options.as_slice()].concat());
    let from_png = features(
        &[&[image_png.to_str().unwrap(), mask_png.to_str().unwrap()], options.as_slice(), &["--threads", "3"]].concat(),
    );
    assert_eq!(from_numpy, from_png);
    assert_eq!(from_numpy.len(), 102 + 5 * 93);

    let golden: Value = serde_json::from_str(&fs::read_to_string(data("c1_main_bc32.json")).unwrap()).unwrap();
    for (name, value) in &from_numpy {
        let (ours, theirs) = (value.as_f64().unwrap(), golden["features"][name].as_f64().unwrap());
        assert!((ours - theirs).abs() <= 1e-9_f64.max(1e-6 * theirs.abs()), "{name}: {ours}, PyRadiomics {theirs}");
    }
}

#[test]
fn a_dicom_file_brings_its_spacing() {
    let samples = root().join("tests/data/samples");
    let mut films: Vec<PathBuf> = fs::read_dir(samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    films.retain(|path| path.extension().is_some_and(|extension| extension == "dcm"));
    films.sort();
    let film = films[0].to_str().unwrap();
    let (radiograph, _) = spinetriage::imaging::decode::read(&films[0]).unwrap();
    let spacing = radiograph.spacing.unwrap();

    let folder = TempDir::new().unwrap();
    let mask = folder.path().join("mask.png");
    let (columns, rows) = (radiograph.width, radiograph.height);
    let inside = |index: usize| f64::from(u8::from(index / columns > rows / 3 && index % columns > columns / 3));
    let values = (0..rows * columns).map(|index| 2.0 * inside(index)).collect();
    write_png(&mask, &npy::Array { rows, columns, values }, png::BitDepth::Eight);
    let mask = mask.to_str().unwrap();

    let own = features(&[film, mask, "--bin-count", "16", "--json"]);
    let given = format!("{},{}", spacing.row_mm, spacing.column_mm);
    assert_eq!(own, features(&[film, mask, "--bin-count", "16", "--json", "--spacing", &given]));
    assert_ne!(own, features(&[film, mask, "--bin-count", "16", "--json", "--spacing", "1,1"]));
    assert_eq!(own, features(&[film, mask, "--bin-count", "16", "--json", "--label", "2"]));
    assert!(refusal(&[film, mask, "--label", "1"]).contains("no pixel of label 1: it has the labels 2"));
}

#[test]
fn csv_has_a_header_and_numbers_that_are_read_back() {
    let [image, mask] = case();
    let text = answer(&[&image, &mask, "--spacing", "0.15,0.15"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!((&header[0], &header[1], &header[2]), ("Image", "Mask", "original_shape2D_Elongation"));
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!((&row[0], &row[1], row.len()), (image.as_str(), mask.as_str(), 104));
    let exact = features(&[&image, &mask, "--spacing", "0.15,0.15", "--json"]);
    for (name, value) in header.iter().zip(&row).skip(2) {
        assert_eq!(value.parse::<f64>().unwrap(), exact[name].as_f64().unwrap(), "{name}");
    }
}

#[test]
fn a_parameter_file_is_read_as_it_is() {
    let [image, mask] = case();
    let study = data("parameters/study.yaml");
    let found = features(&[&image, &mask, "--spacing", "0.15,0.15", "--settings", &study, "--json"]);
    // Shape once; of each of seven images 18 first-order, 2 of GLCM, 5 of NGTDM.
    assert_eq!(found.len(), 9 + 7 * 25);
    assert!(found.contains_key("log-sigma-3-0-mm-3D_glcm_JointEntropy"));
    assert!(!found.contains_key("original_glcm_Contrast"));

    let plain = features(&[&image, &mask, "--spacing", "0.15,0.15", "--json"]);
    assert_eq!(found["original_firstorder_Entropy"], plain["original_firstorder_Entropy"]);
    // LoG has a bin width of its own; the command line wins over both.
    let options = ["--filters", "LoG", "--log-sigma", "1", "--json"];
    let finer = features(
        &[&[image.as_str(), &mask, "--spacing", "0.15,0.15", "--bin-width", "10"], options.as_slice()].concat(),
    );
    let entropy = "log-sigma-1-0-mm-3D_firstorder_Entropy";
    assert_eq!(found[entropy], finer[entropy]);
    let won = features(&[&image, &mask, "--spacing", "0.15,0.15", "--settings", &study, "--bin-width", "25", "--json"]);
    assert_ne!(won[entropy], finer[entropy]);
}

#[test]
fn everything_unsupported_is_named_at_once() {
    let [image, mask] = case();
    let problems = refusal(&[&image, &mask, "--settings", &data("parameters/unsupported.yaml")]);
    for (line, what) in [
        (3, "LBP3D"),
        (5, "wavelet is supported as coif1 only"),
        (6, "level is supported as 1 only"),
        (7, "gradientUseSpacing is supported as true only"),
        (8, "the filter LoG has no sigma"),
        (10, "glcm has no feature Homogeneity1"),
        (11, "there is no feature class \"glrm\""),
        (13, "binWidth must be a number above 0"),
        (14, "sitkGaussian"),
        (15, "resampledPixelSpacing must be two pixel sizes"),
        (16, "chebyshev"),
        (17, "\"kernelRadius\" is not supported"),
    ] {
        let named = problems.lines().find(|text| text.contains(what)).unwrap_or_else(|| panic!("{what}: {problems}"));
        assert!(named.contains("unsupported.yaml: line ") && named.contains(&format!("line {line}:")), "{named}");
    }
}

#[test]
fn bad_input_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let [image, mask] = case();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let array = |rows: usize, columns: usize, values: &[f64]| {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}\n");
        let length = (header.len() as u16).to_le_bytes();
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), &data].concat()
    };
    let spacing = ["--spacing", "0.15,0.15"];
    let refused = |image: &str, mask: &str, options: &[&str]| refusal(&[&[image, mask], options, &spacing].concat());

    assert!(refusal(&[&image, &mask]).contains("pass --spacing ROW,COL"));
    for size in ["0,1", "-1,1", "1", "1,2,3", "x,1", "nan,1"] {
        assert!(refusal(&[&image, &mask, "--spacing", size]).contains("two sizes above 0"), "{size}");
    }
    assert!(refused("missing.npy", &mask, &[]).contains("missing.npy"));
    assert!(refused(&file("a.npy", b"no array"), &mask, &[]).contains("a.npy: it is no NumPy file"));
    assert!(refused(&file("a.png", b"no picture"), &mask, &[]).contains("a.png"));
    assert!(refused(&file("a.dcm", b"no film"), &mask, &[]).contains("a.dcm"));
    assert!(refused(&image, &file("m.npy", &array(2, 2, &[1.0; 4])), &[]).contains("draw the mask on the same pixels"));
    let empty = file("empty.npy", &array(2, 2, &[0.0; 4]));
    let square = file("square.npy", &array(2, 2, &[1.0, 2.0, 3.0, 4.0]));
    assert!(refused(&square, &empty, &[]).contains("the mask selects 0 pixel(s)"));
    let one = file("one.npy", &array(2, 2, &[1.0, 0.0, 0.0, 0.0]));
    assert!(refused(&square, &one, &[]).contains("the mask selects 1 pixel(s)"));
    let row = file("row.npy", &array(2, 2, &[1.0, 1.0, 0.0, 0.0]));
    assert!(refused(&square, &row, &[]).contains("a single row or column"));
    let holes = file("nan.npy", &array(2, 2, &[1.0, f64::NAN, 3.0, 4.0]));
    assert!(refused(&holes, &square, &[]).contains("row 0, column 1 is NaN"));
    assert!(refused(&image, &mask, &["--filters", "Original,Sobel"]).contains("no filter \"Sobel\""));
    assert!(refused(&image, &mask, &["--filters", "LoG"]).contains("no sigma"));
    assert!(refused(&image, &mask, &["--log-sigma", "1"]).contains("--log-sigma needs LoG"));
    assert!(refused(&image, &mask, &["--filters", "LoG", "--log-sigma", "80"]).contains("too small for LoG"));
    assert!(refused(&image, &mask, &["--bin-width", "0"]).contains("bin width is 0"));
    assert!(refused(&image, &mask, &["--bin-count", "0"]).contains("bin count is 0"));
}

#[test]
fn a_batch_keeps_its_order_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    for name in ["image", "mask"] {
        fs::copy(data(&format!("c3_tiny_roi_bw25.{name}.npy")), folder.path().join(format!("{name}.npy"))).unwrap();
    }
    let mut rows = vec!["Image,Mask,Patient,RowSpacing,ColumnSpacing,Label".to_owned()];
    rows.extend((0..20).map(|number| {
        // The fifth asks for a label nobody has.
        format!("image.npy,mask.npy,\"P, {number}\",0.15,0.15,{}", if number == 5 { "7" } else { "1" })
    }));
    let cases = folder.path().join("cases.csv");
    fs::write(&cases, rows.join("\n")).unwrap();

    let output = radiomics(&["--batch", cases.to_str().unwrap(), "--threads", "4"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no pixel of label 7: it has the labels 1"), "{said}");
    assert!(said.contains("20 cases, 1 without features") && said.contains("esearch use only"), "{said}");

    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let header = reader.headers().unwrap().clone();
    assert_eq!((header.len(), &header[2], &header[header.len() - 1]), (6 + 102 + 1, "Patient", "Error"));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 20);
    for (number, record) in records.iter().enumerate() {
        assert_eq!(&record[2], format!("P, {number}"));
        assert_eq!(record[6].is_empty(), number == 5);
        assert_eq!(record[108].is_empty(), number != 5);
    }
    assert_eq!(records[0].iter().skip(6).collect::<Vec<_>>(), records[19].iter().skip(6).collect::<Vec<_>>());

    let lines = String::from_utf8(radiomics(&["--batch", cases.to_str().unwrap(), "--json"]).stdout).unwrap();
    let objects: Vec<Map<String, Value>> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((objects.len(), objects[5].contains_key("Error")), (20, true));
    assert_eq!(&header[6 + 9 + 18 + 19], "original_glcm_MCC");
    assert_eq!(objects[4]["original_glcm_MCC"].as_f64(), records[4][6 + 9 + 18 + 19].parse().ok());
}

#[test]
fn every_problem_of_a_batch_file_is_listed_before_work_starts() {
    let folder = TempDir::new().unwrap();
    let cases = folder.path().join("cases.csv");
    let refused = |text: &str| {
        fs::write(&cases, text).unwrap();
        refusal(&["--batch", cases.to_str().unwrap()])
    };
    assert!(refused("Picture,Mask\n").contains("line 1: the columns Image and Mask are needed"));
    assert!(refused("Image,Mask\n").contains("there is no case"));
    let said = refused(
        "Image,Mask,Label,RowSpacing,ColumnSpacing\na.npy,b.npy,x,0.1,0.1\ncases.csv,cases.csv,,0.1,\ncases.csv,cases.csv,1\n",
    );
    for part in [
        "line 2: Image \"a.npy\" is no file",
        "line 2: Mask \"b.npy\" is no file",
        "line 2: the Label \"x\" is no whole number",
        "line 3: RowSpacing and ColumnSpacing go together",
        "line 4: it has not as many fields",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
