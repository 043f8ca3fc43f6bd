#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

/// What a community holds, found without a search and rendered once. The Community outlives it and does not change.
class Shelf {
public:
    Shelf(Community const& community, std::string base);

    Document const* find_document(std::string_view id) const;
    Content const* find_binary(std::string_view id) const;
    /// The documents that appear in that patient's answers.
    std::vector<Document const*> const& listed_for(std::string_view patient) const;
    std::vector<Document const*> const& all() const { return all_; }
    /// The DocumentReference as JSON text.
    std::string const& text(Document const& document) const;

private:
    Community const* community_;
    std::string base_;
    std::vector<Document const*> all_;
    std::unordered_map<std::string_view, Document const*> documents_;
    std::unordered_map<std::string_view, Content const*> binaries_;
    std::unordered_map<std::string_view, std::vector<Document const*>> listed_;
    mutable std::unordered_map<Document const*, std::string> texts_;
};

}  // namespace tributary::simulator
