#include "examples/partner-simulator/shelf.hpp"

#include "examples/partner-simulator/resources.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

template <class Map>
auto find_in(Map const& map, std::string_view key) -> typename Map::mapped_type {
    auto const found = map.find(key);
    return found == map.end() ? nullptr : found->second;
}

}  // namespace

Shelf::Shelf(Community const& community, std::string base) : community_(&community), base_(std::move(base)) {
    for (auto const& document : community.documents) {
        all_.push_back(&document);
        documents_.emplace(document.id, &document);
        listed_[document.listed_for].push_back(&document);
        for (auto const& content : document.contents) {
            if (content.delivery != Delivery::inline_data) binaries_.emplace(content.binary_id, &content);
        }
    }
}

Document const* Shelf::find_document(std::string_view id) const { return find_in(documents_, id); }

Content const* Shelf::find_binary(std::string_view id) const { return find_in(binaries_, id); }

std::vector<Document const*> const& Shelf::listed_for(std::string_view patient) const {
    static std::vector<Document const*> const none;
    auto const found = listed_.find(patient);
    return found == listed_.end() ? none : found->second;
}

std::string const& Shelf::text(Document const& document) const {
    auto const [place, fresh] = texts_.try_emplace(&document);
    if (fresh) place->second = fhir::json::write(to_resource(*community_, document, base_));
    return place->second;
}

}  // namespace tributary::simulator
