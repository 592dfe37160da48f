//! Every text that a person reads in report and picture, in each language.
//!
//! A new text is a line of the table below: name, English, Chinese. The picture's font holds the
//! characters of this folder's sources; `recipes/build_font.sh` rebuilds it after a text brought new ones.

use std::borrow::Cow;

use crate::RESEARCH_USE_ONLY;
use crate::findings::{Call, ClassName, Language, NotAssessed, StudyTriage, TriageResult, Vertebra};

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
    /// Ends the Series Description of the structured report, after the result.
    ReportSeries = "research use only, not for diagnosis", "仅供研究使用，不得用于诊断";
    /// Ends the Series Description of the pictures.
    OverlaySeries = "overlay, research use only", "标注图，仅供研究使用";
    /// Begins both.
    Triage = "Triage", "分诊";
    /// The result of a study where the bundle has no operating point.
    NoOperatingPoint = "no operating point", "无工作点";
    /// Something about which nothing is said.
    NotAssessed = "not assessed", "未评估";
    /// Before the class of a body that is called at the sensitive operating point alone.
    Possible = "possible", "可能";
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

/// The result of a study.
pub fn result(result: Option<TriageResult>, language: Language) -> &'static str {
    match (language, result) {
        (_, None) => Text::NoOperatingPoint.said_in(language),
        (Language::English, Some(result)) => result.words(),
        (Language::Chinese, Some(TriageResult::Suspected)) => "可疑骨折",
        (Language::Chinese, Some(TriageResult::Uncertain)) => "不确定",
        (Language::Chinese, Some(TriageResult::NothingSuspected)) => "未见可疑",
        (Language::Chinese, Some(TriageResult::NotAssessed)) => Text::NotAssessed.said_in(language),
    }
}

/// Why something is not assessed.
pub fn reason(reason: NotAssessed, language: Language) -> &'static str {
    match (language, reason) {
        (Language::English, reason) => reason.words(),
        (Language::Chinese, NotAssessed::View) => "投照体位不在模型范围内",
        (Language::Chinese, NotAssessed::NoSpine) => "未发现脊柱",
        (Language::Chinese, NotAssessed::CutByEdge) => "被图像边缘截断",
        (Language::Chinese, NotAssessed::OutsideField) => "在曝光范围之外",
        (Language::Chinese, NotAssessed::NoBody) => "不像椎体",
        (Language::Chinese, NotAssessed::Metal) => "其上有金属或骨水泥",
        (Language::Chinese, NotAssessed::UncertainPoints) => "轮廓不确定",
        (Language::Chinese, NotAssessed::UnlikeTraining) => "与训练数据不相似",
    }
}

/// `not assessed: metal or cement on it`.
pub fn not_assessed(why: NotAssessed, language: Language) -> String {
    pair(Text::NotAssessed.said_in(language), reason(why, language), language)
}

/// What is said of a body whose class is called `class`: `compression fracture 0.97`, with `possible` before it where
/// only the sensitive operating point calls it, or why it is not assessed.
pub fn said_of(vertebra: &Vertebra, class: &str, language: Language) -> String {
    let probability = vertebra.probabilities[vertebra.class];
    match (vertebra.not_assessed, vertebra.called) {
        (Some(why), _) => not_assessed(why, language),
        (None, Some(Call::Sensitive)) => {
            format!("{} {}", Text::Possible.said_in(language), finding(class, probability))
        }
        (None, _) => finding(class, probability),
    }
}

/// Series Description: what the objects are, and the study's result. At most 64 characters.
pub fn series(end: Text, study: Option<TriageResult>, language: Language) -> String {
    let triage = pair(Text::Triage.said_in(language), result(study, language), language);
    let comma = match language {
        Language::English => ", ",
        Language::Chinese => "，",
    };
    format!("{triage}{comma}{}", end.said_in(language))
}

/// What of a study [`summary`] tells.
#[derive(Debug)]
pub struct Summary<'a> {
    /// What the bundle's operating points say; `None` without them.
    pub triage: Option<&'a StudyTriage>,
    /// The most suspicious body with what was found on it; `None` where none is assessed.
    pub most_suspicious: Option<String>,
    /// Bodies that were assessed.
    pub assessed: usize,
    /// Those of them that are flagged, with what was found on them.
    pub flagged: &'a [String],
    /// Those that were not assessed, with the reason.
    pub not_assessed: &'a [String],
}

/// What a reader wants to know first: the study's result, the most suspicious body, and which are flagged.
pub fn summary(study: &Summary<'_>, language: Language) -> Vec<String> {
    let Summary { triage, most_suspicious, assessed, flagged, not_assessed } = study;
    let said = result(triage.map(|triage| triage.result), language);
    let probability = triage.and_then(|triage| triage.probability);
    let missed = triage.map_or(0, |triage| triage.missed);
    let (and, count) = (["; ", "；"], flagged.len());
    let mut says = Vec::new();
    match language {
        Language::English => {
            let of_fracture = probability.map(|p| format!(", probability of a fracture {p:.2}")).unwrap_or_default();
            says.push(format!("Triage result: {said}{of_fracture}."));
            says.extend(most_suspicious.as_ref().map(|first| format!("Most suspicious: {first}.")));
            says.push(match count {
                0 => format!("None of {assessed} assessed vertebrae flagged."),
                _ => format!("Flagged {count} of {assessed} assessed vertebrae: {}.", flagged.join(and[0])),
            });
            if !not_assessed.is_empty() {
                says.push(format!("{} not assessed: {}.", not_assessed.len(), not_assessed.join(and[0])));
            }
            if missed > 0 {
                says.push(format!("{missed} not found where their neighbours leave room for them."));
            }
        }
        Language::Chinese => {
            let of_fracture = probability.map(|p| format!("，骨折概率 {p:.2}")).unwrap_or_default();
            says.push(format!("分诊结果：{said}{of_fracture}。"));
            says.extend(most_suspicious.as_ref().map(|first| format!("最可疑：{first}。")));
            says.push(match count {
                0 => format!("已评估的 {assessed} 个椎体均未标记。"),
                _ => format!("已评估的 {assessed} 个椎体中标记 {count} 个：{}。", flagged.join(and[1])),
            });
            if !not_assessed.is_empty() {
                says.push(format!("{} 个未评估：{}。", not_assessed.len(), not_assessed.join(and[1])));
            }
            if missed > 0 {
                says.push(format!("{missed} 个在相邻椎体之间未找到。"));
            }
        }
    }
    says
}

/// Sentences, and what they are not for.
pub fn with_notice(sentences: Vec<String>, language: Language) -> String {
    let notice = sentence(Text::ResearchUseOnly.said_in(language), language);
    let all: Vec<_> = sentences.into_iter().map(Cow::from).chain([notice]).collect();
    in_a_row(&all, language)
}

/// What another image shows of the same body.
pub fn also_seen(image: usize, finding: &str, language: Language) -> String {
    match language {
        Language::English => format!("Also seen on image {image} of the image library: {finding}."),
        Language::Chinese => format!("在图像库的图像 {image} 上也可见：{finding}。"),
    }
}

/// Of an image that is not assessed as a whole.
pub fn image_not_assessed(image: usize, why: NotAssessed, language: Language) -> String {
    match language {
        Language::English => format!("Image {image} is not assessed: {}.", reason(why, language)),
        Language::Chinese => format!("图像 {image} 未评估：{}。", reason(why, language)),
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
        for language in [Language::English, Language::Chinese] {
            assert!(Text::KeyImagesSeries.said_in(language).chars().count() <= 64, "LO");
            for end in [Text::ReportSeries, Text::OverlaySeries] {
                for result in TriageResult::ALL.into_iter().map(Some).chain([None]) {
                    let text = series(end, result, language);
                    assert!(text.chars().count() <= 64, "{text}: LO");
                }
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
