#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"
#include "examples/partner-simulator/search.hpp"
#include "examples/partner-simulator/searchset.hpp"
#include "examples/partner-simulator/shelf.hpp"
#include "fhir/json/value.hpp"

namespace tributary::simulator {

/// A request to one community. `path` comes after its base: "/Patient/_search"; "" for a page link.
struct FacadeRequest {
    std::string method, path;
    std::string query;  ///< as sent
    std::string accept;
    std::string body = {};
};

/// Which delay and which fault apply to an answer.
enum class Step { none, token, patient_discovery, query_documents, retrieve_document };
constexpr std::size_t kSteps = 5;
std::string_view wire(Step step);

struct FacadeAnswer {
    unsigned status = 200;
    std::string content_type = "application/fhir+json";
    std::string body;
    Step step = Step::none;
    bool found = true;  ///< false: a search found nothing

    static FacadeAnswer resource(fhir::json::Value const& resource, Step step, unsigned status = 200);
};

/// The FHIR R4 server of one community: metadata, Patient (search, read, and what its family offers: $match, $ihe-pix), DocumentReference (search with
/// opaque page links, read), Binary. Pure: the same request has the same answer. The Community outlives it and does not change.
class FhirFacade {
public:
    FhirFacade(Community const& community, std::string base)
        : community_(&community), base_(std::move(base)), shelf_(community, base_) {}
    FacadeAnswer answer(FacadeRequest const& request) const;
    std::string const& base() const { return base_; }

private:
    FacadeAnswer operation(std::string_view name, FacadeRequest const& request) const;
    FacadeAnswer match(std::string_view body) const;
    FacadeAnswer read(std::string_view type, std::string_view id, std::string_view accept) const;
    FacadeAnswer read_binary(std::string_view id, std::string_view accept) const;
    FacadeAnswer search_patients(std::vector<Criterion> const& criteria) const;
    FacadeAnswer search_documents(std::vector<Criterion> const& criteria, std::size_t offset) const;
    FacadeAnswer further_page(std::string_view token) const;
    std::string page_link(std::vector<Criterion> const& criteria, std::size_t offset) const;
    FacadeAnswer give(Searchset searchset, Step step) const;

    Community const* community_;
    std::string base_;
    Shelf shelf_;
};

}  // namespace tributary::simulator
