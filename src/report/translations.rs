//! What coded concepts mean in the report's language. The codes stay what they are: programs read those.

use std::borrow::Cow;

use super::codes::{Code, PRIVATE_SCHEME};
use crate::findings::Language;

/// The Chinese meaning of each code that we write, but for those of the bundle's classes.
const CHINESE: [(&str, &str, &str); 105] = [
    ("126000", "DCM", "影像测量报告"),
    ("121049", "DCM", "内容项及其下级内容的语言"),
    ("121005", "DCM", "观察者类型"),
    ("121007", "DCM", "设备"),
    ("121012", "DCM", "设备观察者 UID"),
    ("121013", "DCM", "设备观察者名称"),
    ("121014", "DCM", "设备观察者制造商"),
    ("121015", "DCM", "设备观察者型号名称"),
    ("121016", "DCM", "设备观察者序列号"),
    ("121058", "DCM", "所报告的检查"),
    ("111028", "DCM", "图像库"),
    ("126200", "DCM", "图像库组"),
    ("121139", "DCM", "成像模态"),
    ("112002", "DCM", "序列 UID"),
    ("110910", "DCM", "像素数据行数"),
    ("110911", "DCM", "像素数据列数"),
    ("111044", "DCM", "患者方位（行方向）"),
    ("111043", "DCM", "患者方位（列方向）"),
    ("111026", "DCM", "水平像素间距"),
    ("111066", "DCM", "垂直像素间距"),
    ("126010", "DCM", "影像测量"),
    ("125007", "DCM", "测量组"),
    ("112039", "DCM", "跟踪标识"),
    ("112040", "DCM", "跟踪唯一标识"),
    ("121071", "DCM", "所见"),
    ("111001", "DCM", "算法名称"),
    ("111002", "DCM", "算法参数"),
    ("111003", "DCM", "算法版本"),
    ("122157", "DCM", "概率"),
    ("111030", "DCM", "图像区域"),
    ("121112", "DCM", "测量来源"),
    ("121106", "DCM", "备注"),
    ("113000", "DCM", "重点关注"),
    ("113012", "DCM", "关键对象说明"),
    ("CR", "DCM", "计算机 X 线摄影"),
    ("DX", "DCM", "数字 X 线摄影"),
    ("zh-CN", "RFC5646", "中文（中国）"),
    ("363679005", "SCT", "影像学检查"),
    ("260753009", "SCT", "来源"),
    ("363698007", "SCT", "所见部位"),
    ("51282000", "SCT", "椎骨"),
    ("125605004", "SCT", "骨折"),
    ("42942008", "SCT", "脊柱压缩性骨折"),
    ("52101004", "SCT", "有"),
    ("272519000", "SCT", "无"),
    ("373068000", "SCT", "未确定"),
    ("122496007", "SCT", "腰椎"),
    ("122495006", "SCT", "胸椎"),
    ("1217256009", "SCT", "胸腰椎"),
    ("1", "UCUM", "无单位"),
    ("{pixels}", "UCUM", "像素"),
    ("mm", "UCUM", "毫米"),
    ("%", "UCUM", "百分比"),
    ("CLASS", PRIVATE_SCHEME, "模型判定的类别"),
    ("LEVEL-SOURCE", PRIVATE_SCHEME, "椎体节段的依据"),
    ("FROM-SACRUM", PRIVATE_SCHEME, "推定，自骶骨向上计数"),
    ("SIX-POINTS", PRIVATE_SCHEME, "椎体六点"),
    ("HEIGHT-ANTERIOR", PRIVATE_SCHEME, "椎体前缘高度"),
    ("HEIGHT-MIDDLE", PRIVATE_SCHEME, "椎体中部高度"),
    ("HEIGHT-POSTERIOR", PRIVATE_SCHEME, "椎体后缘高度"),
    ("RATIO-WEDGE", PRIVATE_SCHEME, "前缘与后缘高度之比"),
    ("RATIO-BICONCAVE", PRIVATE_SCHEME, "中部与后缘高度之比"),
    ("RATIO-CRUSH", PRIVATE_SCHEME, "后缘高度与相邻椎体后缘高度之比"),
    ("HEIGHT-LOSS", PRIVATE_SCHEME, "椎体高度的最大丢失"),
    ("GENANT", PRIVATE_SCHEME, "Genant 半定量分级（由测量得出）"),
    ("GENANT-0", PRIVATE_SCHEME, "0 级，丢失小于 20 %"),
    ("GENANT-1", PRIVATE_SCHEME, "1 级，丢失 20 % 至 25 %"),
    ("GENANT-2", PRIVATE_SCHEME, "2 级，丢失 25 % 至 40 %"),
    ("GENANT-3", PRIVATE_SCHEME, "3 级，丢失大于 40 %"),
    ("DEFORMITY", PRIVATE_SCHEME, "椎体变形的形态"),
    ("WEDGE", PRIVATE_SCHEME, "楔形"),
    ("BICONCAVE", PRIVATE_SCHEME, "双凹形"),
    ("CRUSH", PRIVATE_SCHEME, "塌陷形"),
    ("TRIAGE-RESULT", PRIVATE_SCHEME, "本次检查的分诊结果"),
    ("RESULT-SUSPECTED", PRIVATE_SCHEME, "可疑骨折"),
    ("RESULT-UNCERTAIN", PRIVATE_SCHEME, "不确定"),
    ("RESULT-NOTHING", PRIVATE_SCHEME, "未见可疑"),
    ("RESULT-NONE", PRIVATE_SCHEME, "未评估"),
    ("RESULT-NO-POINT", PRIVATE_SCHEME, "无工作点"),
    ("OPERATING-POINT", PRIVATE_SCHEME, "标记所用的工作点"),
    ("POINT-SENSITIVE", PRIVATE_SCHEME, "仅敏感工作点"),
    ("POINT-SPECIFIC", PRIVATE_SCHEME, "特异工作点"),
    ("NOT-ASSESSED-N", PRIVATE_SCHEME, "已发现但未评估的椎体数"),
    ("NOT-ASSESSED", PRIVATE_SCHEME, "未评估的原因"),
    ("NO-PROBABILITY", PRIVATE_SCHEME, "没有骨折概率的原因"),
    ("NA-VIEW", PRIVATE_SCHEME, "投照体位不在模型范围内"),
    ("NA-NO-SPINE", PRIVATE_SCHEME, "未发现脊柱"),
    ("NA-EDGE", PRIVATE_SCHEME, "被图像边缘截断"),
    ("NA-FIELD", PRIVATE_SCHEME, "在曝光范围之外"),
    ("NA-NO-BODY", PRIVATE_SCHEME, "不像椎体"),
    ("NA-METAL", PRIVATE_SCHEME, "其上有金属或骨水泥"),
    ("NA-POINTS", PRIVATE_SCHEME, "轮廓不确定"),
    ("NA-UNLIKE", PRIVATE_SCHEME, "与训练数据不相似"),
    ("111017", "DCM", "计算机辅助检测的处理与所见摘要"),
    ("111241", "DCM", "全部算法成功；无所见"),
    ("111242", "DCM", "全部算法成功；有所见"),
    ("111243", "DCM", "部分算法成功；无所见"),
    ("111244", "DCM", "部分算法成功；有所见"),
    ("111245", "DCM", "无算法成功；无所见"),
    ("114007", "DCM", "未进行测量"),
    ("114009", "DCM", "值超出范围"),
    ("114010", "DCM", "值未知"),
    ("114011", "DCM", "值不确定"),
    ("VERTEBRAE", PRIVATE_SCHEME, "已评估的椎体数"),
    ("OTHER-VIEW", PRIVATE_SCHEME, "另一图像上的同一椎体"),
];

/// The meaning of a vertebral level's code: `第 3 腰椎` for "L3 vertebra".
fn level(meaning: &str) -> Option<String> {
    let name = meaning.strip_suffix(" vertebra")?;
    let (region, number) = name.split_at_checked(1)?;
    let region = match region {
        "C" => "颈椎",
        "T" => "胸椎",
        "L" => "腰椎",
        _ => return None,
    };
    number.parse::<u8>().ok().map(|number| format!("第 {number} {region}"))
}

/// The meaning of a code in `language`. A code without a meaning in it keeps its own.
pub fn meaning(Code(value, scheme, english): Code<'_>, language: Language) -> Cow<'_, str> {
    let chinese = || {
        // Trailing spaces are not significant (PS3.5 6.2).
        let (value, english) = (value.trim_end(), english.trim_end());
        let known = CHINESE.iter().find(|(code, of, _)| *code == value && *of == scheme);
        known.map(|(_, _, chinese)| Cow::Borrowed(*chinese)).or_else(|| level(english).map(Cow::Owned))
    };
    match language {
        Language::English => english.into(),
        Language::Chinese => chinese().unwrap_or(english.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertebral_levels_are_counted_within_their_region() {
        let said = |english| meaning(Code("", "SCT", english), Language::Chinese);
        assert_eq!(["T12 vertebra", "L3 vertebra"].map(said), ["第 12 胸椎", "第 3 腰椎"]);
        assert_eq!(["S1 vertebra", "L vertebra", "vertebra"].map(said), ["S1 vertebra", "L vertebra", "vertebra"]);
        assert_eq!(meaning(Code("36470004", "SCT", "L3 vertebra"), Language::English), "L3 vertebra");
    }

    #[test]
    fn meanings_fit_into_their_value_representation_and_stand_once() {
        let mut seen = std::collections::HashSet::new();
        for (value, scheme, meaning) in CHINESE {
            // 64 bytes where a Code Meaning may have 64 characters: more would be cut off.
            assert!(meaning.len() <= 64 && !meaning.is_ascii() && !meaning.contains('\\'), "{value}: {meaning}");
            assert!(seen.insert((value, scheme)), "{value}");
        }
    }
}
