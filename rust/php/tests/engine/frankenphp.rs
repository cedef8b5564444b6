//! Worker scripts of the form that FrankenPHP's users write.

use crate::harness::{Get, worker};

#[test]
fn a_worker_script_written_for_frankenphp_runs() {
    let script = "<?php
        ignore_user_abort(true);
        $booted = 0; $booted++;
        $handler = static function () use ($booted): void {
            echo $booted, ' ', $_GET['q'], ' ', $_SERVER['REQUEST_METHOD'];
            if (isset($_GET['throw'])) { throw new LogicException; }
        };
        $maxRequests = (int) ($_SERVER['MAX_REQUESTS'] ?? 3);
        for ($handled = 0; ! $maxRequests || $handled < $maxRequests; ++$handled) {
            $keepRunning = \\frankenphp_handle_request($handler);
            error_log('terminated');
            gc_collect_cycles();
            if (! $keepRunning) { break; }
        }
        error_log('over');";
    let replies = worker(script, ["/?q=a", "/?q=b&throw", "/?q=c"].map(Get).to_vec());

    let texts: Vec<_> = replies.iter().map(|reply| reply.text()).collect();
    assert_eq!(texts, ["1 a GET", "1 b GET", "1 c GET"]);
    assert_eq!(replies[2].log, ["terminated", "over"]);
}
