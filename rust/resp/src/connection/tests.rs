//! What becomes of clients that let others wait, by a clock that is put on.

use askr_store::{Namespace, Sizes, Store, Ttl, Value};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::config::ServerConfig;
use crate::limits::{CLIENTS_MAX, SHARED_BYTES_MAX, SHARED_WAIT_MAX};

const VALUE_MAX: usize = 1 << 20;

fn house() -> Arc<House> {
    let sizes = Sizes {
        namespaces: [16 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20],
        value_max: VALUE_MAX,
    };
    let config = ServerConfig {
        users: Vec::new(),
        value_bytes_max: VALUE_MAX,
        version: "0",
    };
    Arc::new(House::new(Arc::new(Store::create(&sizes).unwrap()), config))
}

/// A client whose connection is served.
struct Client {
    stream: UnixStream,
    served: JoinHandle<io::Result<()>>,
    /// Says that the server ends.
    ending: watch::Sender<bool>,
}

impl Client {
    fn of(house: &Arc<House>) -> Self {
        let (stream, other) = UnixStream::pair().unwrap();
        let (ending, told) = watch::channel(false);
        let connection = Connection::new(other, Arc::clone(house), 1);
        Self {
            stream,
            served: tokio::spawn(connection.serve(told)),
            ending,
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Everything until the connection is closed.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    async fn end(self) -> Result<(), io::ErrorKind> {
        let result = self.served.await.unwrap();
        drop(self.ending);
        result.map_err(|error| error.kind())
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_command_is_waited_for_for_a_while() {
    for half in ["PIN", "*1\r\n", "*2\r\n$3\r\nGET\r\n$900000\r\nx"] {
        let mut client = Client::of(&house());
        let since = Instant::now();
        client.send(half.as_bytes()).await;

        assert_eq!(client.rest().await, "");

        assert!(since.elapsed() >= STALL_MAX, "{half}");
        assert!(since.elapsed() < STALL_MAX * 2, "{half}");
        assert_eq!(client.end().await, Err(io::ErrorKind::TimedOut));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_may_be_silent_for_long_between_commands() {
    let mut client = Client::of(&house());
    let since = Instant::now();
    client.send(b"PING\r\n").await;
    let mut pong = [0; 7];
    client.stream.read_exact(&mut pong).await.unwrap();

    assert_eq!(client.rest().await, "");

    assert!(since.elapsed() >= IDLE_MAX);
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_replies_is_cut_off() {
    let house = house();
    let value = vec![b'v'; VALUE_MAX];
    let value = Value::Bytes(&value);
    let store = &house.store;
    store
        .set(Namespace::Cache, b"k", value, Ttl::Forever)
        .unwrap();
    let mut client = Client::of(&house);
    let since = Instant::now();

    client.send(&b"GET k\r\n".repeat(20)).await;

    let (served, _stream) = (client.served, client.stream);
    let error = served.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(since.elapsed() >= STALL_MAX);
}

#[tokio::test(start_paused = true)]
async fn large_commands_wait_for_room_and_not_for_ever() {
    let house = house();
    let mut all = Room::default();
    house.make_room(&mut all, SHARED_BYTES_MAX).await.unwrap();
    let mut client = Client::of(&house);
    let since = Instant::now();
    client.send(b"*2\r\n$4\r\nECHO\r\n$900000\r\n").await;

    let told = client.rest().await;

    assert!(told.starts_with("-ERR too much is sent"), "{told}");
    assert!(since.elapsed() >= SHARED_WAIT_MAX);
    drop(all);
    let mut client = Client::of(&house);
    let value = "x".repeat(900_000);
    let command =
        format!("*2\r\n$6\r\nSTRLEN\r\n$1\r\nk\r\n*2\r\n$4\r\nECHO\r\n$900000\r\n{value}\r\n");
    client.send(command.as_bytes()).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(
        client.rest().await.len(),
        ":0\r\n$900000\r\n\r\n".len() + 900_000
    );
}

#[tokio::test(start_paused = true)]
async fn room_is_given_back_by_whoever_leaves() {
    let house = house();
    for _ in 0..CLIENTS_MAX {
        let mut client = Client::of(&house);
        client.send(b"*2\r\n$4\r\nECHO\r\n$900000\r\nx").await;
        drop(client.stream);
        let _ = client.served.await.unwrap();
    }

    let mut all = Room::default();
    assert_eq!(house.make_room(&mut all, SHARED_BYTES_MAX).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_answered_before_the_server_ends() {
    let mut client = Client::of(&house());
    client.send(b"PING\r\nPING\r\n").await;
    let mut pongs = [0; 14];
    client.stream.read_exact(&mut pongs).await.unwrap();

    client.ending.send_replace(true);

    assert_eq!(client.rest().await, "");
    assert_eq!(client.end().await, Ok(()));
}
