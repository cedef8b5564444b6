//! Judges one request head, line by line, before hyper sees it.
//!
//! hyper parses heads well but answers what it refuses with an empty body, and forgives two
//! things a server behind others must not: a request with both `Content-Length` and
//! `Transfer-Encoding`, and lines that end in a bare line feed (RFC 9112 §2.2, §6.1, §11.2).

use std::net::Ipv6Addr;

use memchr::memchr;

use super::fault::HeadFault;
use crate::limits::{BLANK_LINES_MAX, Limits};

/// How the bytes after a head are delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFraming {
    /// Exactly so many bytes, 0 for none.
    Sized(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// The bounds of one head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimits {
    pub(crate) head_bytes: usize,
    pub(crate) head_fields: usize,
    pub(crate) request_line_bytes: usize,
}

impl From<&Limits> for HeadLimits {
    fn from(limits: &Limits) -> HeadLimits {
        HeadLimits {
            head_bytes: limits.head_bytes,
            head_fields: limits.head_fields,
            request_line_bytes: limits.request_line_bytes,
        }
    }
}

/// What is known of a head of which not every byte may have arrived.
#[derive(Debug, Default)]
pub(crate) struct HeadScan {
    /// Bytes looked at; each is looked at once however slowly they arrive.
    seen: usize,
    line_start: usize,
    lines_blank: usize,
    fields: usize,
    line: Option<RequestLine>,
    hosts: usize,
    length: Option<u64>,
    codings: Codings,
}

/// What `Transfer-Encoding` says, all its lines together.
#[derive(Debug, Default)]
struct Codings {
    chunked: usize,
    others: usize,
    /// Only then is it known where the body ends (RFC 9112 §6.3).
    chunked_is_last: bool,
}

#[derive(Debug, Clone, Copy)]
struct RequestLine {
    http11: bool,
}

impl HeadScan {
    /// Continues with `input`, which starts where the head starts and may go on past its end.
    ///
    /// Returns the length of the head once it is complete, and what follows it.
    pub(crate) fn scan(
        &mut self,
        input: &[u8],
        limits: &HeadLimits,
    ) -> Result<Option<(usize, BodyFraming)>, HeadFault> {
        while let Some(offset) = memchr(b'\n', &input[self.seen..]) {
            let end = self.seen + offset;
            self.check_size(end + 1, limits)?;
            let line = &input[self.line_start..end];
            let line = line.strip_suffix(b"\r").ok_or(HeadFault::BareLineFeed)?;
            self.seen = end + 1;
            self.line_start = self.seen;
            if self.take_line(line, limits)? {
                return Ok(Some((self.seen, self.finish()?)));
            }
        }
        self.seen = input.len();
        self.check_size(self.seen, limits)?;
        Ok(None)
    }

    fn check_size(&self, bytes: usize, limits: &HeadLimits) -> Result<(), HeadFault> {
        if self.line.is_none() && bytes > limits.request_line_bytes {
            return Err(HeadFault::RequestLineTooLong {
                limit: limits.request_line_bytes,
            });
        }
        if bytes > limits.head_bytes {
            return Err(HeadFault::TooLarge {
                limit: limits.head_bytes,
            });
        }
        Ok(())
    }

    /// Returns whether this line ended the head.
    fn take_line(&mut self, line: &[u8], limits: &HeadLimits) -> Result<bool, HeadFault> {
        if self.line.is_none() {
            return self.take_first_line(line).map(|()| false);
        }
        if line.is_empty() {
            return Ok(true);
        }
        self.fields += 1;
        if self.fields > limits.head_fields {
            return Err(HeadFault::TooManyFields {
                limit: limits.head_fields,
            });
        }
        self.take_field(line).map(|()| false)
    }

    fn take_first_line(&mut self, line: &[u8]) -> Result<(), HeadFault> {
        if line.is_empty() {
            self.lines_blank += 1;
            return match self.lines_blank {
                0..=BLANK_LINES_MAX => Ok(()),
                _ => Err(HeadFault::RequestLine),
            };
        }
        self.line = Some(parse_request_line(line)?);
        Ok(())
    }

    fn take_field(&mut self, line: &[u8]) -> Result<(), HeadFault> {
        if matches!(line[0], b' ' | b'\t') {
            return Err(HeadFault::Folded);
        }
        let colon = memchr(b':', line).ok_or(HeadFault::Field)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if name.is_empty() || matches!(name[name.len() - 1], b' ' | b'\t') {
            return Err(HeadFault::Field);
        }
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.take_host(value),
            14 if name.eq_ignore_ascii_case(b"content-length") => self.take_length(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.take_coding(value),
            _ => Ok(()),
        }
    }

    fn take_host(&mut self, value: &[u8]) -> Result<(), HeadFault> {
        self.hosts += 1;
        match self.hosts {
            1 if is_authority(value.trim_ascii()) => Ok(()),
            1 => Err(HeadFault::Host),
            _ => Err(HeadFault::HostRepeated),
        }
    }

    fn take_length(&mut self, value: &[u8]) -> Result<(), HeadFault> {
        let length = parse_length(value.trim_ascii()).ok_or(HeadFault::Length)?;
        match self.length.replace(length) {
            Some(other) if other != length => Err(HeadFault::LengthsDiffer),
            _ => Ok(()),
        }
    }

    fn take_coding(&mut self, value: &[u8]) -> Result<(), HeadFault> {
        for coding in value.split(|&byte| byte == b',') {
            let coding = coding.trim_ascii();
            if coding.is_empty() || !coding.iter().all(|&byte| is_token(byte)) {
                return Err(HeadFault::TransferCoding);
            }
            let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
            self.codings.chunked += usize::from(is_chunked);
            self.codings.others += usize::from(!is_chunked);
            self.codings.chunked_is_last = is_chunked;
        }
        Ok(())
    }

    fn finish(&self) -> Result<BodyFraming, HeadFault> {
        let http11 = self.line.is_some_and(|line| line.http11);
        if http11 && self.hosts == 0 {
            return Err(HeadFault::HostMissing);
        }
        let Codings {
            chunked,
            others,
            chunked_is_last,
        } = self.codings;
        match (chunked, others, self.length) {
            (0, 0, length) => Ok(BodyFraming::Sized(length.unwrap_or(0))),
            (_, _, Some(_)) => Err(HeadFault::LengthAndChunked),
            (1, 0, None) if http11 => Ok(BodyFraming::Chunked),
            (1, _, None) if http11 && chunked_is_last => Err(HeadFault::UnknownCoding),
            _ => Err(HeadFault::TransferCoding),
        }
    }
}

fn parse_request_line(line: &[u8]) -> Result<RequestLine, HeadFault> {
    let method_end = memchr(b' ', line).ok_or(HeadFault::RequestLine)?;
    let (method, rest) = (&line[..method_end], &line[method_end + 1..]);
    let target_end = memchr(b' ', rest).ok_or(HeadFault::RequestLine)?;
    let (target, version) = (&rest[..target_end], &rest[target_end + 1..]);
    if method.is_empty() || !method.iter().all(|&byte| is_token(byte)) {
        return Err(HeadFault::RequestLine);
    }
    let http11 = parse_version(version)?;
    if method == b"CONNECT" {
        return Err(HeadFault::Connect);
    }
    check_target(method, target)?;
    Ok(RequestLine { http11 })
}

fn parse_version(version: &[u8]) -> Result<bool, HeadFault> {
    match version {
        b"HTTP/1.1" => Ok(true),
        b"HTTP/1.0" => Ok(false),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(HeadFault::Version)
        }
        _ => Err(HeadFault::RequestLine),
    }
}

/// Origin form, absolute form, or `*` for OPTIONS (RFC 9112 §3.2).
fn check_target(method: &[u8], target: &[u8]) -> Result<(), HeadFault> {
    if !is_target(method, target) && !is_absolute_form(target) {
        return Err(HeadFault::Target);
    }
    if target.iter().all(|&byte| is_plain_target_byte(byte)) {
        return Ok(());
    }
    check_unusual_target(target)
}

/// Origin form, or `*` for OPTIONS: as far as the start of a target tells.
pub(crate) fn is_target(method: &[u8], target: &[u8]) -> bool {
    match target {
        [b'/', ..] => true,
        b"*" => method == b"OPTIONS",
        _ => false,
    }
}

/// What hyper will make of a target with bytes that should have been percent-encoded. A
/// fragment is refused here because `Uri` drops it in silence.
fn check_unusual_target(target: &[u8]) -> Result<(), HeadFault> {
    if target.contains(&b'#') || http::Uri::try_from(target).is_err() {
        return Err(HeadFault::Target);
    }
    Ok(())
}

fn is_absolute_form(target: &[u8]) -> bool {
    let Some(rest) = strip_scheme(target, b"http://").or_else(|| strip_scheme(target, b"https://"))
    else {
        return false;
    };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?'));
    let authority = &rest[..end.unwrap_or(rest.len())];
    !authority.is_empty() && is_authority(authority)
}

fn strip_scheme<'a>(target: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// `host[:port]`; no user name, nothing that could end up as markup or a path. Empty where
/// there is no host (RFC 9112 §3.2).
pub(crate) fn is_authority(value: &[u8]) -> bool {
    let is_bracketed = value.first() == Some(&b'[');
    let end = match is_bracketed {
        true => memchr(b']', value).map(|end| end + 1),
        false => Some(memchr(b':', value).unwrap_or(value.len())),
    };
    let Some((host, port)) = end.and_then(|end| value.split_at_checked(end)) else {
        return false;
    };
    let is_host = match is_bracketed {
        true => is_ipv6(&host[1..host.len() - 1]),
        false => host.iter().all(|&byte| is_host_byte(byte)),
    };
    is_host && is_port(port) && (!host.is_empty() || port.is_empty())
}

fn is_ipv6(text: &[u8]) -> bool {
    let text = std::str::from_utf8(text);
    text.is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// With its colon; its number may be left out (RFC 3986 §3.2.3).
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn is_plain_target_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'/' | b'?' | b'&' | b'=' | b'%' | b'.' | b'-' | b'_' | b'~' | b'+'
        )
        || matches!(
            byte,
            b':' | b'@' | b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b',' | b';'
        )
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-'
        )
        || matches!(byte, b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// Digits only: no sign, no list, no overflow. No file is longer than an `i64` says; hyper keeps
/// the largest numbers of a `u64` for itself, and would refuse them in its own way.
pub(crate) fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let length = value.iter().try_fold(0_i64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    });
    u64::try_from(length?).ok()
}

#[cfg(test)]
mod tests;
