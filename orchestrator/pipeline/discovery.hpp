#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "fhir/search/patient_query.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/discoveries.hpp"
#include "orchestrator/pipeline/page_admission.hpp"
#include "orchestrator/pipeline/retrievals.hpp"
#include "orchestrator/pipeline/surroundings.hpp"

namespace tributary::pipeline {

/// What a Discovery works with besides; each outlives it.
struct DiscoverySurroundings : Surroundings {
    Retrievals& retrievals;
    DiscoverySettings settings;
    Metrics::Gauge& running;  ///< Discoveries with an open Exchange
};

/// One run PD→QD for one PatientQuery: an Exchange with each partner asked, whose Steps follow from each other. What merely waits is a record in a Lane.
/// Owner: Discoveries. Thread: the loop. Ends: by itself when no Exchange is open and none is owed; or cancel(), then stop(). Source: architecture 4 and 5.
class Discovery final : public partner::StepRunner {
public:
    struct Identity {
        std::string id, scope;
        fhir::search::PatientQuery query;
        partner::Flow flow;
        bool refresh = false;  ///< only what is new is retrieved
    };
    /// Both are told inside one of this Discovery's coroutines.
    struct Listener {
        std::function<void()> changed;  ///< how a partner stands is stored
        std::function<void()> settled;  ///< each time the last open Exchange has its outcome
    };
    Discovery(DiscoverySurroundings& surroundings, Identity identity, Listener listener);

    /// Runs the Exchanges with these partners now; those that are open go on. A few Steps are added in each turn of the loop, so that the first
    /// requests are written, and the first answers read, while the others are still to be begun.
    void ask(std::vector<std::string> const& partners);

    /// Its Steps are served when it is this app's turn.
    void take_turn_of(std::uint32_t app) { identity_.flow.app = app; }

    std::string const& id() const { return identity_.id; }
    bool running() const { return open_ > 0; }
    /// An Exchange failed for a reason that may pass, and waits to be run again.
    bool owes() const { return owed_ > 0; }

    /// Drops the queued Steps, ends the running ones within 100 ms; nothing of it is reported any more.
    void cancel();
    awaitable<void> stop() { return steps_.join(); }

    void start(partner::Lane& lane, partner::Step step, partner::Slot slot) override;
    void ended(partner::Lane& lane, partner::Step const& step, partner::StepResult const& result) override;

private:
    struct Exchange {
        std::uint32_t steps = 0;  // queued or running
        std::uint32_t owed_runs = 0;
        bool open = false;  // until its outcome is stored
        bool owed = false;  // an owed Step is queued
        bool ambiguous = false, partial = false, may_pass = false;
        bool dropped = false;     // entries of another subject
        std::string_view failed;  // issue, "" not
    };
    /// What a query_documents Step asks for.
    struct Query {
        std::size_t partner = 0;
        partner::PatientMatch match;
        partner::Page page;
        bool restarted = false;  // after a page link that expired
        std::string entry;       // read by its id: the search has not listed it any more
    };
    /// A Patient whose documents were asked for.
    struct Asked {
        std::size_t partner = 0;
        cache::Utc since;
        partner::PatientMatch match;
    };

    awaitable<void> ask_in_turn();
    void open(std::size_t partner);
    void count_running(bool running);
    void add(std::size_t partner, partner::Step step);
    void add_query(Query query);
    partner::Step make_step(partner::StepKind kind, std::uint32_t target);
    std::size_t partner_of(partner::Step const& step) const;
    partner::Partner& partner(std::size_t index) { return *around_.partners[index]; }

    awaitable<void> run(std::size_t index, partner::Step step, partner::Slot slot);
    awaitable<partner::StepResult> discover_patient(
        std::size_t index, partner::Step step, partner::Slot& slot
    );
    awaitable<partner::StepResult> accept(std::size_t index, std::vector<fhir::Patient> candidates);
    awaitable<partner::StepResult> query_documents(
        std::size_t index, partner::Step step, partner::Slot& slot
    );
    partner::StepResult page_failed(Query query, Failure why);
    awaitable<partner::StepResult> read_entry(
        std::size_t index, Query query, partner::Step step, partner::Slot& slot
    );
    awaitable<bool> look_for_unseen(std::size_t index);
    awaitable<partner::StepResult> admit(
        std::size_t index, partner::PatientMatch match, partner::FoundDocuments found
    );
    awaitable<void> report_closed();
    awaitable<void> report(std::size_t index);
    void owe(std::size_t index);

    DiscoverySurroundings& around_;
    Identity identity_;
    Listener listener_;
    Logger logger_;
    PageAdmission admission_;
    std::vector<Exchange> exchanges_;  // as around_.partners
    std::deque<std::size_t> to_ask_;   // open Exchanges without a Step so far
    bool asking_ = false;
    std::unordered_map<std::uint32_t, Query> queries_;
    std::uint32_t next_query_ = 0;
    std::vector<Asked> asked_;         // until what they no longer list has been looked for
    std::vector<std::size_t> closed_;  // Exchanges without Steps, to be reported
    std::size_t open_ = 0;
    std::size_t owed_ = 0;
    bool settling_ = false;  // ended() is told inside one of our own coroutines
    bool counted_ = false;   // among the running ones
    bool cancelled_ = false;
    async::TaskGroup steps_;  // last
};

}  // namespace tributary::pipeline
