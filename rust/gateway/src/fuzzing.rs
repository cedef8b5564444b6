//! What a fuzzer, or a test with the same seeds, calls: every parser here that sees bytes of
//! others, each with what must hold of its result.

mod clients;
mod codings;
mod fields;
mod files;
mod heads;
mod http2;
mod intake;
mod path;
mod versions;

/// A name, what takes any bytes and panics when something does not hold, and bytes to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

/// Every parser of this crate.
pub const TARGETS: &[Target] = &[
    ("http1-framing", intake::framing, intake::FRAMING_SEEDS),
    ("http1-chunks", intake::chunks, intake::CHUNKS_SEEDS),
    ("http2-frames", http2::frames, http2::FRAMES_SEEDS),
    ("http2-head", http2::head, http2::HEAD_SEEDS),
    ("forwarded", clients::forwarded, clients::FORWARDED_SEEDS),
    ("proxy-header", clients::proxy, clients::PROXY_SEEDS),
    ("accept-encoding", codings::accept, codings::ACCEPT_SEEDS),
    ("media-type", codings::media, codings::MEDIA_SEEDS),
    ("range", files::range, files::RANGE_SEEDS),
    ("conditions", files::conditions, files::CONDITION_SEEDS),
    ("named-file", files::named, files::NAMED_SEEDS),
    ("http-versions", versions::same, versions::SEEDS),
    ("path", path::route_of, path::SEEDS),
    ("request-id", fields::request_id, fields::REQUEST_ID_SEEDS),
    ("log-values", fields::log, fields::LOG_SEEDS),
    ("reply-head", heads::reply, heads::REPLY_SEEDS),
    ("interim-head", heads::interim, heads::REPLY_SEEDS),
    ("limit-key", heads::limit_key, heads::LIMIT_KEY_SEEDS),
];

/// The first byte as a number of bytes to go on by, and the rest.
fn step_of(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((usize::from(*first).max(1), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_what_is_left_of_them_do_no_harm() {
        askr_testkit::seeds::replay(TARGETS);
    }
}
