#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

/// One canFilterBy of a topic.
struct TopicFilter {
    std::string_view name, description;
    bool single = false;  ///< takes one value, no alternatives
};

/// A topic we serve. All but the canonical are texts of the program. Source: subscriptions B3, document-sharing C.2.
struct Topic {
    std::string canonical;
    std::string_view id;     ///< of the Basic that shows it
    std::string_view alias;  ///< another spelling of the canonical that is understood, "" none
    std::string_view version = "1.0.0", name = {}, title, date = {}, description;
    std::string_view derived_from = {};  ///< canonical
    std::string_view trigger_description, resource;
    Trigger trigger = Trigger::created;
    std::span<TopicFilter const> filters;
    bool names_patient = true;  ///< its filters have to say which patient; else they cannot
    /// Of IHE's catalogue: rest-hook only, and an update changes nothing but the status (C.4.1, C.4.7).
    bool ihe = false;

    bool offers(std::string_view filter) const;
};

/// Ours, <canonical_base>/SubscriptionTopic/patient-documents, first; then DSUBm's on DocumentReference.
std::vector<Topic> topics(std::string_view canonical_base);
/// `criteria` may carry |version. nullptr: unknown.
Topic const* find_topic(std::vector<Topic> const& topics, std::string_view criteria);

}  // namespace tributary::subscriptions
