//! Seeds of fuzz targets, as tests without a fuzzer give them to what reads bytes of others.

/// A name, what takes any bytes and panics when something does not hold, and bytes to begin with.
type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

/// Gives each target its seeds: cut at each place, and with a bit of each byte changed.
///
/// # Panics
/// When a target does.
pub fn replay(targets: &[Target]) {
    for (_, run, seeds) in targets {
        for seed in *seeds {
            cut(*run, seed);
            flip(*run, seed);
        }
    }
}

fn cut(run: fn(&[u8]), seed: &[u8]) {
    for end in 0..=seed.len() {
        run(&seed[..end]);
        run(&seed[end..]);
    }
}

fn flip(run: fn(&[u8]), seed: &[u8]) {
    for at in 0..seed.len() {
        for bits in [0x01, 0x20, 0x80] {
            let mut bytes = seed.to_vec();
            bytes[at] ^= bits;
            run(&bytes);
        }
    }
}
