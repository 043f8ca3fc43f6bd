#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "fhir/base/ascii.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/search/date_range.hpp"
#include "fhir/search/document_search.hpp"
#include "subscriptions/channel_reading.hpp"
#include "subscriptions/element_check.hpp"
#include "subscriptions/extensions.hpp"
#include "subscriptions/filter_reading.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;
using Problems = std::vector<Failure>;

void add(Problems& problems, Errc errc, std::string detail, std::string expression) {
    problems.push_back(Failure(errc, std::move(detail)).at(std::move(expression)));
}

bool is_absolute_uri(std::string_view criteria) {
    auto const scheme = ascii::lower(criteria.substr(0, criteria.find(':')));
    return criteria.find(':') != criteria.npos && (scheme == "http" || scheme == "https" || scheme == "urn");
}

/// ^/?[A-Z][A-Za-z]+(\?.*)?$
bool is_search(std::string_view criteria) {
    if (criteria.starts_with('/')) criteria.remove_prefix(1);
    auto const type = criteria.substr(0, criteria.find('?'));
    return fhir::is_type_name(type);
}

/// Source: subscriptions B4.3.
std::optional<Kind> read_kind(Value const& resource, Problems& problems) {
    auto const criteria = resource.text("criteria");
    if (criteria.empty()) {
        add(problems,
            Errc::required,
            "say what to be notified of: DocumentReference?… or a topic",
            "Subscription.criteria");
        return std::nullopt;
    }
    if (is_absolute_uri(criteria)) return Kind::topic;
    if (is_search(criteria)) return Kind::classic;
    add(problems,
        Errc::value,
        "neither a search such as DocumentReference?… nor the canonical of a topic",
        "Subscription.criteria");
    return std::nullopt;
}

/// Filters on criteria, and a refusal of everything else there: it may be a filter we would not apply. Source: subscriptions B4.1.
std::vector<Filter> read_filter_extensions(
    Value const& resource, std::optional<Kind> kind, Problems& problems
) {
    std::vector<Filter> filters;
    auto const* const sibling = resource.find("_criteria");
    if (sibling == nullptr) return filters;
    auto const* const list = sibling->find("extension");
    if (!sibling->is_object() || (list != nullptr && !list->is_array()))
        add(problems, Errc::value, "extensions are a list of objects", "Subscription.criteria.extension");
    auto const& marks = extensions(sibling);
    for (std::size_t i = 0; i < marks.size(); ++i) {
        auto const element = "Subscription.criteria.extension[" + std::to_string(i) + "]";
        if (marks[i].text("url") != kFilterCriteria) {
            add(problems,
                Errc::not_supported,
                "an extension on criteria that is not known here cannot be applied",
                element);
        } else if (kind == Kind::classic) {
            add(problems,
                Errc::business_rule,
                "filter-criteria needs a topic in criteria; put the filter into the search",
                element + ".value");
        } else if (marks[i].text("valueString").empty()) {
            add(problems, Errc::required, "a filter is a valueString", element + ".value");
        } else {
            filters.push_back({std::string(marks[i].text("valueString")), element + ".value"});
        }
    }
    return filters;
}

bool within_limit(
    Value const& resource, std::vector<Filter> const& filters, Rules const& rules, Problems& problems
) {
    auto size = resource.text("criteria").size();
    for (auto const& filter : filters) size += filter.text.size();
    if (size <= rules.criteria_limit) return true;
    add(problems,
        Errc::too_long,
        "criteria and filters are at most " + std::to_string(rules.criteria_limit) + " bytes",
        "Subscription.criteria");
    return false;
}

void read_topic(
    std::string_view criteria,
    std::vector<Filter> const& filters,
    Rules const& rules,
    Plan& plan,
    Problems& problems
) {
    auto const offered = topics(rules.canonical_base);
    auto const* const topic = find_topic(offered, criteria);
    if (topic == nullptr) {
        add(problems,
            Errc::not_supported,
            "Unknown or unsupported topic; offered is " + offered.front().canonical +
                ", others are listed in [base]/metadata",
            "Subscription.criteria");
        return;
    }
    plan.topic = topic->canonical;
    plan.trigger = topic->trigger;
    plan.ihe = topic->ihe;
    auto reading = read_filters(offered, *topic, filters, rules.base);
    plan.search = std::move(reading.search);
    for (auto& problem : reading.problems) problems.push_back(std::move(problem));
}

void read_search(std::string_view criteria, Rules const& rules, Plan& plan, Problems& problems) {
    auto reading = fhir::search::read_criteria(criteria, "Subscription.criteria", rules.base);
    plan.search = std::move(reading.search);
    for (auto const& failure : reading.problems) {
        // What is a bad request as a query string is a well-formed Subscription that cannot be accepted.
        auto const errc = failure.errc() == Errc::invalid || failure.errc() == Errc::malformed
                              ? Errc::value
                              : failure.errc();
        add(problems, errc, failure.detail(), failure.expression());
    }
}

/// Source: architecture 7.
void read_notify_progress(Value const& resource, Rules const& rules, Plan& plan, Problems& problems) {
    auto const url = rules.canonical_base + std::string(kNotifyProgress);
    auto const& marks = extensions(&resource);
    bool given = false;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        if (marks[i].text("url") != url) continue;
        auto const* const value = marks[i].find("valueBoolean");
        auto const* const wanted = value == nullptr ? nullptr : value->get<bool>();
        if (wanted == nullptr || std::exchange(given, true)) {
            add(problems,
                Errc::value,
                "notify-progress is given once, with valueBoolean true or false",
                "Subscription.extension[" + std::to_string(i) + "].value");
        } else {
            plan.notify_progress = *wanted;
        }
    }
}

bool is_instant(std::string_view text) {
    // YYYY-MM-DDThh:mm:ss[.f](Z|+hh:mm|-hh:mm)
    if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
    return text.ends_with('Z') ||
           (text.size() >= 25 && (text[text.size() - 6] == '+' || text[text.size() - 6] == '-'));
}

void read_end(Value const& resource, Plan& plan, Problems& problems) {
    auto const* const end = resource.find("end");
    if (end == nullptr) return;
    auto const range = is_instant(end->text()) ? fhir::search::read_date(end->text()) : std::nullopt;
    if (!range) {
        add(problems,
            Errc::value,
            "an instant has date, time with seconds, and zone: 2030-12-31T23:59:59Z",
            "Subscription.end");
        return;
    }
    plan.end = fhir::search::clock_time(range->from);
}

/// Where an extension of the backport is read; "" of any other.
std::string_view place_of(std::string_view url) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPlaces{{
        {kFilterCriteria, "Subscription.criteria"},
        {kPayloadContent, "Subscription.channel.payload"},
        {kChannelType, "Subscription.channel.type"},
        {kHeartbeatPeriod, "Subscription.channel"},
        {kTimeout, "Subscription.channel"},
        {kMaxCount, "Subscription.channel"},
    }};
    auto const* const found =
        std::find_if(kPlaces.begin(), kPlaces.end(), [&](auto const& place) { return place.first == url; });
    return found == kPlaces.end() ? std::string_view() : found->second;
}

/// Extensions of later versions say what the backport's say, and are not read; those of the backport are not read elsewhere, and a filter must not
/// be left out of the match; modifiers change what the rest means. Source: subscriptions B4.1, "cross-version extensions"; A5; E3-1.
void refuse_foreign_extensions(
    Value const& value, std::string const& path, Problems& problems, unsigned depth = 0
) {
    auto const* const members = value.get<Value::Object>();
    if (members == nullptr || depth > 16) return;
    for (auto const& [name, member] : *members) {
        auto const element = path + "." + (name.starts_with('_') ? name.substr(1) : name);
        for (std::size_t i = 0; i < member.items().size(); ++i) {
            auto const& item = member.items()[i];
            auto const item_path = element + "[" + std::to_string(i) + "]";
            auto const url = item.text("url");
            bool const cross_version = url.starts_with("http://hl7.org/fhir/") &&
                                       url.find("/StructureDefinition/extension-Subscription.") != url.npos;
            bool const identifier =
                url.ends_with("extension-Subscription.identifier") && path == "Subscription";
            if (name == "modifierExtension") {
                add(problems, Errc::not_supported, "modifier extensions are not understood here", item_path);
            } else if (name == "extension" && cross_version && !identifier &&
                       path != "Subscription.criteria") {
                add(problems,
                    Errc::not_supported,
                    "use the extensions of the Subscriptions R5 backport, not those of a later version",
                    item_path);
            } else if (auto const place = place_of(url);
                       name == "extension" && !place.empty() && path != place) {
                add(problems,
                    Errc::not_supported,
                    "this extension belongs to " + std::string(place) + ": here nobody would heed it",
                    item_path);
            }
            refuse_foreign_extensions(item, item_path, problems, depth + 1);
        }
        refuse_foreign_extensions(member, element, problems, depth + 1);
    }
}

/// Everything but status, reason and the rules that look at the clock.
Plan read_request(Value const& resource, Rules const& rules, Problems& problems) {
    Plan plan;
    auto const kind = read_kind(resource, problems);
    plan.kind = kind.value_or(Kind::classic);
    auto const filters = read_filter_extensions(resource, kind, problems);
    if (kind && within_limit(resource, filters, rules, problems)) {
        auto const criteria = resource.text("criteria");
        if (*kind == Kind::topic)
            read_topic(criteria, filters, rules, plan, problems);
        else
            read_search(criteria, rules, plan, problems);
    }
    read_channel(resource, kind, rules, plan, problems);
    if (plan.ihe && plan.channel.type == ChannelType::websocket) {
        add(problems,
            Errc::not_supported,
            "this topic is for rest-hook only; " + topics(rules.canonical_base).front().canonical +
                " may be followed over websocket",
            "Subscription.channel.type");
    }
    read_end(resource, plan, problems);
    read_notify_progress(resource, rules, plan, problems);
    refuse_foreign_extensions(resource, "Subscription", problems);
    return plan;
}

/// Source: subscriptions A2.
Status read_submitted_status(Value const& resource, Problems& problems) {
    auto const* const element = resource.find("status");
    auto const status = element == nullptr ? std::nullopt : read_status(element->text());
    if (element == nullptr) {
        add(problems, Errc::required, "write requested, or off", "Subscription.status");
    } else if (!status) {
        add(problems, Errc::value, "write requested, or off", "Subscription.status");
    } else if (*status == Status::error) {
        add(problems,
            Errc::business_rule,
            "only the server sets error: write requested, or off",
            "Subscription.status");
    }
    return status == Status::off ? Status::off : Status::requested;
}

}  // namespace

Reading read_subscription(
    Value const& resource, Rules const& rules, std::chrono::system_clock::time_point now
) {
    Reading reading;
    if (resource.text("resourceType") != "Subscription") {
        reading.problems.push_back(
            Failure(Errc::malformed, "a Subscription is expected here").at("resourceType")
        );
        return reading;
    }
    reading.status = read_submitted_status(resource, reading.problems);
    check_elements(resource, reading.problems);
    if (resource.text("reason").find_first_not_of(" \t\r\n") == std::string_view::npos)
        add(reading.problems, Errc::required, "say why it exists", "Subscription.reason");
    reading.plan = read_request(resource, rules, reading.problems);
    auto const& end = reading.plan.end;
    if (end && *end <= now && reading.status != Status::off)
        add(reading.problems,
            Errc::business_rule,
            "this end is past: write a later one, or none",
            "Subscription.end");
    return reading;
}

Result<Plan> read_plan(Value const& resource, Rules const& rules) {
    Rules accepted = rules;
    accepted.check_endpoint = nullptr;
    accepted.full_resource_over_http = true;
    accepted.criteria_limit = std::string::npos;
    Problems problems;
    auto plan = read_request(resource, accepted, problems);
    if (!problems.empty()) return problems.front();
    return plan;
}

Result<Plan> stored_plan(std::string_view text, Rules const& rules) {
    auto const resource = fhir::json::read(text);
    if (!resource) return Failure(Errc::storage, "a stored Subscription cannot be read");
    return read_plan(*resource, rules);
}

}  // namespace tributary::subscriptions
