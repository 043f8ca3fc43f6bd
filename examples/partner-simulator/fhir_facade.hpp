#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"
#include "examples/partner-simulator/search.hpp"

namespace tributary::simulator {

/// A request to one community. `path` comes after its base: "/Patient/_search"; "" for a page link.
struct FacadeRequest {
    std::string method, path;
    std::string query;  ///< as sent; the body of a POST _search is joined to it
    std::string accept;
};

/// Which delay and which fault apply to an answer.
enum class Step { none, patient_discovery, query_documents, retrieve_document };
struct FacadeAnswer {
    unsigned status = 200;
    std::string content_type = "application/fhir+json";
    std::string body;
    Step step = Step::none;
};

/// The FHIR R4 server of one community: metadata, Patient (search, read), DocumentReference (search with opaque page links, read), Binary. Pure: the same
/// request has the same answer. The Community outlives it.
class FhirFacade {
public:
    FhirFacade(Community const& community, std::string base)
        : community_(&community), base_(std::move(base)) {}
    FacadeAnswer answer(FacadeRequest const& request) const;
    std::string const& base() const { return base_; }

private:
    FacadeAnswer read(std::string_view type, std::string_view id, std::string_view accept) const;
    FacadeAnswer read_binary(std::string_view id, std::string_view accept) const;
    FacadeAnswer search(std::string_view type, std::string_view query) const;
    FacadeAnswer search_patients(std::vector<Criterion> const& criteria) const;
    FacadeAnswer search_documents(std::vector<Criterion> const& criteria, std::size_t offset) const;
    FacadeAnswer further_page(std::string_view query) const;
    std::string page_link(std::vector<Criterion> const& criteria, std::size_t offset) const;

    Community const* community_;
    std::string base_;
};

}  // namespace tributary::simulator
