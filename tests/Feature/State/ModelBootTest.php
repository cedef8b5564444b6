<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Tests\TestCase;
use Illuminate\Database\Eloquent\Attributes\ObservedBy;
use Illuminate\Database\Eloquent\Attributes\ScopedBy;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Scope;
use Illuminate\Database\Eloquent\SoftDeletes;

class ModelBootTest extends TestCase
{
    public function test_a_model_that_asks_who_is_there_when_it_boots_asks_for_every_request(): void
    {
        $bodies = $this->bodies(
            ['leaves' => fn (): string => TenantLeaf::query()->toRawSql()],
            '/leaves?tenant=1', '/leaves?tenant=2', '/leaves', '/leaves?tenant=1',
        );

        $this->assertStringEndsWith('"tenant" = \'1\'', $bodies[0]);
        $this->assertStringEndsWith('"tenant" = \'2\'', $bodies[1]);
        $this->assertStringNotContainsString('where', $bodies[2]);
        $this->assertSame($bodies[0], $bodies[3]);
    }

    public function test_a_model_that_says_nothing_when_it_boots_boots_once_and_keeps_what_the_framework_gave_it(): void
    {
        $boots = 0;
        $this->app['events']->listen('eloquent.booted: '.PlainLeaf::class, function () use (&$boots): void {
            $boots++;
        });

        $bodies = $this->bodies(['leaves' => function (): string {
            $query = PlainLeaf::query()->toRawSql();
            PlainLeaf::addGlobalScope('left', fn (Builder $query) => $query->where('left', 'behind'));
            PlainLeaf::creating(fn () => null);

            return $query.' '.count($this->app['events']->getListeners('eloquent.creating: '.PlainLeaf::class));
        }], '/leaves', '/leaves', '/leaves', '/leaves');

        // The observer and the one of the request, once each.
        $this->assertSame(
            ['select * from "leaves" where "age" > 1 and "leaves"."deleted_at" is null 2'],
            array_values(array_unique($bodies)),
        );
        $this->assertSame(2, $boots, 'in the first request, and once cleanly');
    }
}

class TenantLeaf extends Model
{
    protected $table = 'leaves';

    protected static function booted(): void
    {
        if ($tenant = request()->query('tenant')) {
            static::addGlobalScope('tenant', fn (Builder $query) => $query->where('tenant', $tenant));
        }
    }
}

#[ScopedBy(OldLeaves::class)]
#[ObservedBy(LeafObserver::class)]
class PlainLeaf extends Model
{
    use SoftDeletes;

    protected $table = 'leaves';
}

class OldLeaves implements Scope
{
    public function apply(Builder $builder, Model $model): void
    {
        $builder->where('age', '>', 1);
    }
}

class LeafObserver
{
    public function creating(): void
    {
    }
}
