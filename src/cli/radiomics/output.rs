//! Features as CSV or JSON, to the terminal or a file.

use std::io::{self, StdoutLock, Write};
use std::path::Path;

use serde_json::{Map, Value};

use crate::cli::fresh::{Named, NewFile, Refused};
use crate::radiomics::Features;
use crate::radiomics_files::RadiomicsFileError;

/// How features are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A header, then a row a region.
    Csv,
    /// An object a region.
    Json,
}

/// Where features go.
pub struct Output {
    format: Format,
    out: Target,
}

/// The terminal or a file.
enum Target {
    Terminal(StdoutLock<'static>),
    File(NewFile),
}

impl Output {
    /// Opens `file`, or standard output.
    ///
    /// # Errors
    /// When the file is there already, or cannot be made.
    pub fn open(file: Option<&Path>, format: Format) -> Result<Self, Refused> {
        let out = match file {
            Some(path) => Target::File(NewFile::create(path, Named::File("--out"))?),
            None => Target::Terminal(io::stdout().lock()),
        };
        Ok(Self { format, out })
    }

    /// Writes the features of the only region: in JSON nothing but these.
    pub fn single(&mut self, image: &Path, mask: &Path, features: &Features) -> io::Result<()> {
        match self.format {
            Format::Json => {
                let object: Map<String, Value> =
                    features.iter().map(|(name, value)| (name.clone(), Value::from(*value))).collect();
                let text = serde_json::to_string_pretty(&object)?;
                writeln!(self.out(), "{text}")?;
            }
            Format::Csv => {
                let names: Vec<&str> = features.iter().map(|(name, _)| name.as_str()).collect();
                self.csv_row(["Image", "Mask"].into_iter().chain(names))?;
                let values: Vec<String> = features.iter().map(|(_, value)| number(*value)).collect();
                let files = [image, mask].map(|path| path.display().to_string());
                self.csv_row(files.iter().chain(&values).map(String::as_str))?;
            }
        }
        Ok(())
    }

    /// Writes the header of a batch: the columns of the cases, the features, `Error`.
    pub fn batch_header(&mut self, columns: &[String], names: &[String]) -> io::Result<()> {
        if self.format == Format::Csv {
            self.csv_row(columns.iter().chain(names).map(String::as_str).chain(["Error"]))?;
        }
        Ok(())
    }

    /// Writes one case of a batch: its own fields, then its features or why there are none.
    pub fn batch_case(
        &mut self,
        columns: &[String],
        fields: &[String],
        names: &[String],
        outcome: &Result<Features, RadiomicsFileError>,
    ) -> io::Result<()> {
        match self.format {
            Format::Json => {
                let own = columns.iter().cloned().zip(fields.iter().map(|field| Value::from(field.as_str())));
                let mut object: Map<String, Value> = own.collect();
                match outcome {
                    Ok(features) => object.extend(features.iter().map(|(name, value)| (name.clone(), (*value).into()))),
                    Err(reason) => object.extend([("Error".to_owned(), reason.to_string().into())]),
                }
                let text = serde_json::to_string(&object)?;
                writeln!(self.out(), "{text}")
            }
            Format::Csv => {
                let (values, reason) = match outcome {
                    Ok(features) => (features.iter().map(|(_, value)| number(*value)).collect(), String::new()),
                    Err(reason) => (vec![String::new(); names.len()], reason.to_string()),
                };
                self.csv_row(fields.iter().chain(&values).map(String::as_str).chain([reason.as_str()]))
            }
        }
    }

    /// Hands everything over to the terminal, or gives the file its name.
    ///
    /// # Errors
    /// When the disk takes no more, or something else has the name by now.
    pub fn finish(self) -> Result<(), Refused> {
        match self.out {
            Target::File(file) => file.finish(),
            Target::Terminal(mut out) => {
                out.flush().map_err(|source| Refused::Disk { path: "standard output".into(), source })
            }
        }
    }

    fn out(&mut self) -> &mut dyn Write {
        match &mut self.out {
            Target::Terminal(out) => out,
            Target::File(file) => file,
        }
    }

    fn csv_row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(cells)?;
        let row = writer.into_inner().map_err(|e| io::Error::other(e.to_string()))?;
        self.out().write_all(&row)
    }
}

/// The shortest text that is read back as the same number.
fn number(value: f64) -> String {
    Value::from(value).to_string()
}
