//! Every text that a person reads in report and picture, in each language.
//!
//! A new text is a line of the table below: name, English, Chinese. The picture's font holds the
//! characters of this folder's sources; `recipes/build_font.sh` rebuilds it after a text brought new ones.

use std::borrow::Cow;

use crate::RESEARCH_USE_ONLY;
use crate::findings::{ClassName, Language, Vertebra};

macro_rules! texts {
    ($($(#[$about:meta])* $name:ident = $english:expr, $chinese:literal;)*) => {
        /// A text; [`Text::said_in`] is what it says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Text {
            $($(#[$about])* $name,)*
        }

        impl Text {
            /// All of them.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The text in `language`.
            pub const fn said_in(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::English) => $english, (Self::$name, Language::Chinese) => $chinese,)*
                }
            }
        }
    };
}

texts! {
    /// [`RESEARCH_USE_ONLY`]: what every surface carries that shows a result.
    ResearchUseOnly = RESEARCH_USE_ONLY, "仅供研究使用，不得用于诊断";
    /// Series Description of the structured report.
    ReportSeries = "Spine triage - research use only, not for diagnosis", "脊柱分诊 - 仅供研究使用，不得用于诊断";
    /// Series Description of the pictures.
    OverlaySeries = "Spine triage overlay - research use only", "脊柱分诊标注图 - 仅供研究使用";
    /// Series Description of key objects.
    KeyImagesSeries = "Spine triage key images - research use only", "脊柱分诊重点图像 - 仅供研究使用";
    /// Begins the description of a key object.
    FractureSuspected = "An automatic analysis suspects a fracture", "自动分析：可疑骨折";
    /// Derivation Description of the pictures.
    OverlayDerivation = "Findings of an automatic analysis drawn in", "图中标注为自动分析结果";
    /// A film without any body.
    NoVertebraFound = "no vertebra found", "未发现椎体";
    /// What a report's group for the study is called.
    WholeStudy = "whole study", "整个检查";
    /// Who wrote a report.
    WrittenByProgram = "Written by a program; no person has verified it", "由程序自动生成，未经人工审核";
    /// What the algorithm did to the study.
    AutomaticTriage = "Automatic triage", "自动分诊";
    /// Before the most suspicious body of a single film.
    MostSuspicious = "most suspicious", "最可疑";
    /// The same of several films.
    MostSuspiciousOfStudy = "most suspicious in this study", "本次检查最可疑";
    /// How a level is known that was not seen.
    CountedFromSacrum = "assumed, counted from the sacrum", "自骶骨向上计数推定";
}

/// The name of a body where there is little room: `L3`, `L3?` for an assumed level, `3rd from above`
/// without one.
pub fn label(vertebra: &Vertebra, language: Language) -> String {
    match (language, &vertebra.level) {
        (Language::Chinese, None) => format!("自上第{}个", vertebra.ordinal),
        _ => vertebra.label(),
    }
}

/// The same where there is room: an assumed level says how it was counted.
pub fn full_label(vertebra: &Vertebra, language: Language) -> String {
    match (language, &vertebra.level) {
        (Language::Chinese, Some(level)) if vertebra.level_is_assumed() => {
            format!("{level}（{}）", Text::CountedFromSacrum.said_in(language))
        }
        (Language::Chinese, _) => label(vertebra, language),
        (Language::English, _) => vertebra.full_label(),
    }
}

/// What a class is called: the bundle's own name, but ASTLOF's classes have Chinese ones.
pub fn class_name(class: &ClassName, language: Language) -> &str {
    match (language, class.code.as_str()) {
        (Language::Chinese, "ASTLOF-0") => "无骨折",
        (Language::Chinese, "ASTLOF-1") => "压缩性骨折",
        (Language::Chinese, "ASTLOF-2") => "爆裂性骨折",
        _ => &class.name,
    }
}

/// A body in a report: `vertebra L3`.
pub fn vertebra(label: &str, language: Language) -> String {
    match language {
        Language::English => format!("vertebra {label}"),
        Language::Chinese => format!("椎体 {label}"),
    }
}

/// `label` of a body that only its image tells from others; images are numbered as in the image library.
pub fn on_image(label: &str, image: usize, language: Language) -> String {
    match language {
        Language::English => format!("{label}, image {image}"),
        Language::Chinese => format!("{label}，图像 {image}"),
    }
}

/// What a reader wants to know first: the most suspicious body, how many there are, and which are flagged.
/// `flagged` are bodies with what was found on them.
pub fn summary(most_suspicious: &str, bodies: usize, flagged: &[String], language: Language) -> String {
    let says = match (language, flagged) {
        (Language::English, []) => format!("None of {bodies} vertebrae flagged; least sure: {most_suspicious}."),
        (Language::English, _) => format!(
            "Most suspicious: {most_suspicious}. Flagged {} of {bodies} vertebrae: {}.",
            flagged.len(),
            flagged.join("; ")
        ),
        (Language::Chinese, []) => format!("{bodies} 个椎体均未标记；最不确定：{most_suspicious}。"),
        (Language::Chinese, _) => {
            format!("最可疑：{most_suspicious}。{bodies} 个椎体中标记 {} 个：{}。", flagged.len(), flagged.join("；"))
        }
    };
    with_notice(vec![says], language)
}

/// Sentences, and what they are not for.
pub fn with_notice(sentences: Vec<String>, language: Language) -> String {
    let notice = sentence(Text::ResearchUseOnly.said_in(language), language);
    let all: Vec<_> = sentences.into_iter().map(Cow::from).chain([notice]).collect();
    in_a_row(&all, language)
}

/// What another image shows of the same body.
pub fn also_seen(image: usize, class: &str, probability: f64, language: Language) -> String {
    match language {
        Language::English => {
            format!("Also seen on image {image} of the image library: {class} ({probability:.2}).")
        }
        Language::Chinese => format!("在图像库的图像 {image} 上也可见：{class}（{probability:.2}）。"),
    }
}

/// Of an image that shows no body.
pub fn no_vertebra_on(image: usize, language: Language) -> String {
    match language {
        Language::English => format!("No vertebra was found on image {image}."),
        Language::Chinese => format!("图像 {image} 上未发现椎体。"),
    }
}

/// Of an image without findings; `reason` is as the log has it, in English.
pub fn analysis_failed(image: usize, reason: &str, language: Language) -> String {
    match language {
        Language::English => format!("The analysis of image {image} failed: {reason}."),
        Language::Chinese => format!("图像 {image} 的分析失败：{reason}。"),
    }
}

/// Of features that a body does not have.
pub fn imputed(features: &[String], language: Language) -> String {
    let names = features.join(", ");
    match language {
        Language::English => format!("Undefined here, taken at their training mean: {names}."),
        Language::Chinese => format!("以下特征在此无法计算，取训练集均值：{names}。"),
    }
}

/// A class's name with the probability of it, where there is little room: `burst fracture 0.99`.
pub fn finding(class: &str, probability: f64) -> String {
    format!("{class} {probability:.2}")
}

/// How probable a class is.
pub fn probability(probability: f64, language: Language) -> String {
    match language {
        Language::English => format!("probability {probability:.2}"),
        Language::Chinese => format!("概率 {probability:.2}"),
    }
}

/// Sentences in a row.
pub fn sentences(texts: &[Text], language: Language) -> String {
    let all: Vec<_> = texts.iter().map(|text| sentence(text.said_in(language), language)).collect();
    in_a_row(&all, language)
}

fn in_a_row(sentences: &[Cow<'_, str>], language: Language) -> String {
    sentences.join(match language {
        Language::English => " ",
        Language::Chinese => "",
    })
}

/// `first`, a colon as the language writes it, `second`.
pub fn pair(first: &str, second: &str, language: Language) -> String {
    let colon = match language {
        Language::English => ": ",
        Language::Chinese => "：",
    };
    format!("{first}{colon}{second}")
}

/// `about` in parentheses behind `text`, as the language writes them.
pub fn with_remark(text: &str, about: &str, language: Language) -> String {
    match language {
        Language::English => format!("{text} ({about})"),
        Language::Chinese => format!("{text}（{about}）"),
    }
}

/// A sentence made of `text`.
fn sentence(text: &str, language: Language) -> Cow<'_, str> {
    match language {
        Language::English => format!("{text}.").into(),
        Language::Chinese => format!("{text}。").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::LevelSource;

    fn vertebra(level: Option<&str>, source: Option<LevelSource>) -> Vertebra {
        let json = r#"{"ordinal":3,"level":null,"bounding_box":{"x0":1,"y0":2,"x1":3,"y1":4},
            "detection_score":0.5,"class":0,"probabilities":[1.0]}"#;
        let base: Vertebra = serde_json::from_str(json).unwrap();
        Vertebra { level: level.map(str::to_owned), level_source: source, ..base }
    }

    #[test]
    fn series_descriptions_fit_into_their_value_representation() {
        for text in [Text::ReportSeries, Text::OverlaySeries, Text::KeyImagesSeries] {
            for language in [Language::English, Language::Chinese] {
                assert!(text.said_in(language).chars().count() <= 64, "{text:?}: LO");
            }
        }
    }

    #[test]
    fn each_text_is_in_both_languages() {
        for text in Text::ALL {
            assert!(text.said_in(Language::English).is_ascii(), "{text:?}");
            assert!(text.said_in(Language::Chinese).chars().any(|c| ('一'..='龥').contains(&c)), "{text:?}");
        }
    }

    #[test]
    fn a_body_is_named_in_both_languages() {
        let (unknown, counted) = (vertebra(None, None), vertebra(Some("L3"), Some(LevelSource::CountedFromSacrum)));
        assert_eq!(label(&unknown, Language::English), "3rd from above");
        assert_eq!(full_label(&unknown, Language::Chinese), "自上第3个");
        assert_eq!([Language::English, Language::Chinese].map(|l| label(&counted, l)), ["L3?", "L3?"]);
        assert_eq!(full_label(&counted, Language::English), "L3 (assumed, counted from the sacrum)");
        assert_eq!(full_label(&counted, Language::Chinese), "L3（自骶骨向上计数推定）");
    }

    #[test]
    fn classes_of_astlof_have_chinese_names_and_others_their_own() {
        let class = |code: &str| ClassName { code: code.into(), name: "burst".into() };
        assert_eq!(class_name(&class("ASTLOF-2"), Language::Chinese), "爆裂性骨折");
        assert_eq!(class_name(&class("ASTLOF-2"), Language::English), "burst");
        assert_eq!(class_name(&class("AO-A3"), Language::Chinese), "burst");
    }
}
