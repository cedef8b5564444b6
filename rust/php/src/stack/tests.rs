use std::cell::Cell;

use super::*;

/// As the engine's, but small.
const LAYOUT: askr_php_stack = askr_php_stack {
    current_frame: 8,
    frame_bytes: 24,
    frame_opcode: 0,
    frame_function: 8,
    frame_caller: 16,
    function_bytes: 24,
    function_type: 0,
    function_name: 8,
    function_class: 16,
    code_bytes: 48,
    code_file: 24,
    code_opcodes: 32,
    code_opcode_count: 40,
    opcode_bytes: 8,
    opcode_line: 0,
    class_name: 0,
    text_len: 0,
    text_bytes: 8,
    is_code: 2,
};

/// Bytes from address 0 on; nothing is mapped behind them.
struct Bytes(Vec<u8>);

impl Memory for Bytes {
    fn read(&self, address: usize, out: &mut [u8]) -> io::Result<()> {
        let place = address
            ..address
                .checked_add(out.len())
                .ok_or(io::ErrorKind::InvalidInput)?;
        out.copy_from_slice(self.0.get(place).ok_or(io::ErrorKind::InvalidInput)?);
        Ok(())
    }
}

impl Bytes {
    fn put(&mut self, at: usize, word: usize) {
        self.0[at..at + 8].copy_from_slice(&word.to_ne_bytes());
    }
}

/// Something else at every look, always readable.
struct Noise {
    seed: Cell<u64>,
    reads: Cell<usize>,
}

impl Memory for Noise {
    fn read(&self, _address: usize, out: &mut [u8]) -> io::Result<()> {
        self.reads.set(self.reads.get() + 1);
        assert!(out.len() <= NAME_BYTES_MAX, "{} bytes at once", out.len());
        for byte in out {
            let mixed = self.seed.get().wrapping_mul(6_364_136_223_846_793_005) + 1;
            self.seed.set(mixed);
            *byte = mixed.to_be_bytes()[0];
        }
        Ok(())
    }
}

#[test]
fn memory_that_makes_no_sense_costs_a_bounded_number_of_reads_and_lines() {
    for seed in 0..200 {
        let noise = Noise {
            seed: Cell::new(seed),
            reads: Cell::new(0),
        };
        let lines = Stack::new(LAYOUT).lines(&noise).expect("all can be read");

        assert!(lines.len() <= FRAMES_MAX);
        assert!(lines.iter().all(|line| !line.contains(char::is_control)));
        assert!(noise.reads.get() <= 1 + FRAMES_READ_MAX * 10);
    }
}

#[test]
fn a_stack_that_goes_in_a_circle_ends() {
    let mut bytes = Bytes(vec![0; 128]);
    bytes.put(8, 16);
    bytes.put(16 + 16, 16);

    let lines = Stack::new(LAYOUT).lines(&bytes).expect("it can be read");
    assert!(lines.is_empty());

    bytes.put(16 + 8, 64);
    bytes.put(64 + 8, 104);
    bytes.put(104, 1);
    let lines = Stack::new(LAYOUT).lines(&bytes).expect("it can be read");
    assert_eq!(lines.len(), FRAMES_MAX);
}

#[test]
fn no_frame_is_no_line_and_a_frame_out_of_reach_an_error() {
    let mut bytes = Bytes(vec![0; 128]);
    assert_eq!(Stack::new(LAYOUT).lines(&bytes).expect("read").len(), 0);

    for wild in [4096, usize::MAX, usize::MAX - 4] {
        bytes.put(8, wild);
        assert!(Stack::new(LAYOUT).lines(&bytes).is_err(), "{wild}");
    }
}

#[test]
fn a_text_of_any_length_is_cut_and_a_line_outside_of_the_code_is_none() {
    let mut bytes = Bytes(vec![b'x'; 8192]);
    for at in (0..256).step_by(8) {
        bytes.put(at, 0);
    }
    bytes.put(8, 16);
    let (function, name) = (64, 1024);
    bytes.put(16, 4000);
    bytes.put(24, function);
    bytes.put(function, 2);
    bytes.put(function + 8, name);
    bytes.put(function + 32, 4001);
    bytes.put(function + 40, usize::MAX);
    for (len, shown) in [(3, 3), (4000, NAME_BYTES_MAX), (usize::MAX, 0)] {
        bytes.put(name, len);
        let lines = Stack::new(LAYOUT).lines(&bytes).expect("it can be read");
        let expected = match shown {
            0 => Vec::new(),
            _ => vec!["x".repeat(shown) + "()"],
        };
        assert_eq!(lines, expected, "{len}");
    }
}
