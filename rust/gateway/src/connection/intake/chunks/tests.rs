use super::*;

/// Feeds `body` in pieces of `step` bytes; returns how many were consumed and whether it ended.
fn feed(body: &[u8], step: usize) -> Result<(usize, bool), Malformed> {
    let mut scan = ChunkScan::default();
    let mut total = 0;
    for piece in body.chunks(step) {
        let (used, ended) = scan.advance(piece)?;
        total += used;
        if ended {
            return Ok((total, true));
        }
        assert_eq!(used, piece.len());
    }
    Ok((total, false))
}

#[test]
fn well_formed_bodies_end_where_they_end() {
    for body in [
        "0\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
        "A;name=value\r\n0123456789\r\n0\r\n\r\n",
        "003 \r\nabc\r\n000\r\n\r\n",
        "3\r\n\r\n\r\r\n0\r\n\r\n",
        "1\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
    ] {
        let followed = format!("{body}GET /");
        for step in [1, 2, 3, 1000] {
            assert_eq!(
                feed(followed.as_bytes(), step),
                Ok((body.len(), true)),
                "{body:?}"
            );
        }
    }
}

#[test]
fn incomplete_bodies_go_on() {
    assert_eq!(feed(b"5\r\nabc", 1), Ok((6, false)));
    assert_eq!(feed(b"0\r\n", 1), Ok((3, false)));
}

#[test]
fn malformed_bodies_are_refused() {
    for body in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\na\r\n",
        "0x1\r\na\r\n",
        ";a\r\n",
        "1\na\r\n",
        "1\r\nab\r\n",
        "1\r\na\n",
        "1\ra",
        "10000000000000000\r\n",
        "0\r\n\n",
        "0\r\nA: b\n",
        "1;a\nb\r\n",
    ] {
        for step in [1, 1000] {
            assert_eq!(feed(body.as_bytes(), step), Err(Malformed), "{body:?}");
        }
    }
}

#[test]
fn size_lines_and_trailers_are_bounded() {
    let extension = format!("1;{}\r\na\r\n", "x".repeat(CHUNK_LINE_BYTES_MAX));
    assert_eq!(feed(extension.as_bytes(), 1000), Err(Malformed));
    let zeroes = "0".repeat(CHUNK_LINE_BYTES_MAX + 1);
    assert_eq!(feed(zeroes.as_bytes(), 1000), Err(Malformed));
    let trailers = format!("0\r\n{}", "A: b\r\n".repeat(TRAILER_BYTES_MAX));
    assert_eq!(feed(trailers.as_bytes(), 1000), Err(Malformed));
}
