#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tributary::net {

/// Header fields in their order, names compared without case. A value.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;
    Headers() = default;
    explicit Headers(std::vector<Field> fields) : fields_(std::move(fields)) {}
    /// The first of that name, "" where there is none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// Replaces all of that name.
    void set(std::string_view name, std::string value);
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<Field> fields_;
};

}  // namespace tributary::net
