<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Native;

use Askr\Laravel\Native\FunctionTable;
use PHPUnit\Framework\TestCase;
use ReflectionFunction;

class FunctionTableTest extends TestCase
{
    public function test_the_table_and_the_stub_declare_the_same_functions(): void
    {
        $this->assertSame(FunctionTable::signatures(), $this->stubSignatures());
    }

    public function test_each_function_of_the_stub_says_what_it_does(): void
    {
        $tokens = array_values(array_filter(
            token_get_all($this->stub()),
            fn (array|string $token): bool => is_array($token) && in_array($token[0], [T_DOC_COMMENT, T_FUNCTION], true),
        ));

        foreach ($tokens as $index => $token) {
            if ($token[0] === T_FUNCTION) {
                $this->assertSame(T_DOC_COMMENT, $tokens[$index - 1][0] ?? null, "line {$token[2]}");
            }
        }
    }

    public function test_only_the_native_ends_call_native_functions_and_none_that_is_not_in_the_table(): void
    {
        preg_match_all('/\b(askr_\w+|fastcgi_\w+)\(/', $this->sources('src/Native/*.php'), $calls);
        preg_match_all('/(?<!`)\baskr_\w+\(/', $this->sources('src/[!N]*/*.php'), $others);

        $this->assertGreaterThan(20, count($calls[1]));
        $this->assertSame([], $others[0]);
        $this->assertSame([], array_diff($calls[1], array_keys(FunctionTable::signatures())));
    }

    public function test_functions_that_exist_have_the_signature_of_the_table(): void
    {
        $table = FunctionTable::signatures();

        // The server's own functions exist only where it runs the tests; FPM has one of the same name.
        $present = array_filter(array_keys($table), function_exists(...));

        $this->assertSame(
            array_intersect_key($table, array_flip($present)),
            array_combine($present, array_map(
                fn (string $name): string => $this->signatureOf(new ReflectionFunction($name)),
                $present,
            )),
        );
    }

    /** @return array<string, string> */
    private function stubSignatures(): array
    {
        preg_match_all('/^function (\w+)(\([^)]*\): [\w|?]+)$/m', $this->stub(), $found);

        return array_combine($found[1], $found[2]);
    }

    private function stub(): string
    {
        return $this->sources('stubs/{askr,store}.stub.php');
    }

    private function sources(string $pattern): string
    {
        return implode('', array_map(file_get_contents(...), glob(dirname(__DIR__, 3)."/{$pattern}", GLOB_BRACE) ?: []));
    }

    private function shown(mixed $default): string
    {
        return $default === [] ? '[]' : strtolower(var_export($default, true));
    }

    private function signatureOf(ReflectionFunction $function): string
    {
        $parameters = array_map(
            fn ($parameter): string => "{$parameter->getType()} \${$parameter->getName()}"
                .($parameter->isOptional() ? ' = '.$this->shown($parameter->getDefaultValue()) : ''),
            $function->getParameters(),
        );

        return '('.implode(', ', $parameters)."): {$function->getReturnType()}";
    }
}
