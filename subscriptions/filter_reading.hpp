#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/search/patient_query.hpp"
#include "subscriptions/topics.hpp"

namespace tributary::subscriptions {

/// One filter string, and the element path its problems are told at.
struct Filter {
    std::string text, at;
};
/// The filter strings of a topic Subscription (all five forms of B5) into one search. Never fails open: what the topic does not offer, a pair without a
/// value, and a code that no resource can carry are problems. `offered`: all topics, ours first, which a refusal may point to. Errors: not_supported,
/// value, required.
struct FilterReading {
    fhir::search::DocumentSearch search;
    std::vector<Failure> problems;
};
FilterReading read_filters(
    std::vector<Topic> const& offered,
    Topic const& topic,
    std::vector<Filter> const& filters,
    std::string_view base
);

}  // namespace tributary::subscriptions
