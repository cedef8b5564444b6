//! Answers one request: decides who is asked, asks, and forwards.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use http::header::HeaderValue;
use http::{Request, Response, Version, request};

use crate::access_log::{AccessLog, Record};
use crate::client::peers::PeerList;
use crate::client::{Client, Credit, Trust};
use crate::complaints::Complaints;
use crate::compression::{Compression, Wants};
use crate::connection::intake::fault::HeadFault;
use crate::connection::{Lane, Purpose};
use crate::dispatch::{self, Order, Patience};
use crate::files::{self, FileDesk, Named};
use crate::hosting::application::{Application, Applications};
use crate::hosting::https_redirect;
use crate::hosting::pools::Pool;
use crate::hosting::redirects::{self, Redirects};
use crate::limiter::{Candidate, Standings};
use crate::limits::Limits;
use crate::listening::places::Places;
use crate::reply::body::{Content, ReplyBody};
use crate::reply::fixed;
use crate::reply::head::{self as reply_head, Asked};
use crate::reply::own_fields;
use crate::reply::stream::ReplyRoom;
use crate::reply::{self, Refusal};
use crate::request::body::{self, RequestBody, SpoolPlace};
use crate::request::head::{self as request_head, Circumstances};
use crate::request::id::RequestIds;
use crate::request::subject::Subject;
use crate::route::{HEALTH, READY, Route, RouteRequest, Script, route};
use crate::tls::Tls;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) applications: Applications,
    pub(crate) redirects: Redirects,
    pub(crate) files: FileDesk,
    pub(crate) tls: Option<Arc<Tls>>,
    /// Where clients find HTTPS.
    pub(crate) https_port: u16,
    /// What browsers are told about coming by HTTPS only.
    pub(crate) hsts: Option<HeaderValue>,
    /// Who may speak for a client; `None` leaves that to the application.
    pub(crate) trust: Option<Trust>,
    pub(crate) proxy_protocol: PeerList,
    pub(crate) compression: Option<Compression>,
    pub(crate) spool_folder: PathBuf,
    pub(crate) limits: Arc<Limits>,
    pub(crate) places: Arc<Places>,
    /// Clients may speak HTTP/2.
    pub(crate) http2: bool,
    pub(crate) complaints: Complaints,
    pub(crate) request_ids: RequestIds,
    pub(crate) access_log: Option<AccessLog>,
    /// Replies say how long they took.
    pub(crate) debug: bool,
}

impl Site {
    /// Whether anybody wants to know how requests are answered.
    pub(crate) fn keeps_records(&self) -> bool {
        self.debug || self.access_log.is_some()
    }

    /// To be called with every poll of a connection.
    pub(crate) fn tick(&self) {
        self.applications.tick();
    }
}

/// Answers `request`; every failure is an answer too.
///
/// # Cancel safety
/// Dropping the future cancels the request in the exchange.
pub(crate) async fn answer(
    lane: Arc<Lane>,
    request: Request<RequestBody>,
) -> Result<Response<ReplyBody>, Infallible> {
    let checked = lane.passage.begin_request();
    let (head, incoming) = request.into_parts();
    let client = lane.connection.client(&head);
    let heard = checked.is_ok().then_some(&head);
    let record = Record::new(&lane.connection, &client, heard);
    let is_https = client.is_https();
    let is_trusted = client.credit() == Credit::Proxy;
    let id = lane.site().request_ids.of(&head.headers, is_trusted);
    let subject = Subject::new(id, &head, record);
    // Made first: its drop is what ends the request, also when this future is dropped.
    let body = ReplyBody::new(lane.passage.clone(), subject);
    let compression = lane.site().compression.as_ref();
    let compression = compression.map(|compression| (compression, Wants::of(&head)));
    let mut standings = Standings::default();
    let answered = match checked {
        Ok(()) => {
            let question = Question {
                client,
                head,
                body: incoming,
            };
            match lane.connection.purpose {
                Purpose::Complain => Err(Refusal::NotEncrypted),
                Purpose::Redirect if !is_https => to_https(&lane, question).await,
                _ => ask(&lane, body.subject(), question, &mut standings).await,
            }
        }
        Err(fault) => Err(fault.into()),
    };
    let mut response = answered
        .unwrap_or_else(|refusal| reply::refuse(&refusal, body.subject(), &lane.site().complaints));
    if let Some((compression, wants)) = compression {
        response = compression.put_on(response, &wants).await;
    }
    lane.passage.begin_reply();
    let headers = response.headers_mut();
    standings.describe(headers);
    own_fields::put(headers, body.subject(), lane.site().debug);
    if let Some(hsts) = lane.site().hsts.as_ref().filter(|_| is_https) {
        own_fields::put_hsts(headers, hsts);
    }
    Ok(body.of(response))
}

/// A request and who sent it.
struct Question<'a> {
    client: Client<'a>,
    head: request::Parts,
    body: RequestBody,
}

/// Sends the client to the same place by HTTPS.
async fn to_https(lane: &Lane, question: Question<'_>) -> Result<Response<Content>, Refusal> {
    let Question { client, head, body } = question;
    let site = lane.site();
    let host = client.host(&head).ok_or(HeadFault::HostMissing)?;
    let location = https_redirect::location(host, site.https_port, &head.uri);
    let is_over = body::pass_over(body, &head, &site.limits, &lane.alarm).await;
    Ok(reply::to_https(&location, !is_over))
}

async fn ask(
    lane: &Lane,
    subject: &Subject,
    question: Question<'_>,
    standings: &mut Standings,
) -> Result<Response<Content>, Refusal> {
    let site = lane.site();
    let Question { client, head, body } = question;
    if let Some(response) = redirect(site, &client, &head) {
        return Ok(response);
    }
    let host = client.host(&head).unwrap_or_default();
    let Some(application) = site.applications.of(host) else {
        return misdirected(site, &head);
    };
    let asked = RouteRequest {
        method: &head.method,
        path: head.uri.path(),
        pools: application.pools.map(),
    };
    let roots = application.disk.roots();
    let look = roots.look();
    let route = route(asked, &look);
    if let Some(limiter) = &application.limiter {
        *standings = limiter.count(&Candidate {
            head: &head,
            client: &client,
            is_for_php: matches!(route, Route::Script { .. }),
        });
    }
    if let Some(fault) = standings.refusal() {
        let is_over = body::pass_over(body, &head, &site.limits, &lane.alarm).await;
        let close = !is_over;
        return Err(Refusal::TooMany { fault, close });
    }
    match route {
        Route::Health => Ok(fixed::health()),
        Route::Ready => fixed::ready(std::slice::from_ref(application)),
        Route::File(path) => {
            let (place, stat) = look.take(path).ok_or(Refusal::NotFound)?;
            let record = subject.record();
            site.files.serve(place, &stat, &head, record).await
        }
        Route::Redirect(path) => Ok(reply::redirect(&path, head.uri.query())),
        Route::NotFound => Err(Refusal::NotFound),
        Route::Refused(fault) => Err(fault.into()),
        Route::Script { pool, script } => {
            let asked = Inquiry {
                subject,
                head: &head,
                client: &client,
                application,
                pool: application.pools.at(pool),
                script,
            };
            php(lane, asked, body).await
        }
    }
}

/// Where a rule sends the client; never who asks whether the server lives.
fn redirect(site: &Site, client: &Client<'_>, head: &request::Parts) -> Option<Response<Content>> {
    let path = head.uri.path();
    if matches!(path, HEALTH | READY) {
        return None;
    }
    let redirect = site.redirects.find(&redirects::Asked {
        https: client.is_https(),
        authority: client.host(head).unwrap_or_default(),
        path,
        query: head.uri.query(),
    })?;
    Some(reply::redirect_to(&redirect))
}

/// The answer for a host that no application has.
fn misdirected(site: &Site, head: &request::Parts) -> Result<Response<Content>, Refusal> {
    match head.uri.path() {
        HEALTH => Ok(fixed::health()),
        READY => fixed::ready(site.applications.all()),
        _ => Err(Refusal::Misdirected),
    }
}

/// A request that PHP answers.
struct Inquiry<'a> {
    subject: &'a Subject,
    head: &'a request::Parts,
    client: &'a Client<'a>,
    application: &'a Application,
    pool: &'a Pool,
    script: Script<'a>,
}

async fn php(
    lane: &Lane,
    asked: Inquiry<'_>,
    body: RequestBody,
) -> Result<Response<Content>, Refusal> {
    let Inquiry {
        subject,
        head,
        client,
        application,
        pool,
        script,
    } = asked;
    let limits = &*lane.site().limits;
    let patience = Patience {
        pool,
        alarm: &lane.alarm,
    };
    let place = SpoolPlace {
        folder: &lane.site().spool_folder,
        limits,
    };
    let body = body::spool(body, place, &lane.alarm).await?;
    subject.record().received(body.bytes());
    if application.rests() {
        return Err(Refusal::Resting);
    }
    let mut encoded = std::mem::take(&mut *lane.scratch.lock().expect("nobody panics with it"));
    encoded.clear();
    let circumstances = Circumstances {
        id: subject.id(),
        client,
        variables: lane.connection.variables(),
        script: &script,
        body_bytes: body.bytes(),
    };
    request_head::encode(head, circumstances, &mut encoded);
    let order = Order {
        interim: (head.version != Version::HTTP_10).then_some(&*lane.passage),
        subject,
        head: &encoded,
        body,
        safe: head.method.is_safe(),
    };
    let answer = dispatch::dispatch(order, &patience).await?;
    *lane.scratch.lock().expect("nobody panics with it") = encoded;
    let asked = Asked {
        method: head.method.clone(),
        version: head.version,
    };
    let mut forward = reply_head::respond(&asked, answer, subject, || room(lane))?;
    if let Some(banner) = &application.banner {
        banner.put_below(&mut forward.response, head);
    }
    if let Some(lease) = forward.unwanted {
        dispatch::discard(lease).await;
    }
    let named = files::take_named(forward.response.headers_mut());
    if let Some(named) = named.filter(|_| !reply_head::is_bodiless(forward.response.status())) {
        let sides = (lane.site(), application);
        send_named(sides, subject, head, (&named, &mut forward.response)).await?;
    }
    if let Content::Stream(stream) = forward.response.body() {
        lane.pump.follow(stream);
    }
    Ok(forward.response)
}

/// Answers with the file that PHP has named.
async fn send_named(
    (site, application): (&Site, &Application),
    subject: &Subject,
    asked: &request::Parts,
    (named, response): (&Named, &mut Response<Content>),
) -> Result<(), Refusal> {
    let sent = match named.open(application.disk.reach()) {
        Ok(file) => {
            let reader = application.disk.reach().reader();
            site.files.send(response, (file, reader), asked).await
        }
        Err(error) => Err(error),
    };
    sent.map_err(|error| {
        let request = subject.id();
        tracing::warn!(request, ?named, %error, "the file that php named cannot be sent");
        error.into()
    })
}

/// What the reply to one request may take.
fn room(lane: &Lane) -> ReplyRoom {
    let limits = &lane.site().limits;
    ReplyRoom {
        memory_bytes: limits.reply_buffer_bytes,
        file_bytes: limits.reply_file_bytes,
        patience: limits.reply_patience,
        folder: lane.site().spool_folder.clone(),
    }
}
