#include "fhir/json/value.hpp"

#include <algorithm>
#include <cassert>

namespace tributary::fhir::json {

namespace {

Value::Array const kNoItems;

template <class Object>
auto find_member(Object& object, std::string_view name) {
    return std::find_if(object.begin(), object.end(), [name](auto const& member) {
        return member.first == name;
    });
}

}  // namespace

Value const* Value::find(std::string_view name) const {
    auto const* members = get<Object>();
    if (members == nullptr) return nullptr;
    auto const found = find_member(*members, name);
    return found == members->end() ? nullptr : &found->second;
}

Value* Value::find(std::string_view name) { return const_cast<Value*>(std::as_const(*this).find(name)); }

std::string_view Value::text() const {
    auto const* string = get<std::string>();
    return string == nullptr ? std::string_view() : std::string_view(*string);
}

std::string_view Value::text(std::string_view name) const {
    auto const* member = find(name);
    return member == nullptr ? std::string_view() : member->text();
}

Value::Array const& Value::items(std::string_view name) const {
    auto const* member = find(name);
    return member == nullptr ? kNoItems : member->items();
}

Value::Array const& Value::items() const {
    auto const* array = get<Array>();
    return array == nullptr ? kNoItems : *array;
}

Value& Value::set(std::string_view name, Value value) {
    if (is_null()) content_ = Object{};
    auto* members = get<Object>();
    assert(members != nullptr);
    auto const found = find_member(*members, name);
    if (found != members->end()) return found->second = std::move(value);
    return members->emplace_back(std::string(name), std::move(value)).second;
}

bool Value::erase(std::string_view name) {
    auto* members = get<Object>();
    if (members == nullptr) return false;
    auto const found = find_member(*members, name);
    if (found == members->end()) return false;
    members->erase(found);
    return true;
}

Value& Value::push(Value value) {
    if (is_null()) content_ = Array{};
    auto* array = get<Array>();
    assert(array != nullptr);
    return array->emplace_back(std::move(value));
}

Value object(std::initializer_list<Value::Member> members) { return Value(Value::Object(members)); }

Value array(std::vector<Value> items) { return Value(std::move(items)); }

}  // namespace tributary::fhir::json
