#include "orchestrator/partner/patient_finder.hpp"

#include <algorithm>
#include <array>

#include "fhir/json/reader.hpp"
#include "fhir/search/comparison.hpp"
#include "orchestrator/partner/match_request.hpp"
#include "orchestrator/partner/read_body.hpp"

namespace tributary::partner {

using async::Deadline;

namespace {

constexpr int kReplacementDepth = 5;

/// "Not enough to search with" comes in these; what is a matter of rights looks the same.
bool is_refusal(unsigned status) { return status == 400 || status == 403 || status == 422; }

/// The operation is not there, or not for this question.
bool refuses_match(unsigned status) {
    static constexpr std::array<unsigned, 8> kRefusals{400, 403, 404, 405, 410, 415, 422, 501};
    return std::find(kRefusals.begin(), kRefusals.end(), status) != kRefusals.end();
}

/// The pair that every supplier must honour (ITI-78), of a longer query; "" where it is not in it.
std::string guaranteed_pair(fhir::search::PatientQuery const& query) {
    fhir::search::PatientQuery pair;
    for (auto const& parameter : query.parameters) {
        if (parameter.name == "family" || parameter.name == "birthdate") pair.parameters.push_back(parameter);
    }
    if (pair.parameters.size() < 2 || pair.parameters.size() == query.parameters.size()) return {};
    return pair.demographics();
}

fhir::PatientLink const* replacement(fhir::Patient const& patient) {
    auto const it =
        std::find_if(patient.links.begin(), patient.links.end(), [](fhir::PatientLink const& link) {
            return link.type == "replaced-by" && (!link.other.reference.empty() || link.other.identifier);
        });
    return it == patient.links.end() ? nullptr : &*it;
}

}  // namespace

PatientFinder::PatientFinder(FhirEndpoint& endpoint, async::Worker& worker, PartnerSettings const& settings)
    : endpoint_(endpoint),
      worker_(worker),
      method_(settings.discovery),
      page_size_(settings.page_size),
      patients_per_query_(settings.patients_per_query),
      partner_body_(settings.partner_body) {}

awaitable<Result<Candidates>> PatientFinder::find(Deadline deadline, fhir::search::PatientQuery query) {
    if (query.demographics().empty()) co_return Candidates();
    bool const forced = method_ == DiscoveryMethod::match;
    bool offered = method_ == DiscoveryMethod::automatic && match_offered_;
    MatchRequest request;
    if (forced || offered) request = make_match_request(query, page_size_);
    offered = offered && request.complete;
    Result<Candidates> found = Candidates();
    bool search_instead = !forced && !offered;
    if (!search_instead) {
        found = co_await match(deadline, std::move(request.body));
        search_instead = !forced && found.has_error() && refuses_match(found.error().http_status());
    }
    if (search_instead) {
        if (offered) match_offered_ = false;  // until its CapabilityStatement is read again
        found = co_await search(deadline, std::move(query));
    }
    if (found) co_await follow_replacements(deadline, *found);
    co_return found;
}

awaitable<Result<Candidates>> PatientFinder::match(Deadline deadline, std::string body) {
    auto response = co_await endpoint_.post(deadline, "Patient/$match", std::move(body));
    if (!response) co_return response.error();
    auto found = co_await read_pages(deadline, std::move(*response), &read_matches);
    if (!found) co_return found.error();
    co_return std::move(found->candidates);
}

/// All demographics; the guaranteed pair of them only where that was refused, or where the partner found somebody without applying the pair.
awaitable<Result<Candidates>> PatientFinder::search(Deadline deadline, fhir::search::PatientQuery query) {
    auto found = co_await search_for(deadline, query.demographics());
    auto const pair = guaranteed_pair(query);
    bool const unfiltered = found && !found->candidates.patients.empty() &&
                            (ignored(found->self, "family") || ignored(found->self, "birthdate"));
    bool const refused = found.has_error() && is_refusal(found.error().http_status());
    if (!pair.empty() && (unfiltered || refused)) {
        auto filtered = co_await search_for(deadline, pair);
        if (filtered || refused) found = std::move(filtered);
    }
    if (!found) co_return found.error();
    co_return std::move(found->candidates);
}

awaitable<Result<PatientFinder::Found>> PatientFinder::search_for(
    Deadline deadline, std::string demographics
) {
    auto query = demographics + "&_count=" + std::to_string(page_size_);
    auto response = co_await endpoint_.search(deadline, "Patient", std::move(query));
    if (!response) co_return response.error();
    co_return co_await read_pages(deadline, std::move(*response), &read_patients);
}

awaitable<Result<PatientFinder::Found>> PatientFinder::read_pages(
    Deadline deadline, net::ClientResponse response, Read read
) {
    Found found;
    auto& candidates = found.candidates;
    auto policy = endpoint_.links();
    policy.entries_per_query = patients_per_query_;
    auto const trail = std::make_shared<PageTrail>();
    while (true) {
        if (response.status == 404) {
            auto look = [&body = response.body] { return says_domain_unknown(body); };
            auto const unknown = co_await async::run_by_size(worker_, response.body.size(), std::move(look));
            if (!unknown) co_return Failure(unknown.error());
            if (*unknown) co_return found;
        }
        if (!response.success()) co_return endpoint_.refused(response);
        auto const url = response.final_url;
        candidates.bytes += response.wire_bytes;
        auto answer = co_await read_body(worker_, std::move(response.body), read);
        if (!answer) co_return answer.error();
        auto& patients = candidates.patients;
        std::move(answer->patients.begin(), answer->patients.end(), std::back_inserter(patients));
        bool const too_many = patients.size() > patients_per_query_;
        if (too_many) patients.resize(patients_per_query_);
        if (trail->pages == 0) found.self = std::move(answer->self);
        auto const next = next_page(policy, trail, url, answer->page);
        candidates.partial = candidates.partial || answer->partial || next.cut_short || too_many;
        if (!next.page || too_many) co_return found;
        auto next_url = net::parse_url(next.page->url);
        if (!next_url) co_return next_url.error();
        auto further = co_await endpoint_.get(deadline, std::move(*next_url), kFhirJson, partner_body_);
        if (!further) co_return further.error();
        response = std::move(*further);
    }
}

/// Puts the survivor in the place of each Patient that was replaced; one that cannot be read leaves the answer partial.
awaitable<void> PatientFinder::follow_replacements(Deadline deadline, Candidates& candidates) {
    People known;
    for (auto const& patient : candidates.patients) known.insert(patient.id);
    std::vector<fhir::Patient> kept;
    for (auto& patient : candidates.patients) {
        auto survivor = co_await survivor_of(deadline, std::move(patient), known);
        if (!survivor) {
            candidates.partial = true;
        } else if (*survivor) {
            kept.push_back(std::move(**survivor));
        }
    }
    candidates.patients = std::move(kept);
}

/// Who has replaced the Patient in the end, or the Patient itself; nobody when that one is known already, or when the chain turns in a circle.
awaitable<Result<std::optional<fhir::Patient>>> PatientFinder::survivor_of(
    Deadline deadline, fhir::Patient patient, People& known
) {
    for (int depth = 0; replacement(patient) != nullptr; ++depth) {
        auto const other = replacement(patient)->other;
        bool const seen =
            !other.reference.empty() && known.contains(std::string(fhir::reference_id(other.reference)));
        if (seen || depth == kReplacementDepth) co_return std::optional<fhir::Patient>();
        auto next = co_await read_survivor(deadline, other);
        if (!next) co_return next.error();
        if (!known.insert(next->id).second) co_return std::optional<fhir::Patient>();
        patient = std::move(*next);
    }
    co_return std::optional<fhir::Patient>(std::move(patient));
}

/// By its reference, or, where there is only a business identifier, by a search for that.
awaitable<Result<fhir::Patient>> PatientFinder::read_survivor(Deadline deadline, fhir::Reference survivor) {
    if (survivor.reference.empty()) {
        fhir::search::PatientQuery query;
        auto const& identifier = *survivor.identifier;
        query.parameters.push_back(
            {"identifier", "", {fhir::search::token_query(identifier.system, identifier.value)}}
        );
        auto found = co_await search_for(deadline, query.demographics());
        if (!found) co_return found.error();
        if (found->candidates.patients.size() != 1) co_return Failure(Errc::not_found);
        co_return std::move(found->candidates.patients.front());
    }
    auto url = net::resolve(endpoint_.links().base, survivor.reference);
    if (!url) co_return url.error();
    if (fhir::reference_type(survivor.reference) != "Patient" || !is_own(endpoint_.links(), *url))
        co_return Failure(Errc::refused_address);
    auto response = co_await endpoint_.get(deadline, std::move(*url), kFhirJson, partner_body_);
    if (!response) co_return response.error();
    if (!response->success()) co_return endpoint_.refused(*response);
    auto read = [](std::string const& body) -> Result<fhir::Patient> {
        auto resource = fhir::json::read(body);
        if (!resource) return resource.error();
        return fhir::read_patient(std::move(*resource));
    };
    co_return co_await read_body(worker_, std::move(response->body), std::move(read));
}

}  // namespace tributary::partner
