//! The stack of PHP calls of another process, read while that process runs on.
//!
//! What is read may be changed meanwhile, and by code that is not trusted: every word is used for
//! nothing but as an address to read from, or as a length that is bounded here.

use std::io;
use std::ops::Range;

use askr_php_sys::askr_php_stack;

use crate::limits::{FRAMES_MAX, FRAMES_READ_MAX, NAME_BYTES_MAX, STACK_BYTES_MAX, TEXT_BYTES_MAX};

/// The memory of a process.
pub trait Memory {
    /// Fills `out` with what is at `address`.
    ///
    /// # Errors
    /// When not all of it can be read; `out` then holds anything.
    fn read(&self, address: usize, out: &mut [u8]) -> io::Result<()>;
}

/// Where the stack of PHP calls is to be found in this process and in all forked from it.
#[derive(Clone, Copy, Debug)]
pub struct Stack(askr_php_stack);

impl Stack {
    pub(crate) fn new(layout: askr_php_stack) -> Self {
        Self(layout)
    }

    /// A line for each call, innermost first; none when PHP runs no code. If the process goes on
    /// meanwhile, the lines further out may be wrong, or missing.
    ///
    /// # Errors
    /// When not even the innermost call can be read.
    pub fn lines(&self, memory: &dyn Memory) -> io::Result<Vec<String>> {
        let reader = Reader {
            layout: &self.0,
            memory,
        };
        let mut lines = Lines::default();
        let mut address = reader.word(self.0.current_frame)?;
        for _ in 0..FRAMES_READ_MAX {
            if address == 0 || lines.are_full() {
                break;
            }
            let frame = match reader.frame(address) {
                Ok(frame) => frame,
                Err(error) if lines.are_empty() => return Err(error),
                Err(_) => break,
            };
            if let Ok(Some(call)) = reader.call(&frame) {
                lines.add(call.line());
            }
            address = frame.caller;
        }
        Ok(lines.finish())
    }
}

/// The lines that were made so far.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    bytes: usize,
}

impl Lines {
    fn add(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push(line);
    }

    fn are_full(&self) -> bool {
        self.lines.len() >= FRAMES_MAX || self.bytes >= STACK_BYTES_MAX
    }

    fn are_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn finish(self) -> Vec<String> {
        self.lines
    }
}

/// One step on the stack.
struct Frame {
    opcode: usize,
    function: usize,
    caller: usize,
}

/// What a frame runs.
struct Call {
    class: Option<String>,
    /// Code outside functions has none.
    function: Option<String>,
    is_outermost: bool,
    /// Functions that are not written in PHP have none.
    file: Option<String>,
    /// 0 where it is not known.
    line: u32,
}

impl Call {
    fn line(&self) -> String {
        let mut text = String::new();
        if let Some(class) = &self.class {
            text.push_str(class);
            text.push_str("::");
        }
        match &self.function {
            Some(function) => {
                text.push_str(function);
                text.push_str("()");
            }
            None if self.is_outermost => text.push_str("{main}"),
            None => text.push_str("include"),
        }
        if let Some(file) = &self.file {
            text.push(' ');
            text.push_str(file);
        }
        if self.line > 0 {
            text.push_str(&format!(":{}", self.line));
        }
        text
    }
}

struct Reader<'a> {
    layout: &'a askr_php_stack,
    memory: &'a dyn Memory,
}

impl Reader<'_> {
    fn frame(&self, address: usize) -> io::Result<Frame> {
        let bytes = self.bytes(address, self.layout.frame_bytes)?;
        Ok(Frame {
            opcode: word_in(&bytes, self.layout.frame_opcode),
            function: word_in(&bytes, self.layout.frame_function),
            caller: word_in(&bytes, self.layout.frame_caller),
        })
    }

    /// `None` for a frame that stands for no function.
    fn call(&self, frame: &Frame) -> io::Result<Option<Call>> {
        if frame.function == 0 {
            return Ok(None);
        }
        let function = self.bytes(frame.function, self.layout.function_bytes)?;
        let mut call = Call {
            class: self.class(word_in(&function, self.layout.function_class)),
            function: self.text(word_in(&function, self.layout.function_name)),
            is_outermost: frame.caller == 0,
            file: None,
            line: 0,
        };
        if function.get(self.layout.function_type) == Some(&self.layout.is_code) {
            let code = self.bytes(frame.function, self.layout.code_bytes)?;
            call.file = self.text(word_in(&code, self.layout.code_file));
            call.line = self.line(&code, frame.opcode);
        }
        let is_named = call.function.is_some() || call.file.is_some();
        Ok(is_named.then_some(call))
    }

    fn class(&self, address: usize) -> Option<String> {
        if address == 0 {
            return None;
        }
        self.text(
            self.word(address.wrapping_add(self.layout.class_name))
                .ok()?,
        )
    }

    /// The line of the opcode that runs, if it is one of this code.
    fn line(&self, code: &[u8], opcode: usize) -> u32 {
        let first = word_in(code, self.layout.code_opcodes);
        let count = half_in(code, self.layout.code_opcode_count) as usize;
        let end = first.saturating_add(count.saturating_mul(self.layout.opcode_bytes));
        if !(first..end).contains(&opcode) {
            return 0;
        }
        let opcode = self.bytes(opcode, self.layout.opcode_bytes);
        opcode.map_or(0, |bytes| half_in(&bytes, self.layout.opcode_line))
    }

    /// One of PHP's strings, up to a NUL and without control characters; of a long one the end,
    /// which says more of a path.
    fn text(&self, address: usize) -> Option<String> {
        if address == 0 {
            return None;
        }
        let len = self.word(address.wrapping_add(self.layout.text_len)).ok()?;
        if len > TEXT_BYTES_MAX {
            return None;
        }
        let kept = len.min(NAME_BYTES_MAX);
        let start = address
            .wrapping_add(self.layout.text_bytes)
            .wrapping_add(len - kept);
        let bytes = self.bytes(start, kept).ok()?;
        let shown = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        let shown = String::from_utf8_lossy(shown);
        Some(shown.replace(char::is_control, "?"))
    }

    fn word(&self, address: usize) -> io::Result<usize> {
        Ok(word_in(&self.bytes(address, size_of::<usize>())?, 0))
    }

    fn bytes(&self, address: usize, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.memory.read(address, &mut bytes)?;
        Ok(bytes)
    }
}

fn word_in(bytes: &[u8], at: usize) -> usize {
    usize::from_ne_bytes(part_of(bytes, at..at + size_of::<usize>()))
}

fn half_in(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(part_of(bytes, at..at + size_of::<u32>()))
}

fn part_of<const LEN: usize>(bytes: &[u8], place: Range<usize>) -> [u8; LEN] {
    let part = bytes.get(place).and_then(|part| part.try_into().ok());
    part.expect("the engine's own fields lie inside of its own structures")
}

#[cfg(test)]
mod tests;
