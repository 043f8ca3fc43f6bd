#include "orchestrator/pipeline/call_log.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "fhir/base/outcome_table.hpp"

namespace tributary::pipeline {

namespace {

constexpr std::size_t kBatch = 256;

/// What a failure is counted as: few words, whatever statuses a partner makes up.
std::string cause(Failure const& why) {
    if (why.errc() != Errc::http_status) return std::string(outcome_of(why.errc()).name);
    auto const status = why.http_status();
    if (status == 429) return "http_429";
    if (status >= 400 && status < 600) return status < 500 ? "http_4xx" : "http_5xx";
    return "http_other";
}

}  // namespace

std::string_view step_name(partner::StepKind kind) {
    switch (kind) {
        case partner::StepKind::patient_discovery:
            return "patient_discovery";
        case partner::StepKind::query_documents:
            return "query_documents";
        case partner::StepKind::read_capabilities:
            return "read_capabilities";
        case partner::StepKind::retrieve_document:
            break;
    }
    return "retrieve_document";
}

Call::Call(async::Clock const& clock, std::string discovery, std::string partner, partner::Step const& step)
    : started_(clock.now()) {
    auto const due = std::max(step.queued_since, step.not_before);
    row_.discovery = std::move(discovery);
    row_.partner = std::move(partner);
    row_.step = step_name(step.kind);
    row_.started = clock.utc_now();
    row_.queued = std::max(
        std::chrono::microseconds(0), std::chrono::duration_cast<std::chrono::microseconds>(started_ - due)
    );
    row_.attempt = step.attempt + 1U;
}

CallLog::CallLog(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    storage::Storage& storage,
    Logger logger,
    Metrics& metrics,
    std::size_t most_rows
)
    : clock_(clock),
      storage_(storage),
      logger_(std::move(logger)),
      metrics_(metrics),
      dropped_(metrics.counter(
          "tributary_call_rows_dropped_total", "Rows about partner calls that were not written"
      )),
      rows_(most_rows),
      writer_(std::move(ex), [log = logger_](std::string_view task, std::exception_ptr error) {
          log.bug(task, error);
      }) {}

void CallLog::start() {
    if (!writer_.spawn("call log", write())) throw std::logic_error("started after stop");
}

awaitable<void> CallLog::stop() {
    rows_.close();
    return writer_.join();
}

void CallLog::failed(Call call, Failure const& why) {
    call.row_.cut_off = why.errc() == Errc::timeout;
    record(std::move(call), cause(why), 0);
}

void CallLog::record(Call call, std::string outcome, std::size_t bytes) {
    auto& row = call.row_;
    row.took = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - call.started_);
    row.bytes = bytes;
    auto const key = row.partner + "/" + row.step;
    auto& counter = calls_[key + "/" + outcome];
    if (counter == nullptr) {
        counter = &metrics_.counter(
            "tributary_partner_calls_total",
            "Calls to partners",
            {{"partner", row.partner}, {"step", row.step}, {"outcome", outcome}}
        );
    }
    counter->add();
    auto& histogram = seconds_[key];
    if (histogram == nullptr) {
        static std::vector<double> const kBuckets{
            0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120
        };
        histogram = &metrics_.histogram(
            "tributary_partner_call_seconds",
            "How long calls to partners took",
            kBuckets,
            {{"partner", row.partner}, {"step", row.step}}
        );
    }
    histogram->observe(std::chrono::duration<double>(row.took).count());
    row.outcome = std::move(outcome);
    if (!rows_.try_push(std::move(row))) dropped_.add();
}

awaitable<void> CallLog::write() {
    while (auto row = co_await rows_.pop()) {
        std::vector<cache::CallRow> batch;
        batch.push_back(std::move(*row));
        while (batch.size() < kBatch) {
            auto more = rows_.try_pop();
            if (!more) break;
            batch.push_back(std::move(*more));
        }
        auto const rows = batch.size();
        auto const written = co_await storage_.record_calls(std::move(batch));
        if (!written) dropped_.add(static_cast<double>(rows));
    }
}

}  // namespace tributary::pipeline
