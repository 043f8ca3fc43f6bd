#include "orchestrator/partner/lane.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/pacing/retry.hpp"

namespace tributary::partner {

using async::Deadline;

namespace {

constexpr std::chrono::seconds kBetweenHurries{30};
constexpr unsigned kTooManyRequests = 429;

}  // namespace

StepResult StepResult::of(Failure why) {
    return pacing::classify(why).retryable ? retry(std::move(why)) : failed(std::move(why));
}

Slot::Slot(Lane& lane, async::Semaphore::Permit permit, bool probe)
    : lane_(&lane), permit_(std::move(permit)), probe_(probe) {
    ++lane.running_;
}

void Slot::answered() noexcept {
    if (lane_ != nullptr) lane_->answered();
    release();
}

void Slot::release() noexcept {
    if (Lane* lane = std::exchange(lane_, nullptr)) lane->give_back(probe_);
}

Lane::Lane(
    boost::asio::any_io_executor ex,
    Clock& clock,
    async::Semaphore& process_permits,
    Settings settings,
    Logger logger,
    Metrics& metrics
)
    : clock_(clock),
      process_permits_(process_permits),
      settings_(std::move(settings)),
      logger_(std::move(logger)),
      queued_gauge_(metrics.gauge(
          "tributary_lane_queued", "Steps that wait at a partner", {{"partner", settings_.partner}}
      )),
      owed_gauge_(metrics.gauge(
          "tributary_lane_owed",
          "Exchanges that are run again once the partner answers",
          {{"partner", settings_.partner}}
      )),
      running_gauge_(metrics.gauge(
          "tributary_lane_running", "Calls under way at a partner", {{"partner", settings_.partner}}
      )),
      allowed_gauge_(metrics.gauge(
          "tributary_lane_allowed",
          "Calls that may be under way at a partner: max_concurrent, and fewer once it has answered 429",
          {{"partner", settings_.partner}}
      )),
      breaker_gauge_(metrics.gauge(
          "tributary_lane_breaker_state", "0 closed, 1 open, 2 half open", {{"partner", settings_.partner}}
      )),
      retries_(metrics.counter(
          "tributary_lane_retries_total",
          "Calls to a partner that were repeated",
          {{"partner", settings_.partner}}
      )),
      retries_refused_(metrics.counter(
          "tributary_lane_retries_refused_total",
          "Calls to a partner that were not repeated, because too many were",
          {{"partner", settings_.partner}}
      )),
      breaker_(settings_.breaker_failures, settings_.breaker_pause),
      turns_(clock_, settings_.requests_per_second),
      budget_(settings_.retry_share),
      concurrency_(settings_.max_concurrent),
      random_(static_cast<std::minstd_rand::result_type>(std::hash<std::string>()(settings_.partner))),
      pump_(std::move(ex), [logger = logger_](std::string_view task, std::exception_ptr error) {
          logger.bug(task, error);
      }) {}

void Lane::start() {
    if (!pump_.spawn("lane", pump())) throw std::logic_error("started after stop");
}

awaitable<void> Lane::stop() {
    closed_ = true;
    queue_.clear();
    wake_.close();
    while (running_ > 0) (void)co_await idle_.wait();
    co_await pump_.join();
}

Result<void> Lane::add(Step step) {
    if (closed_) return Failure(Errc::closed);
    bool const waits = step.priority == Priority::eager;
    auto const refused = refusal(clock_.now());
    if (!waits && refused) return *refused;
    if (queue_.size() >= settings_.queue) return Failure(Errc::throttled, "lane_queue is full");
    step.queued_since = clock_.now();
    queue_.add(step, step.queued_since);
    show();
    wake();
    return {};
}

void Lane::add_owed(Step step, Clock::TimePoint not_before) {
    if (closed_) return;
    step.owed = true;
    step.attempt = 0;
    step.not_before = not_before;
    step.queued_since = clock_.now();
    queue_.add(step, step.queued_since);
    show();
    wake();
}

bool Lane::raise(StepRunner const& runner, Flow flow, std::uint32_t target) {
    auto step = queue_.extract(runner, flow, target);
    if (!step) return false;
    step->priority = Priority::on_demand;
    queue_.add(*step, clock_.now());
    wake();
    return true;
}

bool Lane::drop(StepRunner const& runner, Flow flow, std::uint32_t target) {
    bool const dropped = queue_.extract(runner, flow, target).has_value();
    show();
    return dropped;
}

void Lane::settle(Step step, StepResult result) {
    note(result);
    if (auto const* parked = result.get<StepResult::Parked>()) {
        step.not_before = parked->until;
        queue_.add(step, clock_.now());
    } else if (auto const* retry = result.get<StepResult::Retry>()) {
        if (!repeat(step, retry->why)) step.runner->ended(*this, step, StepResult::failed(retry->why));
    } else {
        step.runner->ended(*this, step, result);
    }
    if (breaker_.state(clock_.now()) != pacing::BreakerState::half_open) fail_impatient();
    if (result.get<StepResult::Done>() != nullptr) hurry_owed(step.owed);
    show();
    wake();
}

/// Why a call would not be made soon.
std::optional<Failure> Lane::refusal(Clock::TimePoint now) const {
    if (!breaker_.allows(now)) return Failure(Errc::connect, "not asked: the last calls failed");
    if (throttled_until_ > now + pacing::kLongestRetryAfter)
        return Failure(Errc::throttled, "not asked: the partner wants to be asked later");
    return std::nullopt;
}

/// What a result says about the partner.
void Lane::note(StepResult const& result) {
    auto const* retry = result.get<StepResult::Retry>();
    auto const* failed = result.get<StepResult::Failed>();
    Failure const* why = retry != nullptr ? &retry->why : failed != nullptr ? &failed->why : nullptr;
    auto seen = why == nullptr ? pacing::FailureClass() : pacing::classify(*why);
    if (why == nullptr) seen.partner_answered = true;
    auto const now = clock_.now();
    if (result.get<StepResult::Parked>() != nullptr) {
        breaker_.abandoned();
    } else if (why != nullptr && why->retry_after().count() > 0) {
        breaker_.abandoned();  // it has said when to come back
    } else if (seen.partner_failed) {
        if (breaker_.failed(now)) logger_.warning("breaker opened");
    } else if (!seen.partner_answered) {
        breaker_.abandoned();
    } else {
        answered();
    }
    if (why != nullptr && why->http_status() == kTooManyRequests) concurrency_.refused(now);
    if (result.get<StepResult::Done>() != nullptr) concurrency_.answered();
    if (why != nullptr && why->retry_after().count() > 0) {
        auto const wait = std::min<std::chrono::seconds>(why->retry_after(), pacing::kLongestThrottle);
        throttled_until_ = std::max(throttled_until_, now + wait);
    }
}

/// What was owed need not wait any longer for a partner that answers again.
void Lane::answered() noexcept {
    if (!breaker_.succeeded()) return;
    logger_.info("breaker closed");
    queue_.make_owed_due(clock_.now());
}

/// A partner that answers is asked for what it owes: for one Step now and then, and for two more whenever one has succeeded. So those that go on failing
/// make no storm.
void Lane::hurry_owed(bool one_has_succeeded) {
    auto const now = clock_.now();
    std::size_t hurried = one_has_succeeded ? 2 : 0;
    if (hurried == 0 && queue_.owed() > 0 && now >= hurry_at_) {
        hurried = 1;
        hurry_at_ = now + kBetweenHurries;
    }
    for (; hurried > 0; --hurried) {
        auto step = queue_.take_owed();
        if (!step) return;
        step->not_before = now;
        queue_.add(*step, now);
    }
}

/// Queues the Step once more. False: no attempt is left, or it would take too long.
bool Lane::repeat(Step& step, Failure const& why) {
    bool const waits = step.priority == Priority::eager;
    if (closed_ || step.attempt + 1U >= settings_.attempts) return false;
    if (why.retry_after() > pacing::kLongestRetryAfter || (!waits && !available())) return false;
    if (!budget_.spend(clock_.now())) {
        retries_refused_.add();
        return false;
    }
    retries_.add();
    ++step.attempt;
    auto const jitter = std::uniform_real_distribution<double>(0, 1)(random_);
    auto const now = clock_.now();
    step.not_before = now + pacing::retry_delay(step.attempt, why.retry_after(), jitter);
    step.queued_since = now;
    queue_.add(step, now);
    return true;
}

/// Nothing but owed Steps and eager retrievals waits for a partner that is not asked now.
void Lane::fail_impatient() {
    auto const refused = refusal(clock_.now());
    if (!refused) return;
    for (Step const& step : queue_.take_impatient())
        step.runner->ended(*this, step, StepResult::failed(*refused));
}

/// When a Step may start; TimePoint::max(): not before something happens.
Clock::TimePoint Lane::next_start(Clock::TimePoint now) {
    auto const at = next_due(now);
    turns_.rate().step_waits(at <= now);
    return at == Clock::TimePoint::max() ? at : std::max(at, turns_.rate().next_step());
}

/// As next_start(), were there no rate.
Clock::TimePoint Lane::next_due(Clock::TimePoint now) {
    constexpr auto kNever = Clock::TimePoint::max();
    if (running_ >= concurrency_.allowed()) return kNever;
    auto at = queue_.next_due(now);
    auto gate = throttled_until_;
    if (breaker_.state(now) != pacing::BreakerState::closed) {
        auto const probe = breaker_.probe_at();
        if (probe <= now && !breaker_.allows(now)) return kNever;  // the probe is under way
        if (queue_.owed() > 0) at = std::min(at, probe);
        gate = std::max(gate, probe);
    }
    return at == kNever ? kNever : std::max(at, gate);
}

void Lane::start_next(async::Semaphore::Permit permit) {
    auto const now = clock_.now();
    if (closed_ || next_start(now) > now) return;  // what was due is gone
    auto step = queue_.take(now);
    if (!step) step = queue_.take_owed();
    if (!step) return;
    turns_.rate().step_started(now);
    if (step->attempt == 0 && !step->owed) budget_.attempted(now);
    bool const probe = breaker_.state(now) == pacing::BreakerState::half_open;
    breaker_.started(now);
    Slot slot(*this, std::move(permit), probe);
    show();
    step->runner->start(*this, *step, std::move(slot));
}

awaitable<void> Lane::pump() {
    while (!closed_) {
        auto const now = clock_.now();
        auto const at = next_start(now);
        if (at <= now) {
            auto permit = co_await process_permits_.acquire();
            start_next(std::move(permit));
            continue;
        }
        show();
        bool const opens = breaker_.state(now) == pacing::BreakerState::open;  // half, then: to be seen
        auto const until = opens ? std::min(at, breaker_.probe_at()) : at;
        auto woken = wake_.pop();
        (void)co_await with_deadline(clock_, Deadline::at(until), std::move(woken));
    }
}

void Lane::give_back(bool probe) noexcept {
    if (probe) breaker_.abandoned();  // changes nothing when its result was told
    if (--running_ == 0) idle_.close_all();
    show();
    wake();
}

void Lane::show() noexcept {
    queued_gauge_.set(static_cast<double>(queue_.size()));
    owed_gauge_.set(static_cast<double>(queue_.owed()));
    running_gauge_.set(static_cast<double>(running_));
    allowed_gauge_.set(static_cast<double>(concurrency_.allowed()));
    breaker_gauge_.set(static_cast<double>(breaker_.state(clock_.now())));
}

LaneFigures Lane::figures() const {
    auto const now = clock_.now();
    LaneFigures figures;
    figures.queued = queue_.size();
    figures.owed = queue_.owed();
    figures.running = running_;
    figures.breaker = breaker_.state(now);
    if (throttled_until_ > now)
        figures.throttled_for = std::chrono::ceil<std::chrono::milliseconds>(throttled_until_ - now);
    return figures;
}

}  // namespace tributary::partner
