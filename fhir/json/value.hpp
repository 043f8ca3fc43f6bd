#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tributary::fhir::json {

/// A number as written: 1.10 stays 1.10.
struct Number {
    std::string text;
    bool operator==(Number const&) const = default;
};

/// JSON text that is already serialised; the writer puts it out as it is. Never made by the reader.
struct Raw {
    std::string text;
    bool operator==(Raw const&) const = default;
};

/// A JSON value kept faithfully: order of members, unknown members, numbers as written. A plain value type.
/// Access never aborts: a look at the wrong type answers "not there".
class Value {
public:
    using Array = std::vector<Value>;
    using Member = std::pair<std::string, Value>;
    using Object = std::vector<Member>;
    using Content = std::variant<std::monostate, bool, Number, std::string, Array, Object, Raw>;

    Value() = default;
    Value(bool value) : content_(value) {}
    Value(std::string value) : content_(std::move(value)) {}
    Value(std::string_view value) : content_(std::string(value)) {}
    Value(char const* value) : content_(std::string(value)) {}
    Value(Number value) : content_(std::move(value)) {}
    Value(Array value) : content_(std::move(value)) {}
    Value(Object value) : content_(std::move(value)) {}
    Value(Raw value) : content_(std::move(value)) {}
    template <std::integral T>
        requires(!std::is_same_v<T, bool> && !std::is_same_v<T, char>)
    Value(T value) : content_(Number{std::to_string(value)}) {}

    bool is_null() const { return std::holds_alternative<std::monostate>(content_); }
    bool is_object() const { return get<Object>() != nullptr; }
    bool is_array() const { return get<Array>() != nullptr; }
    bool is_string() const { return get<std::string>() != nullptr; }
    template <class T>
    T const* get() const {
        return std::get_if<T>(&content_);
    }
    template <class T>
    T* get() {
        return std::get_if<T>(&content_);
    }

    /// Calls the visitor with what this holds: std::monostate (null), bool, Number, std::string, Array, Object or Raw.
    template <class Visitor>
    decltype(auto) visit(Visitor&& visitor) const {
        return std::visit(std::forward<Visitor>(visitor), content_);
    }

    /// The member, or nullptr where this is no object or has none of that name.
    Value const* find(std::string_view name) const;
    Value* find(std::string_view name);
    /// The member of a member …, or nullptr: at("channel", "type").
    template <class... Names>
    Value const* at(std::string_view first, Names... rest) const {
        Value const* value = find(first);
        if constexpr (sizeof...(rest) == 0) {
            return value;
        } else {
            return value == nullptr ? nullptr : value->at(rest...);
        }
    }
    /// The text of a string, "" for anything else.
    std::string_view text() const;
    /// The text of a string member, "" where there is none.
    std::string_view text(std::string_view name) const;
    /// The items of an array member, empty where there is none.
    Array const& items(std::string_view name) const;
    /// The items of this array, empty where this is none.
    Array const& items() const;

    /// Replaces or appends the member. Precondition: this is an object or null (which becomes one).
    Value& set(std::string_view name, Value value);
    /// True: it was there.
    bool erase(std::string_view name);
    /// Appends. Precondition: this is an array or null (which becomes one).
    Value& push(Value value);

    bool operator==(Value const&) const = default;

private:
    Content content_;
};

/// object({{"resourceType", "Bundle"}, {"type", "searchset"}}). P1: never inside a statement with co_await.
Value object(std::initializer_list<Value::Member> members);
Value array(std::vector<Value> items = {});

}  // namespace tributary::fhir::json
