#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/generator/source_data.hpp"
#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

/// Puts each document at its home among the communities that know its patient, and copies of some of them elsewhere, in every class of fixture.md 2.
/// Used once, within generate().
class DocumentSpread {
public:
    using KnownAt = std::map<std::string, std::vector<std::string>>;
    DocumentSpread(Network& network, SourceData const& data, KnownAt const& known_at, std::uint64_t seed);
    void place_all();

private:
    struct Home {
        SourcePerson const& person;
        SourceDocument const& source;
        Family family;                    ///< of the home
        Document document;                ///< as it is there
        std::vector<std::string> others;  ///< communities that know the patient too, nearest first
    };
    void place(SourcePerson const& person, SourceDocument const& source);
    void copy_to(Home const& home, std::string const& community, CopyClass copy_class);
    Document other_document(Home const& home, Family family, CopyClass copy_class) const;
    void add_sample_id(Home& home);
    SourcePerson const* nearest_stranger(Home const& home) const;
    std::string const* unused_sample_id(std::string const& person, std::string const& other);
    void put(std::string const& id, SourcePerson const& person, std::string const& key, Document document);
    double drawn(std::string_view what, SourceDocument const& source, std::string_view where = {}) const;

    std::map<std::string, Community*, std::less<>> communities_;
    SourceData const& data_;
    KnownAt const& known_at_;
    std::uint64_t seed_;
    std::map<std::string, std::set<std::string>> sample_ids_;  ///< in use, by person
};

}  // namespace tributary::simulator
