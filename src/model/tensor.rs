//! What a network says of its inputs and outputs, and what came out of it.

use std::fmt;

use ort::value::{Outlet, TensorElementType, ValueType};

/// Type of a tensor's elements, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    Float32,
    Int64,
    Int32,
    /// One that is neither fed nor read; the name as ONNX spells it.
    Other(&'static str),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Other(name) => name,
        })
    }
}

/// Name, type and shape of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub element: Element,
    /// -1 is an axis whose length is only known at a run; `None` where not even the rank is declared.
    pub shape: Option<Vec<i64>>,
}

/// An output of a run: its header, whose shape is known, and its values in row-major order; integers
/// are given as floats.
#[derive(Debug, Clone)]
pub struct Output {
    pub header: Header,
    pub values: Vec<f32>,
}

impl Header {
    /// What a session declares of one of its inputs or outputs.
    pub fn declared(outlet: &Outlet) -> Self {
        let (element, shape) = match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => (element(*ty), shape.to_vec()),
            _ => (Element::Other("no tensor"), Vec::new()),
        };
        // ONNX Runtime says the same of a scalar and of a rank nobody declared. No scalar is of use here.
        Self { name: outlet.name().to_owned(), element, shape: (!shape.is_empty()).then_some(shape) }
    }

    /// Whether this can be a tensor of such a shape; `None` is an axis of any length.
    pub fn can_be(&self, wanted: &[Option<usize>]) -> bool {
        let fits = |(length, wanted): (&i64, &Option<usize>)| {
            *length == -1 || wanted.is_none_or(|w| usize::try_from(*length) == Ok(w))
        };
        self.shape.as_ref().is_none_or(|s| s.len() == wanted.len() && s.iter().zip(wanted).all(fits))
    }

    /// Whether it holds whole numbers.
    pub fn is_integer(&self) -> bool {
        matches!(self.element, Element::Int64 | Element::Int32)
    }
}

/// As a person would note it: `output0 float32 [1, 6, N]`.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.name, self.element)?;
        let Some(shape) = &self.shape else { return f.write_str("of undeclared shape") };
        let axes: Vec<String> = shape.iter().map(|l| if *l < 0 { "?".into() } else { l.to_string() }).collect();
        write!(f, "[{}]", axes.join(", "))
    }
}

/// All headers in one line.
pub fn listed<'a>(headers: impl IntoIterator<Item = &'a Header>) -> String {
    let all: Vec<String> = headers.into_iter().map(Header::to_string).collect();
    if all.is_empty() { "nothing".into() } else { all.join(", ") }
}

/// Which of them is the first of float32 that can have this shape.
pub fn floats(headers: &[Header], shape: &[Option<usize>]) -> Option<usize> {
    headers.iter().position(|h| h.element == Element::Float32 && h.can_be(shape))
}

/// The type of a value that ONNX Runtime gives.
pub fn element(given: TensorElementType) -> Element {
    match given {
        TensorElementType::Float32 => Element::Float32,
        TensorElementType::Int64 => Element::Int64,
        TensorElementType::Int32 => Element::Int32,
        TensorElementType::Float16 => Element::Other("float16"),
        TensorElementType::Bfloat16 => Element::Other("bfloat16"),
        TensorElementType::Float64 => Element::Other("double"),
        TensorElementType::Uint8 => Element::Other("uint8"),
        TensorElementType::Int8 => Element::Other("int8"),
        TensorElementType::Uint16 => Element::Other("uint16"),
        TensorElementType::Int16 => Element::Other("int16"),
        TensorElementType::Bool => Element::Other("bool"),
        TensorElementType::String => Element::Other("string"),
        _ => Element::Other("an unusual type"),
    }
}
