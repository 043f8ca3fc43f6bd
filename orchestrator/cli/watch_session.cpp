#include "orchestrator/cli/watch_session.hpp"

#include <functional>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "fhir/base/outcome_table.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/async/deadline.hpp"

namespace tributary::cli {
namespace {

using async::Deadline;
using fhir::json::Value;

constexpr char kFhirJson[] = "application/fhir+json";
constexpr std::size_t kAnswerLimit = std::size_t{4} << 20U;

/// In words what went wrong with a call to the server.
Failure explain(std::string const& server, Failure const& failure) {
    auto const what =
        failure.detail().empty() ? std::string(outcome_of(failure.errc()).name) : failure.detail();
    return Failure(failure.code(), "cannot reach " + server + ": " + what);
}

}  // namespace

WatchSession::WatchSession(
    async::Clock& clock, net::HttpClient& http, net::TlsContextPtr tls, WatchScreen& screen, Settings settings
)
    : clock_(clock), http_(http), screen_(screen), settings_(std::move(settings)), tls_(std::move(tls)) {}

awaitable<Result<void>> WatchSession::run() {
    started_ = clock_.now();
    Result<void> result;
    auto watching = [&]() -> awaitable<void> { result = co_await watch(); };
    co_await run_stoppable(watching());
    socket_.reset();
    if (!subscription_.empty()) {
        auto deleting = [&]() -> awaitable<void> {
            auto const deleted = co_await call("DELETE", "Subscription/" + subscription_);
            if (!deleted && result && !changing_) result = deleted.error();
        };
        co_await run_stoppable(deleting());
        summary_.documents = documents_.size();
        summary_.elapsed = elapsed();
        summary_.progress = progress_;
        summary_.interrupted = stopping_;
        screen_.finish(summary_);
    }
    if (changing_ && (result || subscription_.empty()))
        co_return Failure(
            Errc::timeout, settings_.server + " has not answered: a Subscription may be left there"
        );
    co_return result;
}

void WatchSession::stop() {
    stopping_ = true;
    if (live_ == nullptr) return;
    if (changing_)  // what is being created has to be deleted
        (void)live_->spawn("grace", end_after_grace());
    else
        live_->cancel();
}

awaitable<void> WatchSession::run_stoppable(awaitable<void> task) {
    auto until_end = [&](async::TaskGroup& group) -> awaitable<void> {
        co_await std::move(task);
        group.cancel();
    };
    auto both = [&](async::TaskGroup& group) -> awaitable<void> {
        live_ = &group;
        (void)group.spawn("watch", until_end(group));
        co_return;
    };
    co_await async::with_group(std::ref(both));
    live_ = nullptr;
}

awaitable<void> WatchSession::end_after_grace() {
    co_await clock_.sleep_for(settings_.grace);
    if (live_ != nullptr) live_->cancel();
}

awaitable<Result<void>> WatchSession::watch() {
    auto subscribed = co_await subscribe();
    if (!subscribed || stopping_) co_return subscribed;
    auto bound = co_await bind();
    if (!bound || stopping_) co_return bound;
    co_await follow();
    if (failure_) co_return *failure_;
    co_return Result<void>();
}

awaitable<Result<void>> WatchSession::subscribe() {
    auto const statement = co_await first_answer();
    if (!statement) co_return statement.error();
    auto const topic = find_topic(*statement);
    if (!topic) co_return topic.error();
    auto body = fhir::json::write(make_subscription(*topic, settings_.criteria));
    started_ = clock_.now();
    auto const created = co_await call("POST", "Subscription", std::move(body));
    if (!created) co_return created.error();
    subscription_ = created->text("id");
    if (subscription_.empty())
        co_return Failure(Errc::protocol, "the server created a Subscription without id");
    co_return Result<void>();
}

awaitable<Result<Value>> WatchSession::first_answer() {
    auto const end = clock_.now() + settings_.start;
    while (true) {
        auto answer = co_await call("GET", "metadata");
        bool const absent = !answer && answer.error().errc() == Errc::connect;
        if (!absent || stopping_ || clock_.now() >= end) co_return answer;
        co_await clock_.sleep_for(settings_.tick);
    }
}

awaitable<Result<void>> WatchSession::bind() {
    auto const answer = co_await call("GET", "Subscription/" + subscription_ + "/$get-ws-binding-token");
    if (!answer) co_return answer.error();
    auto const binding = read_binding(*answer);
    if (!binding) co_return binding.error();
    auto const url = net::parse_url(binding->url);
    if (!url) co_return url.error();
    auto executor = co_await boost::asio::this_coro::executor;
    socket_.emplace(executor, clock_, tls_);
    auto const deadline = Deadline::after(clock_, settings_.call);
    auto connected = co_await socket_->connect(deadline, *url);
    if (!connected) co_return explain(binding->url, connected.error());
    auto sent = co_await socket_->send(deadline, "bind-with-token " + binding->token);
    if (!sent) co_return explain(binding->url, sent.error());
    co_return Result<void>();
}

awaitable<void> WatchSession::follow() {
    auto both = [this](async::TaskGroup& group) -> awaitable<void> {
        bool const reading = group.spawn("notifications", read_notifications(group));
        if (!reading || !group.spawn("time", keep_time())) group.cancel();
        co_return;
    };
    co_await async::with_group(std::ref(both));
}

awaitable<void> WatchSession::read_notifications(async::TaskGroup& group) {
    while (true) {
        auto const text = co_await socket_->read(Deadline::never());
        if (!text) {
            std::string const gone = text.error().errc() == Errc::timeout
                                         ? "the server is gone: "
                                         : "the server closed the connection: ";
            fail(group, Failure(text.error().code(), gone + text.error().detail()));
            co_return;
        }
        auto const notification = read_notification(*text);
        if (!notification) {
            fail(group, notification.error());
            co_return;
        }
        if (notification->status == "off") {
            fail(group, Failure(Errc::closed, "the server has turned the Subscription off"));
            co_return;
        }
        show(*notification);
        if (progress_.state == "complete") break;  // what came before it in the stream is here
    }
    group.cancel();
}

awaitable<void> WatchSession::keep_time() {
    while (true) {
        screen_.show_progress(elapsed(), progress_);
        if (screen_.broken()) stop();
        co_await clock_.sleep_for(settings_.tick);
    }
}

/// One call to the server. Errors: what refused it, in the server's own words.
awaitable<Result<Value>> WatchSession::call(std::string method, std::string target, std::string body) {
    auto const url = net::parse_url(settings_.server + '/' + target);
    if (!url) co_return url.error();
    net::ClientRequest request;
    request.method = std::move(method);
    request.url = *url;
    request.tls = tls_;
    request.headers.add("Accept", kFhirJson);
    if (!body.empty()) request.headers.add("Content-Type", kFhirJson);
    request.body = std::move(body);
    request.body_limit = kAnswerLimit;
    bool const changes = request.method != "GET";
    auto const patience = stopping_ ? settings_.grace : std::chrono::milliseconds(settings_.call);
    auto const deadline = Deadline::after(clock_, patience);
    changing_ = changes;
    auto const answer = co_await http_.send(deadline, std::move(request));
    changing_ = changes && !answer && answer.error().errc() == Errc::timeout;
    if (!answer) co_return explain(settings_.server, answer.error());
    if (!answer->success()) {
        co_return Failure(Errc::http_status, explain_refusal(answer->status, answer->body))
            .with_status(answer->status);
    }
    if (answer->body.empty()) co_return Value();
    co_return fhir::json::read(answer->body);
}

void WatchSession::show(Notification const& notification) {
    for (auto row : notification.rows) {
        row.update = !documents_.insert(row.id).second;
        auto const at = elapsed();
        if (!summary_.first) summary_.first = at;
        summary_.last = at;
        screen_.show_row(at, row);
    }
    if (!notification.progress) return;
    progress_ = *notification.progress;
    screen_.show_progress(elapsed(), progress_);
}

void WatchSession::fail(async::TaskGroup& group, Failure failure) {
    if (!failure_) failure_ = std::move(failure);
    group.cancel();
}

std::chrono::milliseconds WatchSession::elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - started_);
}

}  // namespace tributary::cli
