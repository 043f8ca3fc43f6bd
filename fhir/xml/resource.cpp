#include "fhir/xml/resource.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tributary::fhir::xml {

namespace {

enum class Form {
    text,      ///< its attribute `value`
    texts,     ///< one item of a list of them
    object,    ///< what is below it
    objects,   ///< one item of a list of them
    resource,  ///< the resource below it
    resources
};
/// An element that is looked at, and below what.
struct Known {
    std::string_view parent, name;
    Form form;
};
constexpr std::array kKnown{
    Known{"Bundle", "identifier", Form::object},
    Known{"Bundle", "entry", Form::objects},
    Known{"entry", "fullUrl", Form::text},
    Known{"entry", "resource", Form::resource},
    Known{"Composition", "subject", Form::object},
    Known{"Composition", "contained", Form::resources},
    Known{"subject", "reference", Form::text},
    Known{"Patient", "id", Form::text},
    Known{"Patient", "identifier", Form::objects},
    Known{"Patient", "name", Form::objects},
    Known{"Patient", "birthDate", Form::text},
    Known{"Patient", "gender", Form::text},
    Known{"name", "use", Form::text},
    Known{"name", "text", Form::text},
    Known{"name", "family", Form::text},
    Known{"name", "given", Form::texts},
    Known{"identifier", "system", Form::text},
    Known{"identifier", "value", Form::text},
    Known{"Binary", "contentType", Form::text},
    Known{"Binary", "data", Form::text},
};

Known const* find_known(std::string_view parent, std::string_view name) {
    auto const* const found = std::find_if(kKnown.begin(), kKnown.end(), [&](Known const& one) {
        return one.parent == parent && one.name == name;
    });
    return found == kKnown.end() ? nullptr : found;
}

void add(json::Value& made, Known const& known, json::Value value) {
    bool const list =
        known.form == Form::texts || known.form == Form::objects || known.form == Form::resources;
    if (!list) {
        made.set(known.name, std::move(value));
    } else if (auto* const items = made.find(known.name)) {
        items->push(std::move(value));
    } else {
        made.set(known.name, json::array({std::move(value)}));
    }
}

json::Value read_children(PullReader& reader, std::string const& parent);

/// The first resource below the element on which the reader stands; afterwards it stands on the first element outside of that one.
json::Value read_inner_resource(PullReader& reader) {
    int const depth = reader.depth();
    json::Value made;
    reader.next_element();
    while (reader.on_element() && reader.depth() > depth) {
        auto const name = std::string(reader.name());
        auto inner = read_children(reader, name);
        inner.set("resourceType", name);
        if (made.is_null()) made = std::move(inner);
    }
    return made;
}

/// What is known of the children of the element on which the reader stands; afterwards it stands on the first element outside of that one.
json::Value read_children(PullReader& reader, std::string const& parent) {
    int const depth = reader.depth();
    json::Value made;
    reader.next_element();
    while (reader.on_element() && reader.depth() > depth) {
        auto const name = std::string(reader.name());
        auto const* const known = reader.space() == kFhir ? find_known(parent, name) : nullptr;
        if (known == nullptr) {
            reader.next_outside();
        } else if (known->form == Form::text || known->form == Form::texts) {
            add(made, *known, reader.attribute("value"));
            reader.next_outside();
        } else if (known->form == Form::object || known->form == Form::objects) {
            add(made, *known, read_children(reader, name));
        } else {
            add(made, *known, read_inner_resource(reader));
        }
    }
    return made;
}

}  // namespace

Result<json::Value> read_resource(PullReader& reader) {
    if (!reader.on_element() || reader.space() != kFhir)
        return Failure(Errc::malformed, "no resource of FHIR in XML");
    auto const type = std::string(reader.name());
    auto resource = read_children(reader, type);
    resource.set("resourceType", type);
    if (!reader.intact()) return Failure(Errc::malformed, "the XML is broken");
    return resource;
}

}  // namespace tributary::fhir::xml
