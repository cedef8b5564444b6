//! What booting changed is the baseline: each request finds it, whatever the one before did.

use crate::harness::{Get, worker};

/// Boots with `boot`, then reads and changes in each of three requests: all read the same.
#[track_caller]
fn assert_restored(boot: &str, read: &str, change: &str, expected: &str) {
    let script = format!(
        "<?php {boot}
        while (askr_handle_request(function () {{ echo json_encode({read}); {change} }})) {{}}"
    );
    let replies = worker(&script, vec![Get("/"), Get("/"), Get("/")]);
    let texts: Vec<_> = replies.iter().map(|reply| reply.text()).collect();
    let logs: Vec<_> = replies.iter().flat_map(|reply| &reply.log).collect();
    assert_eq!(texts, [expected; 3], "{logs:?}");
}

/// Debian's engine has mbstring and mysqli in packages of their own.
fn has_few_extensions() -> bool {
    askr_php::Runtime::version().starts_with("8.2")
}

#[test]
fn settings_made_while_booting_stay_and_those_of_a_request_go() {
    assert_restored(
        "ini_set('precision', '5'); error_reporting(E_ALL & ~E_NOTICE); set_include_path('/boot');
         ini_set('memory_limit', '300M'); date_default_timezone_set('Europe/Oslo');",
        "[ini_get('precision'), error_reporting() === (E_ALL & ~E_NOTICE), get_include_path(),
          ini_get('memory_limit'), ini_get('serialize_precision'), date_default_timezone_get()]",
        "ini_set('precision', '3'); error_reporting(0); set_include_path('/request');
         ini_set('memory_limit', '400M'); ini_set('serialize_precision', '9'); ini_restore('precision');
         date_default_timezone_set('Asia/Tokyo');",
        r#"["5",true,"\/boot","300M","-1","Europe\/Oslo"]"#,
    );
}

#[test]
fn a_request_that_ends_by_exit_or_exception_leaves_nothing_either() {
    let script = "<?php ini_set('precision', '5');
        while (askr_handle_request(function () {
            echo ini_get('precision'), ' ', getenv('LEFT') ?: '-', ' ', umask();
            ini_set('precision', '3'); putenv('LEFT=behind'); umask(0177);
            if ($_GET['how'] === 'exit') exit;
            if ($_GET['how'] === 'throw') throw new LogicException;
        })) {}";
    let requests = ["exit", "throw", "gone", "return"].map(|how| {
        let request = Get(&format!("/?how={how}"));
        if how == "gone" {
            request.leaving_after(1)
        } else {
            request
        }
    });
    let replies = worker(script, requests.to_vec());

    let first = replies[0].text();
    assert!(first.starts_with("5 - "), "{first}");
    assert!(replies.iter().all(|reply| reply.text() == first));
}

#[test]
fn handlers_set_while_booting_come_back() {
    assert_restored(
        "set_error_handler(fn () => false); set_error_handler('handle', E_USER_NOTICE);
         set_exception_handler('report');
         function handle($type, $message) { echo \"<$message>\"; return true; }
         function report($thrown) { echo get_class($thrown); }",
        "[set_error_handler(null), restore_error_handler(), @trigger_error('seen'),
          set_exception_handler(null), restore_exception_handler(),
          trigger_error('not mine', E_USER_WARNING)]",
        "restore_error_handler(); restore_error_handler(); set_error_handler(fn () => exit);
         restore_exception_handler(); set_exception_handler(fn () => exit);
         ini_set('log_errors', '0');",
        r#"<seen>["handle",true,true,"report",true,true]"#,
    );
}

#[test]
fn the_environment_is_that_of_the_boot() {
    assert_restored(
        "putenv('A=boot'); $_ENV['A'] = 'boot'; $_SERVER['A'] = 'boot';",
        "[getenv('A'), getenv('B'), $_ENV['A'], $_ENV['B'] ?? null, $_SERVER['A'], $_SERVER['B'] ?? null]",
        "putenv('A=request'); putenv('B=request'); putenv('A'); $_ENV['A'] = $_ENV['B'] = 'request';
         $_SERVER['A'] = $_SERVER['B'] = 'request';",
        r#"["boot",false,"boot",null,"boot",null]"#,
    );
    assert_restored(
        "$_ENV['A'] = 'boot';",
        "[$_ENV['A']]",
        "unset($_ENV);",
        r#"["boot"]"#,
    );
}

#[test]
fn a_request_wins_over_what_booting_wrote_to_server() {
    let script = "<?php $_SERVER['REQUEST_URI'] = '/boot'; $_SERVER['KEPT'] = 'kept';
        $_SERVER['HTTP_X_USER'] = 'boot';
        while (askr_handle_request(function () {
            echo $_SERVER['REQUEST_URI'], ' ', $_SERVER['KEPT'], $_SERVER['HTTP_X_USER'] ?? ''; })) {}";

    assert_eq!(worker(script, vec![Get("/own")])[0].text(), "/own kept");
}

#[test]
fn what_the_process_has_one_of_is_as_the_boot_left_it() {
    assert_restored(
        "umask(0027); chdir('/usr'); setlocale(LC_ALL, 'C');",
        "[umask(), getcwd(), setlocale(LC_ALL, 0)]",
        "umask(0); chdir('/'); setlocale(LC_ALL, 'C.UTF-8');",
        r#"[23,"\/usr","C"]"#,
    );
}

#[test]
fn mbstring_is_as_the_boot_left_it() {
    if has_few_extensions() {
        return;
    }
    assert_restored(
        "mb_internal_encoding('ISO-8859-1'); mb_detect_order(['UTF-8', 'SJIS']);
         mb_substitute_character('none');",
        "[mb_internal_encoding(), mb_detect_order(), mb_substitute_character()]",
        "mb_internal_encoding('UTF-8'); mb_detect_order('ASCII'); mb_substitute_character(63);",
        r#"["ISO-8859-1",["UTF-8","SJIS"],"none"]"#,
    );
}

#[test]
fn libxml_is_as_the_boot_left_it() {
    assert_restored(
        "libxml_use_internal_errors(true); libxml_set_external_entity_loader('load'); function load() {}",
        "[libxml_use_internal_errors(), libxml_get_external_entity_loader(), libxml_get_errors()]",
        "simplexml_load_string('<a>'); libxml_set_external_entity_loader(null);
         libxml_use_internal_errors(false);",
        r#"[true,"load",[]]"#,
    );
}

#[test]
fn mysqli_reports_as_the_boot_told_it_to() {
    if has_few_extensions() {
        return;
    }
    for (boot, mode) in [("", "3"), ("mysqli_report(MYSQLI_REPORT_ERROR);", "1")] {
        assert_restored(
            boot,
            "(new mysqli_driver)->report_mode",
            "mysqli_report(MYSQLI_REPORT_OFF);",
            mode,
        );
    }
}

#[test]
fn tick_functions_end_with_the_request_that_registered_them() {
    let script = "<?php declare(ticks=1);
        $ticks = ['boot' => 0, 'request' => 0]; $handled = 0;
        register_tick_function(function () use (&$ticks) { $ticks['boot']++; });
        while (askr_handle_request(function () use (&$ticks, &$handled) {
            if ($handled++ === 0) {
                register_tick_function(function () use (&$ticks) { $ticks['request']++; });
            }
            $before = $ticks;
            $x = 1; $x = 2;
            echo json_encode([$ticks['boot'] > $before['boot'], $ticks['request'] > $before['request']]);
        })) {}";
    let replies = worker(script, vec![Get("/"), Get("/")]);

    assert_eq!(replies[0].text(), "[true,true]");
    assert_eq!(replies[1].text(), "[true,false]");
}

#[test]
fn streams_are_as_the_boot_left_them() {
    assert_restored(
        "class Wrapper { public $context; function stream_open() { return true; }
            function stream_read() { return ''; } function stream_eof() { return true; } }
         class Other extends Wrapper {}
         stream_wrapper_register('boot', 'Wrapper'); stream_filter_register('boot', 'php_user_filter');
         stream_context_set_default(['http' => ['user_agent' => 'boot']]);",
        "[array_values(array_intersect(['boot', 'request', 'data'], stream_get_wrappers())),
          array_values(array_intersect(['boot', 'request'], stream_get_filters())),
          stream_context_get_options(stream_context_get_default()),
          get_class(stream_get_meta_data(fopen('boot://', 'r'))['wrapper_data'])]",
        "stream_wrapper_unregister('boot'); stream_wrapper_register('boot', 'Other');
         stream_wrapper_register('request', 'Other'); $GLOBALS['left'] = fopen('request://', 'r');
         stream_wrapper_unregister('data'); stream_filter_register('request', 'php_user_filter');
         stream_context_set_default(['http' => ['user_agent' => 'request']]);",
        r#"[["boot","data"],["boot"],{"http":{"user_agent":"boot"}},"Wrapper"]"#,
    );
}

#[test]
fn a_session_handler_set_while_booting_serves_each_request() {
    assert_restored(
        "class Handler implements SessionHandlerInterface {
            function open($path, $name): bool { return true; } function close(): bool { return true; }
            function read($id): string { return 'handler|s:4:\"boot\";'; }
            function write($id, $data): bool { return true; }
            function destroy($id): bool { return true; } function gc($age): int { return 0; } }
         session_set_save_handler(new Handler);",
        "[session_module_name(), @session_start(), $_SESSION['handler'] ?? null]",
        "session_write_close(); session_module_name('files');",
        r#"["user",true,"boot"]"#,
    );
}

#[test]
fn a_seed_of_one_request_does_not_tell_the_numbers_of_the_next() {
    let script = "<?php while (askr_handle_request(function () {
        isset($_GET['seed']) ? mt_srand(4) : print mt_rand(); })) {}";
    let requests = ["/?seed", "/", "/?seed", "/"].map(Get).to_vec();
    let replies = worker(script, requests);

    assert_ne!(replies[1].text(), replies[3].text());
}

#[test]
fn a_worker_script_that_boots_again_begins_with_php_inis_settings() {
    let script = "<?php $before = [ini_get('precision'), getenv('A'), umask(), $_SERVER['A'] ?? null];
        ini_set('precision', '5'); putenv('A=boot'); umask(0027); $_SERVER['A'] = 'boot';
        while (askr_handle_request(function () use ($before) {
            echo json_encode($before); ini_set('precision', '3'); ini_set('memory_limit', '8M'); putenv('A=request');
            if (isset($_GET['die'])) str_repeat('x', 64 << 20); })) {}";
    let replies = worker(script, vec![Get("/"), Get("/?die"), Get("/")]);

    assert!(
        replies[0].text().starts_with(r#"["14",false,"#),
        "{}",
        replies[0].text()
    );
    assert_eq!(replies[2].text(), replies[0].text());
}

#[test]
fn a_handle_on_a_body_that_outlives_its_request_is_closed() {
    let script = "<?php $kept = []; while (askr_handle_request(function () use (&$kept) {
        echo json_encode(array_map(fn ($handle) => gettype($handle), $kept));
        $kept[] = fopen('php://input', 'r'); fread(end($kept), 1);
        if (count($kept) === 3) { $kept = []; gc_collect_cycles(); } })) {}";
    let post = || Get("/").post("text/plain", b"body");
    let replies = worker(script, vec![post(), post(), post(), post()]);

    assert_eq!(
        replies[2].text(),
        r#"["resource (closed)","resource (closed)"]"#
    );
    assert_eq!(replies[3].text(), "[]");
}

#[test]
fn putting_back_holds_on_to_nothing() {
    let script = "<?php
        class Wrapper { public $context; function stream_open() { return true; } }
        set_error_handler(fn () => false); ini_set('precision', '5'); putenv('A=boot');
        $turn = 0;
        while (askr_handle_request(function () use (&$turn) {
            if (++$turn % 500 === 0) { echo memory_get_usage(); }
            ini_set('precision', '3'); ini_set('user_agent', str_repeat('x', 1000));
            set_error_handler(fn () => true); set_exception_handler(fn () => true);
            putenv('A='.str_repeat('x', 1000)); $_ENV['A'] = str_repeat('x', 1000);
            date_default_timezone_set('Asia/Tokyo'); date_create('nonsense');
            setlocale(LC_ALL, 'C'); chdir('/'); umask(0); strtok(str_repeat('x ', 500), ' ');
            @trigger_error(str_repeat('x', 1000));
            libxml_use_internal_errors(true); simplexml_load_string('<a>');
            libxml_set_external_entity_loader(fn () => null);
            stream_wrapper_register('left', 'Wrapper'); stream_wrapper_unregister('data');
            fopen('left://', 'r'); stream_filter_register('left', 'php_user_filter');
            stream_context_set_default(['http' => ['user_agent' => str_repeat('x', 1000)]]);
            askr_defer(function () { error_log(''); }); register_shutdown_function(fn () => exit);
            output_add_rewrite_var('a', str_repeat('x', 1000));
        })) {}";
    let requests = vec![Get("/"); 2000];
    let replies = worker(script, requests);

    let used: Vec<i64> = [499, 999, 1499, 1999]
        .map(|turn: usize| replies[turn].text().parse().expect("a number"))
        .to_vec();
    assert!(used[3] - used[1] < 4096, "{used:?} bytes in use");
}
