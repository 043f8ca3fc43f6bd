#include "fhir/resources/prune.hpp"

#include <algorithm>
#include <string>

namespace tributary::fhir {

namespace {

using json::Value;

bool is_empty(Value const& value) {
    if (auto const* text = value.get<std::string>()) return text->empty();
    if (auto const* items = value.get<Value::Array>()) return items->empty();
    if (auto const* members = value.get<Value::Object>()) return members->empty();
    return value.is_null();
}

/// Is there a list beside this one whose items belong to the same places?
bool has_companion(Value const& object, std::string const& name) {
    auto const* companion = object.find(name.starts_with('_') ? name.substr(1) : '_' + name);
    return companion != nullptr && companion->is_array();
}

void prune_list(Value::Array& items, bool keep_places) {
    for (auto& item : items) {
        prune(item);
        if (keep_places && is_empty(item)) item = Value();
    }
    if (!keep_places) {
        std::erase_if(items, is_empty);
    } else if (std::all_of(items.begin(), items.end(), is_empty)) {
        items.clear();
    }
}

/// ext-1: an extension says something, by a value or by extensions of its own.
void drop_silent_extensions(Value::Array& extensions) {
    std::erase_if(extensions, [](Value const& extension) {
        auto const* members = extension.get<Value::Object>();
        return members != nullptr && members->size() == 1 && members->front().first == "url";
    });
}

}  // namespace

void prune(json::Value& value) {
    if (auto* items = value.get<Value::Array>()) prune_list(*items, false);
    auto* members = value.get<Value::Object>();
    if (members == nullptr) return;
    for (auto& [name, member] : *members) {
        if (auto* items = member.get<Value::Array>()) {
            prune_list(*items, has_companion(value, name));
            if (name == "extension" || name == "modifierExtension") drop_silent_extensions(*items);
        } else {
            prune(member);
        }
    }
    std::erase_if(*members, [](Value::Member const& member) { return is_empty(member.second); });
}

}  // namespace tributary::fhir
