#include "orchestrator/net/http_message.hpp"

#include <algorithm>

#include "fhir/base/ascii.hpp"

namespace tributary::net {

std::string_view Headers::get(std::string_view name) const {
    for (Field const& field : fields_) {
        if (ascii::equal_without_case(field.first, name)) return field.second;
    }
    return {};
}

bool Headers::has(std::string_view name) const {
    return std::any_of(begin(), end(), [name](Field const& field) {
        return ascii::equal_without_case(field.first, name);
    });
}

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [name](Field const& field) {
        return ascii::equal_without_case(field.first, name);
    });
    add(std::string(name), std::move(value));
}

}  // namespace tributary::net
