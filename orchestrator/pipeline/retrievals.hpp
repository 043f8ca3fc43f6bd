#pragma once
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/surroundings.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// Every retrieve_document Step: single flight per content, eager or on demand. Owner: app. Thread: the loop. Ends: cancel(), then stop().
class Retrievals {
public:
    explicit Retrievals(Surroundings surroundings);
    ~Retrievals();

    struct Body {
        std::string content_type;
        std::shared_ptr<std::string const> bytes;
        std::string sha256;  ///< hex
    };
    /// From the BodyStore, else retrieved now: joins the running call or raises the queued Step. Deadline, cancellation: the caller's own; the call goes on
    /// for others. Errors: not_found, deleted (gone at every holder), timeout, and what the partner's answer came to.
    awaitable<Result<Body>> fetch(async::Deadline deadline, std::string scope, std::string binary_id);
    /// Eager, without waiting. A full Lane makes it on-demand: nothing is lost but speed.
    /// What cannot be looked up or stored, because a disk or queue of ours is full, is tried again for as long as somebody wants it.
    /// `flow`: the Discovery that wants them, in whose turn they are retrieved; none: for Subscriptions whose Discovery is over.
    void prefetch(std::string scope, std::vector<std::string> binary_ids, partner::Flow flow = {});
    /// The Discovery does not want anything any more: what is queued for it alone is dropped, what runs for it alone is ended within 100 ms. True: some
    /// was.
    bool release(partner::Flow flow);
    /// Of what no Discovery wants, only these are still to be retrieved.
    void keep_of_nobody(std::string const& scope, std::vector<std::string> const& binary_ids);
    /// At a shutdown: what nobody waits for is dropped, and nothing more is retrieved eagerly. What somebody waits for goes on.
    void end_eager();
    /// Something is still to be retrieved for that Discovery.
    bool wanted_by(partner::Flow flow) const;
    /// Something is still to be retrieved that no Discovery wants.
    bool wanted_by_nobody() const;

    void cancel();
    awaitable<void> stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary::pipeline
