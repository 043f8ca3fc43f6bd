#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/search/document_search.hpp"
#include "fhir/search/parameter.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

/// One condition of a search for Subscriptions; its values are alternatives. All conditions of a search have to hold.
struct SearchClause {
    std::string parameter;            ///< "_id", "status", "_lastUpdated", or that of SearchKeys
    std::vector<std::string> values;  ///< spelt as SearchKeys are
    bool prefix = false;              ///< what begins with a value fits as well
};
/// A spelling under which a stored Subscription is found.
struct SearchKey {
    std::string_view parameter;
    std::string value;
};

/// What is offered, as the CapabilityStatement lists it. Source: subscriptions A8, B2.
std::vector<fhir::search::Definition> const& search_parameters();

/// Takes the parameters that are offered out of the list. A status that no Subscription can have is left as it is written: it finds nothing. Errors: invalid for a value or modifier that cannot be understood.
Result<std::vector<SearchClause>> take_search_clauses(
    std::vector<fhir::search::Parameter>& parameters, Rules const& rules
);

/// Of a stored Subscription and its Plan; _id, status and _lastUpdated are not among them.
std::vector<SearchKey> search_keys(fhir::json::Value const& resource, Plan const& plan);

}  // namespace tributary::subscriptions
