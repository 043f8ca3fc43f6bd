#include "examples/partner-simulator/network.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tributary::simulator {
namespace {

template <class T>
T const* find_by_id(std::vector<T> const& items, std::string_view id) {
    auto const found =
        std::find_if(items.begin(), items.end(), [id](T const& item) { return item.id == id; });
    return found == items.end() ? nullptr : &*found;
}

}  // namespace

Bytes::Bytes(std::string text) {
    auto const digest = tributary::sha1(text);
    held_ = std::make_shared<Held const>(Held{std::move(text), digest});
}

std::string_view wire(CopyClass copy_class) {
    constexpr std::array<std::string_view, 10> kNames = {
        "original",
        "exact-copy",
        "without-unique-id",
        "other-spelling",
        "re-serialised",
        "conflict",
        "new-version",
        "sample-id",
        "retracted",
        "twice"
    };
    return kNames.at(static_cast<std::size_t>(copy_class));
}

Identifier uri_identifier(std::string uri) { return {"urn:ietf:rfc:3986", std::move(uri)}; }

std::vector<HumanName> real_names(Patient const& patient) {
    std::vector<HumanName> names{{"official", patient.given, patient.family}};
    for (auto const& name : patient.other_names) {
        bool const alias = name.use == "nickname" || name.use == "old" || name.use == "anonymous";
        if (!alias) names.push_back(name);
    }
    return names;
}

std::string patient_domain(Community const& community) {
    auto const& home = community.home_community_id;
    return "urn:oid:2.999.8" + home.substr(home.rfind('.'));
}

Community const* find_community(Network const& network, std::string_view id) {
    return find_by_id(network.communities, id);
}

Patient const* find_patient(Community const& community, std::string_view id) {
    return find_by_id(community.patients, id);
}

}  // namespace tributary::simulator
