<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

/**
 * Octane's listeners whose work this package's own do, or the server itself.
 *
 * Octane's go by clones of the application, need some 40 calls for it, and leave
 * more behind: each of them would do over again what has been done.
 */
final class ReplacedListeners
{
    /** Octane's own namespace; the names are no references, since it may be absent. */
    private const OCTANE = 'Laravel\\Octane\\Listeners\\';

    /** @var list<string> */
    public const NAMES = [
        // The server's uploads are uploads for PHP, too, and its ports are known.
        self::OCTANE.'EnsureRequestServerPortMatchesScheme',
        self::OCTANE.'EnsureUploadedFilesAreValid',
        self::OCTANE.'EnsureUploadedFilesCanBeMoved',

        // The worker reports, and answers the next request.
        self::OCTANE.'ReportException',
        self::OCTANE.'StopWorkerIfNecessary',

        // There is one application, which everybody has.
        self::OCTANE.'FlushTemporaryContainerInstances',
        self::OCTANE.'GiveNewApplicationInstanceToAuthorizationGate',
        self::OCTANE.'GiveNewApplicationInstanceToBroadcastManager',
        self::OCTANE.'GiveNewApplicationInstanceToCacheManager',
        self::OCTANE.'GiveNewApplicationInstanceToDatabaseManager',
        self::OCTANE.'GiveNewApplicationInstanceToDatabaseSessionHandler',
        self::OCTANE.'GiveNewApplicationInstanceToFilesystemManager',
        self::OCTANE.'GiveNewApplicationInstanceToHttpKernel',
        self::OCTANE.'GiveNewApplicationInstanceToLogManager',
        self::OCTANE.'GiveNewApplicationInstanceToMailManager',
        self::OCTANE.'GiveNewApplicationInstanceToNotificationChannelManager',
        self::OCTANE.'GiveNewApplicationInstanceToPipelineHub',
        self::OCTANE.'GiveNewApplicationInstanceToQueueManager',
        self::OCTANE.'GiveNewApplicationInstanceToRouter',
        self::OCTANE.'GiveNewApplicationInstanceToSessionManager',
        self::OCTANE.'GiveNewApplicationInstanceToValidationFactory',
        self::OCTANE.'GiveNewApplicationInstanceToViewFactory',

        // A listener of this package puts the same back.
        self::OCTANE.'CreateConfigurationSandbox',
        self::OCTANE.'CreateUrlGeneratorSandbox',
        self::OCTANE.'FlushArrayCache',
        self::OCTANE.'FlushAuthenticationState',
        self::OCTANE.'FlushDatabaseQueryLog',
        self::OCTANE.'FlushDatabaseRecordModificationState',
        self::OCTANE.'FlushLocaleState',
        self::OCTANE.'FlushLogContext',
        self::OCTANE.'FlushMonologState',
        self::OCTANE.'FlushOnce',
        self::OCTANE.'FlushQueuedCookies',
        self::OCTANE.'FlushSessionState',
        self::OCTANE.'FlushStrCache',
        self::OCTANE.'FlushTranslatorCache',
        self::OCTANE.'FlushVite',
        self::OCTANE.'GiveNewRequestInstanceToApplication',
        self::OCTANE.'GiveNewRequestInstanceToPaginator',
        self::OCTANE.'PrepareInertiaForNextOperation',
        self::OCTANE.'PrepareLivewireForNextOperation',
        self::OCTANE.'PrepareScoutForNextOperation',
        self::OCTANE.'PrepareSocialiteForNextOperation',
        self::OCTANE.'RefreshQueryDurationHandling',
    ];
}
