//! The cases of a batch from a CSV, like PyRadiomics' own batch mode.

use std::path::Path;

use super::{Case, RadiomicsFileError};

/// The cases of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Cases {
    /// The header.
    pub columns: Vec<String>,
    /// What is below it.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// As written, a field a column.
    pub fields: Vec<String>,
    /// What it asks for.
    pub case: Case,
}

impl Cases {
    /// Reads the cases; relative paths start at the folder of the CSV.
    ///
    /// # Errors
    /// All problems, a line each: columns or files that are missing, labels and sizes that are none.
    pub fn read(file: &Path) -> Result<Self, RadiomicsFileError> {
        let at = |line: u64, problem: String| format!("{} line {line}: {problem}", file.display());
        let whole_file = |problem: String| RadiomicsFileError::CaseProblems(vec![at(1, problem)]);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(file)
            .map_err(|reason| RadiomicsFileError::Cases { path: file.to_owned(), reason })?;
        let header = reader.headers().map_err(|e| whole_file(e.to_string()))?;
        let columns: Vec<String> = header.iter().map(str::to_owned).collect();
        let column = |name: &str| columns.iter().position(|known| known == name);
        let (Some(image), Some(mask)) = (column("Image"), column("Mask")) else {
            return Err(whole_file("the columns Image and Mask are needed".into()));
        };
        let (label, row_mm, column_mm) = (column("Label"), column("RowSpacing"), column("ColumnSpacing"));
        let folder = file.parent().unwrap_or(Path::new("."));

        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(problem) => {
                    let line = problem.position().map_or(0, csv::Position::line);
                    problems.push(at(line, "it has not as many fields as the header".into()));
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let field =
                |column: Option<usize>| column.and_then(|column| record.get(column)).filter(|text| !text.is_empty());
            let mut existing = |column: usize| {
                let path = folder.join(&record[column]);
                if !path.is_file() {
                    problems.push(at(line, format!("{} \"{}\" is no file", columns[column], &record[column])));
                }
                path
            };
            let (image, mask) = (existing(image), existing(mask));
            let label =
                field(label).map(|text| text.parse().map_err(|_| format!("the Label \"{text}\" is no whole number")));
            let mm = |text: &str| text.parse().ok().filter(|mm: &f64| mm.is_finite() && *mm > 0.0);
            let spacing_mm = match (field(row_mm), field(column_mm)) {
                (None, None) => None,
                (Some(row), Some(column)) => Some(match (mm(row), mm(column)) {
                    (Some(row), Some(column)) => Ok([row, column]),
                    _ => Err(format!("a pixel of {row} x {column} mm: both must be above 0")),
                }),
                _ => Some(Err("RowSpacing and ColumnSpacing go together".into())),
            };
            let (label, spacing_mm) = (label.transpose(), spacing_mm.transpose());
            problems
                .extend(label.as_ref().err().into_iter().chain(spacing_mm.as_ref().err()).map(|p| at(line, p.clone())));
            let fields = record.iter().map(str::to_owned).collect();
            let (label, spacing_mm) = (label.unwrap_or_default(), spacing_mm.unwrap_or_default());
            rows.push(Row { fields, case: Case { image, mask, label, spacing_mm } });
        }
        if rows.is_empty() && problems.is_empty() {
            problems.push(at(1, "there is no case below the header".into()));
        }
        if problems.is_empty() { Ok(Self { columns, rows }) } else { Err(RadiomicsFileError::CaseProblems(problems)) }
    }
}
