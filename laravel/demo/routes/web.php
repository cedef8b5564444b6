<?php

declare(strict_types=1);

use App\Http\Controllers\DownloadController;
use App\Http\Controllers\FailController;
use App\Http\Controllers\FormController;
use App\Http\Controllers\HomeController;
use App\Http\Controllers\JsonController;
use App\Http\Controllers\SlowController;
use App\Http\Controllers\StreamController;
use App\Http\Controllers\TreeController;
use App\Http\Controllers\UploadController;
use Illuminate\Support\Facades\Route;

Route::get('/', HomeController::class)->name('home');
Route::get('/json', JsonController::class)->name('json');
Route::get('/page', TreeController::class)->name('page');

Route::get('/form', [FormController::class, 'show'])->name('form');
Route::post('/form', [FormController::class, 'store'])->name('form.store');

Route::get('/upload', [UploadController::class, 'show'])->name('upload');
Route::post('/upload', [UploadController::class, 'store'])->name('upload.store');

Route::get('/download', DownloadController::class)->name('download');
Route::get('/stream', StreamController::class)->name('stream');
Route::get('/slow', SlowController::class)->name('slow');
Route::get('/fail', FailController::class)->name('fail');
