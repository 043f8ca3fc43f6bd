#include "subscriptions/element_check.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;

constexpr unsigned kDeepest = 16;
constexpr std::string_view kBackport = "http://hl7.org/fhir/uv/subscriptions-backport/";

enum class Shape { text, texts, object, objects, read };  // read: its reader checks it

struct Element {
    std::string_view name;
    Shape shape;
};
constexpr std::array kSubscription{
    Element{"resourceType", Shape::read},
    Element{"id", Shape::text},
    Element{"meta", Shape::object},
    Element{"implicitRules", Shape::read},
    Element{"language", Shape::text},
    Element{"text", Shape::object},
    Element{"contained", Shape::objects},
    Element{"extension", Shape::objects},
    Element{"modifierExtension", Shape::objects},
    Element{"status", Shape::read},
    Element{"contact", Shape::objects},
    Element{"end", Shape::read},
    Element{"reason", Shape::read},
    Element{"criteria", Shape::read},
    Element{"error", Shape::text},
    Element{"channel", Shape::read},
};
constexpr std::array kChannel{
    Element{"id", Shape::text},
    Element{"extension", Shape::objects},
    Element{"modifierExtension", Shape::objects},
    Element{"type", Shape::read},
    Element{"endpoint", Shape::read},
    Element{"payload", Shape::read},
    Element{"header", Shape::read},
};
constexpr std::array kMeta{
    Element{"versionId", Shape::text},
    Element{"lastUpdated", Shape::text},
    Element{"source", Shape::text},
    Element{"profile", Shape::texts},
    Element{"security", Shape::objects},
    Element{"tag", Shape::objects},
};

bool is_list(Value const& value, bool (*fits)(Value const&)) {
    auto const& items = value.items();
    return value.is_array() && !items.empty() && std::all_of(items.begin(), items.end(), fits);
}

/// What the value should be; "" it is.
std::string_view wanted(Shape shape, Value const& value) {
    auto const is_text = [](Value const& item) { return item.is_string() && !item.text().empty(); };
    auto const is_object = [](Value const& item) { return item.is_object(); };
    switch (shape) {
        case Shape::text:
            return is_text(value) ? "" : "a string that is not empty";
        case Shape::texts:
            return is_list(value, is_text) ? "" : "a list of strings";
        case Shape::object:
            return is_object(value) ? "" : "an object";
        case Shape::objects:
            return is_list(value, is_object) ? "" : "a list of objects, or left out";
        case Shape::read:
            break;
    }
    return "";
}

class Checker {
public:
    explicit Checker(std::vector<Failure>& problems) : problems_(problems) {}

    void check(Value const& object, std::span<Element const> elements, std::string const& path, bool open) {
        auto const* const members = object.get<Value::Object>();
        if (members == nullptr) return;
        for (auto const& [name, value] : *members) {
            std::string_view const bare = name.starts_with('_') ? std::string_view(name).substr(1) : name;
            auto const known = std::find_if(elements.begin(), elements.end(), [&](Element const& element) {
                return element.name == bare;
            });
            if (known == elements.end()) {
                if (!open) problem("a Subscription of R4 has no such element", path + "." + name);
            } else if (auto const shape = wanted(known->shape, value); bare == name && !shape.empty()) {
                problem("this is " + std::string(shape), path + "." + name);
            } else if (bare != name) {
                check_sibling(value, path + "." + name);
                for (std::size_t i = 0; i < value.items().size(); ++i)
                    check_sibling(value.items()[i], path + "." + name + "[" + std::to_string(i) + "]");
            }
        }
    }
    void check_extensions(Value const& value, std::string const& path, unsigned depth = 0) {
        if (depth > kDeepest) return;
        if (auto const* const members = value.get<Value::Object>()) {
            for (auto const& [name, member] : *members) {
                auto const element =
                    path + "." + (name.starts_with('_') ? name.substr(1) : std::string(name));
                check_list(member, element, name == "extension", depth);
                check_extensions(member, element, depth + 1);
            }
        }
    }
    void problem(std::string detail, std::string expression) {
        problems_.push_back(Failure(Errc::value, std::move(detail)).at(std::move(expression)));
    }

private:
    /// What stands beside a primitive element.
    void check_sibling(Value const& sibling, std::string const& path) {
        auto const* const members = sibling.get<Value::Object>();
        if (members == nullptr) return;
        for (auto const& [name, value] : *members) {
            if (name != "id" && name != "extension" && name != "modifierExtension")
                problem("an id and extensions may stand here, nothing else", path + "." + name);
        }
    }
    void check_list(Value const& list, std::string const& path, bool extensions, unsigned depth) {
        for (std::size_t i = 0; i < list.items().size(); ++i) {
            auto const element = path + "[" + std::to_string(i) + "]";
            if (extensions) check_extension(list.items()[i], element);
            check_extensions(list.items()[i], element, depth + 1);
        }
    }
    void check_extension(Value const& extension, std::string const& element) {
        auto const* const members = extension.get<Value::Object>();
        if (members == nullptr) return;
        auto const values = std::count_if(members->begin(), members->end(), [](auto const& member) {
            return member.first.starts_with("value");
        });
        bool const nested = extension.find("extension") != nullptr;
        auto const url = extension.text("url");
        if (url.empty()) problem("an extension has a url", element + ".url");
        if (values + (nested ? 1 : 0) > 1)
            problem("an extension has one value, or extensions of its own", element);
        if (values == 0 && !nested && !url.starts_with(kBackport))
            problem("an extension has a value, or extensions of its own", element);
    }

    std::vector<Failure>& problems_;
};

}  // namespace

void check_elements(Value const& resource, std::vector<Failure>& problems) {
    Checker checker(problems);
    checker.check(resource, kSubscription, "Subscription", false);
    if (auto const* const channel = resource.find("channel"))
        checker.check(*channel, kChannel, "Subscription.channel", false);
    if (auto const* const meta = resource.find("meta")) checker.check(*meta, kMeta, "Subscription.meta", true);
    if (resource.find("implicitRules") != nullptr)
        checker.problem("implicit rules are not understood here: leave them out", "Subscription.implicitRules");
    checker.check_extensions(resource, "Subscription");
}

}  // namespace tributary::subscriptions
