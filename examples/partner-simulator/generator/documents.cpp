#include "examples/partner-simulator/generator/documents.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

#include "examples/partner-simulator/generator/contents.hpp"
#include "examples/partner-simulator/generator/demographics.hpp"
#include "examples/partner-simulator/generator/holdings.hpp"
#include "examples/partner-simulator/generator/source_values.hpp"
#include "examples/partner-simulator/hash.hpp"

namespace tributary::simulator {
namespace {

constexpr std::size_t kManyCopies = 4;

struct CopyShare {
    double below;
    CopyClass copy_class;
    std::size_t copies;
};
/// Source: fixture.md 2, in the order of its table.
constexpr std::array<CopyShare, 11> kShares = {{
    {.69, CopyClass::original, 0},
    {.77, CopyClass::exact_copy, 1},
    {.83, CopyClass::without_unique_id, 1},
    {.87, CopyClass::other_spelling, 1},
    {.91, CopyClass::re_serialised, 1},
    {.92, CopyClass::conflict, 1},
    {.95, CopyClass::new_version, 1},
    {.97, CopyClass::exact_copy, kManyCopies},
    {.98, CopyClass::sample_id, 1},
    {.99, CopyClass::retracted, 1},
    {1, CopyClass::twice, 1},
}};

/// Ids that were copied from the samples of a guide into documents of many people.
std::array<std::string, 5> const& sample_ids() {
    static std::array<std::string, 5> const ids = {"TT988", "TT101", "TT103", "TT662", "TT104"};
    return ids;
}
constexpr char kSampleRoot[] = "urn:oid:2.16.840.1.113883.19.5.99999.1";
constexpr char kUriSystem[] = "urn:ietf:rfc:3986";

/// The same uniqueId in another spelling; as it is, where none is usual.
Identifier respelt(Identifier identifier) {
    constexpr std::string_view kUuid = "urn:uuid:", kOid = "urn:oid:";
    auto& value = identifier.value;
    if (identifier.system != kUriSystem) {
        bool const of_cda = identifier.system.starts_with(kOid) || identifier.system.starts_with(kUuid);
        return of_cda ? uri_identifier(identifier.system + '^' + value) : identifier;
    }
    if (value.starts_with(kUuid)) {
        std::transform(value.begin() + kUuid.size(), value.end(), value.begin() + kUuid.size(), [](char c) {
            return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        });
    } else if (value.starts_with(kOid)) {
        value.erase(0, kOid.size());
    }
    return identifier;
}

/// An OID of the simulator's own for something made from a document.
std::string made_oid(double drawn) {
    return "2.999.11." + std::to_string(static_cast<std::uint64_t>(drawn * 1e15) + 1);
}

Document re_serialise(Document document) {
    for (auto& content : document.contents) {
        if (auto bytes = re_serialised(content)) content.bytes = std::move(*bytes);
    }
    return document;
}

/// Type and source permitting; a note has no identity inside that would show two forms of it to be one.
CopyClass possible(CopyClass copy_class, SourceDocument const& source) {
    bool const formless = copy_class == CopyClass::re_serialised && source.inner_id.empty();
    return formless ? CopyClass::exact_copy : copy_class;
}

}  // namespace

DocumentSpread::DocumentSpread(
    Network& network, SourceData const& data, KnownAt const& known_at, std::uint64_t seed
)
    : data_(data), known_at_(known_at), seed_(seed) {
    for (auto& community : network.communities) communities_[community.id] = &community;
    for (auto const& person : data.persons) {
        for (auto const& source : person.documents) {
            auto const& id = source.document.master_identifier;
            if (id.system == kSampleRoot) sample_ids_[person.key].insert(id.value);
        }
    }
}

void DocumentSpread::place_all() {
    for (auto const& person : data_.persons) {
        if (known_at_.at(person.key).empty()) continue;
        for (auto const& source : person.documents) place(person, source);
    }
}

void DocumentSpread::place(SourcePerson const& person, SourceDocument const& source) {
    auto const near = by_distance(known_at_.at(person.key), [&](std::string const& community) {
        return drawn("home", source, community);
    });
    auto const at = near.front();
    auto const family = communities_.at(at)->behaviour.family;
    Home home{person, source, family, source.document, {near.begin() + 1, near.end()}};
    home.document.contents = contents_at(family, source.document.contents);
    auto const share = *std::find_if(kShares.begin(), kShares.end(), [&](CopyShare const& each) {
        return drawn("copy", source) < each.below;
    });
    bool const copy_by_nature = source.document.copy_class == CopyClass::exact_copy;
    if (share.copy_class == CopyClass::sample_id && !copy_by_nature) add_sample_id(home);
    put(at, person, source.key, home.document);
    if (copy_by_nature || share.copy_class == CopyClass::sample_id) return;
    if (share.copy_class == CopyClass::twice) {
        copy_to(home, at, CopyClass::twice);
        return;
    }
    auto const copy_class = possible(share.copy_class, source);
    auto const copies = std::min(share.copies, home.others.size());
    for (std::size_t i = 0; i < copies; ++i) copy_to(home, home.others[i], copy_class);
}

void DocumentSpread::copy_to(Home const& home, std::string const& community, CopyClass copy_class) {
    auto copy = home.document;
    copy.copy_class = copy_class;
    switch (copy_class) {
        case CopyClass::without_unique_id:
            copy.master_identifier = {};
            copy.identifiers = {
                {patient_domain(*communities_.at(community)) + ".1", made_oid(drawn("local", home.source))}
            };
            for (auto& content : copy.contents) content.tells_digest = drawn("hash", home.source) < .5;
            break;
        case CopyClass::other_spelling:
            copy.master_identifier = respelt(copy.master_identifier);
            break;
        case CopyClass::re_serialised:
            copy = re_serialise(std::move(copy));
            break;
        case CopyClass::retracted:
            copy.status = "entered-in-error";
            break;
        case CopyClass::conflict:
        case CopyClass::new_version:
            copy = other_document(home, communities_.at(community)->behaviour.family, copy_class);
            break;
        default:
            break;
    }
    put(community, home.person, home.source.key, std::move(copy));
}

Document DocumentSpread::other_document(Home const& home, Family family, CopyClass copy_class) const {
    bool const replaces = copy_class == CopyClass::new_version;
    auto other = home.source.document;
    other.copy_class = copy_class;
    other.truth += '|' + std::string(wire(copy_class));
    auto const identity = made_oid(drawn(wire(copy_class), home.source));
    auto const line =
        replaces ? "Addendum: reviewed and completed." : "Of another visit, under the same number.";
    for (auto& content : other.contents) content.bytes = amended(content, identity, line);
    if (replaces) {
        other.replaces = home.document.master_identifier;
        other.master_identifier = uri_identifier("urn:oid:" + identity);
        other.status = "current";
        other.title += " (revised)";
    }
    // A conflict is one only between contents of the same type.
    other.contents = contents_at(replaces ? family : home.family, other.contents);
    return other;
}

void DocumentSpread::add_sample_id(Home& home) {
    auto const* stranger = nearest_stranger(home);
    if (stranger == nullptr) return;
    auto const* sample = unused_sample_id(home.person.key, stranger->key);
    if (sample == nullptr) return;
    sample_ids_[home.person.key].insert(*sample);
    sample_ids_[stranger->key].insert(*sample);
    home.document.master_identifier = {kSampleRoot, *sample};
    Document note;
    note.truth = home.document.truth + "|sample-id";
    note.copy_class = CopyClass::sample_id;
    note.master_identifier = home.document.master_identifier;
    note.type = loinc("34748-4", "Telephone encounter Note");
    note.category = clinical_note();
    note.date = home.document.date;
    note.creation = home.document.creation;
    note.title = "Telephone call";
    note.contents = {{"text/plain", "Call about an appointment. Filed under " + note.truth + ".\n", ""}};
    put(known_at_.at(stranger->key).front(), *stranger, home.source.key, std::move(note));
}

SourcePerson const* DocumentSpread::nearest_stranger(Home const& home) const {
    SourcePerson const* nearest = nullptr;
    double least = 1;
    for (auto const& person : data_.persons) {
        bool const suitable = person.key != home.person.key && !known_at_.at(person.key).empty();
        auto const distance = suitable ? drawn("stranger", home.source, person.key) : 1;
        if (distance >= least) continue;
        least = distance;
        nearest = &person;
    }
    return nearest;
}

std::string const* DocumentSpread::unused_sample_id(std::string const& person, std::string const& other) {
    auto const found = std::find_if(sample_ids().begin(), sample_ids().end(), [&](std::string const& id) {
        return !sample_ids_[person].contains(id) && !sample_ids_[other].contains(id);
    });
    return found == sample_ids().end() ? nullptr : &*found;
}

void DocumentSpread::put(
    std::string const& id, SourcePerson const& person, std::string const& key, Document document
) {
    auto& community = *communities_.at(id);
    document.patient_id = local_id(seed_, community, "patient|" + person.key);
    document.listed_for = document.patient_id;
    document.id =
        local_id(seed_, community, "document|" + std::string(wire(document.copy_class)) + '|' + key);
    std::size_t number = 0;
    for (auto& content : document.contents) {
        content.binary_id = document.id + '-' + std::to_string(++number);
        content.delivery = delivery_of(community.behaviour.family, content.bytes.size());
    }
    community.documents.push_back(std::move(document));
}

double DocumentSpread::drawn(std::string_view what, SourceDocument const& source, std::string_view where)
    const {
    return where.empty() ? draw(seed_, {what, source.key}) : draw(seed_, {what, source.key, where});
}

}  // namespace tributary::simulator
