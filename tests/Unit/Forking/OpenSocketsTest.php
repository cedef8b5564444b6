<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Forking;

use Askr\Laravel\Forking\OpenSockets;
use PHPUnit\Framework\TestCase;

class OpenSocketsTest extends TestCase
{
    public function test_connections_are_named_by_whom_they_lead_to(): void
    {
        $before = (new OpenSockets)->peers();

        foreach (['tcp://127.0.0.1:0', 'tcp://[::1]:0'] as $address) {
            if (($server = @stream_socket_server($address)) === false) {
                continue; // This machine has no such addresses.
            }

            $name = stream_socket_get_name($server, false);
            $client = stream_socket_client("tcp://{$name}");

            $this->assertContains($name, (new OpenSockets)->peers());
            fclose($client);
            fclose($server);
        }

        $this->assertSame($before, (new OpenSockets)->peers());
    }

    public function test_a_listening_socket_is_no_connection(): void
    {
        $before = (new OpenSockets)->peers();
        $server = stream_socket_server('tcp://127.0.0.1:0');

        $this->assertSame($before, (new OpenSockets)->peers());
        fclose($server);
    }

    public function test_streams_of_this_machine_count_as_well(): void
    {
        $before = count((new OpenSockets)->peers());
        $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);

        $this->assertCount($before + 2, (new OpenSockets)->peers());
        array_map(fclose(...), $pair);
    }
}
