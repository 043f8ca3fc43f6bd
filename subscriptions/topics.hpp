#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/failure.hpp"
#include "fhir/search/patient_query.hpp"

namespace tributary::subscriptions {

/// A topic we serve. Source: subscriptions B3.
struct Topic {
    std::string canonical, version, title, description;
    std::vector<std::string> filters;  ///< canFilterBy
};
/// Ours: <canonical_base>/SubscriptionTopic/patient-documents.
std::vector<Topic> topics(std::string_view canonical_base);
/// `criteria` may carry |version. nullptr: unknown.
Topic const* find_topic(std::vector<Topic> const& topics, std::string_view criteria);

/// One filter string, and the element path its problems are told at.
struct Filter {
    std::string text, at;
};
/// The filter strings of a topic Subscription (all five forms of B5) into one search. Never fails open: what the topic does not offer, and a pair without a
/// value, are problems. Errors: not_supported, value, required.
struct FilterReading {
    fhir::search::DocumentSearch search;
    std::vector<Failure> problems;
};
FilterReading read_filters(Topic const& topic, std::vector<Filter> const& filters, std::string_view base);

}  // namespace tributary::subscriptions
