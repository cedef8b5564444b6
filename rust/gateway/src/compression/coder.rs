//! Codes bytes, whole or in pieces that the client can read as they come.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use zstd::zstd_safe::CParameter;

use super::Coding;
use crate::limits::{BROTLI_WINDOW_BITS, ZSTD_WINDOW_BITS};

/// One reply's worth of coded bytes in the making.
pub(crate) struct Coder {
    engine: Engine,
    /// Something was written that a flush would bring out.
    holds: bool,
}

enum Engine {
    Zstd(zstd::Encoder<'static, Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Coder {
    /// `bytes` is how much will be written, where that is known: small replies need less memory.
    ///
    /// # Errors
    /// When there is no memory for its tables.
    pub(crate) fn new(coding: Coding, level: u32, bytes: Option<usize>) -> io::Result<Coder> {
        let out = Vec::new();
        let engine = match coding {
            Coding::Zstd => Engine::Zstd(zstd_encoder(out, level, bytes)?),
            Coding::Brotli => {
                let bits = BROTLI_WINDOW_BITS;
                Engine::Brotli(brotli::CompressorWriter::new(out, 0, level, bits).into())
            }
            Coding::Gzip => Engine::Gzip(GzEncoder::new(out, flate2::Compression::new(level))),
        };
        Ok(Coder {
            engine,
            holds: false,
        })
    }

    /// Takes `bytes`, of which only some may come out before the next flush.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.holds |= !bytes.is_empty();
        match &mut self.engine {
            Engine::Zstd(encoder) => encoder.write_all(bytes),
            Engine::Brotli(writer) => writer.write_all(bytes),
            Engine::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    /// Brings out everything that was written, so that the client can read that far.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.holds = false;
        match &mut self.engine {
            Engine::Zstd(encoder) => encoder.flush(),
            Engine::Brotli(writer) => writer.flush(),
            Engine::Gzip(encoder) => encoder.flush(),
        }
    }

    /// Ends the coded bytes and returns what of them was not taken.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self.engine {
            Engine::Zstd(encoder) => encoder.finish(),
            Engine::Brotli(writer) => Ok(writer.into_inner()),
            Engine::Gzip(encoder) => encoder.finish(),
        }
    }

    /// The coded bytes so far.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match &mut self.engine {
            Engine::Zstd(encoder) => encoder.get_mut(),
            Engine::Brotli(writer) => writer.get_mut(),
            Engine::Gzip(encoder) => encoder.get_mut(),
        })
    }

    /// Whether a flush would bring something out.
    pub(crate) fn holds_back(&self) -> bool {
        self.holds
    }
}

fn zstd_encoder(
    out: Vec<u8>,
    level: u32,
    bytes: Option<usize>,
) -> io::Result<zstd::Encoder<'static, Vec<u8>>> {
    let mut encoder = zstd::Encoder::new(out, level.cast_signed())?;
    encoder.set_parameter(CParameter::WindowLog(ZSTD_WINDOW_BITS))?;
    encoder.set_pledged_src_size(bytes.map(|bytes| bytes as u64))?;
    Ok(encoder)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn decoded(coding: Coding, coded: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        match coding {
            Coding::Zstd => zstd::Decoder::new(coded)?.read_to_end(&mut plain),
            Coding::Brotli => brotli::Decompressor::new(coded, 4096).read_to_end(&mut plain),
            Coding::Gzip => flate2::read::GzDecoder::new(coded).read_to_end(&mut plain),
        }
        .map(|_| plain)
    }

    /// What of `coded`, which is not over, can be read.
    fn readable(coding: Coding, coded: &[u8], bytes: usize) -> Vec<u8> {
        let mut plain = vec![0; bytes];
        match coding {
            Coding::Zstd => zstd::Decoder::new(coded).unwrap().read_exact(&mut plain),
            Coding::Brotli => brotli::Decompressor::new(coded, 4096).read_exact(&mut plain),
            Coding::Gzip => flate2::read::GzDecoder::new(coded).read_exact(&mut plain),
        }
        .unwrap();
        plain
    }

    #[test]
    fn what_is_flushed_can_be_read_before_the_end() {
        for coding in Coding::ALL {
            let mut coder = Coder::new(coding, *coding.levels().start(), None).unwrap();
            let (mut coded, mut plain) = (Vec::new(), Vec::new());
            for piece in ["<!doctype html>", "", "<p>one</p>", "<p>two</p>"] {
                coder.write(piece.as_bytes()).unwrap();
                assert_eq!(coder.holds_back(), !piece.is_empty());
                coder.flush().unwrap();
                assert!(!coder.holds_back());
                coded.append(&mut coder.take());
                plain.extend_from_slice(piece.as_bytes());
                assert_eq!(readable(coding, &coded, plain.len()), plain, "{coding}");
                assert!(decoded(coding, &coded).is_err(), "{coding}: it is not over");
            }
            coded.extend(coder.finish().unwrap());
            assert_eq!(decoded(coding, &coded).unwrap(), plain, "{coding}");
        }
    }

    #[test]
    fn browsers_have_the_window_that_is_needed() {
        let text = b"again and again ".repeat(1 << 19);
        let mut coder = Coder::new(Coding::Zstd, 9, None).unwrap();
        coder.write(&text).unwrap();
        let coded = coder.finish().unwrap();
        let mut decoder = zstd::Decoder::new(&coded[..]).unwrap();
        // 8 MB (RFC 9659 §3).
        decoder.window_log_max(23).unwrap();
        let mut plain = Vec::new();
        decoder.read_to_end(&mut plain).unwrap();
        assert_eq!(plain, text);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_level_gives_back_what_it_was_given(
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..3000), any::<bool>()), 0..8),
            is_known: bool,
        ) {
            let plain: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.clone()).collect();
            for coding in Coding::ALL {
                for level in coding.levels() {
                    let bytes = is_known.then_some(plain.len());
                    let mut coder = Coder::new(coding, level, bytes).unwrap();
                    let mut coded = Vec::new();
                    for (piece, flush) in &pieces {
                        coder.write(piece).unwrap();
                        if *flush {
                            coder.flush().unwrap();
                        }
                        coded.append(&mut coder.take());
                    }
                    coded.extend(coder.finish().unwrap());
                    prop_assert_eq!(&decoded(coding, &coded).unwrap(), &plain);
                }
            }
        }
    }
}
