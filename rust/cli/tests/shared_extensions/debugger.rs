//! A debugger as an editor has it: it listens, and Xdebug calls.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use askr_testkit::DEADLINE;

/// Waits for sessions on a port of its own.
#[derive(Debug)]
pub(crate) struct Debugger {
    listener: TcpListener,
}

/// One process that is being debugged.
#[derive(Debug)]
pub(crate) struct Session {
    stream: BufReader<TcpStream>,
    commands: u32,
}

impl Debugger {
    pub(crate) fn listen() -> Debugger {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Debugger { listener }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// Takes the next call; the process waits for its first command.
    pub(crate) fn accept(&self) -> Session {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut session = Session {
            stream: BufReader::new(stream),
            commands: 0,
        };
        let greeting = session.packet();
        assert!(greeting.contains("<init "), "{greeting}");
        session
    }
}

impl Session {
    /// Sends a command and waits for its response.
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.response()
    }

    /// Sends a command whose response comes when something happens.
    pub(crate) fn tell(&mut self, command: &str) {
        self.commands += 1;
        let packet = format!("{command} -i {}\0", self.commands);
        self.stream.get_mut().write_all(packet.as_bytes()).unwrap();
    }

    /// The response to the last command.
    pub(crate) fn response(&mut self) -> String {
        let number = format!("transaction_id=\"{}\"", self.commands);
        loop {
            let packet = self.packet();
            if packet.contains(&number) {
                return packet;
            }
        }
    }

    /// A length, a zero, XML, a zero.
    fn packet(&mut self) -> String {
        let length = self.until_zero();
        let packet = self.until_zero();
        assert_eq!(length, packet.len().to_string());
        packet
    }

    fn until_zero(&mut self) -> String {
        let mut bytes = Vec::new();
        self.stream.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the session has ended");
        String::from_utf8(bytes).unwrap()
    }
}
