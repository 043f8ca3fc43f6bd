#include "subscriptions/filter_reading.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "fhir/search/document_search.hpp"
#include "fhir/search/parameter.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::search::Parameter;

template <class Fits>
std::string offered(Topic const& topic, Fits fits) {
    std::string names;
    for (auto const& filter : topic.filters) {
        if (!fits(filter.name)) continue;
        if (!names.empty()) names += ", ";
        names += filter.name;
    }
    return names;
}
std::string offered(Topic const& topic) {
    return offered(topic, [](std::string_view) { return true; });
}

/// Those by which one patient can be told from others: fhir::search::names_patient().
std::string offered_for_patient(Topic const& topic) {
    return offered(topic, [](std::string_view name) {
        return name.starts_with("patient") && name != "patient.gender";
    });
}

/// Reads the filter strings of one Subscription into one search.
class FilterReader {
public:
    FilterReader(Topic const& ours, Topic const& topic, std::string_view base)
        : ours_(ours), topic_(topic), base_(base) {}

    void read(Filter const& filter) {
        auto const pairs = without_type(filter);
        if (!pairs || !well_formed(*pairs, filter)) return;
        auto parsed = fhir::search::parse_query(*pairs, fhir::search::EmptyValues::refused);
        if (!parsed) {
            problem(Errc::value, parsed.error().detail(), filter);
            return;
        }
        read_parameters(std::move(*parsed), filter);
    }
    FilterReading finish(bool given) && {
        if (reading_.problems.empty() && topic_.names_patient && !names_patient(reading_.search.patient))
            reading_.problems.push_back(
                Failure(
                    Errc::required,
                    std::string(given ? "the filters name no patient" : "a filter is needed") +
                        ": use one of " + offered_for_patient(topic_)
                )
                    .at("Subscription.criteria")
            );
        return std::move(reading_);
    }

private:
    void problem(Errc errc, std::string detail, Filter const& filter) {
        reading_.problems.push_back(Failure(errc, std::move(detail)).at(filter.at));
    }

    /// The pairs after an optional "Type?" or "Type.". Source: subscriptions B5.
    std::optional<std::string_view> without_type(Filter const& filter) {
        std::string_view const text = filter.text;
        auto const end = text.substr(0, text.find('=')).find_first_of(".?");
        if (end == text.npos || !fhir::is_type_name(text.substr(0, end))) return text;
        if (text.substr(0, end) == "DocumentReference") return text.substr(end + 1);
        problem(Errc::not_supported, "this topic is about DocumentReference", filter);
        return std::nullopt;
    }

    bool well_formed(std::string_view pairs, Filter const& filter) {
        while (true) {
            auto const end = pairs.find('&');
            auto const pair = pairs.substr(0, end);
            auto const equals = pair.find('=');
            if (equals == pair.npos || equals == 0 || equals + 1 == pair.size()) {
                problem(Errc::value, "a filter is parameter=value", filter);
                return false;
            }
            if (end == pairs.npos) return true;
            pairs.remove_prefix(end + 1);
        }
    }

    void read_parameters(std::vector<Parameter> parameters, Filter const& filter) {
        auto const asked = parameters.size();
        auto reading = fhir::search::read_document_search(
            std::move(parameters), base_, fhir::search::Impossible::refused
        );
        for (auto const& unknown : reading.unknown) refuse(unknown.name, filter);
        for (auto const& failure : reading.problems)
            problem(
                failure.errc() == Errc::invalid || failure.errc() == Errc::malformed ? Errc::value
                                                                                     : failure.errc(),
                failure.detail(),
                filter
            );
        std::erase_if(reading.search.filters, [&](Parameter const& parameter) {
            return !offers(parameter.name, filter);
        });
        check_codes(reading.search, filter.at, reading_.problems);
        if (asked == 0) problem(Errc::value, "a filter is parameter=value", filter);
        for (auto& parameter : reading.search.filters) {
            check_single(parameter.name, parameter.values.size(), filter);
            reading_.search.filters.push_back(std::move(parameter));
        }
        for (auto& parameter : reading.search.patient.parameters) {
            auto const name = "patient." + parameter.name;
            if (!offers(name, filter)) continue;
            check_single(name, parameter.values.size(), filter);
            reading_.search.patient.parameters.push_back(std::move(parameter));
        }
        auto& references = reading.search.patient.references;
        if (!references.empty() && offers("patient", filter)) {
            check_single("patient", references.size(), filter);
            add_references(std::move(references), filter);
        }
    }
    /// References of one filter are alternatives; those of two filters must both hold.
    void add_references(std::vector<std::string> ids, Filter const& filter) {
        auto& known = reading_.search.patient.references;
        if (ids.empty()) return;
        if (known.empty()) {
            known = std::move(ids);
            return;
        }
        std::erase_if(known, [&ids](std::string const& id) {
            return std::find(ids.begin(), ids.end(), id) == ids.end();
        });
        if (known.empty()) problem(Errc::value, "no patient is both of those asked for", filter);
    }
    bool offers(std::string const& name, Filter const& filter) {
        if (topic_.offers(name)) return true;
        refuse(name, filter);
        return false;
    }
    void check_single(std::string const& name, std::size_t values, Filter const& filter) {
        auto const has_name = [&name](TopicFilter const& one) { return one.name == name; };
        auto const offer = std::find_if(topic_.filters.begin(), topic_.filters.end(), has_name);
        if (values > 1 && offer->single)
            problem(Errc::value, "the topic takes one value of " + name + ", no alternatives", filter);
    }
    void refuse(std::string const& name, Filter const& filter) {
        auto words =
            "Filter parameter '" + name + "' is not defined by the topic; it offers " + offered(topic_);
        if (ours_.offers(name)) words += ". The topic " + ours_.canonical + " offers " + name;
        problem(Errc::not_supported, std::move(words), filter);
    }

    Topic const& ours_;
    Topic const& topic_;
    std::string_view base_;
    FilterReading reading_;
};

}  // namespace

FilterReading read_filters(
    std::vector<Topic> const& offered,
    Topic const& topic,
    std::vector<Filter> const& filters,
    std::string_view base
) {
    FilterReader reader(offered.front(), topic, base);
    for (auto const& filter : filters) reader.read(filter);
    return std::move(reader).finish(!filters.empty());
}

}  // namespace tributary::subscriptions
