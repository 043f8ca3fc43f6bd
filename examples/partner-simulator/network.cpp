#include "examples/partner-simulator/network.hpp"

#include <algorithm>

namespace tributary::simulator {
namespace {

template <class T>
T const* find_by_id(std::vector<T> const& items, std::string_view id) {
    auto const found =
        std::find_if(items.begin(), items.end(), [id](T const& item) { return item.id == id; });
    return found == items.end() ? nullptr : &*found;
}

}  // namespace

std::string_view wire(CopyClass copy_class) {
    return copy_class == CopyClass::original ? "original" : "exact-copy";
}

Community const* find_community(Network const& network, std::string_view id) {
    return find_by_id(network.communities, id);
}

Patient const* find_patient(Community const& community, std::string_view id) {
    return find_by_id(community.patients, id);
}

}  // namespace tributary::simulator
