#include <memory>
#include <utility>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "examples/partner-simulator/generator/source_readers.hpp"
#include "examples/partner-simulator/generator/source_values.hpp"

namespace tributary::simulator {
namespace {

struct FreeTree {
    void operator()(xmlDoc* tree) const { xmlFreeDoc(tree); }
};

std::string_view view(xmlChar const* text) {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<char const*>(text));
}

/// Elements by local name, as CDA has but one namespace of interest.
class Element {
public:
    explicit Element(xmlNode* node) : node_(node) {}
    explicit operator bool() const { return node_ != nullptr; }

    std::vector<Element> children(std::string_view name) const {
        std::vector<Element> found;
        for (auto* child = node_ == nullptr ? nullptr : node_->children; child != nullptr;
             child = child->next) {
            if (child->type == XML_ELEMENT_NODE && view(child->name) == name) found.emplace_back(child);
        }
        return found;
    }
    /// The first child of that name; of nothing, nothing.
    Element child(std::string_view name) const {
        auto const all = children(name);
        return all.empty() ? Element(nullptr) : all.front();
    }
    std::string attribute(char const* name) const {
        if (node_ == nullptr) return {};
        auto* const value = xmlGetNoNsProp(node_, reinterpret_cast<xmlChar const*>(name));
        std::string text(view(value));
        xmlFree(value);
        return text;
    }
    std::string text() const {
        if (node_ == nullptr) return {};
        auto* const value = xmlNodeGetContent(node_);
        auto text = trimmed(view(value));
        xmlFree(value);
        return text;
    }

private:
    xmlNode* node_;
};

HumanName read_name(Element const& element) {
    HumanName name;
    name.use = element.attribute("use").starts_with("P") ? "nickname" : "old";
    name.family = element.child("family").text();
    auto const givens = element.children("given");
    for (auto const& given : givens) {
        bool const of_birth = given.attribute("qualifier") == "BR" && givens.size() > 1;
        if (!of_birth && !given.text().empty()) name.given.push_back(given.text());
    }
    return name;
}

std::string gender_of_code(std::string_view code) {
    if (code == "F") return "female";
    if (code == "M") return "male";
    return code == "UN" ? "other" : "unknown";
}

void read_person(Element const& patient, SourcePerson& person) {
    auto const names = patient.children("name");
    for (auto const& element : names) {
        auto name = read_name(element);
        if (person.patient.family.empty()) {
            person.patient.family = name.family;
            person.patient.given = name.given;
        } else if (name.family != person.patient.family) {
            person.patient.other_names.push_back(std::move(name));
        }
    }
    person.patient.gender = gender_of_code(patient.child("administrativeGenderCode").attribute("code"));
    auto const birth = date_time_of_cda(patient.child("birthTime").attribute("value"));
    if (!birth.empty()) person.birth_dates.push_back(birth.substr(0, 10));
}

std::string identifier_text(Element const& element) {
    return element.attribute("root") + '^' + element.attribute("extension");
}

SourceDocument read_document(Element const& root) {
    SourceDocument source;
    auto& document = source.document;
    auto const id = root.child("id"), code = root.child("code");
    document.master_identifier = unique_id_of_cda(id.attribute("root"), id.attribute("extension"));
    document.type = loinc(code.attribute("code"), code.attribute("displayName"));
    document.category = clinical_note();
    document.title = root.child("title").text();
    if (document.title.empty()) document.title = document.type.display;
    if (document.type.display.empty()) document.type.display = document.title;
    document.creation = date_time_of_cda(root.child("effectiveTime").attribute("value"));
    document.date = instant(document.creation);
    source.inner_id = identifier_text(id) + '|' + identifier_text(root.child("setId")) + '|' +
                      root.child("versionNumber").attribute("value");
    return source;
}

}  // namespace

std::optional<SourcePerson> read_cda(std::string const& path, std::string text) {
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    std::unique_ptr<xmlDoc, FreeTree> const tree(
        xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr, kOptions)
    );
    if (tree == nullptr) return std::nullopt;
    Element const root(xmlDocGetRootElement(tree.get()));
    auto const patient = root.child("recordTarget").child("patientRole").child("patient");
    if (!patient || !root.child("id")) return std::nullopt;
    SourcePerson person;
    read_person(patient, person);
    auto source = read_document(root);
    source.key = path;
    source.document.contents = {{"application/xml", std::move(text), ""}};
    person.documents.push_back(std::move(source));
    return person;
}

}  // namespace tributary::simulator
