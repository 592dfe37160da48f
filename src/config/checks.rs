//! What one value must look like: each check gives the value, or says what is wrong and what to write.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use regex::Regex;

use super::{LogLevel, Overlay};
use crate::findings::{Language, SopClass};
use crate::identifiers::AeTitle;

/// The usual DICOM port (PS3.8 9.1.1), for examples in messages.
const DICOM_PORT: u16 = 11112;

pub(super) fn ae_title(text: &str) -> Result<AeTitle, String> {
    AeTitle::new(text).map_err(|error| format!("{error}: write 1 to 16 letters, digits, spaces or signs"))
}

pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let example = match text.parse::<IpAddr>() {
            Ok(address) => SocketAddr::new(address, DICOM_PORT).to_string(),
            Err(_) => format!("0.0.0.0:{DICOM_PORT}"),
        };
        format!("{text:?} is no address to listen on: write an IP address and a port, as in \"{example}\"")
    })
}

/// A network, or one address, which is a network of one.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let parsed = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    parsed.map(|network| network.trunc()).ok_or_else(|| {
        format!("{text:?} is no network: write an IP address or a network, as in \"10.20.0.5\" or \"10.20.0.0/16\"")
    })
}

/// `host:port`; the name is resolved at each connection, so only its shape is looked at.
pub(super) fn peer_address(text: &str) -> Result<String, String> {
    let refusal = |why: &str| format!("{text:?} {why}: write host:port, as in \"pacs.example:{DICOM_PORT}\"");
    let (host, port) = text.rsplit_once(':').ok_or_else(|| refusal("has no port"))?;
    if !matches!(port.parse::<u16>(), Ok(1..)) {
        return Err(refusal("has no port from 1 to 65535 at its end"));
    }
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    match bracketed {
        Some(inner) if inner.parse::<std::net::Ipv6Addr>().is_ok() => Ok(text.to_owned()),
        Some(_) => Err(refusal("has no IPv6 address between its brackets")),
        None if host.contains(':') => {
            Err(format!("{text:?} is ambiguous: write an IPv6 address in brackets, as in \"[::1]:{DICOM_PORT}\""))
        }
        None if !host.is_empty() && host.bytes().all(is_host) => Ok(text.to_owned()),
        None => Err(refusal("has no host name")),
    }
}

/// The name of a destination: it is shown in logs and typed on command lines.
pub(super) fn name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    if text.trim().is_empty() || text.trim() != text || text.len() > 64 || !text.chars().all(is_plain) {
        return Err(format!("{text:?} is no name: write 1 to 64 letters, digits, \"-\", \"_\" or \".\""));
    }
    Ok(text.to_owned())
}

/// A coded string (PS3.5 6.2, VR CS), as Modality and Body Part Examined are.
pub(super) fn coded_string(text: &str) -> Result<String, String> {
    let is_coded = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_' || b == b' ';
    if text.trim().is_empty() || text.len() > 16 || !text.bytes().all(is_coded) {
        return Err(format!(
            "{text:?} is no DICOM coded string: write 1 to 16 capital letters, digits, spaces or underscores"
        ));
    }
    Ok(text.trim().to_owned())
}

/// A regular expression; the empty one means that no description counts.
pub(super) fn pattern(text: &str) -> Result<Option<Regex>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Regex::new(text).map(Some).map_err(|error| {
        // The crate draws the pattern with carets over several lines and puts the reason last.
        let drawn = error.to_string();
        let reason = drawn.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("{text:?} is no regular expression ({reason}): correct it, or write '' to ignore descriptions")
    })
}

pub(super) fn sop_class(text: &str) -> Result<SopClass, String> {
    match text {
        "comprehensive-3d-sr" => Ok(SopClass::Comprehensive3dSr),
        "comprehensive-sr" => Ok(SopClass::ComprehensiveSr),
        _ => Err(format!("{text:?} is no report we write: write \"comprehensive-3d-sr\" or \"comprehensive-sr\"")),
    }
}

pub(super) fn overlay(text: &str) -> Result<Overlay, String> {
    match text {
        "secondary-capture" => Ok(Overlay::SecondaryCapture),
        "presentation-state" => Ok(Overlay::PresentationState),
        "both" => Ok(Overlay::Both),
        "none" => Ok(Overlay::None),
        _ => Err(format!(
            "{text:?} is no kind of overlay: write \"secondary-capture\", \"presentation-state\", \"both\" or \"none\""
        )),
    }
}

pub(super) fn log_level(text: &str) -> Result<LogLevel, String> {
    let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    let known = levels.into_iter().find(|level| level.name() == text);
    known.ok_or_else(|| format!("{text:?} is no level: write \"error\", \"warn\", \"info\", \"debug\" or \"trace\""))
}

pub(super) fn language(text: &str) -> Result<Language, String> {
    match text {
        "en" => Ok(Language::English),
        "zh" => Ok(Language::Chinese),
        _ => Err(format!("{text:?} is no language of our reports: write \"en\" or \"zh\"")),
    }
}

/// A path; whether it exists is the business of `spinetriage check`.
pub(super) fn path(text: &str) -> Result<std::path::PathBuf, String> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err("is no path: write the path of a file or folder".to_owned());
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peer_addresses_need_a_host_and_a_port() {
        for good in ["pacs.example:104", "10.0.0.1:4242", "[::1]:11112", "pacs_1:65535"] {
            assert_eq!(peer_address(good).as_deref(), Ok(good));
        }
        for bad in ["pacs.example", "pacs:0", "pacs:65536", ":104", "::1:104", "[pacs]:104", "a b:104", ""] {
            assert!(peer_address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn networks_lose_their_host_bits_and_single_addresses_are_networks() {
        assert_eq!(network("10.20.3.4/16").unwrap().to_string(), "10.20.0.0/16");
        assert_eq!(network("10.20.3.4").unwrap().to_string(), "10.20.3.4/32");
        assert!(network("10.20.3.4/33").is_err());
        assert!(network("pacs.example").is_err());
    }

    #[test]
    fn a_bad_pattern_says_why_in_one_line() {
        let message = pattern("(?i)spine|(lumbar").unwrap_err();
        assert!(message.contains("unclosed group") && !message.contains('\n'), "{message}");
        assert!(pattern("").unwrap().is_none());
    }

    #[test]
    fn a_port_is_suggested_for_a_bare_address() {
        assert!(listen_address("127.0.0.1").unwrap_err().contains("\"127.0.0.1:11112\""));
        assert!(listen_address("[::1]:0").is_ok());
    }
}
