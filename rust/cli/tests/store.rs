//! The shared store in the whole server.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use askr_testkit::{Client, Server, ServerBuilder};
use rustix::process::Pid;
use serde_json::{Value, json};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases")
}

fn worker_mode() -> ServerBuilder {
    Server::with_script("cases.php").root(cases())
}

/// What PHP code of the store's case answered, and in which process.
struct Said {
    pid: Pid,
    answer: Value,
}

fn ask(client: &mut Client, code: &str) -> Said {
    let response = client.post("/store.php", code);
    assert_eq!(response.status, 200, "{}", response.text());
    let said: Value = serde_json::from_str(response.text()).unwrap();
    let pid = i32::try_from(said["pid"].as_i64().unwrap()).unwrap();
    Said {
        pid: Pid::from_raw(pid).unwrap(),
        answer: said["answer"].clone(),
    }
}

fn answer(server: &Server, code: &str) -> Value {
    ask(&mut server.client(), code).answer
}

#[test]
fn every_mode_has_the_same_store() {
    let modes = [
        ("a worker script", worker_mode()),
        ("copy on write", worker_mode().cow()),
        ("fork isolation", worker_mode().isolation("fork")),
        ("classic mode", Server::classic().root(cases())),
    ];
    for (mode, builder) in modes {
        let server = builder.workers(2).start();

        let sums: Vec<_> = (0..10)
            .map(|_| answer(&server, "return askr_cache_increment('n');"))
            .collect();
        answer(
            &server,
            "askr_cache_set('b', \"\\0\" . str_repeat('x', 1 << 20)); return 1;",
        );

        assert_eq!(
            sums,
            (1..=10).map(Value::from).collect::<Vec<_>>(),
            "{mode}"
        );
        let length = answer(&server, "return strlen(askr_cache_get('b'));");
        assert_eq!(length, (1 << 20) + 1, "{mode}");
    }
}

#[test]
fn workers_see_what_others_write_at_once() {
    let server = worker_mode().workers(2).start();
    let (mut one, mut other) = (server.client(), server.client());

    let asked = thread::spawn(move || {
        ask(
            &mut one,
            "askr_cache_set('ping', 1); return $until(fn () => askr_cache_get('pong') === 'x');",
        )
    });
    let said = ask(
        &mut other,
        "if (! $until(fn () => askr_cache_get('ping') === 1)) { return 'no ping'; }
         return askr_cache_set('pong', 'x');",
    );
    let first = asked.join().unwrap();

    assert_eq!((first.answer, said.answer), (json!(true), json!(true)));
    assert_ne!(first.pid, said.pid);
}

#[test]
fn a_counter_that_two_workers_add_to_is_exact() {
    let server = worker_mode().workers(2).start();
    let code = "askr_cache_increment('ready');
        if (! $until(fn () => askr_cache_get('ready') === 2)) { return 'alone'; }
        for ($i = 0; $i < 50_000; $i++) { askr_cache_increment('n', 1, 0, 'counters'); }
        return getmypid();";

    let mut clients = [server.client(), server.client()];
    let [first, second] = thread::scope(|scope| {
        let asked = clients
            .each_mut()
            .map(|client| scope.spawn(move || ask(client, code).answer));
        asked.map(|asked| asked.join().unwrap())
    });

    assert!(first.is_i64() && second.is_i64(), "{first} {second}");
    assert_ne!(first, second);
    assert_eq!(
        answer(&server, "return askr_cache_get('n', 'counters');"),
        100_000
    );
}

#[test]
fn what_a_killed_worker_has_written_stays() {
    let server = worker_mode().workers(1).start();

    let said = ask(
        &mut server.client(),
        "return askr_cache_set('kept', 'by a dead one');",
    );
    server.kill(said.pid);
    let after = ask(&mut server.client(), "return askr_cache_get('kept');");

    assert_ne!(after.pid, said.pid);
    assert_eq!(after.answer, "by a dead one");
}

#[test]
fn a_worker_that_is_killed_while_it_writes_leaves_a_store_that_works() {
    let server = worker_mode().workers(2).start();
    let writes = "$self = getmypid(); askr_cache_set('writer', $self);
        for ($i = 0; ; $i++) { askr_cache_set('k' . $i % 50, str_repeat(chr(97 + $i % 26), $i % 5000)); }";

    for _ in 0..5 {
        let mut cut = server.client();
        cut.send(format!(
            "POST /store.php HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{writes}",
            writes.len()
        ));
        let writer = answer(
            &server,
            "return $until(fn () => askr_cache_get('writer') && askr_cache_get('k49') !== null)
                ? askr_cache_take('writer') : 'nobody writes';",
        );
        assert!(writer.is_i64(), "{writer}");
        let pid = i32::try_from(writer.as_i64().unwrap()).unwrap();
        server.kill(Pid::from_raw(pid).unwrap());
        let _ = cut.try_response();

        let found = answer(
            &server,
            "for ($i = 0; $i < 50; $i++) {
                $value = askr_cache_get(\"k$i\");
                if ($value !== null && trim($value, $value[0] ?? '') !== '') { return \"k$i is torn\"; }
                askr_cache_set(\"k$i\", 'mine');
                if (askr_cache_get(\"k$i\") !== 'mine') { return \"k$i is not written\"; }
                askr_cache_delete(\"k$i\");
            }
            return 'well';",
        );
        assert_eq!(found, "well");
    }
}

#[test]
fn a_reload_keeps_the_store() {
    let server = worker_mode().workers(1).canary_window("0s").start();
    let said = ask(
        &mut server.client(),
        "return askr_cache_set('kept', [1.5][0]);",
    );

    server.reload();
    let after = ask(&mut server.client(), "return askr_cache_get('kept');");

    assert_ne!(after.pid, said.pid);
    assert_eq!(after.answer, 1.5);
}

#[test]
fn pools_have_the_same_store() {
    let server = worker_mode()
        .workers(1)
        .pool("slow paths=/plain.php,/store.php/slow workers=1")
        .start();

    answer(&server, "return askr_cache_set('pool', 'http');");
    let response = server
        .client()
        .post("/store.php/slow", "return askr_cache_get('pool');");

    assert!(
        response.text().contains(r#""answer":"http""#),
        "{}",
        response.text()
    );
    assert_eq!(server.worker_pids().len(), 2);
}

#[test]
fn a_wait_for_a_lock_ends_with_the_time_of_the_request() {
    let server = worker_mode()
        .workers(1)
        .flag("request-timeout", "300ms")
        .start();

    let said = answer(
        &server,
        "askr_lock_acquire('busy', 'somebody');
         try { return askr_lock_acquire('busy', 'me', 0, 60_000); }
         catch (Askr\\RequestTimeout $e) { return $e::class . ' ' . askr_lock_owner('busy'); }",
    );

    assert_eq!(said, "Askr\\RequestTimeout somebody");
    assert_eq!(
        answer(&server, "return askr_lock_release('busy', 'somebody');"),
        true
    );
}

#[test]
fn a_lock_frees_at_the_death_of_its_holder_when_asked_for() {
    let server = worker_mode().workers(2).start();
    let (mut holder, mut waiting) = (server.client(), server.client());

    let waits = thread::spawn(move || {
        ask(
            &mut waiting,
            "if (! $until(fn () => askr_cache_get('held'))) { return 'nobody holds it'; }
             askr_cache_set('waits', 1);
             return [askr_lock_acquire('mortal', 'b', 0, 20_000), askr_lock_acquire('lasting', 'b')];",
        )
    });
    let held = ask(
        &mut holder,
        "askr_lock_acquire('mortal', 'a', 0, 0, true);
         askr_lock_acquire('lasting', 'a');
         askr_cache_set('held', 1);
         return $until(fn () => askr_cache_get('waits') === 1);",
    );
    assert_eq!(held.answer, true);
    server.kill(held.pid);

    assert_eq!(waits.join().unwrap().answer, json!([true, false]));
}

#[test]
fn programs_that_php_starts_do_not_have_the_memory() {
    let server = worker_mode().workers(1).start();

    let said = answer(&server, "return shell_exec('ls -l /proc/self/fd');");

    let descriptors = said.as_str().unwrap();
    assert!(descriptors.contains("0 ->"), "{descriptors}");
    assert!(!descriptors.contains("memfd"), "{descriptors}");
}

#[test]
fn without_a_store_each_function_says_what_to_do() {
    let server = worker_mode().workers(1).flag("store-size", "0").start();

    let said = answer(
        &server,
        "$calls = [
            'askr_cache_get' => ['k'], 'askr_cache_set' => ['k', 1], 'askr_cache_add' => ['k', 1],
            'askr_cache_delete' => ['k'], 'askr_cache_take' => ['k'], 'askr_cache_replace' => ['k', 1, 2],
            'askr_cache_delete_if' => ['k', 1], 'askr_cache_increment' => ['k'],
            'askr_cache_decrement' => ['k'], 'askr_cache_touch' => ['k', 1], 'askr_cache_ttl' => ['k'],
            'askr_cache_many' => [['k']], 'askr_cache_set_many' => [['k' => 1]], 'askr_cache_flush' => [],
            'askr_cache_forget_tag' => ['t'], 'askr_store_statistics' => [],
            'askr_lock_acquire' => ['k', 'o', 0, 5], 'askr_lock_release' => ['k', 'o'],
            'askr_lock_refresh' => ['k', 'o', 1], 'askr_lock_owner' => ['k'],
            'askr_lock_force_release' => ['k'], 'askr_lock_flush' => [],
        ];
        $functions = preg_grep('/^askr_(cache|lock|store)_/', get_defined_functions()['internal']);
        $wrong = array_diff($functions, array_keys($calls));
        foreach ($calls as $function => $arguments) {
            try {
                $function(...$arguments);
                $wrong[] = \"$function() returned\";
            } catch (Error $e) {
                $text = \"$function() needs the shared store, which this server runs without: give it a store_size\";
                if ($e::class !== 'Error' || $e->getMessage() !== $text) { $wrong[] = (string) $e; }
            }
        }
        return [count($functions), array_values($wrong)];",
    );

    assert_eq!(said, json!([22, []]));
}

#[test]
fn a_store_of_another_size_holds_what_it_says() {
    let server = worker_mode()
        .workers(1)
        .flag("store-size", "16M")
        .flag("store-value-max", "1M")
        .start();

    let said = answer(
        &server,
        "return array_sum(array_column(askr_store_statistics(), 'capacity'));",
    );
    let refused = answer(
        &server,
        "askr_cache_set('k', str_repeat('x', (1 << 20) + 1));",
    );

    assert!(said.as_u64().unwrap() <= 16 << 20, "{said}");
    assert_eq!(
        refused,
        "Askr\\StoreException: the value has 1048577 bytes, more than the store takes (1048576); \
         keep less in one entry, or raise store_value_max"
    );
}

#[test]
fn on_the_command_line_there_are_no_functions_of_the_server() {
    let code =
        "var_dump(function_exists('askr_cache_get'), class_exists('Askr\\\\StoreException'));";

    let output = Command::new(env!("CARGO_BIN_EXE_askr"))
        .args(["php", "-n", "-r", code])
        .output()
        .unwrap();

    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "bool(false)\nbool(false)\n");
}
