//! The shared store from PHP.

use crate::harness::{Get, classic, worker};

/// What a script prints that has the functions below.
fn said(body: &str) -> String {
    let reply = classic(&format!("<?php {FUNCTIONS} {body}"), Get("/"));
    assert_eq!(reply.status, 200, "{}", reply.log.join("\n"));
    reply.text()
}

/// `refusal()` says what a call throws, `same()` whether a value is the one expected.
const FUNCTIONS: &str = r#"
function refusal(callable $call): string
{
    try {
        return "nothing, ".json_encode($call());
    } catch (Throwable $e) {
        return get_class($e)." ".$e->getCode().": ".$e->getMessage();
    }
}
function same(mixed $expected, mixed $found): void
{
    if ($expected !== $found) {
        echo "line ", debug_backtrace()[0]["line"], ": not ", var_export($expected, true), " but ",
            var_export($found, true), "\n";
    }
}
"#;

#[test]
fn a_value_comes_back_as_what_it_was() {
    let text = said(
        r#"foreach (["", "0", "5", "a\0b\xff", "text", 0, 5, -1, PHP_INT_MAX, PHP_INT_MIN, 0.0, -0.0,
            1.5, 5.0, 1e300, INF, -INF] as $value) {
            same(true, askr_cache_set("kinds", $value));
            same(serialize($value), serialize(askr_cache_get("kinds")));
        }
        askr_cache_set("kinds", NAN);
        same(true, is_nan(askr_cache_get("kinds")));
        same(null, askr_cache_get("kinds: no such key"));"#,
    );

    assert_eq!(text, "");
}

#[test]
fn values_have_any_size_up_to_the_largest() {
    let text = said(
        r#"ini_set("memory_limit", "128M");
        foreach ([0, 1, 7, 8, 9, 100, 4095, 4096, 65537, 1 << 20, (8 << 20) - 1, 8 << 20] as $bytes) {
            $value = substr(str_repeat(hash("xxh128", "$bytes", true)."\0", intdiv($bytes, 17) + 1), 0, $bytes);
            askr_cache_set("sizes", $value);
            same(true, askr_cache_get("sizes") === $value);
        }
        echo refusal(fn () => askr_cache_set("sizes", $value."x")), "\n";
        same(true, askr_cache_get("sizes") === $value);"#,
    );

    assert_eq!(
        text,
        "Askr\\StoreException 2: the value has 8388609 bytes, more than the store takes (8388608); \
         keep less in one entry, or raise store_value_max\n"
    );
}

#[test]
fn a_key_is_any_bytes_of_a_bounded_number() {
    let text = said(
        r#"foreach (["\0", "\0\0", "a\0", "a", "\xff\xfe", str_repeat("k", 1024), "5", " "] as $i => $key) {
            askr_cache_set($key, $i);
        }
        foreach (["\0", "\0\0", "a\0", "a", "\xff\xfe", str_repeat("k", 1024), "5", " "] as $i => $key) {
            same($i, askr_cache_get($key));
        }
        $long = str_repeat("k", 1025);
        echo implode("\n", array_map(refusal(...), [
            fn () => askr_cache_get(""),
            fn () => askr_cache_get($long),
            fn () => askr_cache_set($long, 1),
            fn () => askr_cache_add("", 1),
            fn () => askr_cache_delete(""),
            fn () => askr_cache_take(""),
            fn () => askr_cache_replace("", 1, 2),
            fn () => askr_cache_delete_if("", 1),
            fn () => askr_cache_increment(""),
            fn () => askr_cache_decrement(""),
            fn () => askr_cache_touch("", 1),
            fn () => askr_cache_ttl(""),
            fn () => askr_cache_many(["a", ""]),
            fn () => askr_cache_set_many(["" => 1]),
            fn () => askr_lock_acquire("", "me"),
            fn () => askr_lock_release("", "me"),
            fn () => askr_lock_refresh("", "me", 1),
            fn () => askr_lock_owner(""),
            fn () => askr_lock_force_release(""),
        ]));"#,
    );

    let refused = |length: usize| {
        format!(
            "Askr\\StoreException 1: a key has 1 to 1024 bytes, this one has {length}; use a hash of what is too long"
        )
    };
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 19, "{text}");
    for (index, line) in lines.into_iter().enumerate() {
        let length = if index == 1 || index == 2 { 1025 } else { 0 };
        assert_eq!(line, refused(length), "call {index}");
    }
}

#[test]
fn what_depends_on_an_entry_looks_at_it_first() {
    let text = said(
        r#"same(true, askr_cache_add("steps", "a"));
        same(false, askr_cache_add("steps", "b"));
        same("a", askr_cache_get("steps"));

        same(false, askr_cache_replace("steps", "x", "b"));
        same(true, askr_cache_replace("steps", "a", 5));
        same(false, askr_cache_replace("steps", "5", 6));
        same(false, askr_cache_replace("steps", 5.0, 6));
        same(true, askr_cache_replace("steps", 5, "c"));
        same(false, askr_cache_replace("steps: none", "", "c"));
        same(null, askr_cache_get("steps: none"));

        same(false, askr_cache_delete_if("steps", "b"));
        same(true, askr_cache_delete_if("steps", "c"));
        same(false, askr_cache_delete_if("steps", "c"));

        same(null, askr_cache_take("steps"));
        foreach (["", "taken", 7, 7.5] as $value) {
            askr_cache_set("steps", $value);
            same($value, askr_cache_take("steps"));
            same(null, askr_cache_get("steps"));
        }

        askr_cache_set("steps", 1);
        same(true, askr_cache_delete("steps"));
        same(false, askr_cache_delete("steps"));"#,
    );

    assert_eq!(text, "");
}

#[test]
fn numbers_are_added_up_and_keep_their_kind() {
    let text = said(
        r#"same(1, askr_cache_increment("sum"));
        same(6, askr_cache_increment("sum", 5));
        same(4, askr_cache_decrement("sum", 2));
        same(3, askr_cache_decrement("sum"));
        same(4, askr_cache_decrement("sum", -1));
        same(4.5, askr_cache_increment("sum", 0.5));
        same(4.25, askr_cache_decrement("sum", 0.25));
        same(4.25, askr_cache_get("sum"));
        same(0.5, askr_cache_increment("sum: float", 0.5));
        same(PHP_INT_MIN, askr_cache_increment("sum: least", PHP_INT_MIN));
        askr_cache_set("sum: most", PHP_INT_MAX);
        askr_cache_set("sum: text", "5");
        echo implode("\n", array_map(refusal(...), [
            fn () => askr_cache_increment("sum: most"),
            fn () => askr_cache_increment("sum: text"),
            fn () => askr_cache_decrement("sum: text", 1.5),
            fn () => askr_cache_decrement("sum", PHP_INT_MIN),
            fn () => askr_cache_increment("sum", "many"),
        ]));
        same(PHP_INT_MAX, askr_cache_get("sum: most"));
        same("5", askr_cache_get("sum: text"));"#,
    );

    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "Askr\\StoreException 6: the number would be out of range",
            "Askr\\StoreException 5: the value is not a number; delete the entry first, or count under another key",
            "Askr\\StoreException 5: the value is not a number; delete the entry first, or count under another key",
            "ValueError 0: askr_cache_decrement(): Argument #2 ($by) must be greater than PHP_INT_MIN",
            "TypeError 0: askr_cache_increment(): Argument #2 ($by) must be of type int|float, string given",
        ]
    );
}

#[test]
fn an_entry_stays_for_its_time() {
    let text = said(
        r#"function near(int $ms, ?int $left): void { same(true, $left <= $ms && $left > $ms - 20_000); }
        function gone(string $key): void {
            $end = hrtime(true) + 10_000_000_000;
            while (askr_cache_get($key) !== null && hrtime(true) < $end);
            same(null, askr_cache_get($key));
            same(null, askr_cache_ttl($key));
        }
        same(null, askr_cache_ttl("time"));
        askr_cache_set("time", 1);
        same(-1, askr_cache_ttl("time"));
        askr_cache_set("time", 1, 60_000);
        near(60_000, askr_cache_ttl("time"));
        same(true, askr_cache_replace("time", 1, 2));
        near(60_000, askr_cache_ttl("time"));
        askr_cache_increment("time", 1, 500_000);
        near(60_000, askr_cache_ttl("time"));
        same(true, askr_cache_replace("time", 3, 4, 0));
        same(-1, askr_cache_ttl("time"));
        same(true, askr_cache_touch("time", 90_000));
        near(90_000, askr_cache_ttl("time"));
        same(true, askr_cache_touch("time", 0));
        same(-1, askr_cache_ttl("time"));
        same(false, askr_cache_touch("time: none", 5));
        askr_cache_set("time", 1, PHP_INT_MAX);
        same(1, askr_cache_get("time"));

        askr_cache_set("time: set", "x", 30);
        gone("time: set");
        same(true, askr_cache_add("time: set", "y", 30));
        gone("time: set");
        askr_cache_increment("time: sum", 5, 30);
        gone("time: sum");
        same(1, askr_cache_increment("time: sum"));
        askr_cache_set_many(["time: many" => 1], 30);
        gone("time: many");
        askr_cache_set("time: touched", 1);
        askr_cache_touch("time: touched", 30);
        gone("time: touched");"#,
    );

    assert_eq!(text, "");
}

#[test]
fn many_entries_are_read_and_written_in_one_call() {
    let text = said(
        r#"same(true, askr_cache_set_many(["many: a" => "x", 17 => 2, "many: c" => 0.5]));
        same(["many: c" => 0.5, "many: none" => null, 17 => 2, "many: a" => "x"],
            askr_cache_many(["many: c", "many: none", "17", "many: a"]));
        same([17 => 2], askr_cache_many([17]));
        same([], askr_cache_many([]));
        same(true, askr_cache_set_many([]));
        $key = "many: a";
        $references = [&$key];
        same(["many: a" => "x"], askr_cache_many($references));
        echo implode("\n", array_map(refusal(...), [
            fn () => askr_cache_many(["many: a", null]),
            fn () => askr_cache_set_many(["many: first" => 1, "many: second" => [], "many: third" => 1]),
        ]));
        same(["many: first" => null, "many: third" => null], askr_cache_many(["many: first", "many: third"]));"#,
    );

    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "TypeError 0: askr_cache_many(): Argument #1 ($keys) must be an array of strings, null in it",
            "TypeError 0: askr_cache_set_many(): Argument #1 ($values) must be of type string|int|float, array given",
        ]
    );
}

#[test]
fn each_space_is_flushed_alone_and_locks_are_none_of_them() {
    let text = said(
        r#"foreach (["cache", "counters", "sessions"] as $space) {
            askr_cache_set("spaces", $space, space: $space);
        }
        askr_lock_acquire("spaces", "me");
        same(["cache", "counters", "sessions"], [askr_cache_get("spaces"),
            askr_cache_get("spaces", "counters"), askr_cache_get("spaces", "sessions")]);
        same(true, askr_cache_flush());
        same([null, "counters", "sessions"], [askr_cache_get("spaces", "cache"),
            askr_cache_get("spaces", "counters"), askr_cache_get("spaces", "sessions")]);
        same(true, askr_cache_flush("sessions"));
        same([null, "counters"], [askr_cache_get("spaces", "sessions"), askr_cache_get("spaces", "counters")]);
        same("me", askr_lock_owner("spaces"));
        same(true, askr_cache_flush("counters"));
        same(null, askr_cache_get("spaces", "counters"));
        same(true, askr_lock_flush());
        same(null, askr_lock_owner("spaces"));
        echo implode("\n", array_map(refusal(...), [
            fn () => askr_cache_get("spaces", "locks"),
            fn () => askr_cache_set("spaces", 1, space: ""),
            fn () => askr_cache_add("spaces", 1, space: "Cache"),
            fn () => askr_cache_delete("spaces", "limits"),
            fn () => askr_cache_take("spaces", "x"),
            fn () => askr_cache_replace("spaces", 1, 2, null, "x"),
            fn () => askr_cache_delete_if("spaces", 1, "x"),
            fn () => askr_cache_increment("spaces", space: "x"),
            fn () => askr_cache_touch("spaces", 1, "x"),
            fn () => askr_cache_ttl("spaces", "x"),
            fn () => askr_cache_many([], "x"),
            fn () => askr_cache_set_many([], space: "x"),
            fn () => askr_cache_flush("x"),
        ]));"#,
    );

    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 13, "{text}");
    let numbers = [2, 5, 5, 2, 2, 5, 3, 4, 3, 2, 2, 4, 1];
    for (line, number) in lines.into_iter().zip(numbers) {
        let end = format!(
            "(): Argument #{number} ($space) must be \"cache\", \"counters\" or \"sessions\""
        );
        assert!(
            line.starts_with("ValueError 0: askr_cache_") && line.ends_with(&end),
            "{line}"
        );
    }
}

#[test]
fn a_tag_that_is_forgotten_ends_all_that_have_it() {
    let text = said(
        r#"askr_cache_set("tags: a", 1, 0, ["people", "authors"]);
        askr_cache_set("tags: b", 2, 0, ["people"]);
        askr_cache_set_many(["tags: c" => 3], 0, ["authors"]);
        askr_cache_set("tags: d", 4);
        $keys = ["tags: a", "tags: b", "tags: c", "tags: d"];
        same([1, 2, 3, 4], array_values(askr_cache_many($keys)));
        same(true, askr_cache_forget_tag("authors"));
        same([null, 2, null, 4], array_values(askr_cache_many($keys)));
        same(true, askr_cache_add("tags: a", 5, 0, ["authors"]));
        same(false, askr_cache_add("tags: a", 6, 0, ["authors"]));
        same([5, 2, null, 4], array_values(askr_cache_many($keys)));
        askr_cache_forget_tag("people");
        same([5, null, null, 4], array_values(askr_cache_many($keys)));
        askr_cache_forget_tag("authors");
        same([null, null, null, 4], array_values(askr_cache_many($keys)));
        same(true, askr_cache_forget_tag("tags: nobody has it"));

        $tags = array_map(fn ($i) => "tag $i", range(1, 20));
        askr_cache_set("tags: a", "twenty", 0, $tags);
        same("twenty", askr_cache_get("tags: a"));
        askr_cache_forget_tag("tag 20");
        same(null, askr_cache_get("tags: a"));
        echo implode("\n", array_map(refusal(...), [
            fn () => askr_cache_set("tags: a", 1, 0, ["a", 5]),
            fn () => askr_cache_add("tags: a", 1, 0, [...array_fill(0, 20, "a"), []]),
            fn () => askr_cache_set("tags: a", 1, 0, ["a"], "sessions"),
            fn () => askr_cache_set_many(["tags: a" => 1], 0, ["a"], "counters"),
        ]));
        same(true, askr_cache_set("tags: a", 1, 0, [], "sessions"));"#,
    );

    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "TypeError 0: askr_cache_set(): Argument #4 ($tags) must be an array of strings, int in it",
            "TypeError 0: askr_cache_add(): Argument #4 ($tags) must be an array of strings, array in it",
            "ValueError 0: askr_cache_set(): Argument #4 ($tags) must be empty outside of the space \"cache\"",
            "ValueError 0: askr_cache_set_many(): Argument #3 ($tags) must be empty outside of the space \"cache\"",
        ]
    );
}

#[test]
fn arguments_that_cannot_be_are_errors_that_name_them() {
    let text = said(
        r#"echo implode("\n", array_map(refusal(...), [
            fn () => askr_cache_set("wrong", null),
            fn () => askr_cache_add("wrong", true),
            fn () => askr_cache_replace("wrong", [], 1),
            fn () => askr_cache_replace("wrong", 1, new stdClass),
            fn () => askr_cache_delete_if("wrong", null),
            fn () => askr_cache_set("wrong", 1, -1),
            fn () => askr_cache_add("wrong", 1, -1),
            fn () => askr_cache_replace("wrong", 1, 1, -1),
            fn () => askr_cache_increment("wrong", 1, -1),
            fn () => askr_cache_touch("wrong", -1),
            fn () => askr_cache_set_many([], -1),
            fn () => askr_lock_acquire("wrong", "me", -1),
            fn () => askr_lock_acquire("wrong", "me", 0, -1),
            fn () => askr_lock_refresh("wrong", "me", -1),
        ]));"#,
    );

    let kind = |call: &str, argument: &str, given: &str| {
        format!(
            "TypeError 0: {call}(): Argument {argument} must be of type string|int|float, {given} given"
        )
    };
    let time = |call: &str, argument: &str| {
        format!(
            "ValueError 0: {call}(): Argument {argument} must be a number of milliseconds, or 0"
        )
    };
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            kind("askr_cache_set", "#2 ($value)", "null"),
            kind("askr_cache_add", "#2 ($value)", "bool"),
            kind("askr_cache_replace", "#2 ($expected)", "array"),
            kind("askr_cache_replace", "#3 ($value)", "stdClass"),
            kind("askr_cache_delete_if", "#2 ($expected)", "null"),
            time("askr_cache_set", "#3 ($ttlMs)"),
            time("askr_cache_add", "#3 ($ttlMs)"),
            time("askr_cache_replace", "#4 ($ttlMs)"),
            time("askr_cache_increment", "#3 ($ttlMs)"),
            time("askr_cache_touch", "#2 ($ttlMs)"),
            time("askr_cache_set_many", "#2 ($ttlMs)"),
            time("askr_lock_acquire", "#3 ($ttlMs)"),
            time("askr_lock_acquire", "#4 ($waitMs)"),
            time("askr_lock_refresh", "#3 ($ttlMs)"),
        ]
    );
}

#[test]
fn a_lock_has_one_owner() {
    let text = said(
        r#"same(null, askr_lock_owner("lock"));
        same(true, askr_lock_acquire("lock", "me"));
        same(false, askr_lock_acquire("lock", "me"));
        same(false, askr_lock_acquire("lock", "you"));
        same("me", askr_lock_owner("lock"));
        same(false, askr_lock_release("lock", "you"));
        same(false, askr_lock_refresh("lock", "you", 5));
        same(true, askr_lock_release("lock", "me"));
        same(false, askr_lock_release("lock", "me"));
        same(true, askr_lock_acquire("lock", "you", 60_000));
        same(true, askr_lock_refresh("lock", "you", 30));
        same(true, askr_lock_acquire("lock", "me", 0, 10_000));
        same("me", askr_lock_owner("lock"));
        $start = hrtime(true);
        same(false, askr_lock_acquire("lock", "you", 0, 120));
        same(true, hrtime(true) - $start >= 119_000_000);
        same(true, askr_lock_force_release("lock"));
        same(false, askr_lock_force_release("lock"));
        same(true, askr_lock_acquire("lock", "a\0b", 0, 0, true));
        same("a\0b", askr_lock_owner("lock"));
        same(true, askr_lock_release("lock", "a\0b"));
        same(false, askr_lock_refresh("lock", "a\0b", 5));"#,
    );

    assert_eq!(text, "");
}

#[test]
fn a_value_that_memory_cannot_hold_ends_the_request_and_nothing_else() {
    for read in ["get", "take"] {
        let script = format!(
            r#"<?php while (askr_handle_request(function () {{
                if (isset($_GET["fill"])) {{
                    askr_cache_set("large", str_repeat("x", 8 << 20));
                }} elseif (isset($_GET["read"])) {{
                    ini_set("memory_limit", 6 << 20);
                    askr_cache_{read}("large");
                    echo "read";
                }} else {{
                    ini_set("memory_limit", 64 << 20);
                    echo strlen(askr_cache_get("large")), askr_cache_get("none");
                }}
            }})) {{}}"#
        );
        let replies = worker(
            &script,
            vec![
                Get("/?fill"),
                Get("/?read"),
                Get("/"),
                Get("/?read"),
                Get("/"),
            ],
        );

        let told: Vec<_> = replies
            .iter()
            .map(|reply| (reply.status, reply.text()))
            .collect();
        let refused = (500, String::new());
        let held = (200, "8388608".to_owned());
        assert_eq!(
            told,
            [
                (200, String::new()),
                refused.clone(),
                held.clone(),
                refused,
                held
            ],
            "{read}"
        );
        let log = replies[1].log.join("\n");
        assert!(
            log.contains("Allowed memory size of 6291456 bytes exhausted"),
            "{log}"
        );
    }
}

#[test]
fn the_exception_is_one_of_runtime_and_numbers_its_reasons() {
    let text = said(
        r#"echo get_parent_class("Askr\\StoreException"), "\n",
            json_encode((new ReflectionClass("Askr\\StoreException"))->getConstants()), "\n";
        try {
            askr_cache_get("");
        } catch (RuntimeException $e) {
            echo $e->getCode() === Askr\StoreException::KEY ? "key" : "other", " line ", $e->getLine();
        }"#,
    );

    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "RuntimeException",
            r#"{"INTERNAL":0,"KEY":1,"TOO_LARGE":2,"FULL":3,"BUSY":4,"NOT_A_NUMBER":5,"OVERFLOW":6,"DAMAGED":7}"#
        ]
    );
    assert!(lines[2].starts_with("key line "), "{text}");
}

#[test]
fn the_statistics_count_what_happens() {
    let text = said(
        r#"$before = askr_store_statistics();
        same(["cache", "counters", "sessions", "locks", "limits"], array_keys($before));
        same(["entries", "bytes", "capacity", "hits", "misses", "evictions", "refused"], array_keys($before["cache"]));
        askr_cache_set("statistics", "x", 0, [], "sessions");
        for ($i = 0; $i < 5; $i++) {
            askr_cache_get("statistics", "sessions");
        }
        askr_cache_get("statistics: none", "sessions");
        askr_cache_many(["statistics", "statistics: none"], "sessions");
        $after = askr_store_statistics();
        $more = fn ($name) => $after["sessions"][$name] - $before["sessions"][$name];
        same([1, 6, 2], [$more("entries"), $more("hits"), $more("misses")]);
        same(true, $more("bytes") > 10);
        same(true, $after["cache"]["capacity"] > 8 << 20);"#,
    );

    assert_eq!(text, "");
}

#[test]
fn a_space_that_evicts_nothing_says_when_it_is_full() {
    let text = said(
        r#"$value = str_repeat("x", 100_000);
        $i = 0;
        try {
            while ($i < 1000) {
                askr_cache_set("full: ".$i++, $value, 0, [], "counters");
            }
        } catch (Askr\StoreException $e) {
            echo $e->getCode() === $e::FULL ? "full" : "other", ": ", $e->getMessage();
        }
        same($value, askr_cache_get("full: 0", "counters"));
        askr_cache_flush("counters");
        askr_cache_set("full: again", $value, 0, [], "counters");
        same($value, askr_cache_get("full: again", "counters"));
        askr_cache_flush("counters");"#,
    );

    assert_eq!(
        text,
        "full: the store has no room left for counters; give it a larger store_size"
    );
}
