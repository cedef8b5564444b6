<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Http\FormRequest;
use Illuminate\Validation\Rules\Email;
use Illuminate\Validation\Rules\File;
use Illuminate\Validation\Rules\Password;

/**
 * Forgets the rules that a request added, and the defaults it chose.
 */
final class RestoreValidation
{
    private ClassState $defaults;

    private ?ObjectState $factory = null;

    public function __construct(Application $app)
    {
        $this->defaults = new ClassState([
            Email::class => ['defaultCallback'],
            File::class => ['defaultCallback'],
            FormRequest::class => ['globalFailOnUnknownFields'],
            Password::class => ['defaultCallback'],
        ]);

        if ($app->resolved('validator')) {
            $this->factory = ObjectState::except($app->make('validator'), ['container']);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->defaults->restore();
        $this->factory?->restore();
    }
}
