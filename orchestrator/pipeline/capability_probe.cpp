#include "orchestrator/pipeline/capability_probe.hpp"

#include <stdexcept>
#include <utility>

#include "orchestrator/async/with_deadline.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/pacing/retry.hpp"

namespace tributary::pipeline {

using async::Clock;
using async::Deadline;
using partner::Step;

namespace {

constexpr std::size_t kAtOnce = 32;
constexpr std::chrono::milliseconds kBetween{5};  // so that hundreds of handshakes leave room for other work
constexpr std::chrono::seconds kLook{5};
constexpr std::chrono::hours kDaily{24};

}  // namespace

CapabilityProbe::CapabilityProbe(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    std::vector<std::unique_ptr<partner::Partner>>& partners,
    CallLog& calls,
    Logger logger
)
    : clock_(clock),
      partners_(partners),
      calls_(calls),
      logger_(logger),
      random_(static_cast<unsigned char>(random_bytes(1).front()) + 1U),
      at_once_(kAtOnce),
      readings_(partners.size()),
      tasks_(std::move(ex), [logger](std::string_view task, std::exception_ptr error) {
          logger.bug(task, error);
      }) {
    for (std::size_t i = 0; i < partners.size(); ++i) {
        bool const wanted = partners[i]->settings().discovery == partner::DiscoveryMethod::automatic;
        readings_[i].due = wanted ? clock.now() : Clock::TimePoint::max();
    }
}

void CapabilityProbe::start() {
    if (!tasks_.spawn("capabilities", keep_reading())) throw std::logic_error("started after stop");
}

void CapabilityProbe::cancel() {
    for (auto& partner : partners_) partner->lane().forget(*this, partner::Flow());
    tasks_.cancel();
}

awaitable<void> CapabilityProbe::keep_reading() {
    for (;;) {
        for (std::size_t i = 0; i < partners_.size(); ++i) {
            if (readings_[i].due > clock_.now()) continue;
            readings_[i].permit = co_await at_once_.acquire();
            ask(i);
            co_await clock_.sleep_for(kBetween);
        }
        co_await clock_.sleep_for(kLook);
    }
}

void CapabilityProbe::ask(std::size_t index) {
    readings_[index].due = Clock::TimePoint::max();
    Step step;
    step.runner = this;
    step.kind = partner::StepKind::read_capabilities;
    step.target = static_cast<std::uint32_t>(index);
    if (!partners_[index]->lane().add(step)) failed(index);
}

void CapabilityProbe::start(partner::Lane&, Step step, partner::Slot slot) {
    (void)tasks_.spawn("capabilities", read(step.target, step, std::move(slot)));  // closed: cancelled
}

/// The Lane gave up on it before it ran.
void CapabilityProbe::ended(partner::Lane&, Step const& step, partner::StepResult const&) {
    failed(step.target);
}

/// The Step is never settled: what comes of it says nothing about the partner's health.
awaitable<void> CapabilityProbe::read(std::size_t index, Step step, partner::Slot slot) {
    auto& asked = *partners_[index];
    Call call(clock_, "", asked.id(), step);
    auto const deadline = Deadline::after(clock_, asked.settings().probe_timeout);
    auto op = asked.community().probe(deadline);
    auto const said = co_await with_deadline(clock_, deadline, std::move(op));
    slot.release();
    if (said) {
        calls_.succeeded(std::move(call), 0);
        succeeded(index);
        logger_.debug(
            "capabilities",
            {{"partner", asked.id()}, {"match", said->offers_match ? "offered" : "not offered"}}
        );
    } else {
        calls_.failed(std::move(call), said.error());
        failed(index);
    }
}

void CapabilityProbe::succeeded(std::size_t index) {
    auto& reading = readings_[index];
    reading.failures = 0;
    reading.due = clock_.now() + std::chrono::duration_cast<Clock::Duration>(kDaily * jitter());
    reading.permit.reset();
}

void CapabilityProbe::failed(std::size_t index) {
    auto& reading = readings_[index];
    auto const wait = pacing::owed_delay(++reading.failures);
    reading.due = clock_.now() + std::chrono::duration_cast<Clock::Duration>(wait * jitter());
    reading.permit.reset();
}

}  // namespace tributary::pipeline
